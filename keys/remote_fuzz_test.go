package keys

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What is read of a discovery document is what encoding/json reads of it, and what is
// written of that reads the same.
func FuzzParseDiscovery(f *testing.F) {
	for _, seed := range []string{
		`{"issuer":"https://a.example","jwks_uri":"https://a.example/jwks"}`,
		`{"issuer":"https://a.example","ISSUER":"https://b.example","jwks_uri":"x"}`,
		`{"issuer":"a","issuer":"b","jwks_uri":"x"}`, `{"issuer":1,"jwks_uri":"x"}`, `{"issuer":"\ud83d\ude00","jwks_uri":"\u0000"}`,
		`{"issuer":"a"}`, `[]`, ``, `{"issuer":"a","jwks_uri":"b","x":{"y":[1,2,{"z":null}]}} `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		issuer, jwksURI, err := parseDiscovery(text)
		if err != nil {
			if issuer != "" || jwksURI != "" {
				t.Fatal("something came with the error")
			}
			return
		}
		members := map[string]any{}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatalf("%s is no JSON: %v", text, err)
		}
		if members["issuer"] != issuer || members["jwks_uri"] != jwksURI {
			t.Fatalf("%s was read as %q and %q", text, issuer, jwksURI)
		}
		written, err := discovery{Issuer: issuer, JWKSURI: jwksURI}.marshal()
		if err != nil {
			t.Fatal(err)
		}
		if a, b, err := parseDiscovery(written); len(written) <= maxDiscoverySize && (a != issuer || b != jwksURI || err != nil) {
			t.Fatalf("%s became %s: %q, %q, %v", text, written, a, b, err)
		}
	})
}

// An address that is taken is one of https, or of this machine, by any reading of it.
func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{
		"https://a.example/b?c=d", "http://localhost:80", "http://127.0.0.1@evil.example", "https://user@a.example",
		"HTTPS://A.EXAMPLE", "https://[::1]:8443/", "http://[::ffff:127.0.0.1]", "//a.example", "https:a", "https://a.example#", "http://127.1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseEndpoint(text)
		if err != nil {
			if u != nil {
				t.Fatal("an address came with the error")
			}
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || originOf(again) != originOf(u) {
			t.Fatalf("%q is of origin %s, and read again of %v, %v", text, originOf(u), again, err)
		}
		host := u.Hostname()
		if u.Scheme != "https" && host != "::1" && !strings.EqualFold(host, "localhost") && !strings.Contains(host, "127.") && !strings.Contains(host, ":") {
			t.Fatalf("took %q", text)
		}
		if host == "" || u.User != nil || strings.Contains(text, "#") {
			t.Fatalf("took %q", text)
		}
	})
}

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

// Where a function is frozen, as on Lambda, only the wall clock goes on.
func TestARemotesTimeIsThatOfTheWallClock(t *testing.T) {
	r, err := NewRemote(RemoteConfig{Issuer: "https://login.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if now := r.now(); strings.Contains(now.String(), "m=") {
		t.Errorf("%v has a monotonic part", now)
	}
}
