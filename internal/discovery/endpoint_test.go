package discovery_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/discovery"
)

func TestAnEndpointIsAnAbsoluteHTTPSURLOrOneOfThisMachine(t *testing.T) {
	fill := func(size int) string {
		return "https://a.example/" + strings.Repeat("x", size-len("https://a.example/"))
	}
	for text, want := range map[string]string{ // in the error; empty: taken
		"https://a.example":             "",
		"https://a.example/":            "",
		"https://a.example:8443/b?c=d":  "",
		"HTTPS://A.EXAMPLE/b":           "",
		"https://a.example/@b":          "",
		"https://xn--bcher-kva.example": "",
		"https://[2001:db8::1]:8443/":   "",
		"http://localhost":              "",
		"http://LOCALHOST:8080/b":       "",
		"http://127.0.0.1:8080":         "",
		"http://[::1]":                  "",
		fill(2048):                      "",

		fill(2049):                          "an address of 2049 bytes: use at most 2048",
		"https://a.example/%zz":             `"https://a.example/%zz" is no URL`,
		"https://a.example:port":            `"https://a.example:port" is no URL`,
		"https://a.example/\x7f":            "is no URL",
		"https://user:hidden@a.example:b":   "it is no URL",
		"https://user:hidden@a.example":     "a user name in it",
		"https://user@a.example":            "a user name in it",
		"http://user:hidden@a.example":      "a user name in it",
		"http://127.0.0.1@a.example":        "a user name in it",
		"ftp://user:hidden@a.example":       "a user name in it",
		"http://a.example/b":                `"http://a.example/b" is not over https`,
		"http://127.0.0.1.example":          "is not over https",
		"http://localhost.example":          "is not over https",
		"http://":                           "is not over https",
		"http:localhost":                    "is not over https",
		"http://a.example/@hidden":          "it is not over https",
		"":                                  `"" is no absolute https URL`,
		"a.example":                         `"a.example" is no absolute https URL`,
		"//a.example":                       "is no absolute https URL",
		"/b":                                "is no absolute https URL",
		"ftp://a.example":                   `"ftp://a.example" is no absolute https URL`,
		"httpss://a.example":                "is no absolute https URL",
		"ftp://localhost":                   "is no absolute https URL",
		"https://":                          "is no absolute https URL",
		"https:///b":                        "is no absolute https URL",
		"https://:443":                      "is no absolute https URL",
		"https:a.example":                   `"https:a.example" is no absolute https URL`,
		"https:a.example@hidden":            "it is no absolute https URL",
		"https:?hidden":                     `"https:?..." is no absolute https URL`,
		"https://b\u00fccher.example":       `"https://b\u00fccher.example" has a host that is not ASCII`,
		"https://b%C3%BCcher.example":       "has a host that is not ASCII",
		"https://a\u0080.example":           "has a host that is not ASCII",
		"https://\xff.example":              "has a host that is not ASCII",
		"https://b\u00fccher.example/@":     "it has a host that is not ASCII",
		"https://a.example#":                `"https://a.example#..." has a fragment`,
		"https://a.example/b?hidden#hidden": `"https://a.example/b?..." has a fragment`,
		"https://a.example/@hidden#":        "it has a fragment",
	} {
		u, err := discovery.ParseEndpoint(text)
		if want == "" {
			if err != nil || u.String() != strings.Replace(text, "HTTPS", "https", 1) {
				t.Errorf("%s: got %v, %v", text, u, err)
			}
			continue
		}
		if u != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, %v, want %q", text, u, err, want)
		}
	}
}

func TestAnIssuerIsAnEndpointWithoutQueryAndDots(t *testing.T) {
	for text, want := range map[string]string{ // in the error; empty: taken
		"https://a.example":                  "",
		"https://a.example/":                 "",
		"https://a.example/b/c":              "",
		"https://a.example/.well-known/a..b": "",
		"https://a.example/...":              "",
		"http://localhost:8080/b":            "",

		"http://a.example":          "is not over https",
		"https://a.example/b#c":     "has a fragment",
		"https://a.example?":        `"https://a.example?..." has a query`,
		"https://a.example/?hidden": `"https://a.example/?..." has a query`,
		"https://a.example/.":       `"https://a.example/." has dots for a segment of its path`,
		"https://a.example/./b":     "has dots",
		"https://a.example/..":      "has dots",
		"https://a.example/b/../c":  "has dots",
		"https://a.example/%2E%2e":  "has dots",
		"https://a.example/b/%2e":   "has dots",
	} {
		u, err := discovery.ParseIssuer(text)
		if want == "" {
			if err != nil || u.String() != text {
				t.Errorf("%s: got %v, %v", text, u, err)
			}
			continue
		}
		if u != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, %v, want %q", text, u, err, want)
		}
	}
}

