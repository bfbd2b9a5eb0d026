package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
)

const partnerURL = "https://partner.example.org/tenant/"

// network has the logins by their hosts.
type network map[string]*login

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	if l := n[r.URL.Host]; l != nil {
		return l.RoundTrip(r)
	}
	return nil, errors.New("no such host")
}

// restConfig returns a REST API that trusts a login for orders and, if there is one, a
// partner for billing.
func restConfig(l, partner *login) authorizertest.Config {
	n := network{"login.example.com": l}
	issuers := []authorizertest.JWTIssuer{{Issuer: loginURL, Audiences: []string{"orders"}}}
	if partner != nil {
		partner.issuer = partnerURL
		n["partner.example.org"] = partner
		issuers = append(issuers, authorizertest.JWTIssuer{Issuer: partnerURL, Audiences: []string{"billing", "reports"}})
	}
	return authorizertest.Config{
		RESTJWT: &authorizertest.RESTJWTAuthorizer{Issuers: issuers, DefaultAlgorithms: []string{"RS256", "ES256"}, Client: &http.Client{Transport: n}},
		Now:     l.clock,
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: backend},
			{Key: "GET /admin", Handler: backend, Scopes: []string{"admin", "root"}},
			{Key: "GET /health", Handler: backend, NoAuthorizer: true},
		},
	}
}

// wantREST checks an answer of a REST API to a token, to the byte.
func wantREST(t testing.TB, name string, got *http.Response, status int) {
	t.Helper()
	want := map[int]string{200: "backend", 401: `{"message":"Unauthorized"}`, 403: `{"Message":"User is not authorized to access this resource"}`}[status]
	errorType := map[int]string{401: "UnauthorizedException", 403: "AccessDeniedException"}[status]
	if text := body(t, got); got.StatusCode != status || text != want || got.Header.Get("X-Amzn-Errortype") != errorType || got.Header.Values("Www-Authenticate") != nil {
		t.Errorf("%s: got %d %s %v, want %d", name, got.StatusCode, text, got.Header, status)
	}
}

func TestARESTAPIsJWTAuthorizerTakesTheTokensOfItsIssuersEachForItsAudiences(t *testing.T) {
	key, curve, partnerKey := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "ec", "ES256", "a"), rsaKey(t, "1", "RS256", "b")
	l, partner := newLogin(t, key, curve), newLogin(t, partnerKey)
	g := newGateway(t, restConfig(l, partner))
	good := l.token(key, nil)
	for name, test := range map[string]struct {
		token  string
		status int
	}{
		"a token":                        {good, 200},
		"behind Bearer":                  {bearer(good), 200},
		"of a key on a curve":            {l.token(curve, nil), 200},
		"no aud but a client_id":         {l.token(key, map[string]any{"aud": nil, "client_id": "orders"}), 200},
		"the partner's":                  {partner.token(partnerKey, map[string]any{"aud": "reports"}), 200},
		"no token":                       {"", 401},
		"not a token":                    {"x", 401},
		"another issuer":                 {l.token(key, map[string]any{"iss": "https://else.example.com"}), 401},
		"an issuer with a slash more":    {l.token(key, map[string]any{"iss": loginURL + "/"}), 401},
		"an issuer with a slash less":    {partner.token(partnerKey, map[string]any{"aud": "billing", "iss": strings.TrimSuffix(partnerURL, "/")}), 401},
		"the audience of another issuer": {l.token(key, map[string]any{"aud": "billing"}), 401},
		"the partner for our audience":   {partner.token(partnerKey, nil), 401},
		"the partner as ourselves":       {partner.token(partnerKey, map[string]any{"iss": loginURL}), 401},
		"ourselves as the partner":       {l.token(key, map[string]any{"iss": partnerURL, "aud": "billing"}), 401},
		"expired":                        {l.token(key, map[string]any{"exp": l.now.Unix()}), 401},
		"not yet valid":                  {l.token(key, map[string]any{"nbf": l.now.Unix() + 1}), 401},
		"an algorithm not allowed":       {l.signed(rsaKey(t, "1", "RS512", "a"), `{"alg":"RS512","kid":"1"}`, l.claims(nil)), 401},
		"alg none":                       {segment(t, `{"alg":"none","kid":"1"}`) + "." + segment(t, l.claims(nil)) + ".AA", 401},
		"half a signature":               {good[:len(good)-8], 401},
	} {
		wantREST(t, name, call(g, "/orders", test.token), test.status)
	}
	if got := call(g, "/health", ""); got.StatusCode != 200 {
		t.Errorf("a route without authorizer: %d", got.StatusCode)
	}
	if g.Calls() != 0 {
		t.Errorf("called a Lambda authorizer %d times", g.Calls())
	}
}

