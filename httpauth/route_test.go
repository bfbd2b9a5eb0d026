package httpauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
)

// opened returns which of the requests a good token opens, whatever else the handler says.
func opened(t *testing.T, change func(*httpauth.Config), wrap func(*httpauth.Middleware) http.Handler, do string) (httpauth.Outcome, bool) {
	t.Helper()
	var seen httpauth.Outcome
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o }
		change(c)
	})
	serve(wrap(auth), request(do, "plain"))
	return seen, seen.Decision == httpauth.Allowed
}

func TestAPatternOfServeMuxNamesTheRouteOfTheTable(t *testing.T) {
	for _, test := range []struct {
		pattern, do string
		key         string // of the one open route of the table
		open        bool
	}{
		{"GET /orders/{id}", "GET /orders/7", "GET /orders/{id}", true},
		{"GET /orders/{id}", "GET /orders/7", "GET /orders/{order}", true},
		{"GET /orders/{id}", "GET /orders/7", "ANY /orders/{id}", true},
		{"GET /orders/{id}", "GET /orders/7", "POST /orders/{id}", false},
		{"GET /orders/{id}", "GET /orders/7", "GET /orders/7", false},
		{"GET /orders/7", "GET /orders/7", "GET /orders/{id}", false},
		{"/orders/{id}", "GET /orders/7", "GET /orders/{id}", true},
		{"/orders/{id}", "PUT /orders/7", "GET /orders/{id}", false},
		{"/orders/{id}", "PUT /orders/7", "ANY /orders/{id}", true},
		{"GET  /orders/{id}", "GET /orders/7", "GET /orders/{id}", true},
		{" /orders/{id}", "GET /orders/7", "GET /orders/{id}", true},
		{"GET /!/~", "GET /!/~", "GET /!/~", true},
		{"example.com/orders", "GET /orders", "GET /orders", true},
		{"GET example.com/orders", "GET /orders", "GET /orders", true},

		{"GET /files/{path...}", "GET /files/a/b", "GET /files/{path+}", true},
		{"GET /files/{path...}", "GET /files/", "GET /files/{path+}", true},
		{"GET /files/{path...}", "GET /files/a/b", "GET /files/a/{b}", true},
		{"GET /files/{path...}", "GET /files/a/b", "GET /files/a", false},
		{"GET /files/{path...}", "GET /fil%65s/a", "GET /files/{path+}", true},
		{"GET /a%zz/{path...}", "GET /a%25zz/b", "GET /{path+}", true}, // ServeMux takes what it cannot decode as it is
		{"GET /{a}/{path...}", "GET /x/y", "GET /{a}/{path+}", true},
		{"/static/", "GET /static/a/b", "GET /static/{rest+}", true},
		{"/static/", "GET /static/", "GET /static/{rest+}", true},
		{"/static/", "GET /static/a", "GET /static/{a}", true},
		{"/", "GET /a/b", "GET /{rest+}", true},
		{"/", "GET /a/b", "$default", true},
		{"/", "GET /a/b", "GET /a/{b}", true},
		{"/", "GET /a/b", "GET /a", false},

		{"GET /{$}", "GET /", "GET /", true},
		{"GET /{$}", "GET /", "GET /{rest+}", false},
		{"GET /orders/{$}", "GET /orders/", "GET /orders", true},
		{"GET /orders/{$}", "GET /orders/", "GET /orders/{id}", false},

		{"GET /orders/{id}", "HEAD /orders/7", "GET /orders/{id}", true},
		{"GET /orders/{id}", "HEAD /orders/7", "ANY /orders/{id}", true},
		{"GET /orders/{id}", "HEAD /orders/7", "HEAD /orders/{id}", false},
		{"/orders/{id}", "HEAD /orders/7", "GET /orders/{id}", false},
		{"/orders/{id}", "HEAD /orders/7", "HEAD /orders/{id}", true},
		{"HEAD /orders/{id}", "HEAD /orders/7", "HEAD /orders/{id}", true},
		{"GET /files/{path...}", "HEAD /files/a", "GET /files/{path+}", false},
		{"GET /files/{path...}", "HEAD /files/a", "ANY /files/{path+}", true},
		{"OPTIONS /orders/{id}", "OPTIONS /orders/7", "OPTIONS /orders/{id}", true},
		{"CONNECT /orders", "CONNECT /orders", "ANY /orders", true},
	} {
		only := func(c *httpauth.Config) { c.Table = table(t, policy.Route{Key: test.key, AnyToken: true}) }
		for name, wrap := range map[string]func(*httpauth.Middleware) http.Handler{
			"around the mux": func(auth *httpauth.Middleware) http.Handler {
				mux := http.NewServeMux()
				mux.Handle(test.pattern, handler)
				return auth.Wrap(mux)
			},
			"within the mux": func(auth *httpauth.Middleware) http.Handler {
				mux := http.NewServeMux()
				mux.Handle(test.pattern, auth.Wrap(handler))
				return mux
			},
		} {
			got, open := opened(t, only, wrap, test.do)
			if open != test.open || got.Decision == httpauth.Failed || got.Decision == "" {
				t.Errorf("%s of %s, %s, with %s: %+v", test.do, test.pattern, name, test.key, got)
			}
		}
	}
}

