package authorizertest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/policy"
)

func TestAGoodTokenPassesAJWTAuthorizer(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	g := l.gateway()
	good := l.token(key, nil)
	for name, authorization := range map[string]string{
		"the token alone":                       good,
		"behind Bearer":                         bearer(good),
		"one of several audiences":              l.token(key, map[string]any{"aud": []string{"else", "billing"}}),
		"a client_id and no aud":                l.token(key, map[string]any{"aud": nil, "client_id": "orders"}),
		"another client_id beside aud":          l.token(key, map[string]any{"client_id": "else"}),
		"no iat and no nbf":                     l.token(key, map[string]any{"iat": nil, "nbf": nil}),
		"made a part of a second ago":           l.token(key, map[string]any{"iat": json.Number("1699999999.5")}),
		"expires in the next second":            l.token(key, map[string]any{"exp": l.now.Unix() + 1}),
		"a typ of access tokens":                l.signed(key, `{"alg":"RS256","kid":"1","typ":"at+jwt"}`, l.claims(nil)),
		"no typ":                                l.signed(key, `{"alg":"RS256","kid":"1"}`, l.claims(nil)),
		"a claim with a list of strings inside": l.token(key, map[string]any{"groups": []any{"a", []any{"b"}}}),
	} {
		if got := call(g, "/orders", authorization); got.StatusCode != 200 || body(t, got) != "backend" || got.Header.Get("Www-Authenticate") != "" {
			t.Errorf("%s: got %d %v", name, got.StatusCode, got.Header)
		}
	}
	if want := []string{discoveryURL, jwksURL}; !reflect.DeepEqual(l.fetches, want) {
		t.Errorf("fetched %q", l.fetches)
	}
	if g.Calls() != 0 {
		t.Errorf("called a Lambda authorizer %d times", g.Calls())
	}
}

func TestEveryRSAAlgorithmPassesAJWTAuthorizer(t *testing.T) {
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		key := rsaKey(t, "1", alg, "a")
		l := newLogin(t, key)
		if got := call(l.gateway(), "/orders", bearer(l.token(key, nil))); got.StatusCode != 200 {
			t.Errorf("%s: got %d %v", alg, got.StatusCode, got.Header)
		}
	}
}

