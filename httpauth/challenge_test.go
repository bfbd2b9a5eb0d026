package httpauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
)

func TestAChallengeSaysWhatWasWrongAndWhatToAskFor(t *testing.T) {
	const metadata = "https://api.example.com/.well-known/oauth-protected-resource"
	auth := newAuth(t, func(c *httpauth.Config) { c.ResourceMetadata = metadata })
	const where = `, resource_metadata="` + metadata + `"`
	for name, test := range map[string]struct {
		do, token, want string
	}{
		"no token":             {"GET /orders/7", "", `Bearer realm="api", scope="orders:read"` + where},
		"no token, any opens":  {"GET /", "", `Bearer realm="api"` + where},
		"no token, no route":   {"GET /unknown", "", `Bearer realm="api"` + where},
		"a forged token":       {"GET /orders/7", "forged", `Bearer realm="api", error="invalid_token", error_description="the token is not good", scope="orders:read"` + where},
		"a token without sub":  {"GET /orders/7", "nobody", `Bearer realm="api", error="invalid_token", error_description="the token is not good", scope="orders:read"` + where},
		"an old token":         {"GET /", "expired", `Bearer realm="api", error="invalid_token", error_description="the token has expired"` + where},
		"one issued long ago":  {"GET /", "old", `Bearer realm="api", error="invalid_token", error_description="the token has expired"` + where},
		"no scope":             {"GET /orders/7", "plain", `Bearer realm="api", error="insufficient_scope", error_description="the token lacks a scope", scope="orders:read"` + where},
		"no scope, for a HEAD": {"HEAD /files/x", "plain", `Bearer realm="api", error="insufficient_scope", error_description="the token lacks a scope", scope="files"` + where},
		"another scope":        {"POST /orders", "ann", `Bearer realm="api", error="insufficient_scope", error_description="the token lacks a scope", scope="orders:write"` + where},
		"another tenant":       {"GET /tenants/other/users", "ann", ""},
		"a route of nobody":    {"GET /unknown", "ann", ""},
		"good, and not denied": {"GET /orders/7", "ann", ""},
		"an outage":            {"GET /orders/7", "down", ""},
	} {
		got := serve(patterns(auth), request(test.do, test.token)).Header().Get("WWW-Authenticate")
		if got != test.want {
			t.Errorf("%s: got %s\nwant %s", name, got, test.want)
		}
	}
}

// patterns returns a ServeMux with the routes of the table behind the middleware.
func patterns(auth *httpauth.Middleware) http.Handler {
	mux := http.NewServeMux()
	for _, pattern := range []string{"GET /{$}", "GET /orders/{id}", "POST /orders", "GET /tenants/{tenant}/users", "GET /files/{path...}"} {
		mux.Handle(pattern, handler)
	}
	return auth.Wrap(mux)
}

func TestARealmIsQuoted(t *testing.T) {
	auth := newAuth(t, func(c *httpauth.Config) { c.Realm = `the "inner" \ api, x="y~"` })
	got := serve(auth.Wrap(handler), request("GET /", "")).Header().Get("WWW-Authenticate")
	if want := `Bearer realm="the \"inner\" \\ api, x=\"y~\""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Whatever a caller sends, an answer has nothing of it.
func TestAnAnswerHasNothingOfTheRequest(t *testing.T) {
	const marker = "marker"
	for _, value := range []string{"Bearer " + marker, "Bearer " + marker + `"`, "Bearer a b " + marker, marker, "Basic " + marker, "DPoP " + marker, "Bearer " + marker + "\x00"} {
		r := request("GET /"+marker+"?"+marker, "")
		r.Header.Set("Authorization", value)
		r.Header.Set("DPoP", marker)
		got := serve(newAuth(t, nil).Wrap(handler), r)
		for name, values := range got.Header() {
			if strings.Contains(strings.ToLower(name+strings.Join(values, "")), marker) {
				t.Errorf("%q: %s: %q", value, name, values)
			}
		}
		if got.Code != 401 || strings.Contains(got.Body.String(), marker) {
			t.Errorf("%q: %d %s", value, got.Code, got.Body)
		}
	}
}

