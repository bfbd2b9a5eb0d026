package jwks

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A lifetime is never negative, and never longer than each plain max-age in the header
// says.
func FuzzCacheLifetime(f *testing.F) {
	for _, seed := range [][2]string{
		{"max-age=600", ""}, {"public, MAX-AGE = \"5\"", "3"}, {"no-store", ""}, {"max-age=9999999999999999999999", "-1"},
		{`x="a, max-age=1\"", max-age=600`, "9"}, {"max-age=,max-age=x,,", ""}, {`"`, `"`}, {`a="\`, "0"},
	} {
		f.Add(seed[0], seed[1])
	}
	plain := regexp.MustCompile(`^ *max-age=([0-9]{1,9}) *$`)
	f.Fuzz(func(t *testing.T, cacheControl, age string) {
		lifetime, ok := cacheLifetime(http.Header{"Cache-Control": {cacheControl}, "Age": {age}})
		if lifetime < 0 || lifetime > 101*365*24*time.Hour || !ok && lifetime != 0 {
			t.Fatalf("%v, %v", lifetime, ok)
		}
		if strings.ContainsAny(cacheControl, `"\`) {
			return // quoted: what looks like a directive may not be one
		}
		for directive := range strings.SplitSeq(cacheControl, ",") {
			match := plain.FindStringSubmatch(directive)
			if match == nil {
				continue
			}
			seconds, err := strconv.Atoi(match[1])
			if err != nil {
				t.Fatal(err)
			}
			if !ok || lifetime > time.Duration(seconds)*time.Second {
				t.Fatalf("%q: %v, %v", cacheControl, lifetime, ok)
			}
		}
	})
}

func TestDirectivesArePartedByCommasOutsideOfQuotes(t *testing.T) {
	for line, want := range map[string][]string{
		``:                  {``},
		`a,b`:               {`a`, `b`},
		`a="x,y",b`:         {`a="x,y"`, `b`},
		`a="x\",y",b`:       {`a="x\",y"`, `b`},
		`a="x\\",b`:         {`a="x\\"`, `b`},
		`a="open, b`:        {`a="open, b`},
		`a,,`:               {`a`, ``, ``},
		`a\,b`:              {`a\`, `b`},
		`private="`:         {`private="`},
		`a="` + `\` + ``:    {`a="\`},
		`max-age=1 , no-x `: {`max-age=1 `, ` no-x `},
	} {
		var got []string
		for directive := range directives(line) {
			got = append(got, directive)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	for range directives("a,b,c") {
		break // which must not go on
	}
}