func TestATokenMayComeInTheQueryString(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	cfg := l.config()
	cfg.IdentitySources = []string{"$request.querystring.token"}
	g := newGateway(t, cfg)
	if got := call(g, "/orders?token="+l.token(key, nil), ""); got.StatusCode != 200 {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	wantRefused(t, "in the header", call(g, "/orders", l.token(key, nil)), 401, "Bearer")
}

func TestARequestWithoutATokenIsRefusedAndNothingFetched(t *testing.T) {
	l := newLogin(t, rsaKey(t, "1", "RS256", "a"))
	g := l.gateway()
	wantRefused(t, "no token", call(g, "/orders", ""), 401, "Bearer")
	wantRefused(t, "no token for a route with scopes", call(g, "/admin", ""), 401, "Bearer")
	if got := call(g, "/health", ""); got.StatusCode != 200 {
		t.Errorf("a route without authorizer: %d", got.StatusCode)
	}
	if got := call(g, "/else", ""); got.StatusCode != 404 || got.Header.Get("Www-Authenticate") != "" {
		t.Errorf("no route: %d %v", got.StatusCode, got.Header)
	}
	if len(l.fetches) != 0 {
		t.Errorf("fetched %q", l.fetches)
	}
}

// Any one of the route's scopes is enough, and none but those.
func TestARouteWithScopesTakesATokenWithAnyOfThem(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	g := l.gateway()
	lacking := `Bearer scope="admin root" error="insufficient_scope" error_description="the token does not have a valid scope"`
	for name, test := range map[string]struct {
		claims map[string]any
		want   int
	}{
		"one of them":                         {map[string]any{"scope": "admin"}, 200},
		"the other":                           {map[string]any{"scope": "root"}, 200},
		"one among others":                    {map[string]any{"scope": "read admin write"}, 200},
		"a list":                              {map[string]any{"scope": []string{"read", "admin"}}, 200},
		"scp":                                 {map[string]any{"scp": "read admin"}, 200},
		"a list in scp":                       {map[string]any{"scp": []string{"admin"}}, 200},
		"scp where scope lacks it":            {map[string]any{"scope": "read", "scp": "admin"}, 200},
		"none at all":                         {nil, 403},
		"an empty scope":                      {map[string]any{"scope": ""}, 403},
		"another":                             {map[string]any{"scope": "read"}, 403},
		"another case":                        {map[string]any{"scope": "Admin"}, 403},
		"more than it":                        {map[string]any{"scope": "administrator"}, 403},
		"joined by commas":                    {map[string]any{"scope": "admin,read"}, 403},
		"a list with a number":                {map[string]any{"scope": []any{"admin", 1}}, 403},
		"an object":                           {map[string]any{"scope": map[string]any{"admin": true}}, 403},
		"another claim":                       {map[string]any{"scopes": "admin", "permissions": []string{"admin"}}, 403},
		"a member of another spelling, Scope": {map[string]any{"Scope": "admin"}, 403},
	} {
		got := call(g, "/admin", bearer(l.token(key, test.claims)))
		if test.want == 403 {
			wantRefused(t, name, got, 403, lacking)
		} else if got.StatusCode != test.want {
			t.Errorf("%s: got %d %v", name, got.StatusCode, got.Header)
		}
		if got := call(g, "/orders", bearer(l.token(key, test.claims))); got.StatusCode != 200 {
			t.Errorf("%s, and a route without scopes: %d", name, got.StatusCode)
		}
	}
}

// What is seen of API Gateway: all claims are strings, null is left out, and the scopes
// are the token's, on routes that have some.
func TestTheClaimsReachTheBackendAsStrings(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	var event events.APIGatewayV2HTTPRequest
	var raw json.RawMessage
	var said map[string]any
	cfg := l.config()
	function := func(_ context.Context, e json.RawMessage) (any, error) {
		raw = append(json.RawMessage{}, e...)
		return map[string]any{"statusCode": 200}, json.Unmarshal(e, &event)
	}
	web := func(_ http.ResponseWriter, r *http.Request) { said = authorizertest.AuthorizerContext(r) }
	cfg.Routes = []authorizertest.Route{
		{Key: "GET /orders", Handler: function},
		{Key: "GET /admin", Handler: function, Scopes: []string{"admin"}},
		{Key: "GET /web", Handler: web},
		{Key: "GET /web/admin", Handler: web, Scopes: []string{"admin"}},
		{Key: "GET /open", Handler: function, NoAuthorizer: true},
	}
	g := newGateway(t, cfg)
	token := bearer(l.signed(key, `{"alg":"RS256","kid":"1"}`, `{"iss":"https://login.example.com","aud":["orders","x"],"exp":1700003600,
		"sub":"user-1","scope":"read admin","email_verified":true,"level":9007199254740993,"rate":1.5,"nickname":null,
		"cognito:groups":["admin","poweruser"],"empty":[],"text":"","mixed":[1,true,null,"a b",["c"]],
		"identities":[{"userId":"1","providerName":"Google","dateCreated":1700000000000}],"address":{"country":"JP"}}`))
	claims := map[string]string{
		"iss": loginURL, "aud": "[orders x]", "exp": "1700003600", "sub": "user-1", "scope": "read admin",
		"email_verified": "true", "level": "9007199254740993", "rate": "1.5", "cognito:groups": "[admin poweruser]",
		"empty": "[]", "text": "", "mixed": "[1 true <nil> a b [c]]",
		"identities": "[map[dateCreated:1700000000000 providerName:Google userId:1]]", "address": "map[country:JP]",
	}
	untyped := map[string]any{}
	for name, value := range claims {
		untyped[name] = value
	}
	for path, scopes := range map[string][]string{"/orders": nil, "/admin": {"read", "admin"}} {
		event = events.APIGatewayV2HTTPRequest{}
		if got := call(g, path, token); got.StatusCode != 200 {
			t.Fatalf("%s: got %d %v", path, got.StatusCode, got.Header)
		}
		authorizer := event.RequestContext.Authorizer
		if authorizer == nil || authorizer.JWT == nil || authorizer.Lambda != nil || authorizer.IAM != nil {
			t.Fatalf("%s: got %s", path, raw)
		}
		if !reflect.DeepEqual(authorizer.JWT.Claims, claims) || !reflect.DeepEqual(authorizer.JWT.Scopes, scopes) {
			t.Errorf("%s: got %q %q", path, authorizer.JWT.Claims, authorizer.JWT.Scopes)
		}
	}
	for path, scopes := range map[string]any{"/web": nil, "/web/admin": []any{"read", "admin"}} {
		if got := call(g, path, token); got.StatusCode != 200 {
			t.Fatalf("%s: got %d %v", path, got.StatusCode, got.Header)
		}
		if want := map[string]any{"jwt": map[string]any{"claims": untyped, "scopes": scopes}}; !reflect.DeepEqual(said, want) {
			t.Errorf("%s: got %v", path, said)
		}
	}
	type caller struct {
		Subject string  `json:"sub"`
		Level   int64   `json:"level"`
		Rate    float64 `json:"rate"`
		Checked bool    `json:"email_verified"`
	}
	got, err := authorizer.FromContext[caller](said["jwt"].(map[string]any)["claims"].(map[string]any))
	if want := (caller{"user-1", 9007199254740993, 1.5, true}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	event = events.APIGatewayV2HTTPRequest{}
	if got := call(g, "/open", token); got.StatusCode != 200 || event.RequestContext.Authorizer != nil {
		t.Errorf("a route without authorizer: %d %s", got.StatusCode, raw)
	}
}

func TestTheObserverIsToldHowAJWTAuthorizerDecided(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	var told []authorizertest.Invocation
	cfg := l.config()
	cfg.Observer = func(i authorizertest.Invocation) { told = append(told, i) }
	g := newGateway(t, cfg)
	expired := l.token(key, map[string]any{"exp": l.now.Unix()})
	for _, request := range [][2]string{{"/orders", l.token(key, nil)}, {"/orders", l.token(key, nil)}, {"/admin", l.token(key, nil)}, {"/orders", expired}, {"/orders", ""}, {"/health", ""}} {
		call(g, request[0], request[1])
	}
	for i, want := range []authorizertest.Invocation{
		{Route: "GET /orders", Decision: policy.Allowed},
		{Route: "GET /orders", Decision: policy.Allowed, Cached: true},
		{Route: "GET /admin", Decision: policy.ImplicitlyDenied, Cached: true},
		{Route: "GET /orders", Cached: true},
	} {
		if len(told) != 4 {
			t.Fatalf("told %d times", len(told))
		}
		got := told[i]
		if failed := i == 3; failed != (got.Err != nil) || failed && got.Err.Error() != "the token has expired" {
			t.Errorf("%d: %v", i, got.Err)
		}
		if got.Err = nil; !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %+v", i, got)
		}
	}
}

// Only a fetch makes Cached false.
func TestTheObserverIsToldWhetherKeysWereFetched(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	for name, test := range map[string]struct {
		token  func(l *login) string
		cached [2]bool
	}{
		"a good token":        {func(l *login) string { return l.token(key, nil) }, [2]bool{false, true}},
		"an expired one":      {func(l *login) string { return l.token(key, map[string]any{"exp": 1}) }, [2]bool{false, true}},
		"another's signature": {func(l *login) string { return l.token(rsaKey(t, "1", "RS256", "b"), nil) }, [2]bool{false, true}},
		"an unknown kid":      {func(l *login) string { return l.token(rsaKey(t, "2", "RS256", "b"), nil) }, [2]bool{false, true}},
		"two segments":        {func(*login) string { return "a.b" }, [2]bool{true, true}},
		"no base64":           {func(*login) string { return "*.b.c" }, [2]bool{true, true}},
		"another algorithm":   {func(l *login) string { return l.signed(key, `{"alg":"none","kid":"1"}`, l.claims(nil)) }, [2]bool{true, true}},
		"no JSON":             {func(l *login) string { return l.signed(key, `{"alg":"RS256","kid":"1"}`, "x") }, [2]bool{true, true}},
		"another issuer":      {func(l *login) string { return l.token(key, map[string]any{"iss": "x"}) }, [2]bool{true, true}},
	} {
		l := newLogin(t, key)
		var told []bool
		cfg := l.config()
		cfg.Observer = func(i authorizertest.Invocation) { told = append(told, i.Cached) }
		g := newGateway(t, cfg)
		call(g, "/orders", test.token(l))
		call(g, "/orders", test.token(l))
		if len(told) != 2 || [2]bool(told) != test.cached {
			t.Errorf("%s: got %v, want %v", name, told, test.cached)
		}
	}
}

func TestAJWTAuthorizerGetsNoEvent(t *testing.T) {
	l := newLogin(t, rsaKey(t, "1", "RS256", "a"))
	event, err := l.gateway().AuthorizerEvent(withToken(httptest.NewRequest(http.MethodGet, "/orders", nil)))
	if event != nil || err == nil || !strings.Contains(err.Error(), "no event") {
		t.Errorf("got %s, %v", event, err)
	}
}

func TestNewSaysWhichSettingOfAJWTAuthorizerToMend(t *testing.T) {
	l := newLogin(t, rsaKey(t, "1", "RS256", "a"))
	withIssuer := func(issuer string) func(*authorizertest.Config) {
		return func(c *authorizertest.Config) { c.JWT.Issuer = issuer }
	}
	withScopes := func(scopes ...string) func(*authorizertest.Config) {
		return func(c *authorizertest.Config) { c.Routes[0].Scopes = scopes }
	}
	audience := make([]string, 51)
	for i := range audience {
		audience[i] = "a"
	}
	for _, test := range []struct {
		name, want string // no want means that New takes it
		change     func(*authorizertest.Config)
	}{
		{"nothing", "", func(*authorizertest.Config) {}},
		{"its kind spelled out", "", func(c *authorizertest.Config) { c.Kind = authorizer.HTTPFormat2 }},
		{"only routes without authorizer", "", func(c *authorizertest.Config) { c.Routes = c.Routes[2:] }},
		{"http on loopback", "", withIssuer("http://127.0.0.1:8080")},
		{"http on loopback by IPv6", "", withIssuer("http://[::1]:8080")},
		{"http on localhost", "", withIssuer("http://localhost:8080/auth")},
		{"a slash at the end", "", withIssuer(loginURL + "/")},
		{"no issuer", "JWTAuthorizer.Issuer", withIssuer("")},
		{"an issuer that is a host", "absolute https URL", withIssuer("login.example.com")},
		{"an http issuer", "https", withIssuer("http://login.example.com")},
		{"an issuer of another scheme", "https", withIssuer("ftp://login.example.com")},
		{"an issuer with a query", "has a query", withIssuer(loginURL + "?a=b")},
		{"an issuer with an empty query", "has a query", withIssuer(loginURL + "?")},
		{"an issuer with a fragment", "fragment", withIssuer(loginURL + "#a")},
		{"an issuer with a user", "JWTAuthorizer.Issuer", withIssuer("https://user@login.example.com")},
		{"an issuer that is no URL", "JWTAuthorizer.Issuer", withIssuer("https://login.example.com:port")},
		{"no audience", "JWTAuthorizer.Audience", func(c *authorizertest.Config) { c.JWT.Audience = nil }},
		{"an empty audience", "leave it out", func(c *authorizertest.Config) { c.JWT.Audience = []string{"a", ""} }},
		{"50 audiences", "", func(c *authorizertest.Config) { c.JWT.Audience = audience[:50] }},
		{"51 audiences", "at most 50", func(c *authorizertest.Config) { c.JWT.Audience = audience }},
		{"a Lambda authorizer too", "not both", func(c *authorizertest.Config) { c.Authorizer = grant }},
		{"another kind of API", "HTTPFormat2 only", func(c *authorizertest.Config) { c.Kind = authorizer.RESTToken }},
		{"format 1.0", "HTTPFormat2 only", func(c *authorizertest.Config) { c.Kind = authorizer.HTTPFormat1 }},
		{"simple responses", "EnableSimpleResponses", func(c *authorizertest.Config) { c.EnableSimpleResponses = true }},
		{"a validation expression", "ValidationExpression", func(c *authorizertest.Config) { c.ValidationExpression = "x" }},
		{"a cache", "CacheTTL", func(c *authorizertest.Config) { c.CacheTTL = 1 }},
		{"a timeout", "Timeout", func(c *authorizertest.Config) { c.Timeout = 1 }},
		{"no identity source", "IdentitySources", func(c *authorizertest.Config) { c.IdentitySources = []string{} }},
		{"two identity sources", "IdentitySources", func(c *authorizertest.Config) {
			c.IdentitySources = []string{"$request.header.A", "$request.header.B"}
		}},
		{"an identity source that is no part of the request", "IdentitySources", func(c *authorizertest.Config) { c.IdentitySources = []string{"$context.path"} }},
		{"10 scopes", "", withScopes(strings.Split(strings.Repeat("a ", 9)+"a", " ")...)},
		{"11 scopes", "at most 10", withScopes(strings.Split(strings.Repeat("a ", 10)+"a", " ")...)},
		{"an empty scope", "which no token can hold", withScopes("")},
		{"two scopes in one", "which no token can hold", withScopes("a b")},
		{"a scope with a quote", "which no token can hold", withScopes(`a"`)},
		{"scopes on a route without authorizer", "only the authorizer of Config.JWT", func(c *authorizertest.Config) { c.Routes[2].Scopes = []string{"a"} }},
		{"scopes of a Lambda authorizer", "only the authorizer of Config.JWT", func(c *authorizertest.Config) {
			c.JWT, c.Kind, c.Authorizer = nil, authorizer.HTTPFormat2, grant
		}},
	} {
		cfg := l.config()
		test.change(&cfg)
		g, err := authorizertest.New(cfg)
		if test.want == "" && (g == nil || err != nil) || test.want != "" && (g != nil || err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, %v", test.name, g, err)
		}
	}
}

// What the caller does to its settings afterwards changes nothing.
func TestAJWTAuthorizerKeepsItsSettings(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	cfg := l.config()
	g := newGateway(t, cfg)
	cfg.JWT.Issuer, cfg.JWT.Audience[0], cfg.Routes[1].Scopes[0] = "https://else.example.com", "else", "else"
	if got := call(g, "/admin", l.token(key, map[string]any{"scope": "admin"})); got.StatusCode != 200 {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	if cfg.JWT.Client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

// A real server, a real client, and http on loopback.
func TestAJWTAuthorizerFetchesOverTheNetwork(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: server.URL, Keys: l.keys})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", publisher)
	cfg := l.config()
	cfg.JWT.Issuer, cfg.JWT.Client = server.URL, server.Client()
	g := newGateway(t, cfg)
	if got := call(g, "/orders", bearer(l.token(key, map[string]any{"iss": server.URL}))); got.StatusCode != 200 {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
}
