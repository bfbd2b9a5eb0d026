package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	minPassword = 15 // characters, of a password that stands alone: NIST SP 800-63B-4 section 3.1.1.2
	maxPassword = 256
)

// normalPassword returns a password as it is hashed: two keyboards may send one and the
// same text in different bytes (NFKC, SP 800-63B-4 section 3.1.1.2). It gives false for
// text that has lost characters on its way: JSON readers make U+FFFD of all that is no
// text, so that many passwords would be one.
func normalPassword(password string) (normal string, ok bool) {
	if !utf8.ValidString(password) || strings.ContainsRune(password, utf8.RuneError) {
		return "", false
	}
	return norm.NFKC.String(password), true
}

// checkNewPassword says what is wrong with a password that somebody chooses, in normal
// form. The words are those that are to be expected of this person.
func checkNewPassword(password string, words ...string) (sentence string, ok bool) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return fmt.Sprintf("Must have %d to %d characters.", minPassword, maxPassword), false
	}
	if isExpected(password, words) {
		return "Too easy to guess.", false
	}
	return "", true
}

// blocklist has one common password or word in each line. Put a longer list in its place,
// such as the passwords of known breaches that have 15 characters or more.
//
//go:embed blocklist.txt
var blocklist string

// runs are what fingers and minds run along.
var runs = []string{"1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p"}

// isExpected reports whether a password is one to try first (SP 800-63B-4 section 3.1.1.2):
// something that is repeated, a run of keys, or made of nothing but common words, words of
// this person, and digits. Case, spaces and punctuation are no difference.
func isExpected(password string, words []string) bool {
	folded := fold(password)
	if folded == "" || isRepeated(strings.ToLower(password)) || isRepeated(folded) || slices.ContainsFunc(runs, func(run string) bool { return isRun(folded, run) }) {
		return true
	}
	var expected []string
	for _, word := range append(strings.Fields(blocklist), words...) {
		if word = fold(word); utf8.RuneCountInString(word) >= 3 {
			expected = append(expected, word)
		}
	}
	slices.SortFunc(expected, func(a, b string) int { return len(b) - len(a) })
	rest := folded
	for _, word := range expected {
		rest = strings.ReplaceAll(rest, word, " ")
	}
	return rest != folded && !strings.ContainsFunc(rest, unicode.IsLetter)
}

// fold returns the letters and digits of a text, in small letters.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// isRepeated reports whether a text is one part over and over, the last one perhaps cut off.
func isRepeated(text string) bool {
	for size := range len(text) / 2 {
		part := text[:size+1]
		if strings.HasPrefix(strings.Repeat(part, len(text)/len(part)+1), text) {
			return true
		}
	}
	return false
}

// isRun reports whether a text lies in a run that goes round and round, forwards or
// backwards.
func isRun(text, run string) bool {
	round := strings.Repeat(run, len(text)/len(run)+2)
	letters := []byte(round) // all of them ASCII
	slices.Reverse(letters)
	return strings.Contains(round, text) || strings.Contains(string(letters), text)
}
