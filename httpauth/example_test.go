package httpauth_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// An issuer and a verifier that share a key, for the examples.
func newLogin() (*signer.Issuer, *verifier.Local) {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	return issuer, v
}

// The routes of the ServeMux are those of the table.
func Example() {
	issuer, v := newLogin()
	table, err := policy.NewTable(
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
		policy.Route{Key: "POST /orders", Scopes: []string{"orders:write"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	auth, err := httpauth.New(httpauth.Config{Verifier: v, Table: table})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		token, _ := httpauth.TokenFrom(r.Context())
		fmt.Fprintf(w, "order %s of %s", r.PathValue("id"), token.Subject)
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	protected := auth.Wrap(mux)

	token, err := issuer.Issue(context.Background(), "ann", map[string]string{"scope": "orders:read"})
	if err != nil {
		log.Fatal(err)
	}
	for _, test := range []struct{ method, path, token string }{{"GET", "/orders/7", token}, {"POST", "/orders", token}, {"GET", "/orders/7", ""}} {
		r := httptest.NewRequest(test.method, test.path, http.NoBody)
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		protected.ServeHTTP(w, r)
		fmt.Println(w.Code, http.StatusText(w.Code), w.Header().Values("WWW-Authenticate"))
	}
	// Output:
	// 200 OK []
	// 403 Forbidden [Bearer realm="api", error="insufficient_scope", error_description="the token lacks a scope", scope="orders:write"]
	// 401 Unauthorized [Bearer realm="api", scope="orders:read"]
}

func ExampleClaims() {
	type claims struct {
		Tenant string `json:"tenant"`
	}
	issuer, v := newLogin()
	auth, err := httpauth.New(httpauth.Config{Verifier: v, AnyToken: true})
	if err != nil {
		log.Fatal(err)
	}
	protected := auth.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := httpauth.Claims[claims](r.Context())
		if err != nil {
			http.Error(w, "the claims do not fit", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "tenant ", claims.Tenant)
	}))

	token, err := issuer.Issue(context.Background(), "ann", claims{"acme"})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	protected.ServeHTTP(w, r)
	fmt.Println(w.Body)
	// Output: tenant acme
}

// Clients without a token are led from the challenge to the metadata, and from there to the
// issuer.
func ExampleMetadata() {
	_, v := newLogin()
	metadata, err := httpauth.NewMetadata(httpauth.MetadataConfig{
		Resource:             "https://api.example.com/mcp",
		AuthorizationServers: []string{"https://login.example.com"},
		Scopes:               []string{"orders:read"},
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := httpauth.New(httpauth.Config{Verifier: v, AnyToken: true, ResourceMetadata: metadata.URL()})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(metadata.Path(), metadata) // open to all
	mux.Handle("/mcp", auth.Wrap(http.NotFoundHandler()))

	for _, path := range []string{"/mcp", metadata.Path()} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, http.NoBody))
		fmt.Println(path, w.Code, w.Header().Values("WWW-Authenticate"))
	}
	fmt.Println(string(metadata.Document()))
	// Output:
	// /mcp 401 [Bearer realm="api", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"]
	// /.well-known/oauth-protected-resource/mcp 200 []
	// {"resource":"https://api.example.com/mcp","authorization_servers":["https://login.example.com"],"scopes_supported":["orders:read"],"bearer_methods_supported":["header"]}
}

// A REST API in front of the server answers 401 itself, with the header that leads to the
// metadata.
func ExampleMetadata_GatewayResponses() {
	metadata, err := httpauth.NewMetadata(httpauth.MetadataConfig{
		Resource:             "https://api.example.com/mcp",
		AuthorizationServers: []string{"https://login.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(metadata.GatewayResponses()))
	// Output:
	// {"UNAUTHORIZED":{"statusCode":401,"responseParameters":{"gatewayresponse.header.WWW-Authenticate":"'Bearer resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\"'"},"responseTemplates":{"application/json":"{\"message\":$context.error.messageString}"}}}
}
