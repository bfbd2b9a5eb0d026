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