func TestAnAPIForDPoPChallengesForIt(t *testing.T) {
	client := newClient(t)
	bearer := `Bearer realm="api"`
	dpop := `DPoP realm="api", algs="ES256"`
	dpopWith := func(code, text string) string {
		return `DPoP realm="api", error="` + code + `", error_description="` + text + `", algs="ES256"`
	}
	badProof := dpopWith("invalid_dpop_proof", "the DPoP proof is not good for this request")
	for name, test := range map[string]struct {
		both          bool // bearer tokens are taken too
		authorization string
		proof         string
		want          []string
	}{
		"no token":                               {false, "", "", []string{dpop}},
		"no token, both":                         {true, "", "", []string{bearer, dpop}},
		"no proof":                               {false, "DPoP bound", "", []string{badProof}},
		"no proof, both":                         {true, "DPoP bound", "", []string{bearer, badProof}},
		"a bound token as a bearer token":        {true, "Bearer bound", client.proof(t, "GET", target, "bound"), []string{bearer + `, error="invalid_token", error_description="the token is not good"`, dpop}},
		"a bound token as a bearer token, alone": {false, "Bearer bound", client.proof(t, "GET", target, "bound"), []string{dpopWith("invalid_token", "the token is not bound to the key of the DPoP proof")}},
		"a bearer token with DPoP":               {true, "DPoP ann", client.proof(t, "GET", target, "ann"), []string{bearer, dpopWith("invalid_token", "the token is not bound to the key of the DPoP proof")}},
		"a bearer token where none is taken":     {false, "Bearer ann", "", []string{dpopWith("invalid_token", "the token is not bound to the key of the DPoP proof")}},
		"an old token":                           {true, "DPoP expired", "", []string{bearer, dpopWith("invalid_token", "the token is not good")}},
		"a proof for another path":               {false, "DPoP bound", client.proof(t, "GET", target+"/x", "bound"), []string{badProof}},
	} {
		auth := newAuth(t, func(c *httpauth.Config) {
			c.Verifier, c.Binding = client.tokens(), client.binding(t, test.both)
			c.Table, c.AnyToken = nil, true
		})
		r := request("GET "+target, "")
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		if test.proof != "" {
			r.Header.Set("DPoP", test.proof)
		}
		got := serve(auth.Wrap(handler), r)
		if got.Code != 401 || !slices.Equal(got.Header()["Www-Authenticate"], test.want) || got.Header()["Dpop-Nonce"] != nil {
			t.Errorf("%s: %d\ngot  %q\nwant %q", name, got.Code, got.Header()["Www-Authenticate"], test.want)
		}
	}
}

func TestADeniedProofNamesTheScopeInBothSchemes(t *testing.T) {
	client := newClient(t)
	auth := newAuth(t, func(c *httpauth.Config) { c.Verifier, c.Binding = client.tokens(), client.binding(t, true) })
	mux := http.NewServeMux()
	mux.Handle("GET /files/{path...}", handler)
	r := request("GET https://api.example.com/files/x", "")
	r.Header.Set("Authorization", "DPoP bound")
	r.Header.Set("DPoP", client.proof(t, "GET", "https://api.example.com/files/x", "bound"))
	got := serve(auth.Wrap(mux), r)
	want := []string{
		`Bearer realm="api", scope="files"`,
		`DPoP realm="api", error="insufficient_scope", error_description="the token lacks a scope", scope="files", algs="ES256"`,
	}
	if got.Code != 403 || !slices.Equal(got.Header()["Www-Authenticate"], want) {
		t.Errorf("%d %q", got.Code, got.Header()["Www-Authenticate"])
	}
}
