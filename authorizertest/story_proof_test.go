package authorizertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
)

// This story sends requests through whole gateways, of every kind of API, with the cache
// on: what a caller gets to has to be open by a check that is written down here, whoever
// called what before. Package policy has the same proof for policies alone, with more odd
// paths and larger tables.

// A door is a way of asking the authorizer.
type door struct {
	name    string
	kind    authorizer.Kind
	simple  bool
	byRoute bool
	decoded bool // the policy is by scope, and the ARN has the path decoded, but is routed as it was sent
	sources []string
	ttl     time.Duration
}

func doors() []door {
	token, web := "method.request.header.Authorization", "$request.header.Authorization"
	fineREST := []string{token, "context.httpMethod", "context.path"}
	fineHTTP := []string{web, "$context.httpMethod", "$context.path", "$context.routeKey"}
	return []door{
		{"REST TOKEN by scope", authorizer.RESTToken, false, false, false, []string{token}, time.Hour},
		{"REST TOKEN by route", authorizer.RESTToken, false, true, false, []string{token}, authorizertest.NoCache},
		{"REST REQUEST by scope", authorizer.RESTRequest, false, false, false, []string{token}, time.Hour},
		{"REST REQUEST by route", authorizer.RESTRequest, false, true, false, fineREST, time.Hour},
		{"HTTP 1.0 by scope", authorizer.HTTPFormat1, false, false, true, []string{web}, time.Hour},
		{"HTTP 1.0 by route", authorizer.HTTPFormat1, false, true, false, fineHTTP, time.Hour},
		{"HTTP 2.0 by scope", authorizer.HTTPFormat2, false, false, true, []string{web}, time.Hour},
		{"HTTP 2.0 by route", authorizer.HTTPFormat2, false, true, false, fineHTTP, time.Hour},
		{"HTTP 2.0 simple by scope", authorizer.HTTPFormat2, true, false, true, fineHTTP, time.Hour},
		{"HTTP 2.0 simple by route", authorizer.HTTPFormat2, true, true, false, fineHTTP, time.Hour},
	}
}

// A visitor is a caller with a token.
type visitor struct {
	token  string
	scopes []string
	tenant string
}

func (s *shop) visitors(t *testing.T) []visitor {
	t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: s.key, Issuer: "login", Audience: []string{"shop"}, Lifetime: time.Hour, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	var all []visitor
	for i, scopes := range [][]string{nil, {"s1"}, {"s2"}, {"s1", "s2"}, {"s1", "s2", "s3"}} {
		v := visitor{scopes: scopes, tenant: []string{"own", "t7"}[i%2]}
		token, err := issuer.Issue(t.Context(), fmt.Sprintf("user-%d", i), map[string]any{"scope": strings.Join(scopes, " "), "tenant": v.tenant})
		if err != nil {
			t.Fatal(err)
		}
		v.token = "Bearer " + token
		all = append(all, v)
	}
	return all
}

// storyRoutes returns some routes of which no two take the same requests.
func storyRoutes(rng *rand.Rand, n int) []policy.Route {
	var routes []policy.Route
	seen := map[string]bool{}
	for range n {
		key := []string{"GET", "POST", "ANY"}[rng.IntN(3)] + " "
		var bind map[string]string
		depth := 1 + rng.IntN(4)
		for i := range depth {
			switch k := rng.IntN(9); {
			case k == 8 && i == depth-1:
				key += "/{rest+}"
			case k >= 5:
				key += fmt.Sprintf("/{p%d}", i)
				if rng.IntN(4) == 0 {
					bind = map[string]string{fmt.Sprintf("p%d", i): "tenant"}
				}
			default:
				key += "/" + []string{"a", "b", "c", "d"}[rng.IntN(4)]
			}
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		r := policy.Route{Key: key, Bind: bind, Scopes: [][]string{nil, {"s1"}, {"s2", "s3"}, {"s1 s2"}, {"s3"}}[rng.IntN(5)]}
		r.AnyToken = r.Scopes == nil
		routes = append(routes, r)
	}
	return routes
}

// storyPath returns a path that a route takes, sometimes with something done to it. It is
// plain if nothing is.
func storyPath(rng *rand.Rand, key string) (path string, plain bool) {
	_, path, _ = strings.Cut(key, " ")
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = []string{"own", "t7", "42"}[rng.IntN(3)]
		}
		if strings.HasSuffix(s, "+}") {
			segments[i] += strings.Repeat("/x", rng.IntN(3))
		}
	}
	path = "/" + strings.Join(segments, "/")
	switch rng.IntN(12) {
	case 0:
		return path + "/", false
	case 1:
		return strings.Replace(path, "/", "//", 1+rng.IntN(2)), false
	case 2:
		return strings.Replace(path, "a", "%61", 1), !strings.Contains(path, "a")
	case 3:
		return path + "%2Fa", false
	case 4:
		return strings.Replace(path, "own", "*", 1), !strings.Contains(path, "own")
	case 5:
		return path + "/y", true
	}
	return path, true
}

// opens reports whether a route is open to a visitor on a path that it takes.
func (v visitor) opens(r policy.Route, path string) bool {
	_, pattern, _ := strings.Cut(r.Key, " ")
	sent := strings.Split(path[1:], "/")
	for i, s := range strings.Split(pattern[1:], "/") {
		if r.Bind[strings.Trim(s, "{}")] == "" || !strings.HasPrefix(s, "{") {
			continue
		}
		if text, err := url.PathUnescape(sent[i]); err != nil || text != v.tenant {
			return false
		}
	}
	return r.AnyToken || slices.ContainsFunc(r.Scopes, func(all string) bool {
		return !slices.ContainsFunc(strings.Fields(all), func(s string) bool { return !slices.Contains(v.scopes, s) })
	})
}