func TestTheMethodsOfARESTAPIAskForScopes(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	for response, lacking := range map[string]int{"": 403, "ACCESS_DENIED": 403, "UNAUTHORIZED": 401} {
		cfg := restConfig(l, nil)
		cfg.RESTJWT.ScopeResponse = response
		g := newGateway(t, cfg)
		for scope, status := range map[string]int{"read admin": 200, "root": 200, "read": lacking, "": lacking} {
			wantREST(t, "the scope "+scope, call(g, "/admin", l.token(key, map[string]any{"scope": scope})), status)
		}
		wantREST(t, "another issuer", call(g, "/admin", l.token(key, map[string]any{"iss": "x", "scope": "admin"})), 401)
	}
}

func TestATokenMustCarryTheAdditionalClaimsOfItsIssuer(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	for _, test := range []struct {
		claim authorizertest.JWTClaim
		good  []any
		bad   []any // nil is a token without the claim
	}{
		{authorizertest.JWTClaim{ExpectedValues: []string{"access", "id"}}, []any{"access", "id"}, []any{nil, "", "refresh", "access id", "ACCESS", 1, true, []string{"access"}, map[string]any{"access": 1}}},
		{authorizertest.JWTClaim{Format: "single-string", ExpectedValues: []string{"a b"}}, []any{"a b"}, []any{nil, "a", "b"}},
		{authorizertest.JWTClaim{Format: "single-string"}, []any{"", "anything"}, []any{nil, 1, []string{"a"}}},
		{authorizertest.JWTClaim{Format: "string-array", ExpectedValues: []string{"admin", "root"}}, []any{[]string{"user", "admin"}, []string{"root"}}, []any{nil, "admin", []string{"user"}, []string{}, []any{"admin", 1}, []any{[]string{"admin"}}}},
		{authorizertest.JWTClaim{Format: "space-separated-values", ExpectedValues: []string{"admin"}}, []any{"admin", "user admin"}, []any{nil, "", "administrator", "user,admin", []string{"admin"}}},
		{authorizertest.JWTClaim{Optional: true, ExpectedValues: []string{"a"}}, []any{nil, "a"}, []any{"b", "", 1}},
	} {
		test.claim.ClaimName = "x"
		cfg := restConfig(l, nil)
		cfg.RESTJWT.Issuers[0].AdditionalClaims = []authorizertest.JWTClaim{{ClaimName: "sub"}, test.claim}
		var told error
		cfg.Observer = func(i authorizertest.Invocation) { told = i.Err }
		g := newGateway(t, cfg)
		for _, value := range test.good {
			wantREST(t, fmt.Sprintf("%+v of %v", test.claim, value), call(g, "/orders", l.token(key, map[string]any{"x": value})), 200)
		}
		for _, value := range test.bad {
			wantREST(t, fmt.Sprintf("%+v of %v", test.claim, value), call(g, "/orders", l.token(key, map[string]any{"x": value})), 401)
			if told == nil || told.Error() != "the token does not have a valid claim: x" {
				t.Errorf("%+v of %v: told %v", test.claim, value, told)
			}
		}
		wantREST(t, "no sub", call(g, "/orders", l.token(key, map[string]any{"x": test.good[0], "sub": nil})), 401)
	}
}