// Other routers name patterns too. They may have rewritten the path since, which must begin as
// that of a greedy route does.
func TestAPatternOfAnotherRouterNamesTheRouteOfItsMethod(t *testing.T) {
	for _, test := range []struct {
		pattern, do string
		want        int
	}{
		{"GET /any/{id}", "GET /any/7", 200},
		{"GET /any/{id}", "GET /rewritten", 200},
		{"GET /{$}", "GET /rewritten", 200},
		{"POST /any/{id}", "GET /any/7", 403},
		{"G /any/{id}", "GET /any/7", 403},
		{"GET /files/{path...}", "GET /files/a", 200},
		{"GET /files/{path...}", "GET /files", 500},
		{"GET /files/{path...}", "GET /", 500},
		{"GET /files/secret/{path...}", "GET /files", 500},
		{"GET /files/secret/{path...}", "GET /files/a/b", 500},
	} {
		r := request(test.do, "admin")
		r.Pattern = test.pattern
		if got := serve(newAuth(t, nil).Wrap(handler), r); got.Code != test.want {
			t.Errorf("%s by %s: got %d, want %d", test.do, test.pattern, got.Code, test.want)
		}
	}
}

// What ServeMux has matched is what is called, whichever other routes the path has.
func TestAPatternCountsWhateverElseItsPathReaches(t *testing.T) {
	closing := func(c *httpauth.Config) {
		c.Table = table(t, policy.Route{Key: "GET /orders/{id}", AnyToken: true}, policy.Route{Key: "GET /orders/7", Scopes: []string{"secret"}})
	}
	for pattern, open := range map[string]bool{"GET /orders/{id}": true, "GET /orders/7": false, "/{rest...}": false} {
		_, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler {
			mux := http.NewServeMux()
			mux.Handle(pattern, handler)
			return auth.Wrap(mux)
		}, "GET /orders/7")
		if allowed != open {
			t.Errorf("%s: %v", pattern, allowed)
		}
	}
}

// All that a route of the table below a subtree closes stays closed in it.
func TestASubtreeDoesNotOpenWhatIsClosedInIt(t *testing.T) {
	closing := func(c *httpauth.Config) {
		c.Table = table(t, policy.Route{Key: "ANY /files/{path+}", AnyToken: true}, policy.Route{Key: "ANY /files/secret/{path+}", Scopes: []string{"secret"}})
	}
	for _, pattern := range []string{"/", "/files/", "GET /files/{path...}"} {
		for path, open := range map[string]bool{
			"/files/a":                true,
			"/files/a/b":              true,
			"/files/secret":           true, // which no route closes
			"/files/secret/a":         false,
			"/files/secret%2Fa":       false,
			"/files/%73ecret/a":       false,
			"/files/%2573ecret/a":     false,
			"/files/x%2F..%2Fsecret":  false,
			"/files/%2e%2e/a":         false,
			"/files/%2Fsecret%2Fa":    false,
			"/files/secret%2F%2e%2Fa": false,
		} {
			got, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler {
				mux := http.NewServeMux()
				mux.Handle(pattern, handler)
				return auth.Wrap(mux)
			}, "GET "+path)
			if allowed != open || got.Decision == httpauth.Failed {
				t.Errorf("%s of %s: %+v", path, pattern, got)
			}
		}
	}
}

