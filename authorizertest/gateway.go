package authorizertest

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lambdajwt/authorizer"
)

// NoCache is the [Config.CacheTTL] of an authorizer whose cache is off.
const NoCache time.Duration = -1

const (
	maxCacheTTL     = time.Hour
	defaultCacheTTL = 300 * time.Second
	maxHTTPTimeout  = 10 * time.Second
)

// Config says what API a [Gateway] plays. Kind, Authorizer and Routes must be set, or
// JWT or RESTJWT and Routes.
type Config struct {
	// Kind is the kind of API, its authorizer, and of the event that this gets.
	// Required, except for JWT, whose kind is HTTPFormat2, and RESTJWT, whose kind is
	// RESTRequest. The functions behind an HTTP API get events of format 2.0, whichever
	// format its authorizer gets.
	Kind authorizer.Kind

	// Authorizer is the Lambda function: anything that lambda.Start takes. Required,
	// unless there is JWT or RESTJWT or all routes are without an authorizer.
	Authorizer any

	// JWT, instead of Authorizer, is the JWT authorizer that HTTP APIs have of their
	// own.
	JWT *JWTAuthorizer

	// RESTJWT, instead of Authorizer, is the JWT authorizer that REST APIs have of
	// their own.
	RESTJWT *RESTJWTAuthorizer

	// EnableSimpleResponses makes isAuthorized the answer that is expected, for
	// kind HTTPFormat2.
	EnableSimpleResponses bool

	// Routes are what the API consists of. Required. The one route of a WebSocket
	// API is "$connect".
	Routes []Route

	// IdentitySources say what the authorizer needs of a request and what its
	// cache goes by, in API Gateway's notation: "method.request.header.NAME" for
	// REST APIs, "route.request.header.NAME" for WebSocket APIs,
	// "$request.header.NAME" for HTTP APIs; likewise querystring instead of
	// header, "context.NAME" and "stageVariables.NAME" (with a dollar sign on
	// HTTP APIs). Context variables are those that a request has before it is
	// authorized, such as "$context.routeKey", "$context.identity.sourceIp" and
	// "context.domainName". Nil means the header Authorization; empty means none. A
	// JWT authorizer has just one, a header or a parameter of the query string.
	IdentitySources []string

	// ValidationExpression is what the token of a TOKEN authorizer must match as
	// a whole. Empty means anything.
	ValidationExpression string

	// CacheTTL is how long an answer counts; at most an hour. 0 means 300 seconds, or
	// no cache for an HTTP API without identity sources. 300 seconds are what REST APIs
	// have if nothing is set, and what the console, the CDK and Terraform set for HTTP
	// APIs. (M) A WebSocket API has no cache, and neither has a JWT authorizer.
	CacheTTL time.Duration

	// Timeout is how long the authorizer may take: the deadline of its context. 0 means
	// 10 seconds for HTTP APIs, which is also the most that they give it. For the others
	// it means none, since the limits on a REST API's integrations are not the
	// authorizer's; (M) the timeout of the function itself can be set here. An authorizer
	// that answers late has failed; one that does not heed its context holds up the
	// request. Not for JWT authorizers.
	Timeout time.Duration

	// The parts of the ARN and the URL. Empty means aws, us-east-1, 123456789012,
	// abcdef1234, and "test" or, for HTTP APIs, "$default".
	Partition, Region, AccountID, APIID, Stage string

	// GatewayResponses are what a REST API answers with by itself, by response type such
	// as "UNAUTHORIZED" or "DEFAULT_4XX": see ParseGatewayResponses. A type that is not
	// set has the response of DEFAULT_4XX or DEFAULT_5XX, or that of API Gateway.
	GatewayResponses map[string]GatewayResponse

	// Unconfirmed says what is assumed where no document of AWS says what happens.
	Unconfirmed Unconfirmed

	// StageVariables are handed to the authorizer and the functions.
	StageVariables map[string]string

	// Observer, if not nil, is told each time the authorizer's word is needed.
	Observer func(Invocation)

	// Logger gets a line, at level Error, for each failure of the authorizer or of a
	// function, which callers see as 500 or 502 alone: errors, panics with their stack,
	// malformed answers; and for each fetch of keys that fails. It holds no token. Nil
	// logs nothing.
	Logger *slog.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Unconfirmed are the things about HTTP APIs that no document of AWS says, or that were
// seen once and may be gone. Whoever knows better sets them.
type Unconfirmed struct {
	// RouteARNAsSent leaves the percent-encoding in routeArn, and in methodArn of
	// format 1.0, as in those of REST APIs: "/a%2Fb". Otherwise they are decoded, as the
	// event's other paths are, and so "/a/b". That is the harder test of a policy: a
	// part of the path that the caller chooses may then hold slashes. (L)
	RouteARNAsSent bool

	// UnauthorizedFails answers the authorizer's error Unauthorized with 500, like any
	// other error of it. Otherwise it is a 401, as on REST APIs. (L)
	UnauthorizedFails bool

	// CachedJSONFails answers with 500 where an answer from the cache has a context value
	// that is itself JSON, an object, a list or a text in quotes. It was reported so in
	// 2021 and 2022, while the first answer, which is not from the cache, worked. (M)
	CachedJSONFails bool
}

// A Gateway is an API Gateway with one API. It is safe for concurrent use.
type Gateway struct {
	cfg        Config
	authorizer function
	jwt        *jwtAuthorizer // nil if the authorizer is a function
	identity   []source
	validation *regexp.Regexp
	routes     []*route
	responses  map[string]*gatewayResponse
	cache      *cache
	recorder   atomic.Pointer[recorder] // nil until there is a panel
	calls      atomic.Int64
	requests   atomic.Int64
}

var _ http.Handler = (*Gateway)(nil)

// New returns a gateway, or an error that says which setting to mend.
func New(cfg Config) (*Gateway, error) {
	cfg.setDefaults()
	g := &Gateway{cfg: cfg, authorizer: function{handler: cfg.Authorizer}}
	if err := errors.Join(cfg.check(), g.readRoutes(), g.readIdentity(), g.readResponses()); err != nil {
		return nil, fmt.Errorf("authorizertest: %w", err)
	}
	switch {
	case cfg.JWT != nil:
		g.jwt = newJWTAuthorizer(cfg.JWT)
	case cfg.RESTJWT != nil:
		var err error
		if g.jwt, err = newRESTJWTAuthorizer(cfg.RESTJWT); err != nil {
			return nil, fmt.Errorf("authorizertest: %w", err)
		}
	}
	if cfg.CacheTTL > 0 {
		g.cache = newCache()
	}
	return g, nil
}

func (c *Config) setDefaults() {
	defaults := []struct {
		field *string
		value string
	}{
		{&c.Partition, "aws"}, {&c.Region, "us-east-1"}, {&c.AccountID, "123456789012"}, {&c.APIID, "abcdef1234"},
	}
	for _, d := range defaults {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	switch {
	case c.Kind != "":
	case c.JWT != nil:
		c.Kind = authorizer.HTTPFormat2
	case c.RESTJWT != nil:
		c.Kind = authorizer.RESTRequest
	}
	switch {
	case c.Stage != "":
	case isHTTP(c.Kind):
		c.Stage = "$default"
	default:
		c.Stage = "test"
	}
	hasSources := c.IdentitySources == nil || len(c.IdentitySources) > 0
	if c.CacheTTL == 0 && !c.hasJWT() && (isREST(c.Kind) || isHTTP(c.Kind) && hasSources) {
		c.CacheTTL = defaultCacheTTL
	}
	if c.Timeout == 0 && !c.hasJWT() && isHTTP(c.Kind) {
		c.Timeout = maxHTTPTimeout
	}
	c.StageVariables = maps.Clone(c.StageVariables)
	if c.Now == nil {
		c.Now = time.Now
	}
}

func (c *Config) check() error {
	needsAuthorizer := slices.ContainsFunc(c.Routes, func(r Route) bool { return !r.NoAuthorizer })
	switch {
	case !isREST(c.Kind) && !isHTTP(c.Kind) && c.Kind != authorizer.WebSocket:
		return fmt.Errorf("Config.Kind is %q: set it to one of package authorizer's", c.Kind)
	case c.hasJWT():
		return c.checkJWT()
	case c.Authorizer == nil && needsAuthorizer:
		return errors.New("set Config.Authorizer to a handler, or Config.JWT or Config.RESTJWT, or NoAuthorizer of every route")
	case c.EnableSimpleResponses && c.Kind != authorizer.HTTPFormat2:
		return errors.New("Config.EnableSimpleResponses is for kind HTTPFormat2 only")
	case c.ValidationExpression != "" && c.Kind != authorizer.RESTToken:
		return errors.New("Config.ValidationExpression is for kind RESTToken only")
	case c.CacheTTL > maxCacheTTL:
		return fmt.Errorf("Config.CacheTTL is %v: set it to at most %v", c.CacheTTL, maxCacheTTL)
	case c.Unconfirmed != Unconfirmed{} && !isHTTP(c.Kind):
		return errors.New("Config.Unconfirmed is about HTTP APIs only")
	case c.CacheTTL > 0 && c.Kind == authorizer.WebSocket:
		return errors.New("Config.CacheTTL: the authorizer of a WebSocket API has no cache")
	case c.Timeout < 0:
		return fmt.Errorf("Config.Timeout is %v: set it to more than 0", c.Timeout)
	case c.Timeout > maxHTTPTimeout && isHTTP(c.Kind):
		return fmt.Errorf("Config.Timeout is %v: an HTTP API gives its authorizer at most %v", c.Timeout, maxHTTPTimeout)
	}
	return nil
}

func isREST(k authorizer.Kind) bool {
	return k == authorizer.RESTToken || k == authorizer.RESTRequest
}

func isHTTP(k authorizer.Kind) bool {
	return k == authorizer.HTTPFormat1 || k == authorizer.HTTPFormat2
}

// Calls returns how often the Lambda authorizer has been called. A JWT authorizer is no
// function and is not counted: how often it decides, the Observer is told, and how often
// it fetches keys, whoever serves them can count.
func (g *Gateway) Calls() int { return int(g.calls.Load()) }

// ServeHTTP answers a request as API Gateway does. The handshake of a WebSocket is
// a plain GET here: what API Gateway would switch protocols on, a status of the 200s
// from the function behind $connect, comes back as that status.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if recorder := g.recorder.Load(); recorder != nil {
		recorder.serve(g, w, r)
		return
	}
	g.serve(w, r, nil)
}

