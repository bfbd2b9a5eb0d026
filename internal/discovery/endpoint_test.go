package discovery_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/discovery"
)

// An address that is taken is one of https, or of this machine, by any reading of it.
func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{
		"https://a.example/b?c=d", "http://localhost:80", "http://127.0.0.1@evil.example", "https://user@a.example",
		"HTTPS://A.EXAMPLE", "https://[::1]:8443/", "http://[::ffff:127.0.0.1]", "//a.example", "https:a", "https://a.example#", "http://127.1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := discovery.ParseEndpoint(text)
		if err != nil {
			if u != nil {
				t.Fatal("an address came with the error")
			}
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || discovery.Origin(again) != discovery.Origin(u) {
			t.Fatalf("%q is of origin %s, and read again of %v, %v", text, discovery.Origin(u), again, err)
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