// The table cannot tell "/orders/" from "/orders", and who wrote it may have had "/orders/{id}"
// in mind.
func TestAPatternThatEndsInASlashDoesNotOpenWhatItsPathReaches(t *testing.T) {
	for key, open := range map[string]bool{"GET /orders/{id}": false, "GET /orders/{rest+}": false, "GET /orders/{id}/lines": true} {
		closing := func(c *httpauth.Config) {
			c.Table = table(t, policy.Route{Key: "GET /orders", AnyToken: true}, policy.Route{Key: key, Scopes: []string{"secret"}})
		}
		for _, do := range []string{"GET /orders/", "HEAD /orders/"} { // the pattern serves both as a GET
			_, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler {
				mux := http.NewServeMux()
				mux.Handle("GET /orders/{$}", handler)
				return auth.Wrap(mux)
			}, do)
			if allowed != open {
				t.Errorf("%s with %s closed: %v", do, key, allowed)
			}
		}
	}
}

// What is closed to GET is not open to HEAD by a route that is there for HEAD alone.
func TestAHeadOfAPatternThatEndsInASlashIsDecidedAsAGet(t *testing.T) {
	closing := func(c *httpauth.Config) {
		c.Table = table(t, policy.Route{Key: "GET /orders", AnyToken: true}, policy.Route{Key: "GET /orders/{id}", Scopes: []string{"secret"}},
			policy.Route{Key: "HEAD /orders", AnyToken: true}, policy.Route{Key: "HEAD /orders/{id}", AnyToken: true})
	}
	if got, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("GET /orders/{$}", handler)
		return auth.Wrap(mux)
	}, "HEAD /orders/"); allowed || got.Decision != httpauth.Denied {
		t.Errorf("%+v", got)
	}
}

// net/http reads "/a%2Fé" in two ways: ServeMux takes the "%2F" for a slash.
func TestAPathThatWasNotEscapedWellIsReadInBothWays(t *testing.T) {
	closing := func(c *httpauth.Config) {
		c.Table = table(t, policy.Route{Key: "ANY /{path+}", AnyToken: true}, policy.Route{Key: "ANY /{a}/{b}", Scopes: []string{"secret"}})
	}
	for path, open := range map[string]bool{"/x": true, "/x%2Fé": false, "/xé": true, "/a/é": false} {
		_, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler { return auth.Wrap(handler) }, "GET "+path)
		if allowed != open {
			t.Errorf("%s: %v", path, allowed)
		}
	}
}

// A redirect to the canonical path, and a subtree without its slash, are for ServeMux to
// answer. They are no mistakes of the setup, whoever sends them.
func TestAPathThatServeMuxRedirectsIsNoMistakeOfTheSetup(t *testing.T) {
	for _, path := range []string{"/files", "//files/a", "/files//a", "/files/./a", "/x/../files/a", "/unknown//"} {
		mux := http.NewServeMux()
		mux.Handle("GET /files/", handler)
		auth := newAuth(t, nil)
		if got := serve(auth.Wrap(mux), request("GET "+path, "admin")); got.Code >= 500 || got.Code == 200 {
			t.Errorf("%s: %d", path, got.Code)
		}
		if got := serve(auth.Wrap(mux), request("GET "+path, "")); got.Code != 401 {
			t.Errorf("%s without a token: %d", path, got.Code)
		}
	}
}

func TestWithoutAPatternThePathDecides(t *testing.T) {
	auth := newAuth(t, nil)
	for _, test := range []struct {
		do   string
		want int
	}{
		{"GET /orders/7", 200},
		{"GET //orders/7", 200},
		{"GET /orders/", 200},
		{"GET /files/x", 200},
		{"GET /files/secret/x", 200},
		{"HEAD /orders/7", 403},
		{"HEAD /any/7", 200},
		{"GET /orders/..", 403},
		{"GET /any/../orders/7", 403},
		{"OPTIONS *", 403},
		{"get /orders/7", 403},
		{"G@T /any/7", 403},
	} {
		r := request("GET /", "admin")
		method, target, _ := strings.Cut(test.do, " ")
		r.Method, r.RequestURI = method, target
		if target == "*" {
			r.URL.Path = "*"
		} else {
			r.URL = request("GET http://x"+target, "").URL
			r.URL.Scheme, r.URL.Host = "", ""
		}
		if got := serve(auth.Wrap(handler), r); got.Code != test.want {
			t.Errorf("%s: got %d, want %d", test.do, got.Code, test.want)
		}
	}
}

// Who routes by the path may give a HEAD to what is there for GET.
func TestAHeadMustBeOpenAsGetWhereThePathDecides(t *testing.T) {
	for _, name := range []string{"", "$default"} {
		for key, open := range map[string]bool{"GET /x": false, "HEAD /x": false, "POST /x": true} {
			closing := func(c *httpauth.Config) {
				c.Table = table(t, policy.Route{Key: "$default", AnyToken: true}, policy.Route{Key: key, Scopes: []string{"secret"}})
				c.Route = func(*http.Request) string { return name }
			}
			if _, allowed := opened(t, closing, func(auth *httpauth.Middleware) http.Handler { return auth.Wrap(handler) }, "HEAD /x"); allowed != open {
				t.Errorf("%q with %s closed: %v", name, key, allowed)
			}
		}
	}
}

