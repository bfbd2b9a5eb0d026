package httpauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func TestNewSaysWhichSettingToMend(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*httpauth.Config)
		want   string
	}{
		"no verifier":                       {func(c *httpauth.Config) { c.Verifier = nil }, "Verifier"},
		"a verifier that is nil":            {func(c *httpauth.Config) { c.Verifier = (*verifier.Local)(nil) }, "Verifier"},
		"a verifier that nobody made":       {func(c *httpauth.Config) { c.Verifier = new(verifier.Local) }, "Verifier"},
		"no table":                          {func(c *httpauth.Config) { c.Table = nil }, "AnyToken"},
		"a table that nobody made":          {func(c *httpauth.Config) { c.Table = new(policy.Table) }, "NewTable"},
		"a table and AnyToken":              {func(c *httpauth.Config) { c.AnyToken = true }, "contradict"},
		"a binding that is nil":             {func(c *httpauth.Config) { c.Binding = (*binding.DPoP)(nil) }, "Binding"},
		"a binding that nobody made":        {func(c *httpauth.Config) { c.Binding = new(binding.DPoP) }, "Binding"},
		"a realm with a line break":         {func(c *httpauth.Config) { c.Realm = "a\r\nSet-Cookie: x" }, "Realm"},
		"a realm with an escape":            {func(c *httpauth.Config) { c.Realm = "\x1f" }, "Realm"},
		"a realm with a DEL":                {func(c *httpauth.Config) { c.Realm = "\x7f" }, "Realm"},
		"a realm that is not ASCII":         {func(c *httpauth.Config) { c.Realm = "é" }, "Realm"},
		"a negative RetryAfter":             {func(c *httpauth.Config) { c.RetryAfter = -1 }, "RetryAfter"},
		"a RetryAfter of more than an hour": {func(c *httpauth.Config) { c.RetryAfter = time.Hour + 1 }, "RetryAfter"},
		"metadata over http":                {func(c *httpauth.Config) { c.ResourceMetadata = "http://api.example.com/x" }, "ResourceMetadata"},
		"metadata with a quote":             {func(c *httpauth.Config) { c.ResourceMetadata = `https://api.example.com/"` }, "ResourceMetadata"},
		"metadata with a fragment":          {func(c *httpauth.Config) { c.ResourceMetadata = "https://api.example.com/x#y" }, "ResourceMetadata"},
		"a scope with a quote":              {func(c *httpauth.Config) { c.Table = table(t, policy.Route{Key: "GET /", Scopes: []string{`a"b`}}) }, "Table"},
		"a scope with a line break":         {func(c *httpauth.Config) { c.Table = table(t, policy.Route{Key: "GET /", Scopes: []string{"a\nb"}}) }, "Table"},
		"a scope that is not in ASCII":      {func(c *httpauth.Config) { c.Table = table(t, policy.Route{Key: "GET /", Scopes: []string{"é"}}) }, "Table"},
	} {
		cfg := httpauth.Config{Verifier: known, Table: table(t, routes...)}
		test.change(&cfg)
		auth, err := httpauth.New(cfg)
		if auth != nil || err == nil || !strings.HasPrefix(err.Error(), "httpauth: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v", name, auth, err)
		}
	}
}

func TestWhoMayCallWhatIsWhatTheTableSays(t *testing.T) {
	auth := newAuth(t, nil)
	for _, test := range []struct {
		do, token string
		want      int
	}{
		{"GET /orders/7", "ann", 200},
		{"GET /orders/7", "plain", 403},
		{"POST /orders", "ann", 403},
		{"POST /orders", "admin", 200},
		{"DELETE /orders/7", "admin", 403}, // no route
		{"GET /unknown", "admin", 403},
		{"GET /", "plain", 200},
		{"GET /", "", 401},
		{"GET /orders/7", "", 401},
		{"GET /unknown", "", 401},
		{"GET /orders/7", "forged", 401},
		{"GET /orders/7", "expired", 401},
		{"GET /orders/7", "nobody", 401},
		{"GET /orders/7", "strange", 401},
		{"GET /orders/7", "down", 503},
		{"GET /orders/7", "misconfigured", 500},
		{"GET /tenants/acme/users", "ann", 200},
		{"GET /tenants/other/users", "ann", 403},
		{"GET /tenants/acme/users", "plain", 403},
		{"PATCH /any/7", "plain", 200},
		{"OPTIONS /any/7", "", 401},
		{"OPTIONS /orders/7", "admin", 403},
	} {
		if got := status(auth, test.do, test.token); got != test.want {
			t.Errorf("%s by %q: got %d, want %d", test.do, test.token, got, test.want)
		}
	}
}

func TestAnyTokenOpensEverythingToAGoodTokenAlone(t *testing.T) {
	auth := newAuth(t, func(c *httpauth.Config) { c.Table, c.AnyToken = nil, true })
	for token, want := range map[string]int{"plain": 200, "": 401, "forged": 401, "nobody": 401, "down": 503} {
		if got := status(auth, "DELETE /whatever//../x", token); got != want {
			t.Errorf("%q: got %d, want %d", token, got, want)
		}
	}
}