// takes reports whether a route may take a plain request, if no other does.
func takes(r policy.Route, verb, path string) bool {
	own, pattern, _ := strings.Cut(r.Key, " ")
	if own != verb && own != "ANY" {
		return false
	}
	sent, want := strings.Split(path[1:], "/"), strings.Split(pattern[1:], "/")
	for i, s := range want {
		switch {
		case i >= len(sent):
			return false
		case strings.HasSuffix(s, "+}"):
			return true
		case !strings.HasPrefix(s, "{") && s != sent[i]:
			return false
		}
	}
	return len(sent) == len(want)
}

// gatewayOf returns a gateway whose functions answer with the key of their route.
func (s *shop) gatewayOf(t *testing.T, d door, routes []policy.Route, decide authorizer.PolicyFunc) *authorizertest.Gateway {
	t.Helper()
	cfg := authorizertest.Config{Kind: d.kind, EnableSimpleResponses: d.simple, IdentitySources: d.sources, CacheTTL: d.ttl, Now: s.clock}
	if decide == nil {
		cfg.IdentitySources, cfg.CacheTTL, cfg.EnableSimpleResponses = nil, 0, false
	} else {
		cfg.Authorizer = s.authorizerWith(t, authorizer.Config{Policy: decide, EnableSimpleResponses: d.simple})
	}
	for _, r := range routes {
		cfg.Routes = append(cfg.Routes, authorizertest.Route{
			Key: r.Key, NoAuthorizer: decide == nil,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, r.Key) }),
		})
	}
	return newGateway(t, cfg)
}

const storyHost = "api.example.com"

// ask returns the status and the key of the route that a request gets to.
func ask(g http.Handler, verb, path, token string, e evidence) (status int, key string) {
	r := httptest.NewRequest(verb, "/", nil)
	r.URL, r.Host = &url.URL{Scheme: "https", Host: storyHost}, storyHost
	if text, err := url.PathUnescape(path); err == nil {
		r.URL.Path, r.URL.RawPath = text, path
	}
	r.RequestURI = path
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	if e.proof != "" {
		r.Header.Set("DPoP", e.proof)
	}
	if e.certificate != nil {
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{e.certificate}}
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if w.Code == http.StatusOK {
		key = w.Body.String()
	}
	return w.Code, key
}

func TestNobodyGetsToWhatIsClosedThroughAnyDoorWhateverIsCached(t *testing.T) {
	for _, d := range doors() {
		t.Run(d.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, uint64(len(d.name))))
			s := newShop(t)
			visitors := s.visitors(t)
			allowed, denied, cached := 0, 0, 0
			tables := 15
			if wholeStories() {
				tables = 60
			}
			for n := range tables {
				routes := storyRoutes(rng, 2+rng.IntN(3+n*20/tables))
				decide, ok := decision(t, d, routes)
				if !ok {
					continue
				}
				behind := s.gatewayOf(t, d, routes, nil) // which tells where a request would go
				g := s.gatewayOf(t, d, routes, decide)
				requests := 0
				for range 120 {
					v := visitors[rng.IntN(len(visitors))]
					verb := []string{"GET", "POST"}[rng.IntN(2)]
					path, plain := storyPath(rng, routes[rng.IntN(len(routes))].Key)
					if d.decoded && strings.Contains(path, "%") {
						continue // Routes.Policy says that it cannot tell these
					}
					_, target := ask(behind, verb, path, "", evidence{})
					status, reached := ask(g, verb, path, v.token, evidence{})
					if target == "" {
						continue // no route
					}
					requests++
					i := slices.IndexFunc(routes, func(r policy.Route) bool { return r.Key == target })
					open := v.opens(routes[i], path)
					twice := !d.byRoute && strings.Count(path, v.tenant) > 1 // an Exception, should it be bound
					everyway := !twice && !slices.ContainsFunc(routes, func(r policy.Route) bool { return takes(r, verb, path) && !v.opens(r, path) })
					switch {
					case status == http.StatusOK && (reached != target || !open):
						t.Fatalf("%s %s reaches %s for scopes %v and tenant %s; it is %+v", verb, path, reached, v.scopes, v.tenant, routes[i])
					case status == http.StatusOK:
						allowed++
					case status != http.StatusForbidden && status != http.StatusInternalServerError:
						t.Fatalf("%s %s: %d", verb, path, status)
					case status == http.StatusInternalServerError:
						t.Fatalf("%s %s: the authorizer fails", verb, path)
					case plain && open && everyway:
						t.Fatalf("%s %s is denied to scopes %v and tenant %s, and it is open by %s of\n%+v", verb, path, v.scopes, v.tenant, target, routes)
					default:
						denied++
					}
				}
				cached += requests - g.Calls()
			}
			t.Logf("%d allowed, %d denied, %d out of the cache", allowed, denied, cached)
			if few := 5 * tables; allowed < few || denied < few || d.ttl > 0 && cached < few {
				t.Error("the story no longer looks at what it is about")
			}
		})
	}
}

// decision returns how a door decides, or that no one policy can say these routes.
func decision(t *testing.T, d door, routes []policy.Route) (authorizer.PolicyFunc, bool) {
	t.Helper()
	if d.byRoute {
		table, err := policy.NewTable(routes...)
		if err != nil {
			t.Fatal(err)
		}
		return authorizer.ByRoute(table), true
	}
	whole, err := policy.NewRoutes(routes...)
	if err != nil {
		return nil, false
	}
	return authorizer.ByScope(whole), true
}