// "GET http://api.example.com HTTP/1.1" has no path, and is for the root (RFC 9110 section 4.2.3).
func TestARequestWithoutAPathIsForTheRoot(t *testing.T) {
	r := read("GET", "http://api.example.com")
	r.Header.Set("Authorization", "Bearer plain")
	if got := serve(newAuth(t, nil).Wrap(handler), r); r.URL.Path != "" || got.Code != 200 {
		t.Errorf("%q: %d", r.URL.Path, got.Code)
	}
}

// The target of a CONNECT is a host, and no route.
func TestAConnectWithoutAPathIsForNothing(t *testing.T) {
	auth := newAuth(t, func(c *httpauth.Config) { c.Table = table(t, policy.Route{Key: "ANY /", AnyToken: true}) })
	for do, want := range map[string]int{"CONNECT api.example.com:443": 403, "CONNECT /": 200, "GET http://api.example.com": 200} {
		method, target, _ := strings.Cut(do, " ")
		r := read(method, target)
		r.Header.Set("Authorization", "Bearer plain")
		if got := serve(auth.Wrap(handler), r); got.Code != want {
			t.Errorf("%s: got %d, want %d", do, got.Code, want)
		}
	}
}

// What is behind a greedy route may take a HEAD for either.
func TestAHeadOfAGreedyRouteMustBeOpenByBothItsRoutes(t *testing.T) {
	for _, closed := range []string{"HEAD", "GET"} {
		routes := map[string]policy.Route{
			"GET":  {Key: "GET /files/{path+}", AnyToken: true},
			"HEAD": {Key: "HEAD /files/{path+}", AnyToken: true},
		}
		for _, open := range []bool{true, false} {
			if !open {
				routes[closed] = policy.Route{Key: closed + " /files/{path+}", Scopes: []string{"secret"}}
			}
			both := func(c *httpauth.Config) {
				c.Table = table(t, routes["GET"], routes["HEAD"], policy.Route{Key: closed + " /files/a", AnyToken: true})
			}
			_, allowed := opened(t, both, func(auth *httpauth.Middleware) http.Handler {
				mux := http.NewServeMux()
				mux.Handle("/files/{path...}", handler)
				return auth.Wrap(mux)
			}, "HEAD /files/a")
			if allowed != open {
				t.Errorf("%s open: %v, and the request: %v", closed, open, allowed)
			}
		}
	}
}

func TestRouteNamesTheRouteForOtherRouters(t *testing.T) {
	for _, test := range []struct {
		route, do string
		open      bool
	}{
		{"GET /any/{id}", "GET /whatever", true}, // a router may have rewritten the path
		{"GET /orders/{id}", "GET /any/7", false},
		{"DELETE /any/{id}", "GET /any/7", false},
		{"GET /any/{id}", "HEAD /any/7", true},
		{"GET /any/{id}", "HEAD /whatever", true},
		{"HEAD /any/{id}", "HEAD /whatever", true},
		{"", "GET /any/7", true},
		{"", "GET /orders/7", false},
		{"nonsense", "GET /any/7", false},
		{"$default", "GET /any/7", true},
		{"$connect", "GET /any/7", false},
	} {
		named := func(c *httpauth.Config) { c.Route = func(*http.Request) string { return test.route } }
		got, open := opened(t, named, func(auth *httpauth.Middleware) http.Handler { return auth.Wrap(handler) }, test.do)
		if open != test.open || got.Route != test.route {
			t.Errorf("%s by %q: %+v", test.do, test.route, got)
		}
	}
}

func TestAPatternThatNoTableHasIsAMistakeOfTheSetupThatSaysSo(t *testing.T) {
	for _, pattern := range []string{"/files/*", "/orders/{id:[0-9]+}", "/a/:b/*c", "/{a}.json", "orders", "GET", "/{}", "/{a...}/b", "/a//b", "/{a", `/"`, "/é", "/a b", "GET /a b", "/a\x1f", "/a\x7f", "/{$}/b"} {
		var seen httpauth.Outcome
		auth := newAuth(t, func(c *httpauth.Config) { c.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o } })
		r := request("GET /any/7", "admin")
		r.Pattern = pattern
		if got := serve(auth.Wrap(handler), r); got.Code != 500 || !errors.Is(seen.Err, keys.ErrMisconfigured) || !strings.Contains(seen.Err.Error(), "Config.Route") {
			t.Errorf("%s: %d, %v", pattern, got.Code, seen.Err)
		}
	}
}

