package binding_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func TestURLsAreComparedInNormalForm(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for htu, test := range map[string]struct{ same, other []string }{
		"https://api.example.com/orders/1": {
			same: []string{
				"https://api.example.com/orders/1", "HTTPS://API.EXAMPLE.COM/orders/1", "https://api.example.com:443/orders/1",
				"https://api.example.com:/orders/1", "https://api.example.com/%6frders/1", "https://api.example.com/%6Frders/%31",
				"https://api.example.com/x/../orders/1", "https://api.example.com/./orders/./1", "https://api.example.com/../orders/1",
				"https://api.example.com/x/%2e%2e/orders/1", "https://api.example.com/orders/1?", "https://api.example.com/orders/1?x=/#y",
			},
			other: []string{
				"https://api.example.com/orders/1/", "https://api.example.com/Orders/1", "https://api.example.com//orders/1",
				"https://api.example.com/orders%2F1", "https://api.example.com/orders/1/.", "https://api.example.com:80/orders/1",
				"http://api.example.com/orders/1", "https://api.example.com./orders/1", "https://api.example.com/orders/../1", "https://api.example.com/",
			},
		},
		"https://api.example.com": {
			same:  []string{"https://api.example.com/", "https://api.example.com?x", "https://api.example.com/.", "https://api.example.com/..", "https://api.example.com/x/.."},
			other: []string{"https://api.example.com//", "https://api.example.com/x"},
		},
		"https://api.example.com/a%2fb%20c%c3%a9/": {
			same:  []string{"https://api.example.com/a%2Fb%20c%C3%A9/", "https://api.example.com/a%2fb%20cé/", "https://api.example.com/a%2fb cé/", "https://api.example.com/a%2fb%20c%c3%a9/x/.."},
			other: []string{"https://api.example.com/a/b%20c%C3%A9/", "https://api.example.com/a%252fb%20c%c3%a9/"},
		},
		"https://api.example.com/-._~/%2d%2E%5f%7E": {
			same:  []string{"https://api.example.com/-._~/-._~", "https://api.example.com/%2D%2E%5F%7E/-._~"},
			other: []string{"https://api.example.com/-._~/-._%25"},
		},
		"https://api.example.com/AZaz09": {
			same:  []string{"https://api.example.com/%41%5A%61%7A%30%39"},
			other: []string{"https://api.example.com/%40Zaz09", "https://api.example.com/A%5Baz09", "https://api.example.com/AZ%60z09", "https://api.example.com/AZa%7B09", "https://api.example.com/AZaz%2F9", "https://api.example.com/AZaz0%3A"},
		},
		"https://api.example.com/@/%40": {
			same:  []string{"https://api.example.com/@/%40"},
			other: []string{"https://api.example.com/%40/@"}, // equal only for servers that say so
		},
		"https://api.example.com/!$&'()*+,;=:@": {
			same:  []string{"https://api.example.com/!$&'()*+,;=:@"},
			other: []string{"https://api.example.com/%21$&'()*+,;=:@", "https://api.example.com/!$&'()*+,;=:%40"},
		},
		`https://api.example.com/"<>\^{|}[]`: {
			same:  []string{"https://api.example.com/%22%3C%3E%5C%5E%7B%7C%7D%5B%5D", "https://api.example.com/%22%3c%3e%5c%5e%7b%7c%7d%5b%5d"},
			other: []string{"https://api.example.com/"},
		},
		"http://[::1]:8080/x": {
			same:  []string{"http://[::1]:8080/x"},
			other: []string{"http://[::1]/x", "http://[::2]:8080/x"},
		},
	} {
		for good, urls := range map[bool][]string{true: test.same, false: test.other} {
			for _, url := range urls {
				d := newDPoP(t, c, nil)
				r := request(c.proof(t, "1", object{"htu": htu}))
				r.URL = url
				if err := d.Check(t.Context(), r, c.token(t)); good != (err == nil) || !good && verifier.ReasonOf(err) != verifier.WrongProof {
					t.Errorf("a proof for %s, a request of %s: %v", htu, url, err)
				}
				r = request(c.proof(t, "2", object{"htu": url}))
				r.URL = htu
				if err := d.Check(t.Context(), r, c.token(t)); good != (err == nil) || !good && verifier.ReasonOf(err) != verifier.WrongProof {
					t.Errorf("a proof for %s, a request of %s: %v", url, htu, err)
				}
			}
		}
	}
}

