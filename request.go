package authorizer

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/policy"
)

// Kind is the form of an authorizer event.
type Kind string

// The forms of authorizer events. HTTP APIs send format 1.0 or 2.0, as their
// authorizer is configured.
const (
	RESTToken   Kind = "rest_token"   // a TOKEN authorizer of a REST API
	RESTRequest Kind = "rest_request" // a REQUEST authorizer of a REST API
	WebSocket   Kind = "websocket"    // the $connect route of a WebSocket API
	HTTPFormat1 Kind = "http_1"       // an HTTP API, format 1.0
	HTTPFormat2 Kind = "http_2"       // an HTTP API, format 2.0
	AppSync     Kind = "appsync"      // a GraphQL API of AppSync
)

// A Request is what an event says about the request to be authorized. An event of
// kind [RESTToken] holds the ARN and the token, and nothing else. One of kind [AppSync]
// has the token, headers and a request ID; its ARN has no more than Account and API.
//
// Whatever a decision draws from a Request beside the token must be among the
// authorizer's identity sources, or the authorizer's cache be off: API Gateway
// serves a cached answer to every request with the same identity sources.
type Request struct {
	Kind Kind

	// ARN is the method or route that is called. Its Verb and Path are the
	// request's own; a WebSocket's Path is "$connect" and its Verb is empty.
	ARN policy.ARN

	// Route is the request's verb and the pattern of the route that API Gateway matched,
	// such as "GET /user/{id}", in every form of event. It is "$default" or "$connect"
	// where that was matched, and empty in a TOKEN event.
	Route string

	// Domain is the domain name that was called: the API's own, or a custom one. It is
	// empty where the event does not tell.
	Domain string

	// ClientCert is the client's certificate at a domain with mutual TLS, otherwise nil.
	// No document says that events of WebSocket APIs have it.
	ClientCert *ClientCert

	RequestID string     // API Gateway's ID of the request
	SourceIP  netip.Addr // where the request came from; the zero Addr if unknown
	UserAgent string

	routeKey       string // as the event has it: "ANY /user/{id}"; empty on REST APIs
	token          string // authorizationToken of a TOKEN event and of AppSync's
	headers        fields
	query          fields
	pathParameters fields
	stageVariables fields
	cookies        []string // of format 2.0: "name=value"
	rawPath        string   // of format 2.0, with the stage
	fullPath       string   // as it was called: with the stage, or the base path of a custom domain
	identitySource []string // the values of the authorizer's identity sources; nil if the event does not list them
	vpc, vpce      string   // of a private API
}

// Header returns the values of a header, whose name may be in any case. HTTP APIs
// join several values by commas to one.
func (r *Request) Header(name string) []string {
	if r == nil {
		return nil
	}
	return r.headers.lookup(name, strings.EqualFold)
}

// Query returns the values of a query parameter. HTTP APIs join several values by
// commas to one.
func (r *Request) Query(name string) []string {
	if r == nil {
		return nil
	}
	return r.query.lookup(name, sameName)
}

// PathParameter returns the part of the path that stands where the route has
// {name}, or "" if there is none.
func (r *Request) PathParameter(name string) string {
	if r == nil {
		return ""
	}
	return first(r.pathParameters.lookup(name, sameName))
}

// StageVariable returns a variable of the stage, or "" if there is none.
func (r *Request) StageVariable(name string) string {
	if r == nil {
		return ""
	}
	return first(r.stageVariables.lookup(name, sameName))
}

// Cookie returns the values of all cookies of this name, as they were sent (RFC
// 6265 section 4.2).
func (r *Request) Cookie(name string) []string {
	var values []string
	for _, header := range r.cookieHeaders() {
		for pair := range strings.SplitSeq(header, ";") {
			got, value, found := strings.Cut(strings.Trim(pair, " \t"), "=")
			if found && got == name {
				values = append(values, value)
			}
		}
	}
	return values
}

// cookieHeaders returns the cookies where this kind of event has them: format 2.0
// takes them out of the headers.
func (r *Request) cookieHeaders() []string {
	if r != nil && len(r.cookies) > 0 {
		return r.cookies
	}
	return r.Header("Cookie")
}

// String names the kind, API and stage of a request, and shows nothing that the
// caller sent.
func (r Request) String() string {
	return fmt.Sprintf("request(%s api=%q stage=%q)", r.Kind, r.ARN.API, r.ARN.Stage)
}

// Format is String for every verb, so that no verb shows headers or the token.
func (r Request) Format(f fmt.State, _ rune) { redact.Write(f, r.String()) }

// LogValue is String for log/slog.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

func sameName(a, b string) bool { return a == b }

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
