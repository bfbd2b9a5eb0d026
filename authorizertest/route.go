package authorizertest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer"
)

// A Route is one route of an API and what is behind it.
type Route struct {
	// Key is the method and the path, such as "GET /user/{id}" or
	// "ANY /{proxy+}", or on an HTTP API "$default". On a WebSocket API it is
	// "$connect". Paths match as they were sent, without decoding. (L)
	Key string

	// Handler is what a request reaches that is allowed: an http.Handler or its
	// function, or a Lambda function, anything that lambda.Start takes. A function gets an
	// events.APIGatewayProxyRequest on REST APIs, APIGatewayV2HTTPRequest on HTTP
	// APIs, APIGatewayWebsocketProxyRequest on WebSocket APIs. An http.Handler
	// finds what the authorizer said with AuthorizerContext.
	Handler any

	// NoAuthorizer lets everybody in.
	NoAuthorizer bool

	// Scopes are the authorization scopes, at most 10, of which a token must have
	// one. For Config.JWT only.
	Scopes []string
}

type route struct {
	Route
	method   string   // "ANY" for every one; empty for $default and $connect
	path     string   // as in Key
	segments []string // the same, between the slashes
	function function
	web      http.Handler
}

func (g *Gateway) readRoutes() error {
	if len(g.cfg.Routes) == 0 {
		return errors.New("set Config.Routes")
	}
	for _, r := range g.cfg.Routes {
		parsed, err := parseRoute(r, g.cfg.Kind)
		if err == nil {
			err = g.cfg.checkScopes(r)
		}
		if err != nil {
			return fmt.Errorf("route %q: %w", r.Key, err)
		}
		if i := slices.IndexFunc(g.routes, parsed.isSame); i >= 0 {
			return fmt.Errorf("route %q: there are two of it, for %q takes the same requests", r.Key, g.routes[i].Key)
		}
		g.routes = append(g.routes, parsed)
	}
	return nil
}

func parseRoute(r Route, kind authorizer.Kind) (*route, error) {
	parsed := &route{Route: r}
	parsed.Scopes = slices.Clone(r.Scopes)
	switch handler := r.Handler.(type) {
	case nil:
		return nil, errors.New("set Handler")
	case http.Handler:
		parsed.web = handler
	case func(http.ResponseWriter, *http.Request):
		parsed.web = http.HandlerFunc(handler)
	default:
		parsed.function.handler = handler
	}
	if kind == authorizer.WebSocket || r.Key == "$default" && isHTTP(kind) {
		if kind == authorizer.WebSocket && r.Key != "$connect" {
			return nil, errors.New("API Gateway asks the authorizer of a WebSocket API on $connect only")
		}
		return parsed, nil
	}
	var found bool
	parsed.method, parsed.path, found = strings.Cut(r.Key, " ")
	if !found || !slices.Contains(methods, parsed.method) || !strings.HasPrefix(parsed.path, "/") {
		return nil, errors.New(`a key is a method and a path, such as "GET /user/{id}"`)
	}
	parsed.segments = strings.Split(parsed.path[1:], "/")
	for _, s := range parsed.segments[:len(parsed.segments)-1] {
		if rank(s) == greedy {
			return nil, errors.New("a greedy parameter has to come last")
		}
	}
	return parsed, nil
}

var methods = []string{"ANY", "GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "OPTIONS"}

// The kinds of path segments, the more specific first.
const (
	literal = iota
	parameter
	greedy
)

func rank(segment string) int {
	switch {
	case !strings.HasPrefix(segment, "{") || !strings.HasSuffix(segment, "}"):
		return literal
	case strings.HasSuffix(segment, "+}"):
		return greedy
	}
	return parameter
}

// isSame reports whether two routes take the same requests: the names of parameters make
// no difference.
func (r *route) isSame(o *route) bool {
	return r.method == o.method && slices.EqualFunc(r.segments, o.segments, func(a, b string) bool {
		return rank(a) == rank(b) && (rank(a) != literal || a == b)
	})
}

// find returns the route that a request takes, or nil. The most specific path wins,
// and a method of its own over ANY. REST APIs choose the path first, and a path
// without the method is the end of it (M); HTTP APIs choose among the routes that
// have the method, and take $default if there is none (H).
func (g *Gateway) find(method, path string) *route {
	if g.cfg.Kind == authorizer.WebSocket {
		if method == http.MethodGet {
			return g.routes[0]
		}
		return nil
	}
	var best, fallback *route
	for _, r := range g.routes {
		switch {
		case r.method == "":
			fallback = r
		case isHTTP(g.cfg.Kind) && !r.serves(method):
		case r.matches(path) && (best == nil || r.isBetter(best, method)):
			best = r
		}
	}
	if best == nil || !best.serves(method) {
		return fallback // REST APIs have none
	}
	return best
}

func (r *route) serves(method string) bool {
	return r.method == "ANY" && slices.Contains(methods, method) || r.method == method
}

func (r *route) matches(path string) bool {
	_, ok := r.parameters(path)
	return ok
}

// parameters returns the parts of a path that stand for the route's parameters, as they
// were sent, and whether the path is the route's at all. A parameter is never empty.
func (r *route) parameters(path string) (map[string]string, bool) {
	parameters := map[string]string{}
	rest := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, segment := range r.segments {
		if len(rest) == 0 {
			return nil, false
		}
		value, name := rest[0], strings.Trim(segment, "{+}")
		rest = rest[1:]
		switch rank(segment) {
		case literal:
			if value != segment {
				return nil, false
			}
			continue
		case greedy:
			value = strings.Join(append([]string{value}, rest...), "/")
			rest = nil
		}
		if value == "" {
			return nil, false
		}
		parameters[name] = value
	}
	return parameters, len(rest) == 0
}

// isBetter reports whether r is to be taken rather than o, both matching the path.
func (r *route) isBetter(o *route, method string) bool {
	for i := range min(len(r.segments), len(o.segments)) {
		if a, b := rank(r.segments[i]), rank(o.segments[i]); a != b {
			return a < b
		}
	}
	if r.serves(method) != o.serves(method) {
		return r.serves(method)
	}
	return r.method == method && o.method != method
}