func TestThePublicURLTakesThePlaceOfTheRequests(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for name, test := range map[string]struct{ strip, base, url, htu string }{
		"a custom domain":          {"", "https://api.example.com", "https://abc.execute-api.eu-central-1.amazonaws.com/orders/1", target},
		"a stage that nobody sees": {"/prod", "https://api.example.com", "https://abc.execute-api.eu-central-1.amazonaws.com/prod/orders/1?x", target},
		"a base path":              {"/prod", "https://api.example.com/v1/", "https://abc.example/prod/orders/1", "https://api.example.com/v1/orders/1"},
		"the root of a stage":      {"/prod", "https://api.example.com", "https://abc.example/prod", "https://api.example.com/"},
		"escapes":                  {"/prod", "https://api.example.com/a%2Fb", "https://abc.example/prod/c%2Fd", "https://api.example.com/a%2Fb/c%2Fd"},
		"on this machine":          {"", "http://localhost:8080", "http://127.0.0.1:9000/x", "http://localhost:8080/x"},
	} {
		t.Run(name, func(t *testing.T) {
			public, err := binding.Rebase(test.strip, test.base)
			if err != nil {
				t.Fatal(err)
			}
			d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.PublicURL = public })
			r := request(c.proof(t, "1", object{"htu": test.htu}))
			r.URL = test.url
			wantAccepted(t, d.Check(t.Context(), r, c.token(t)))

			r = request(c.proof(t, "2", object{"htu": test.url}))
			r.URL = test.url
			wantRefused(t, d.Check(t.Context(), r, c.token(t)), verifier.WrongProof)
		})
	}
}

func TestRebaseSaysWhatToMend(t *testing.T) {
	for want, test := range map[string]struct{ strip, base string }{
		"no absolute https URL": {"", ""},
		"not over https":        {"", "http://api.example.com"},
		"has a query":           {"", "https://api.example.com?x"},
		`strip is "prod"`:       {"prod", "https://api.example.com"},
		`strip is "/prod/"`:     {"/prod/", "https://api.example.com"},
		`strip is "/"`:          {"/", "https://api.example.com"},
	} {
		public, err := binding.Rebase(test.strip, test.base)
		if public != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	public, err := binding.Rebase("/prod", "https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://a.example/production", "https://a.example/x/prod", "https://a.example", "https://a.example/%zz"} {
		if got, err := public(binding.Request{URL: url}); got != "" || err == nil || strings.Contains(err.Error(), "example") {
			t.Errorf("%s: got %q, %v", url, got, err)
		}
	}
}

// A URL that cannot be read is a mistake of the setup, and no fault of the caller.
func TestAURLThatRebaseCannotReadIsAnOutage(t *testing.T) {
	public, err := binding.Rebase("/prod", "https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.PublicURL = public })
	for _, url := range []string{"https://a.example/prod/%zz", "https://a.example:x/prod/orders/1", "https://a.example/prod/\x7f", ":", "https://[::1/prod/orders/1"} {
		if got, err := public(binding.Request{URL: url}); got != "" || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%q: got %q, %v", url, got, err)
		}
		r := request(c.proof(t, "1", nil))
		r.URL = url
		if err := d.Check(t.Context(), r, c.token(t)); err == nil || errors.Is(err, verifier.ErrInvalidToken) || strings.Contains(err.Error(), "a.example") {
			t.Errorf("a request of %q: %v", url, err)
		}
	}
	if _, err := public(binding.Request{URL: "https://a.example/orders/1"}); verifier.ReasonOf(err) != verifier.WrongProof {
		t.Errorf("another path: %v", err)
	}
}
