package authorizertest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// allKinds are the kinds of API, each with the key of its one route.
var allKinds = map[authorizer.Kind]string{
	authorizer.RESTToken:   "GET /orders",
	authorizer.RESTRequest: "GET /orders",
	authorizer.WebSocket:   "$connect",
	authorizer.HTTPFormat1: "GET /orders",
	authorizer.HTTPFormat2: "GET /orders",
}

// backend is what a request reaches that is allowed.
var backend = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("backend")) })

func newGateway(t testing.TB, cfg authorizertest.Config) *authorizertest.Gateway {
	t.Helper()
	g, err := authorizertest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// call sends a GET with an Authorization header, unless it is empty.
func call(g http.Handler, path, authorization string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\r\n\r\n")
	return text
}

func effect(effect, resource string) map[string]any {
	return map[string]any{"principalId": "user-1", "policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Action": "execute-api:Invoke", "Effect": effect, "Resource": []string{resource}},
	}}}
}

// The table of what API Gateway answers, for every kind of API.
func TestEveryKindOfAPIAnswersAsAPIGatewayDoes(t *testing.T) {
	type answer struct {
		restStatus int
		restBody   string
		restType   string
		status     int
		body       string
	}
	allowed := answer{200, "backend", "", 200, "backend"}
	unauthorized := answer{401, `{"message":"Unauthorized"}`, "UnauthorizedException", 401, `{"message":"Unauthorized"}`}
	explicit := answer{403, `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`, "AccessDeniedException", 403, `{"message":"Forbidden"}`}
	implicit := answer{403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException", 403, `{"message":"Forbidden"}`}
	failed := answer{500, `{"message":null}`, "AuthorizerConfigurationException", 500, `{"message":"Internal Server Error"}`}
	says := func(v any) any {
		return func(context.Context, json.RawMessage) (any, error) { return v, nil }
	}
	fails := func(err error) any {
		return func(context.Context, json.RawMessage) (any, error) { return nil, err }
	}
	withContext := func(value any) any {
		answer := effect("Allow", "*")
		answer["context"] = map[string]any{"x": value}
		return says(answer)
	}
	withoutPrincipal := effect("Allow", "*")
	delete(withoutPrincipal, "principalId")
	for _, test := range []struct {
		name          string
		authorization string
		authorizer    any
		want          answer
		httpWant      *answer // where HTTP APIs differ
		calls         int
	}{
		{"allowed", "t", says(effect("Allow", "*")), allowed, nil, 1},
		{"no identity source", "", says(effect("Allow", "*")), unauthorized, nil, 0},
		{"exactly Unauthorized", "t", fails(errors.New("Unauthorized")), unauthorized, nil, 1},
		{"nearly Unauthorized", "t", fails(errors.New("Unauthorized: expired")), failed, nil, 1},
		{"unauthorized in lower case", "t", fails(errors.New("unauthorized")), failed, nil, 1},
		{"another error", "t", fails(errors.New("throttled")), failed, nil, 1},
		{"a panic", "t", func(context.Context) error { panic("x") }, failed, nil, 1},
		{"an explicit deny", "t", says(effect("Deny", "*")), explicit, nil, 1},
		{"no matching allow", "t", says(effect("Allow", "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/PUT/else")), implicit, nil, 1},
		{"no answer", "t", says(nil), failed, nil, 1},
		{"a list", "t", says([]string{}), failed, nil, 1},
		{"no principal", "t", says(withoutPrincipal), failed, nil, 1},
		{"no policy", "t", says(map[string]any{"principalId": "user-1"}), failed, nil, 1},
		{"an unknown effect", "t", says(effect("allow", "*")), failed, nil, 1},
		{"a scalar in the context", "t", withContext(1), allowed, nil, 1},
		{"null in the context", "t", withContext(nil), allowed, nil, 1},
		{"a list in the context", "t", withContext([]int{1}), failed, &allowed, 1},
		{"an answer over the limit", "t", withContext(strings.Repeat("x", 8192)), failed, nil, 1},
	} {
		for kind, key := range allKinds {
			t.Run(test.name+"/"+string(kind), func(t *testing.T) {
				g := newGateway(t, authorizertest.Config{
					Kind: kind, Authorizer: test.authorizer, Routes: []authorizertest.Route{{Key: key, Handler: backend}},
				})
				got := call(g, "/orders", test.authorization)
				rest := kind == authorizer.RESTToken || kind == authorizer.RESTRequest
				want := test.want
				if test.httpWant != nil && (kind == authorizer.HTTPFormat1 || kind == authorizer.HTTPFormat2) {
					want = *test.httpWant
				}
				status, text := want.status, want.body
				if rest {
					status, text = want.restStatus, want.restBody
					if got := got.Header.Get("x-amzn-ErrorType"); got != want.restType {
						t.Errorf("error type %q, want %q", got, want.restType)
					}
				}
				if got.StatusCode != status || body(t, got) != text {
					t.Errorf("got %d %s, want %d %s", got.StatusCode, body(t, got), status, text)
				}
				if g.Calls() != test.calls {
					t.Errorf("called %d times, want %d", g.Calls(), test.calls)
				}
			})
		}
	}
}

func TestASimpleAnswerIsYesOrNo(t *testing.T) {
	for _, test := range []struct {
		answer any
		want   int
	}{
		{map[string]any{"isAuthorized": true}, 200},
		{map[string]any{"isAuthorized": false}, 403},
		{map[string]any{"isAuthorized": "true"}, 500},
		{map[string]any{"IsAuthorized": true}, 500},
		{map[string]any{}, 500},
		{nil, 500},
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.HTTPFormat2, EnableSimpleResponses: true,
			Authorizer: func(context.Context, json.RawMessage) (any, error) { return test.answer, nil },
			Routes:     []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		if got := call(g, "/orders", "t"); got.StatusCode != test.want {
			t.Errorf("%v: got %d, want %d", test.answer, got.StatusCode, test.want)
		}
	}
}

func TestATokenThatDoesNotMatchTheValidationExpressionReachesNobody(t *testing.T) {
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTToken, ValidationExpression: "Bearer [a-z]+",
		Authorizer: func(context.Context) (any, error) { return effect("Allow", "*"), nil },
		Routes:     []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	for authorization, want := range map[string]int{"Bearer abc": 200, "Bearer ABC": 401, "Bearer abc ": 401, "xBearer abc": 401} {
		if got := call(g, "/orders", authorization); got.StatusCode != want {
			t.Errorf("%q: got %d, want %d", authorization, got.StatusCode, want)
		}
	}
	if g.Calls() != 1 {
		t.Errorf("called %d times", g.Calls())
	}
}

// An HTTP API gives its authorizer 10 seconds; the others leave it to the function's own
// timeout. The clock is synctest's: nobody waits.
func TestAnAuthorizerThatTakesTooLongHasFailed(t *testing.T) {
	for _, test := range []struct {
		kind           authorizer.Kind
		timeout, takes time.Duration
		want           int
	}{
		{authorizer.HTTPFormat1, 0, 10*time.Second - 1, 200},
		{authorizer.HTTPFormat1, 0, time.Minute, 500},
		{authorizer.HTTPFormat2, 0, 10*time.Second - 1, 200},
		{authorizer.HTTPFormat2, 0, time.Minute, 500},
		{authorizer.HTTPFormat2, 3 * time.Second, 4 * time.Second, 500},
		{authorizer.RESTToken, 0, time.Minute, 200},
		{authorizer.RESTRequest, 0, time.Minute, 200},
		{authorizer.WebSocket, 0, time.Minute, 200},
		{authorizer.RESTToken, 30 * time.Second, time.Minute, 500},
		{authorizer.RESTToken, 30 * time.Second, 30*time.Second - 1, 200},
	} {
		synctest.Test(t, func(t *testing.T) {
			slow := func(ctx context.Context) (any, error) {
				wait(ctx, test.takes)
				return effect("Allow", "*"), nil
			}
			g := newGateway(t, authorizertest.Config{
				Kind: test.kind, Timeout: test.timeout, Authorizer: slow,
				Routes: []authorizertest.Route{{Key: allKinds[test.kind], Handler: backend}},
			})
			start, passed := time.Now(), test.takes
			if test.want == 500 {
				passed = cmp.Or(test.timeout, 10*time.Second)
			}
			if got := call(g, "/orders", "t"); got.StatusCode != test.want || time.Since(start) != passed {
				t.Errorf("%s, %v of %v: got %d after %v", test.kind, test.takes, test.timeout, got.StatusCode, time.Since(start))
			}
		})
	}
}

// No document says what an HTTP API makes of that error, and emulators differ.
func TestTheErrorUnauthorizedCanBeAFailureOnHTTPAPIs(t *testing.T) {
	for _, kind := range []authorizer.Kind{authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		for fails, want := range map[bool]int{false: 401, true: 500} {
			g := newGateway(t, authorizertest.Config{
				Kind: kind, Unconfirmed: authorizertest.Unconfirmed{UnauthorizedFails: fails},
				Authorizer: func() error { return errors.New("Unauthorized") }, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
			})
			if got := call(g, "/orders", "t"); got.StatusCode != want {
				t.Errorf("%s: got %d, want %d", kind, got.StatusCode, want)
			}
			if got := call(g, "/orders", ""); got.StatusCode != 401 || g.Calls() != 1 {
				t.Errorf("%s, without a token: got %d after %d calls", kind, got.StatusCode, g.Calls())
			}
		}
	}
}

// shop is an API with an authorizer of the library's own, and tokens for it.
type shop struct {
	source *switchable
	now    time.Time
	key    *keys.Secret
}

// switchable is a key source that can be out of order.
type switchable struct {
	keys.VerificationSource
	err error
}

func (s *switchable) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.VerificationSource.VerificationKey(ctx, h)
}

