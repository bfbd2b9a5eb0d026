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

func TestHowLongAResponseMayBeUsed(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for _, test := range []struct {
		cacheControl []string
		age          string
		want         time.Duration
		ok           bool
	}{
		{nil, "", 0, false},
		{[]string{""}, "", 0, false},
		{[]string{"public"}, "", 0, false},
		{[]string{"max-age"}, "", 0, false},
		{[]string{"max-age="}, "", 0, false},
		{[]string{"max-age=x"}, "", 0, false},
		{[]string{"max-age=-1"}, "", 0, false},
		{[]string{"max-age=1.5"}, "", 0, false},
		{[]string{"s-maxage=5"}, "", 0, false},
		{[]string{"max-age=0"}, "", 0, true},
		{[]string{"max-age=600"}, "", 10 * time.Minute, true},
		{[]string{"Public, Max-Age=600"}, "", 10 * time.Minute, true},
		{[]string{` max-age = "600" `}, "", 10 * time.Minute, true},
		{[]string{", max-age=600"}, "", 10 * time.Minute, true},
		{[]string{`x="a, max-age=1", max-age=600`}, "", 10 * time.Minute, true},
		{[]string{"max-age=600, max-age=60"}, "", time.Minute, true},
		{[]string{"max-age=60, max-age=600"}, "", time.Minute, true},
		{[]string{"max-age=0, max-age=600"}, "", 0, true},
		{[]string{"max-age=600", "max-age=60"}, "", time.Minute, true},
		{[]string{"max-age=x, max-age=60"}, "", time.Minute, true},
		{[]string{"max-age=600, no-store"}, "", 0, true},
		{[]string{"NO-CACHE, max-age=600"}, "", 0, true},
		{[]string{`no-cache="set-cookie"`}, "", 0, true},
		{[]string{"max-age=600", "no-store"}, "", 0, true},
		{[]string{"max-age=600"}, "100", 500 * time.Second, true},
		{[]string{"max-age=600"}, "600", 0, true},
		{[]string{"max-age=600"}, "601", 0, true},
		{[]string{"max-age=600"}, "99999999999999999999", 0, true},
		{[]string{"max-age=600"}, "-1", 10 * time.Minute, true},
		{[]string{"max-age=600"}, "x", 10 * time.Minute, true},
		{nil, "100", 0, false},
		// What does not fit into a duration, or not even into a number.
		{[]string{"max-age=3153599999"}, "", century - time.Second, true},
		{[]string{"max-age=3153600000"}, "", century, true},
		{[]string{"max-age=3153600001"}, "", century, true},
		{[]string{"max-age=9223372037"}, "", century, true},
		{[]string{"max-age=18446744074"}, "", century, true},
		{[]string{"max-age=9223372036854775807"}, "", century, true},
		{[]string{"max-age=9223372036854775808"}, "", century, true},
		{[]string{"max-age=99999999999999999999999999"}, "", century, true},
		{[]string{"max-age=18446744074, max-age=60"}, "", time.Minute, true},
	} {
		header := http.Header{"Cache-Control": test.cacheControl}
		if test.age != "" {
			header.Set("Age", test.age)
		}
		if got, ok := cacheLifetime(header); got != test.want || ok != test.ok {
			t.Errorf("%q, Age %q: got %v, %v, want %v, %v", test.cacheControl, test.age, got, ok, test.want, test.ok)
		}
	}
}
