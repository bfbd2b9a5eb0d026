package observe_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/observe"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// loadSecret stands for a function that asks a secret store.
func loadSecret(context.Context) (*keys.Ring, error) {
	secret, err := keys.HMAC("HS256", []byte("an example's secret, which is long enough"))
	if err != nil {
		return nil, err
	}
	return keys.NewRing(secret)
}

// One observer for the authorizer and for its keys. On Lambda, leave Out and Now unset.
func ExampleEMF() {
	midnight := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	routes := []policy.Route{{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}}}
	table, err := policy.NewTable(routes...)
	if err != nil {
		log.Fatal(err)
	}
	var lines strings.Builder
	m, err := observe.NewEMF(observe.Config{Name: "orders", Routes: routes, Out: &lines, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	secrets, err := keys.NewRefreshing(keys.RefreshingConfig{Load: loadSecret, Observer: m.KeyEvent, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: secrets, Issuer: "https://login.example.com", Audience: []string{"orders"}, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.ByRoute(table), Observer: m.Outcome, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	login, err := signer.NewIssuer(signer.IssuerConfig{Keys: secrets, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Hour, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	token, err := login.Issue(context.Background(), "ann", map[string]string{"scope": "orders:write"})
	if err != nil {
		log.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/orders/7", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	if _, err := a.Decide(context.Background(), authorizertest.NewRequest(authorizer.HTTPFormat2, "GET /orders/{id}", request)); err != nil {
		log.Fatal(err)
	}
	// One line, wrapped here, and without the request's ID.
	line, _, _ := strings.Cut(lines.String(), `,"RequestID"`)
	_, rest, _ := strings.Cut(lines.String(), `,"Requests"`)
	fmt.Println(strings.NewReplacer(`[{"Namespace"`, "[\n"+`{"Namespace"`, `,{"Namespace"`, ",\n"+`{"Namespace"`, `},"Authorizer"`, "},\n"+`"Authorizer"`).Replace(line))
	fmt.Print(`"Requests"`, rest)
	// Output:
	// {"_aws":{"Timestamp":1767225600000,"CloudWatchMetrics":[
	// {"Namespace":"JWTAuthorizer","Dimensions":[["Authorizer"],["Authorizer","Decision"],["Authorizer","Route","Decision"]],"Metrics":[{"Name":"Requests","Unit":"Count"}]},
	// {"Namespace":"JWTAuthorizer","Dimensions":[["Authorizer"],["Authorizer","Route"]],"Metrics":[{"Name":"Duration","Unit":"Milliseconds"}]},
	// {"Namespace":"JWTAuthorizer","Dimensions":[["Authorizer"]],"Metrics":[{"Name":"ColdStarts","Unit":"Count"},{"Name":"KeyHits","Unit":"Count"},{"Name":"KeyFetches","Unit":"Count"},{"Name":"KeyFetchDuration","Unit":"Milliseconds"}]}]},
	// "Authorizer":"orders","Decision":"denied","Route":"GET /orders/{id}","Kind":"http_2"
	// "Requests":1,"Duration":0,"ColdStarts":1,"KeyHits":1,"KeyFetches":1,"KeyFetchDuration":[0]}
}

// The middleware of package httpauth has outcomes of its own.
func ExampleEMF_Outcome() {
	midnight := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	var lines strings.Builder
	m, err := observe.NewEMF(observe.Config{Name: "orders", Out: &lines, Now: midnight})
	if err != nil {
		log.Fatal(err)
	}
	observer := func(ctx context.Context, o httpauth.Outcome) {
		m.Outcome(ctx, authorizer.Outcome{
			Route: o.Route, Decision: authorizer.Decision(o.Decision), Reason: o.Reason, Duration: o.Duration, Err: o.Err,
		})
	}
	observer(context.Background(), httpauth.Outcome{Decision: httpauth.Refused, Reason: verifier.Expired, Duration: time.Millisecond})
	_, rest, _ := strings.Cut(lines.String(), `"Authorizer":`)
	fmt.Print(rest)
	// Output:
	// "orders","Decision":"refused","Reason":"expired","Requests":1,"Duration":1,"ColdStarts":1}
}