func newShop(t testing.TB) *shop {
	t.Helper()
	key, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return &shop{source: &switchable{VerificationSource: key}, now: time.Unix(1_700_000_000, 0), key: key}
}

func (s *shop) clock() time.Time { return s.now }

func (s *shop) token(t testing.TB, subject, scope string, lifetime time.Duration) string {
	t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: s.key, Issuer: "login", Audience: []string{"shop"}, Lifetime: lifetime, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(context.Background(), subject, map[string]any{"scope": scope})
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

func (s *shop) authorizer(t testing.TB, decide authorizer.PolicyFunc) *authorizer.Authorizer {
	t.Helper()
	return s.authorizerWith(t, authorizer.Config{Policy: decide})
}

func (s *shop) authorizerWith(t testing.TB, cfg authorizer.Config) *authorizer.Authorizer {
	t.Helper()
	v, err := verifier.New(verifier.Config{Keys: s.source, Issuer: "login", Audience: []string{"shop"}, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Verifier, cfg.Now = v, s.clock
	a, err := authorizer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *shop) gateway(t testing.TB, kind authorizer.Kind, ttl time.Duration, decide authorizer.PolicyFunc) *authorizertest.Gateway {
	t.Helper()
	return newGateway(t, authorizertest.Config{
		Kind: kind, Authorizer: s.authorizer(t, decide), CacheTTL: ttl, Now: s.clock,
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: backend}, {Key: "GET /orders/{id}", Handler: backend}, {Key: "GET /admin", Handler: backend},
		},
	})
}

// The blueprint's trap: a policy for the requested method is right for the first
// request and wrong for the next, which gets it from the cache.
func TestAPolicyForTheRequestedMethodAloneRefusesTheNextMethodFromTheCache(t *testing.T) {
	onlyThis := func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
		return policy.New(t.Subject, r.ARN).AllowMethod(r.ARN.Verb, r.ARN.Path).Build()
	}
	for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		s := newShop(t)
		g := s.gateway(t, kind, time.Minute, onlyThis)
		token := s.token(t, "user-1", "", time.Hour)
		if got := call(g, "/orders", token); got.StatusCode != 200 {
			t.Errorf("%s: the first route: %d", kind, got.StatusCode)
		}
		if got := call(g, "/orders/7", token); got.StatusCode != 403 || g.Calls() != 1 {
			t.Errorf("%s: the second route: %d after %d calls, and the trap is that it is 403 after one", kind, got.StatusCode, g.Calls())
		}
		s.now = s.now.Add(time.Minute)
		if got := call(g, "/orders/7", token); got.StatusCode != 200 || g.Calls() != 2 {
			t.Errorf("%s: the second route, when the cache has forgotten: %d after %d calls", kind, got.StatusCode, g.Calls())
		}
	}
}