// A handler is not called for anybody whom the middleware has not let through.
func TestTheHandlerIsCalledForWhatIsAllowedAlone(t *testing.T) {
	called := 0
	h := newAuth(t, nil).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ }))
	for _, token := range []string{"", "plain", "forged", "down", "misconfigured", "nobody"} {
		serve(h, request("GET /orders/7", token))
	}
	if called != 0 {
		t.Errorf("called %d times", called)
	}
	if serve(h, request("GET /orders/7", "ann")); called != 1 {
		t.Errorf("called %d times", called)
	}
}

func TestWhatNobodyMadeLetsNobodyThrough(t *testing.T) {
	var none *httpauth.Middleware
	var noMux *http.ServeMux
	for name, h := range map[string]http.Handler{
		"a nil middleware":  none.Wrap(handler),
		"a zero middleware": new(httpauth.Middleware).Wrap(handler),
		"a nil handler":     newAuth(t, nil).Wrap(nil),
		"a nil ServeMux":    newAuth(t, nil).Wrap(noMux),
	} {
		if got := serve(h, request("GET /orders/7", "ann")); got.Code != 500 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// noToken breaks the contract of a verifier.
type noToken struct{}

func (noToken) Verify(context.Context, string) (*verifier.Token, error) { return nil, nil }

func TestAVerifierWithNeitherTokenNorErrorIsAnOutage(t *testing.T) {
	var seen httpauth.Outcome
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Verifier = noToken{}
		c.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o }
	})
	if got := status(auth, "GET /orders/7", "x"); got != 503 || seen.Err == nil || !strings.Contains(seen.Err.Error(), "neither a token nor an error") {
		t.Errorf("got %d, %v", got, seen.Err)
	}
}

func TestTheContextOfTheRequestReachesTheVerifier(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var outcome httpauth.Outcome
	auth := newAuth(t, func(c *httpauth.Config) { c.Observer = func(_ context.Context, o httpauth.Outcome) { outcome = o } })
	got := serve(auth.Wrap(handler), request("GET /orders/7", "ann").WithContext(ctx))
	if got.Code != 503 || outcome.Decision != httpauth.Failed || !errors.Is(outcome.Err, context.Canceled) {
		t.Errorf("%d, %+v", got.Code, outcome)
	}
}

// asked is a verifier and a binding, and keeps the contexts in which it was asked.
type asked struct{ contexts map[string]context.Context }

func (a asked) Ready(ctx context.Context) error {
	a.contexts["Ready"] = ctx
	return nil
}

func (a asked) Verify(ctx context.Context, text string) (*verifier.Token, error) {
	a.contexts["Verify"] = ctx
	return known.Verify(ctx, text)
}

func (a asked) Check(ctx context.Context, _ binding.Request, _ *verifier.Token) error {
	a.contexts["Check"] = ctx
	return nil
}

func TestAllAreAskedInTheContextOfTheRequest(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "x"))
	all := asked{map[string]context.Context{}}
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Verifier, c.Binding = all, all
		c.Observer = func(ctx context.Context, _ httpauth.Outcome) { all.contexts["Observer"] = ctx }
	})
	h := auth.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { all.contexts["the handler"] = r.Context() }))
	if err := auth.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	serve(h, request("GET /orders/7", "ann").WithContext(ctx))
	if len(all.contexts) != 5 {
		t.Errorf("asked: %v", all.contexts)
	}
	for name, got := range all.contexts {
		if got.Value(key{}) != "x" || got.Err() != nil {
			t.Errorf("%s: got %v, %v", name, got.Value(key{}), got.Err())
		}
	}
	cancel()
	for name, got := range all.contexts {
		if !errors.Is(got.Err(), context.Canceled) {
			t.Errorf("%s goes on when the request has ended", name)
		}
	}
}

func TestAPanicOfTheHandlerIsLeftToTheServer(t *testing.T) {
	h := newAuth(t, nil).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("the panic has gone")
		}
	}()
	serve(h, request("GET /orders/7", "ann"))
}

func TestManyRequestsAtOnceAreEachDecidedByTheirToken(t *testing.T) {
	h := newAuth(t, nil).Wrap(handler)
	var group sync.WaitGroup
	for token, want := range map[string]int{"ann": 200, "plain": 403, "forged": 401, "down": 503, "admin": 200, "": 401} {
		for range 8 {
			group.Go(func() {
				for range 50 {
					if got := serve(h, request("GET /orders/7", token)); got.Code != want {
						t.Errorf("%q: got %d, want %d", token, got.Code, want)
					}
				}
			})
		}
	}
	group.Wait()
}

// ready is a verifier that says whether it can work.
type ready struct {
	tokens
	err error
}

func (r ready) Ready(context.Context) error { return r.err }

func TestReadyAsksTheVerifier(t *testing.T) {
	for name, test := range map[string]struct {
		verifier verifier.Verifier
		want     error
	}{
		"one that is":       {ready{known, nil}, nil},
		"one that is not":   {ready{known, errDown}, errDown},
		"one without Ready": {known, nil},
	} {
		auth := newAuth(t, func(c *httpauth.Config) { c.Verifier = test.verifier })
		if err := auth.Ready(t.Context()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (*httpauth.Middleware)(nil).Ready(t.Context()) == nil || new(httpauth.Middleware).Ready(t.Context()) == nil {
		t.Error("what nobody made is ready")
	}
}
