package discovery_test

import (
	"encoding/json"
	"testing"

	"github.com/lambdajwt/authorizer/internal/discovery"
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
		issuer, jwksURI, err := discovery.Parse(text)
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
		written, err := json.Marshal(map[string]string{"issuer": issuer, "jwks_uri": jwksURI})
		if err != nil {
			t.Fatal(err)
		}
		if a, b, err := discovery.Parse(written); len(written) <= discovery.MaxSize && (a != issuer || b != jwksURI || err != nil) {
			t.Fatalf("%s became %s: %q, %q, %v", text, written, a, b, err)
		}
	})
}