func TestRoutesGiveOnePolicyThatIsRightForEveryRouteFromTheCache(t *testing.T) {
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /orders", Scopes: []string{"read"}},
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"read"}},
		policy.Route{Key: "GET /admin", Scopes: []string{"admin"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		for _, first := range []string{"/orders", "/orders/7", "/admin"} {
			s := newShop(t)
			g := s.gateway(t, kind, time.Minute, authorizer.ByScope(routes))
			token := s.token(t, "user-1", "read", time.Hour)
			call(g, first, token) // whichever comes first is what the policy is asked for
			for path, want := range map[string]int{"/orders": 200, "/orders/7": 200, "/admin": 403} {
				if got := call(g, path, token); got.StatusCode != want {
					t.Errorf("%s: %s after %s: got %d, want %d", kind, path, first, got.StatusCode, want)
				}
			}
			if g.Calls() != 1 {
				t.Errorf("%s: called %d times", kind, g.Calls())
			}
		}
	}
}

func TestAnOutageIsNotCachedAndNotADenial(t *testing.T) {
	for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		s := newShop(t)
		g := s.gateway(t, kind, time.Hour, authorizer.AllowStage)
		token := s.token(t, "user-1", "", time.Hour)
		s.source.err = errors.New("KMS is throttled")
		if got := call(g, "/orders", token); got.StatusCode != 500 {
			t.Errorf("%s: during the outage: %d", kind, got.StatusCode)
		}
		s.source.err = nil
		if got := call(g, "/orders", token); got.StatusCode != 200 || g.Calls() != 2 {
			t.Errorf("%s: after the outage: %d after %d calls", kind, got.StatusCode, g.Calls())
		}
	}
}

