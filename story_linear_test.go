package authorizer_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// What somebody else writes must not take work that grows faster than it is long. Work is
// counted in what is allocated, objects and bytes, since times are noise.
func TestReadingTakesWorkInProportionToTheLength(t *testing.T) {
	key, err := keys.HMAC("HS256", []byte("a secret of this story's own, 32+ bytes"))
	if err != nil {
		t.Fatal(err)
	}
	signs, err := signer.New(signer.Config{Keys: key})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: key, SkipIssuerCheck: true, SkipAudienceCheck: true, AllowMissingExpiry: true})
	if err != nil {
		t.Fatal(err)
	}
	arn := policy.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012", API: "abc", Stage: "prod", Verb: "GET", Path: "/r1/x"}
	for _, reader := range []struct {
		name string
		n    int
		make func(t *testing.T, n int) func() error
	}{
		{"a token of many claims", 100, func(t *testing.T, n int) func() error {
			claims := map[string]any{}
			for i := range n {
				claims[fmt.Sprintf("claim-%03d", i)] = "value"
			}
			return verifying(t, signs, v, claims)
		}},
		{"a token of a long claim", 2000, func(t *testing.T, n int) func() error {
			return verifying(t, signs, v, map[string]any{"claim": strings.Repeat("é\"", n/3)})
		}},
		{"a token of many scopes", 300, func(t *testing.T, n int) func() error {
			var scopes []string
			for i := range n {
				scopes = append(scopes, fmt.Sprintf("s:%d", i))
			}
			return verifying(t, signs, v, map[string]any{"scope": strings.Join(scopes, " ")})
		}},
		{"a set of many keys", 50, func(t *testing.T, n int) func() error {
			var entries []string
			for i := range n {
				k, err := keys.GeneratePrivateKey("EdDSA")
				if err != nil {
					t.Fatal(err)
				}
				text, err := k.WithKid(fmt.Sprint("kid-", i)).Public().MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				entries = append(entries, string(text))
			}
			set := []byte(`{"keys":[` + strings.Join(entries, ",") + `]}`)
			return func() error { _, err := keys.ParseJWKS(set); return err }
		}},
		{"a table of many routes", 200, func(t *testing.T, n int) func() error {
			routes := storyRoutesOf(n)
			return func() error { _, err := policy.NewTable(routes...); return err }
		}},
		{"an OpenAPI document of many paths", 100, func(t *testing.T, n int) func() error {
			paths := map[string]any{}
			for i := range n {
				paths[fmt.Sprintf("/r%d/{id}", i)] = map[string]any{"get": map[string]any{"security": []any{map[string]any{"jwt": []string{"s1"}}}}}
			}
			document, err := json.Marshal(map[string]any{"openapi": "3.0.1", "paths": paths})
			if err != nil {
				t.Fatal(err)
			}
			return func() error { _, err := policy.ParseOpenAPI(document); return err }
		}},
		{"a policy of many resources", 100, func(t *testing.T, n int) func() error {
			answer := &policy.Response{PrincipalID: "u", PolicyDocument: policy.Document{Version: "2012-10-17"}}
			for i := range n {
				answer.PolicyDocument.Statement = append(answer.PolicyDocument.Statement, policy.Statement{
					Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{fmt.Sprintf("arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/r%d/*", i)},
				})
			}
			return func() error { _, err := answer.Evaluate(arn, policy.ConditionKeys{}); return err }
		}},
	} {
		t.Run(reader.name, func(t *testing.T) {
			var objects, bytes [3]float64
			for i := range objects {
				objects[i], bytes[i] = work(t, reader.make(t, reader.n<<i))
			}
			t.Logf("objects %.0f, bytes %.0f", objects, bytes)
			for i := 1; i < len(objects); i++ {
				if objects[i] > 2.3*objects[i-1]+20 || bytes[i] > 2.6*bytes[i-1]+4096 {
					t.Errorf("twice as long takes more than twice as much: objects %.0f, bytes %.0f", objects, bytes)
				}
			}
		})
	}
}

func verifying(t *testing.T, signs *signer.Signer, v verifier.Verifier, claims map[string]any) func() error {
	t.Helper()
	token, err := signs.Sign(t.Context(), jwt.MapClaims(claims))
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		got, err := v.Verify(t.Context(), token)
		if err != nil {
			return err
		}
		_ = got.Scopes()
		var all map[string]any
		return got.Claims(&all)
	}
}

func storyRoutesOf(n int) []policy.Route {
	var routes []policy.Route
	for i := range n {
		routes = append(routes, policy.Route{Key: fmt.Sprintf("GET /orgs/{org}/r%d/{id}", i), Scopes: []string{fmt.Sprintf("s%d", i%20)}})
	}
	return routes
}

// work returns how many objects and bytes a function allocates.
func work(t *testing.T, f func() error) (objects, bytes float64) {
	t.Helper()
	if err := f(); err != nil { // and what is made once is made
		t.Fatal(err)
	}
	const times = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		_ = f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / times, float64(after.TotalAlloc-before.TotalAlloc) / times
}
