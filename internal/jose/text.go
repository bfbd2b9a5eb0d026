package jose

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns the text of a string, without quotes and escapes. ok is false if the
// value is of another kind.
func (v Value) Text() (text string, ok bool) {
	if v.Kind != String {
		return "", false
	}
	text = v.Raw[1 : len(v.Raw)-1]
	if strings.IndexByte(text, '\\') >= 0 {
		text = unescape(text)
	}
	return text, true
}

// escapeSize returns the length of the escape that s begins with, or 0 if it begins with
// none. A surrogate pair is one escape of twelve bytes. Half a pair is no escape, because
// it stands for no character.
func escapeSize(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r := codeUnit(s)
		switch {
		case r < 0:
			return 0
		case !utf16.IsSurrogate(r):
			return 6
		case utf16.DecodeRune(r, codeUnit(s[6:])) == utf8.RuneError:
			return 0
		}
		return 12
	}
	return 0
}

// codeUnit returns the number that \uXXXX at the start of s stands for, or -1.
func codeUnit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape replaces the escapes of a string that has been checked.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		size := escapeSize(s)
		b.WriteRune(escaped(s[:size]))
		s = s[size:]
	}
}

// escaped returns the character that an escape stands for.
func escaped(escape string) rune {
	switch escape[1] {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		r := codeUnit(escape)
		if len(escape) == 12 {
			r = utf16.DecodeRune(r, codeUnit(escape[6:]))
		}
		return r
	}
	return rune(escape[1]) // the quote, the backslash or the slash itself
}