// AWS: a Lambda proxy integration receives each claim with its JSON type.
func TestTheClaimsReachTheFunctionBehindARESTAPIWithTheirTypes(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	var event json.RawMessage
	var said map[string]any
	cfg := restConfig(l, nil)
	cfg.Routes[0].Handler = func(_ context.Context, e json.RawMessage) (any, error) {
		event = bytes.Clone(e)
		return map[string]any{"statusCode": 200}, nil
	}
	cfg.Routes[1].Handler = func(_ http.ResponseWriter, r *http.Request) { said = authorizertest.AuthorizerContext(r) }
	g := newGateway(t, cfg)
	token := l.signed(key, `{"alg":"RS256","kid":"1"}`, `{"iss":"`+loginURL+`","aud":["orders"],"exp":1700003600,"scope":"admin","level":9007199254740993,"version":"42","admin":true,"none":null,"address":{"city":"Seattle"}}`)
	call(g, "/orders", token)
	call(g, "/admin", token)
	var function struct {
		RequestContext struct {
			Authorizer struct{ Claims json.RawMessage }
		}
	}
	if err := json.Unmarshal(event, &function); err != nil {
		t.Fatal(err)
	}
	var got, want any
	for text, value := range map[string]*any{
		string(function.RequestContext.Authorizer.Claims): &got,
		`{"iss":"` + loginURL + `","aud":["orders"],"exp":1700003600,"scope":"admin","level":9007199254740993,"version":"42","admin":true,"none":null,"address":{"city":"Seattle"}}`: &want,
	} {
		if err := json.Unmarshal([]byte(text), value); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) || !strings.Contains(string(event), "9007199254740993") {
		t.Errorf("the function got %s", event)
	}
	if want := map[string]any{"claims": want}; !reflect.DeepEqual(said, want) {
		t.Errorf("the handler got %v", said)
	}
	if lost := lostIn(t, event, new(events.APIGatewayProxyRequest)); !slices.Equal(lost, []string{".isBase64Encoded"}) { // not written if it is false
		t.Errorf("aws-lambda-go's type loses %q", lost)
	}
	if read, err := authorizer.FromContext[struct {
		Version string `json:"version"`
		Admin   bool   `json:"admin"`
	}](said["claims"].(map[string]any)); err != nil || read.Version != "42" || !read.Admin {
		t.Errorf("got %+v, %v", read, err)
	}
}

func TestGatewayResponsesSeeTheClaimsOfATokenAsJSON(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	cfg := restConfig(l, nil)
	cfg.Routes[0].Handler = func() error { return errors.New("x") }
	cfg.GatewayResponses = map[string]authorizertest.GatewayResponse{"DEFAULT_5XX": {Templates: map[string]string{
		"application/json": `$context.authorizer.claims.sub $context.authorizer.claims.exp $context.authorizer.claims.aud <$context.authorizer.claims.none>`,
	}}}
	if got := body(t, call(newGateway(t, cfg), "/orders", l.token(key, map[string]any{"aud": []string{"orders", "x"}}))); got != `"user-1" 1700003600 ["orders","x"] <>` {
		t.Errorf("got %s", got)
	}
}

// The discovery document is read once and for all when the authorizer is made, and keys for
// an hour.
func TestARESTAPIKeepsTheAddressOfTheKeysAndTheKeysForAnHour(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	l := newLogin(t, first)
	cfg := restConfig(l, nil)
	g := newGateway(t, cfg)
	if want := []string{discoveryURL}; !reflect.DeepEqual(l.fetches, want) {
		t.Errorf("New fetched %q", l.fetches)
	}
	start := l.now
	forever := map[string]any{"exp": start.Add(24 * hour).Unix()}
	wantREST(t, "the first", call(g, "/orders", l.token(first, forever)), 200)
	l.publish(second)
	l.now = start.Add(hour - 1)
	wantREST(t, "a key that is withdrawn, within the hour", call(g, "/orders", l.token(first, forever)), 200)
	l.now = start.Add(hour)
	wantREST(t, "a key that is withdrawn, after an hour", call(g, "/orders", l.token(first, forever)), 401)
	if want := []string{discoveryURL, jwksURL, jwksURL}; !reflect.DeepEqual(l.fetches, want) {
		t.Errorf("fetched %q", l.fetches)
	}
}

