package main

import (
	"strings"
	"testing"
)

func TestAPasswordIsTheSameWhicheverBytesAKeyboardSends(t *testing.T) {
	for password, want := range map[string]string{
		"three grey owls":    "three grey owls",
		"fu\u0308nf Eulen":   "fünf Eulen",
		"ﬁve owls, ⅔ grey":   "five owls, 2⁄3 grey",
		"\u212A and \u212B":  "K and Å",
		"Ｔｈｒｅｅ owls":         "Three owls",
		"owls \t and spaces": "owls \t and spaces",
	} {
		if got, ok := normalPassword(password); !ok || got != want {
			t.Errorf("%q: %q, %v, want %q", password, got, ok, want)
		}
	}
	for _, password := range []string{"\xff", strings.Repeat("\xff", 20), "three grey owls \ufffd", "\xed\xa0\x80"} {
		if got, ok := normalPassword(password); ok {
			t.Errorf("%q is taken for %q", password, got)
		}
	}
}

func TestANewPasswordIsLongAndNotToBeExpected(t *testing.T) {
	const short, easy = "Must have 15 to 256 characters.", "Too easy to guess."
	words := []string{"Ann", "Lee-Smith", "ann", "example", "com"}
	for password, want := range map[string]string{
		"three grey owls at noon":                 "",
		"nS7,kQ2?xV9!bL4":                         "",
		"839201746583926":                         "", // as good as ten letters
		"password: three grey owls":               "", // a common word in it is no harm
		"ann's own three owls":                    "",
		"μία γάτα στο δέντρο":                     "",
		strings.Repeat("üäö1", 3) + "abc":         "",
		strings.Repeat("x y1", 64):                easy,
		"14 characters!":                          short,
		strings.Repeat("owl ", 64) + "!":          short,
		"":                                        short,
		"correct horse battery staple":            easy,
		"Correct-Horse-Battery-Staple!":           easy,
		"passwordpassword":                        easy,
		"Password12345678":                        easy,
		"P4ssw0rd P4ssw0rd":                       easy,
		"aaaaaaaaaaaaaaa":                         easy,
		"...............":                         easy,
		"abcabcabcabcabcab":                       easy,
		"123456789012345":                         easy,
		"987654321098765":                         easy,
		"abcdefghijklmnop":                        easy,
		"qwertyuiopasdfgh":                        easy,
		"poiuytrewqpoiuyt":                        easy,
		"iloveyou iloveyou 1":                     easy,
		"summer monkey dragon":                    easy,
		"ann@example.com":                         easy,
		"Ann Lee-Smith 1984":                      easy,
		"lee.smith.ann.2030":                      easy,
		"annannannannann":                         easy,
		"to be or not to be that is the question": easy,
	} {
		if got, ok := checkNewPassword(password, words...); got != want || ok != (want == "") {
			t.Errorf("%q: %q, %v, want %q", password, got, ok, want)
		}
	}
}

func TestTheBlocklistHasWordsAsTheyAreFolded(t *testing.T) {
	seen := map[string]bool{}
	for _, word := range strings.Split(strings.TrimSuffix(blocklist, "\n"), "\n") {
		if fold(word) != word || len(word) < 3 || seen[word] {
			t.Errorf("%q: write it once, in small letters and digits, three or more", word)
		}
		seen[word] = true
	}
}
