package policy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		name, pattern, text string
		want                bool
	}{
		{"the same text", "GET/pets", "GET/pets", true},
		{"other case", "GET/pets", "GET/Pets", false},
		{"a prefix is not enough", "GET/pets", "GET/pets/1", false},
		{"an asterisk takes nothing", "GET/*", "GET/", true},
		{"an asterisk crosses slashes", "GET/*/x", "GET/a/b/c/x", true},
		{"an asterisk crosses colons", "a:*:x", "a:b:c:x", true},
		{"an asterisk tries every length", "*ab", "aabab", true},
		{"two asterisks", "a**b", "ab", true},
		{"asterisks at both ends", "*needle*", "hay needle hay", true},
		{"a question mark takes one character", "a?c", "abc", true},
		{"a question mark takes no less", "a?c", "ac", false},
		{"a question mark takes no more", "a?c", "abbc", false},
		{"a question mark takes a slash", "a?c", "a/c", true},
		{"a question mark takes a character of several bytes", "a?c", "aéc", true},
		{"two question marks do not share one", "a??c", "aéc", false},
		{"an asterisk stops between characters", "*??", "é", false},
		{"text that is not UTF-8 counts by the byte", "a?c", "a\xffc", true},
		{"wildcards in the text are text", "GET/a", "GET/*", false},
		{"an empty pattern", "", "", true},
		{"an empty pattern and some text", "", "a", false},
		{"an asterisk and nothing", "*", "", true},
		{"a question mark and nothing", "?", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := match(tt.pattern, tt.text); got != tt.want {
				t.Errorf("match(%q, %q) = %v", tt.pattern, tt.text, got)
			}
		})
	}
}

// A matcher that tries every way would need more than 2^1000 steps here.
func TestMatchDoesNotBacktrackExponentially(t *testing.T) {
	if match(strings.Repeat("a*", 1000)+"b", strings.Repeat("a", 3000)) {
		t.Error("matches")
	}
}

// slowMatch is match by its definition.
func slowMatch(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	_, n := utf8.DecodeRuneInString(s)
	switch {
	case pattern[0] == '*':
		return slowMatch(pattern[1:], s) || s != "" && slowMatch(pattern, s[n:])
	case s == "":
		return false
	case pattern[0] == '?':
		return slowMatch(pattern[1:], s[n:])
	}
	return pattern[0] == s[0] && slowMatch(pattern[1:], s[1:])
}

func FuzzMatch(f *testing.F) {
	f.Add("GET/*/x?", "GET/a/b/xy")
	f.Add("*a*b*?", "aabbé")
	f.Add("??", "é")
	f.Add("*\xa9", "é")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 12 || len(s) > 24 || strings.Count(pattern, "*") > 4 {
			return // slowMatch would take too long
		}
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return // a "*" ends between characters, slowMatch anywhere
		}
		if got, want := match(pattern, s), slowMatch(pattern, s); got != want {
			t.Errorf("match(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}