func TestAKeyNotSeenBeforeIsLookedForOnceInACooldown(t *testing.T) {
	first, second, third := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b"), rsaKey(t, "3", "RS256", "b")
	l := newLogin(t, first)
	start := l.now
	g := newGateway(t, restConfig(l, nil))
	wantREST(t, "the first key", call(g, "/orders", l.token(first, nil)), 200)
	l.publish(first, second)
	l.now = start.Add(time.Minute - 1)
	wantREST(t, "a key published just now", call(g, "/orders", l.token(second, nil)), 401)
	l.now = start.Add(time.Minute)
	wantREST(t, "a minute later", call(g, "/orders", l.token(second, nil)), 200)
	if len(l.fetches) != 3 {
		t.Errorf("fetched %q", l.fetches)
	}
	// Whatever tokens name, there is one fetch a minute.
	for i := range 100 {
		wantREST(t, "an invented kid", call(g, "/orders", l.signed(second, fmt.Sprintf(`{"alg":"RS256","kid":"invented-%d"}`, i), l.claims(nil))), 401)
	}
	if len(l.fetches) != 3 {
		t.Errorf("fetched %q", l.fetches)
	}
	// Also if the fetch fails, and known keys go on.
	l.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	l.now = start.Add(2 * time.Minute)
	for range 100 {
		wantREST(t, "a key while the issuer is down", call(g, "/orders", l.token(third, nil)), 401)
		wantREST(t, "a known key while the issuer is down", call(g, "/orders", l.token(second, nil)), 200)
	}
	if len(l.fetches) != 4 {
		t.Errorf("fetched %q", l.fetches)
	}
	l.answer = nil
	l.publish(third)
	l.now = start.Add(3 * time.Minute)
	wantREST(t, "after the outage", call(g, "/orders", l.token(third, nil)), 200)
}

// Who hangs up must not spend the one fetch of a cool-down.
func TestALookForAKeyThatTheCallerLeavesDoesNotCount(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	l := newLogin(t, first)
	g := newGateway(t, restConfig(l, nil))
	call(g, "/orders", l.token(first, nil))
	l.publish(first, second)
	l.now = l.now.Add(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	l.answer = func(http.ResponseWriter, *http.Request) { cancel() }
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders", nil)
	r.Header.Set("Authorization", l.token(second, nil))
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, r); w.Code != 401 || len(l.fetches) != 3 {
		t.Errorf("who leaves: got %d, fetched %q", w.Code, l.fetches)
	}
	l.answer = nil
	wantREST(t, "the next", call(g, "/orders", l.token(second, nil)), 200)
}

func TestWhatIsNotDocumentedOfKeysCanBeSet(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	l := newLogin(t, first)
	cfg := restConfig(l, nil)
	cfg.RESTJWT.Cooldown, cfg.RESTJWT.KeysMaxAge = -1, 2*time.Minute
	g := newGateway(t, cfg)
	wantREST(t, "the first key", call(g, "/orders", l.token(first, nil)), 200)
	l.publish(second)
	wantREST(t, "a key published just now, without a cool-down", call(g, "/orders", l.token(second, nil)), 200)
	l.publish(first)
	l.now = l.now.Add(2*time.Minute - 1)
	wantREST(t, "before the maximum age", call(g, "/orders", l.token(second, nil)), 200)
	l.now = l.now.Add(1)
	wantREST(t, "after it", call(g, "/orders", l.token(second, nil)), 401)

	for size, status := range map[int]int{150_000: 200, 150_001: 401} {
		l.answer = instead(jwksURL, jwkSet(t, l)+strings.Repeat(" ", size-len(jwkSet(t, l))))
		wantREST(t, fmt.Sprint("a set of ", size, " bytes"), call(newGateway(t, restConfig(l, nil)), "/orders", l.token(first, nil)), status)
	}
	l.answer = nil
	size := len(jwkSet(t, l))
	for limit, status := range map[int64]int{int64(size): 200, int64(size) - 1: 401} {
		cfg := restConfig(l, nil)
		cfg.RESTJWT.MaxKeySet = limit
		wantREST(t, fmt.Sprint("a set of ", size, " bytes where ", limit, " are taken"), call(newGateway(t, cfg), "/orders", l.token(first, nil)), status)
	}
}