// serve answers a request, and tells seen about it unless that is nil.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, seen *record) {
	x, f := g.receive(r, g.requests.Add(1))
	seen.begin(x)
	if f == nil {
		f = x.readBody(w)
	}
	if f == nil && !x.route.NoAuthorizer {
		x.granted, f = g.authorize(x)
	}
	if f == nil {
		f = g.integrate(w, x)
	}
	if f != nil {
		seen.refused(f)
		g.refuse(w, x, f)
	}
}

// AuthorizerEvent returns the event that the authorizer would get for a request, to
// test an authorizer with and nothing around it. It gives an error for a request
// that API Gateway answers by itself, and for a JWT authorizer, which gets none.
func (g *Gateway) AuthorizerEvent(r *http.Request) ([]byte, error) {
	if g.jwt != nil {
		return nil, errors.New("authorizertest: a JWT authorizer gets no event")
	}
	x, f := g.receive(r, g.requests.Add(1))
	if f != nil {
		return nil, fmt.Errorf("authorizertest: the gateway answers with %d by itself", f.status)
	}
	identity, ok := g.identify(x)
	if !ok {
		return nil, errors.New("authorizertest: the request lacks an identity source, or does not match ValidationExpression")
	}
	return g.authorizerEvent(x, identity), nil
}