func TestABadTokenIs401AndNotCached(t *testing.T) {
	s := newShop(t)
	g := s.gateway(t, authorizer.RESTToken, time.Hour, authorizer.AllowStage)
	for range 2 {
		if got := call(g, "/orders", "Bearer forged"); got.StatusCode != 401 {
			t.Errorf("got %d", got.StatusCode)
		}
	}
	if g.Calls() != 2 {
		t.Errorf("called %d times", g.Calls())
	}
}

func TestACachedAllowOutlivesTheTokensExpiry(t *testing.T) {
	s := newShop(t)
	g := s.gateway(t, authorizer.RESTToken, 5*time.Minute, authorizer.AllowStage)
	token := s.token(t, "user-1", "", time.Minute)
	for minutes, want := range []int{200, 200, 200, 200, 200, 401} {
		s.now = time.Unix(1_700_000_000, 0).Add(time.Duration(minutes) * time.Minute)
		if got := call(g, "/orders", token); got.StatusCode != want {
			t.Errorf("after %d minutes: got %d, want %d", minutes, got.StatusCode, want)
		}
	}
}

func TestWithoutACacheEveryRequestIsDecidedAnew(t *testing.T) {
	for kind, ttl := range map[authorizer.Kind]time.Duration{
		authorizer.RESTToken: authorizertest.NoCache, authorizer.HTTPFormat2: authorizertest.NoCache, authorizer.HTTPFormat1: authorizertest.NoCache,
	} {
		s := newShop(t)
		g := s.gateway(t, kind, ttl, authorizer.AllowStage)
		token := s.token(t, "user-1", "", time.Minute)
		for range 3 {
			if got := call(g, "/orders", token); got.StatusCode != 200 {
				t.Errorf("%s: got %d", kind, got.StatusCode)
			}
		}
		s.now = s.now.Add(time.Minute)
		if got := call(g, "/orders", token); got.StatusCode != 401 || g.Calls() != 4 {
			t.Errorf("%s: after its expiry: %d after %d calls", kind, got.StatusCode, g.Calls())
		}
	}
}