func TestTheTimeForADocumentCanBeSet(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	for timeout, limit := range map[time.Duration]time.Duration{0: 1500 * time.Millisecond, 3 * time.Second: 3 * time.Second} {
		for takes, status := range map[time.Duration]int{limit - 1: 200, limit + 1: 401} {
			synctest.Test(t, func(t *testing.T) {
				l := newLogin(t, key)
				good := jwkSet(t, l)
				cfg := restConfig(l, nil)
				cfg.RESTJWT.FetchTimeout = timeout
				g := newGateway(t, cfg)
				l.answer = func(w http.ResponseWriter, r *http.Request) {
					wait(r.Context(), takes)
					instead(jwksURL, good)(w, r)
				}
				wantREST(t, fmt.Sprint(takes, " of ", limit), call(g, "/orders", l.token(key, nil)), status)
			})
		}
	}
}

// A key that is published without alg serves those that the authorizer allows.
func TestAKeyWithoutAlgServesTheAllowedAlgorithmsOnARESTAPI(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	l.answer = instead(jwksURL, withoutMember(t, l, "alg"))
	cfg := restConfig(l, nil)
	cfg.RESTJWT.DefaultAlgorithms = []string{"RS512", "PS256"}
	g := newGateway(t, cfg)
	for alg, status := range map[string]int{"RS512": 200, "PS256": 200, "RS256": 401} {
		wantREST(t, alg, call(g, "/orders", l.token(rsaKey(t, "1", alg, "a"), nil)), status)
	}
}

// As at API Gateway, which reads the document when the authorizer is created.
func TestAnIssuerThatCannotBeReachedIsAnErrorOfNew(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	for name, answer := range map[string]http.HandlerFunc{
		"down":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"another issuer": instead(discoveryURL, discoveryDocument(loginURL+"/", jwksURL)),
	} {
		l := newLogin(t, key)
		l.answer = answer
		if g, err := authorizertest.New(restConfig(l, nil)); g != nil || err == nil || !strings.Contains(err.Error(), "Config.RESTJWT: issuer "+loginURL) {
			t.Errorf("%s: got %v, %v", name, g, err)
		}
	}
}

func TestTheObserverIsToldHowARESTAPIsJWTAuthorizerDecided(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	var told []authorizertest.Invocation
	cfg := restConfig(l, nil)
	cfg.Observer = func(i authorizertest.Invocation) { told = append(told, i) }
	g := newGateway(t, cfg)
	call(g, "/orders", l.token(key, nil))
	call(g, "/admin", l.token(key, nil))
	call(g, "/orders", "")
	want := []authorizertest.Invocation{{Route: "GET /orders", Decision: policy.Allowed}, {Route: "GET /admin", Decision: policy.ImplicitlyDenied, Cached: true}}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %+v", told)
	}
}