// A subtree's path that begins otherwise is another than the table's.
func TestAPathThatWasStrippedBeforeIsAMistakeOfTheSetup(t *testing.T) {
	var seen httpauth.Outcome
	auth := newAuth(t, func(c *httpauth.Config) { c.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o } })
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files", auth.Wrap(handler)))
	for _, path := range []string{"/files/secret/x", "/files/FILES/secret/x"} {
		if got := serve(mux, request("GET "+path, "admin")); got.Code != 500 || !errors.Is(seen.Err, keys.ErrMisconfigured) || !strings.Contains(seen.Err.Error(), "StripPrefix") {
			t.Errorf("%s: %d, %v", path, got.Code, seen.Err)
		}
	}
	mux = http.NewServeMux()
	mux.Handle("/files/secret/", http.StripPrefix("/files/secret", auth.Wrap(handler)))
	if got := serve(mux, request("GET /files/secret/x", "admin")); got.Code != 500 || !errors.Is(seen.Err, keys.ErrMisconfigured) {
		t.Errorf("%d, %v", got.Code, seen.Err)
	}
	mux = http.NewServeMux()
	mux.Handle("/files/", auth.Wrap(http.StripPrefix("/files", handler)))
	if got := serve(mux, request("GET /files/secret/x", "admin")); got.Code != 200 {
		t.Errorf("%d, %v", got.Code, seen.Err)
	}
}

func TestAPathThatWasStrippedIsAMistakeAlsoWhereRouteNamesTheRoute(t *testing.T) {
	auth := newAuth(t, func(c *httpauth.Config) { c.Route = func(*http.Request) string { return "GET /files/{path+}" } })
	if got := status(auth, "GET /secret/x", "admin"); got != 500 {
		t.Errorf("stripped: %d", got)
	}
	if got := status(auth, "GET /files/secret/x", "admin"); got != 200 {
		t.Errorf("whole: %d", got)
	}
}

// What stands beside the middleware is open, as the package comment shows it.
func TestAHandlerBesideTheMiddlewareIsOpen(t *testing.T) {
	api := http.NewServeMux()
	api.Handle("GET /orders/{id}", handler)
	mux := http.NewServeMux()
	mux.Handle("/", newAuth(t, nil).Wrap(api))
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	for do, want := range map[string]int{"GET /health": 200, "POST /health": 401, "GET /orders/7": 401} {
		if got := serve(mux, request(do, "")); got.Code != want {
			t.Errorf("%s: got %d, want %d", do, got.Code, want)
		}
	}
	if got := serve(mux, request("GET /orders/7", "ann")); got.Code != 200 {
		t.Errorf("got %d", got.Code)
	}
}

// The routes of the inner ServeMux are those that the table is about.
func TestAMuxWithinAMuxIsAskedForItsOwnPatterns(t *testing.T) {
	auth := newAuth(t, nil)
	inner := http.NewServeMux()
	inner.Handle("GET /orders/{id}", handler)
	outer := http.NewServeMux()
	outer.Handle("/api/", http.StripPrefix("/api", auth.Wrap(inner)))
	for token, want := range map[string]int{"ann": 200, "plain": 403, "": 401} {
		if got := serve(outer, request("GET /api/orders/7", token)); got.Code != want {
			t.Errorf("%q: got %d, want %d", token, got.Code, want)
		}
	}
}

func TestABoundParameterIsComparedAsItWasSent(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tenants/{tenant}/users", func(w http.ResponseWriter, r *http.Request) {
		if got := r.PathValue("tenant"); got != "acme" {
			t.Errorf("the handler is asked for %q", got)
		}
	})
	h := newAuth(t, nil).Wrap(mux)
	for path, want := range map[string]int{
		"/tenants/acme/users":          200,
		"/tenants/acm%65/users":        403,
		"/tenants/other/users":         403,
		"/tenants/acme%2Fx/users":      403,
		"/tenants/x%2F..%2Facme/users": 403,
		"/tenants/ACME/users":          403,
		"/tenants/acme/users/":         403,
	} {
		if got := serve(h, request("GET "+path, "ann")); got.Code != want {
			t.Errorf("%s: got %d, want %d", path, got.Code, want)
		}
	}
}