func TestLoopbackIsThisMachineByNameOrAddress(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.255.255.254": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.": false, "a.localhost": false, "localhost.example": false, "a.example": false,
		"126.255.255.255": false, "128.0.0.1": false, "127.1": false, "127.0.0.1.example": false, "0.0.0.0": false, "::": false, "::2": false,
		"192.168.0.1": false, "[::1]": false, "2130706433": false, "0x7f.0.0.1": false,
	} {
		if got := discovery.IsLoopback(host); got != want {
			t.Errorf("%s: got %v", host, got)
		}
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestURLsOfOneOriginHaveOneFormInCommon(t *testing.T) {
	for text, want := range map[string]struct{ origin, shown string }{
		"https://a.example":             {"https://a.example:443", "https://a.example"},
		"https://A.Example/b?c#d":       {"https://a.example:443", "https://a.example"},
		"https://a.example:443":         {"https://a.example:443", "https://a.example:443"},
		"https://a.example:/":           {"https://a.example:443", "https://a.example:"},
		"https://a.example:80":          {"https://a.example:80", "https://a.example:80"},
		"https://A.example:8443":        {"https://a.example:8443", "https://a.example:8443"},
		"https://user@a.example":        {"https://a.example:443", "https://a.example"},
		"http://localhost":              {"http://localhost:80", "http://localhost"},
		"http://localhost:80":           {"http://localhost:80", "http://localhost:80"},
		"http://localhost:443":          {"http://localhost:443", "http://localhost:443"},
		"http://localhost:8080/":        {"http://localhost:8080", "http://localhost:8080"},
		"https://[2001:DB8::1]":         {"https://[2001:db8::1]:443", "https://[2001:db8::1]"},
		"https://[2001:db8::1]:8443/b/": {"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
	} {
		if got := discovery.Origin(parse(t, text)); got != want.origin {
			t.Errorf("%s is of origin %s", text, got)
		}
		if got := discovery.ShowOrigin(parse(t, text)); got != want.shown {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

func TestAnAddressIsShownWithoutQueryAndFragment(t *testing.T) {
	for address, want := range map[string]string{
		"":                            `""`,
		"https://a.example/b":         `"https://a.example/b"`,
		"https://a.example/b?hidden":  `"https://a.example/b?..."`,
		"https://a.example/b#hidden":  `"https://a.example/b#..."`,
		"https://a.example?":          `"https://a.example?..."`,
		"https://a.example/?x#hidden": `"https://a.example/?..."`,
		"https://a.example/#x?hidden": `"https://a.example/#..."`,
		"?hidden":                     `"?..."`,
		"a?hidden":                    `"a?..."`,
		"\"\n":                        `"\"\n"`,
		strings.Repeat("x", 200):      `"` + strings.Repeat("x", 128) + `"…`,
	} {
		if got := discovery.Show(address); got != want {
			t.Errorf("%s: got %s", address, got)
		}
	}
}

func TestAnOriginIsAnEndpointAndNoMore(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.example":        "https://a.example:443",
		"https://A.example:443":    "https://a.example:443",
		"https://a.example:8443":   "https://a.example:8443",
		"http://localhost:8080":    "http://localhost:8080",
		"https://[2001:db8::1]":    "https://[2001:db8::1]:443",
		"HTTPS://xn--caf-dma.test": "https://xn--caf-dma.test:443",
	} {
		if got, err := discovery.ParseOrigin(text); got != want || err != nil {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"https://A.example/":         `"https://A.example/" is more than an origin: use "https://a.example"`,
		"https://a.example:8443/b":   `is more than an origin: use "https://a.example:8443"`,
		"https://a.example?":         `"https://a.example?..." is more than an origin: use "https://a.example"`,
		"https://a.example?hidden":   "is more than an origin",
		"https://a.example/b?hidden": "is more than an origin",
		"https://a.example#":         "has a fragment",
		"http://a.example":           "is not over https",
		"a.example":                  "is no absolute https URL",
	} {
		if got, err := discovery.ParseOrigin(text); got != "" || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
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