func TestNewSaysWhichSettingOfARESTAPIsJWTAuthorizerToMend(t *testing.T) {
	l := newLogin(t, rsaKey(t, "1", "RS256", "a"))
	type (
		config = authorizertest.Config
		rest   = authorizertest.RESTJWTAuthorizer
	)
	for _, test := range []struct {
		name, want string // no want means that New takes it
		change     func(*config, *rest)
	}{
		{"nothing", "", func(*config, *rest) {}},
		{"its kind spelled out", "", func(c *config, _ *rest) { c.Kind = authorizer.RESTRequest }},
		{"another header", "", func(c *config, _ *rest) { c.IdentitySources = []string{"method.request.header.X-Token"} }},
		{"another kind", "RESTRequest only", func(c *config, _ *rest) { c.Kind = authorizer.RESTToken }},
		{"an HTTP API", "RESTRequest only", func(c *config, _ *rest) { c.Kind = authorizer.HTTPFormat2 }},
		{"both JWT authorizers", "not both", func(c *config, _ *rest) { c.JWT = l.config().JWT }},
		{"a Lambda authorizer too", "not both", func(c *config, _ *rest) { c.Authorizer = grant }},
		{"a cache", "CacheTTL", func(c *config, _ *rest) { c.CacheTTL = 1 }},
		{"a query string", "IdentitySources", func(c *config, _ *rest) { c.IdentitySources = []string{"method.request.querystring.token"} }},
		{"no identity source", "IdentitySources", func(c *config, _ *rest) { c.IdentitySources = []string{} }},
		{"no issuer", "Issuers", func(_ *config, r *rest) { r.Issuers = nil }},
		{"an issuer that is none", "JWTIssuer.Issuer", func(_ *config, r *rest) { r.Issuers[0].Issuer = "login" }},
		{"an issuer twice", "twice", func(_ *config, r *rest) { r.Issuers = append(r.Issuers, r.Issuers[0]) }},
		{"no audience", "JWTIssuer.Audiences", func(_ *config, r *rest) { r.Issuers[0].Audiences = nil }},
		{"an empty audience", "leave it out", func(_ *config, r *rest) { r.Issuers[0].Audiences = []string{""} }},
		{"no algorithm", "DefaultAlgorithms", func(_ *config, r *rest) { r.DefaultAlgorithms = nil }},
		{"a secret's algorithm", `holds "HS256"`, func(_ *config, r *rest) { r.DefaultAlgorithms = []string{"RS256", "HS256"} }},
		{"the algorithm none", `holds "none"`, func(_ *config, r *rest) { r.DefaultAlgorithms = []string{"none"} }},
		{"a claim without a name", "ClaimName", func(_ *config, r *rest) {
			r.Issuers[0].AdditionalClaims = []authorizertest.JWTClaim{{ExpectedValues: []string{"a"}}}
		}},
		{"a format that is none", "single-string", func(_ *config, r *rest) {
			r.Issuers[0].AdditionalClaims = []authorizertest.JWTClaim{{ClaimName: "a", Format: "string"}}
		}},
		{"another gateway response", "ScopeResponse", func(_ *config, r *rest) { r.ScopeResponse = "DEFAULT_4XX" }},
		{"a negative age", "KeysMaxAge", func(_ *config, r *rest) { r.KeysMaxAge = -1 }},
		{"a negative timeout", "FetchTimeout", func(_ *config, r *rest) { r.FetchTimeout = -1 }},
		{"a negative size", "MaxKeySet", func(_ *config, r *rest) { r.MaxKeySet = -1 }},
		{"11 scopes", "", func(c *config, _ *rest) {
			c.Routes[0].Scopes = strings.Split(strings.Repeat("a ", 10)+"a", " ")
		}},
		{"two scopes in one", "which no token can hold", func(c *config, _ *rest) { c.Routes[0].Scopes = []string{"a b"} }},
	} {
		cfg := restConfig(l, nil)
		test.change(&cfg, cfg.RESTJWT)
		g, err := authorizertest.New(cfg)
		if test.want == "" && (g == nil || err != nil) || test.want != "" && (g != nil || err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, %v", test.name, g, err)
		}
	}
}

func TestARESTAPIsJWTAuthorizerKeepsItsSettings(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	cfg := restConfig(l, nil)
	cfg.RESTJWT.Issuers[0].AdditionalClaims = []authorizertest.JWTClaim{{ClaimName: "sub", ExpectedValues: []string{"user-1"}}}
	g := newGateway(t, cfg)
	issuer := &cfg.RESTJWT.Issuers[0]
	issuer.Audiences[0], issuer.AdditionalClaims[0].ExpectedValues[0], cfg.RESTJWT.DefaultAlgorithms[0] = "else", "else", "ES256"
	wantREST(t, "a good token", call(g, "/orders", l.token(key, nil)), 200)
	if event, err := g.AuthorizerEvent(withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))); err == nil {
		t.Errorf("got the event %s", event)
	}
}
