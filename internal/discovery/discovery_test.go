package discovery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestWhatIsBehindAnIssuerHasOneSlashBetween(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://a.example":       "https://a.example/.well-known/openid-configuration",
		"https://a.example/":      "https://a.example/.well-known/openid-configuration",
		"https://a.example/b":     "https://a.example/b/.well-known/openid-configuration",
		"https://a.example/b/":    "https://a.example/b/.well-known/openid-configuration",
		"https://a.example/b//":   "https://a.example/b//.well-known/openid-configuration", // one slash is left out
		"http://localhost:8080/b": "http://localhost:8080/b/.well-known/openid-configuration",
	} {
		if got := discovery.Behind(issuer, discovery.Path); got != want {
			t.Errorf("%s: got %s", issuer, got)
		}
	}
}

func TestADocumentIsReadForItsIssuerItsKeysAndItsAlgorithms(t *testing.T) {
	const issuer, jwksURI = "https://a.example", "https://a.example/jwks"
	for name, test := range map[string]struct {
		rest       string
		algorithms []string
	}{
		"no more than it must hold": {``, nil},
		"more than that":            {`,"token_endpoint":"https://a.example/token","x":{"issuer":"https://b.example"}`, nil},
		"other case":                {`,"ISSUER":"https://b.example","Jwks_uri":"https://b.example/jwks"`, nil},
		"algorithms":                {`,"id_token_signing_alg_values_supported":["RS256","ES256"]`, []string{"RS256", "ES256"}},
		"no algorithms":             {`,"id_token_signing_alg_values_supported":[]`, nil},
		"algorithms that are none":  {`,"id_token_signing_alg_values_supported":[1,"RS256",null,["ES256"]]`, []string{"RS256"}},
		"algorithms in text":        {`,"id_token_signing_alg_values_supported":"RS256"`, nil},
	} {
		got, err := discovery.Parse(fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":%q%s}`, issuer, jwksURI, test.rest))
		if err != nil || got.Issuer != issuer || got.JWKSURI != jwksURI || !slices.Equal(got.Algorithms, test.algorithms) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestADocumentWithoutIssuerOrKeysIsNone(t *testing.T) {
	for text, want := range map[string]string{
		`{"jwks_uri":"https://a.example/jwks"}`:             "no issuer in it",
		`{"issuer":"","jwks_uri":"https://a.example/jwks"}`: "no issuer in it",
		`{"issuer":["https://a.example"],"jwks_uri":"x"}`:   "no issuer in it",
		`{"issuer":"https://a.example"}`:                    "no jwks_uri in it",
		`{"issuer":"https://a.example","jwks_uri":""}`:      "no jwks_uri in it",
		`{"issuer":"https://a.example","jwks_uri":null}`:    "no jwks_uri in it",
		`{"issuer":"https://a.example","JWKS_URI":"x"}`:     "no jwks_uri in it",
		`[]`: "no object",
		``:   "no object",
		`{"issuer":"https://a.example","jwks_uri":"x"`:                 jose.ErrJSON.Error(),
		`{"issuer":"https://a.example","jwks_uri":"x"}x`:               "trailing data",
		`{"issuer":"https://a.example","jwks_uri":"x","jwks_uri":"y"}`: "duplicate member",
	} {
		got, err := discovery.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "example") {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
		if isJSON := strings.HasPrefix(want, "no issuer") || strings.HasPrefix(want, "no jwks_uri"); isJSON == errors.Is(err, jose.ErrJSON) {
			t.Errorf("%s: got %v", text, err)
		}
		if got.Issuer != "" || got.JWKSURI != "" || got.Algorithms != nil {
			t.Errorf("%s: %+v came with the error", text, got)
		}
	}
}

func TestADocumentIsReadUpToItsLimitsAndNoFurther(t *testing.T) {
	document := func(rest string) string { return `{"issuer":"a","jwks_uri":"b"` + rest + `}` }
	sized := func(size int) string { return document(strings.Repeat(" ", size-len(document("")))) }
	nested := func(depth int) string {
		return document(`,"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1))
	}
	members := func(number int) string {
		var rest strings.Builder
		for i := range number - 2 {
			fmt.Fprintf(&rest, `,"%d":0`, i)
		}
		return document(rest.String())
	}
	for name, test := range map[string]struct {
		text string
		want string // in the error; empty: read
	}{
		"64 KiB":             {sized(64 << 10), ""},
		"a byte more":        {sized(64<<10 + 1), "a text of 65537 bytes: it may have at most 65536"},
		"a depth of 16":      {nested(16), ""},
		"a depth of 17":      {nested(17), jose.ErrJSON.Error()},
		"1024 members":       {members(1024), ""},
		"one more than that": {members(1025), jose.ErrJSON.Error()},
	} {
		got, err := discovery.Parse([]byte(test.text))
		if test.want == "" {
			if err != nil || got.Issuer != "a" || got.JWKSURI != "b" {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || got.Issuer != "" {
			t.Errorf("%s: got %+v, %v, want %q", name, got, err, test.want)
		}
	}
}

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
		d, err := discovery.Parse(text)
		if err != nil {
			if d.Issuer != "" || d.JWKSURI != "" || d.Algorithms != nil {
				t.Fatal("something came with the error")
			}
			return
		}
		members := map[string]any{}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatalf("%s is no JSON: %v", text, err)
		}
		if members["issuer"] != d.Issuer || members["jwks_uri"] != d.JWKSURI {
			t.Fatalf("%s was read as %q and %q", text, d.Issuer, d.JWKSURI)
		}
		written, err := json.Marshal(map[string]string{"issuer": d.Issuer, "jwks_uri": d.JWKSURI})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := discovery.Parse(written); len(written) <= discovery.MaxSize && (again.Issuer != d.Issuer || again.JWKSURI != d.JWKSURI || err != nil) {
			t.Fatalf("%s became %s: %q, %q, %v", text, written, again.Issuer, again.JWKSURI, err)
		}
	})
}
