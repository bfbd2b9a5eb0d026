package authorizer

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/policy"
)

// eventLimits bound what an event may hold. What a client can put in, its request
// line and headers, is at most 10,240 bytes, twice over.
var eventLimits = jose.Limits{Depth: 16, Members: 8192}

var errEvent = errors.New("not an authorizer event of API Gateway")

// ParseRequest reads an authorizer event of any [Kind], for [Authorizer.Decide] and for
// those who test a [PolicyFunc] or an [Extractor]. [Authorizer.Invoke] does it by itself.
// What follows the event's JSON is ignored.
//
// It gives an error, which holds nothing of the event, for anything that API
// Gateway does not send to authorizers: the event of another service, a proxy
// event, an ARN that is none.
func ParseRequest(event []byte) (*Request, error) {
	r, err := parse(event)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	return r, nil
}

func parse(event []byte) (*Request, error) {
	var e rawEvent
	if err := jose.LeadingMembers(string(event), eventLimits, e.member); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	return e.request()
}

// rawEvent is an event while it is being read. Its maps stay the JSON that they
// are until somebody asks for a value.
type rawEvent struct {
	version, kind, methodARN, routeARN string
	resource, routeKey                 string
	sourceIP, userAgent, requestID     string
	domain                             string
	clientCert                         ClientCert
	token                              string
	headers, query                     fields
	pathParameters, stageVariables     fields
	cookies, identitySource            []string
	rawPath, fullPath, vpc, vpce       string
	account, api                       string // of AppSync
}

func (e *rawEvent) member(name string, value jose.Value) error {
	switch name {
	case "version":
		return readText(value, &e.version)
	case "type":
		return readText(value, &e.kind)
	case "methodArn":
		return readText(value, &e.methodARN)
	case "routeArn":
		return readText(value, &e.routeARN)
	case "authorizationToken":
		return readText(value, &e.token)
	case "resource":
		return readText(value, &e.resource)
	case "routeKey":
		return readText(value, &e.routeKey)
	case "rawPath":
		return readText(value, &e.rawPath)
	case "identitySource":
		return e.readIdentitySource(value)
	case "headers", "requestHeaders":
		return readObject(value, &e.headers.single)
	case "multiValueHeaders":
		return readObject(value, &e.headers.lists)
	case "queryStringParameters":
		return readObject(value, &e.query.single)
	case "multiValueQueryStringParameters":
		return readObject(value, &e.query.lists)
	case "pathParameters":
		return readObject(value, &e.pathParameters.single)
	case "stageVariables":
		return readObject(value, &e.stageVariables.single)
	case "cookies":
		return readTexts(value, &e.cookies)
	case "requestContext":
		return readMembers(value, e.contextMember)
	}
	return nil
}

// contextMember reads a member of requestContext, identity reads one of what REST
// and WebSocket APIs have there under "identity", and HTTP APIs 2.0 under "http" and
// "authentication".
func (e *rawEvent) contextMember(name string, value jose.Value) error {
	switch name {
	case "requestId":
		return readText(value, &e.requestID)
	case "routeKey":
		return readText(value, &e.routeKey)
	case "domainName":
		return readText(value, &e.domain)
	case "identity", "http", "authentication":
		return readMembers(value, e.identity)
	case "path":
		return readText(value, &e.fullPath)
	case "accountId":
		return readText(value, &e.account)
	case "apiId":
		return readText(value, &e.api)
	}
	return nil
}

func (e *rawEvent) identity(name string, value jose.Value) error {
	switch name {
	case "sourceIp":
		return readText(value, &e.sourceIP)
	case "userAgent":
		return readText(value, &e.userAgent)
	case "clientCert":
		return readMembers(value, e.clientCert.member)
	case "vpcId":
		return readText(value, &e.vpc)
	case "vpceId":
		return readText(value, &e.vpce)
	}
	return nil
}

// readIdentitySource reads the values of the identity sources: a list in format 2.0, one
// text joined by commas in format 1.0, where an empty one is none: API Gateway asks nobody
// about a request that lacks a source. REST and WebSocket APIs do not send them.
func (e *rawEvent) readIdentitySource(value jose.Value) error {
	if text, ok := value.Text(); ok && text == "" {
		return nil
	} else if ok {
		e.identitySource = strings.Split(text, ",")
		return nil
	}
	return readTexts(value, &e.identitySource)
}

func (e *rawEvent) request() (*Request, error) {
	if e.kind == "" && e.version == "" && e.token != "" && e.api != "" {
		return &Request{
			Kind: AppSync, ARN: policy.ARN{Account: e.account, API: e.api}, RequestID: e.requestID, token: e.token, headers: e.headers,
			UserAgent: first((&Request{headers: e.headers}).Header("User-Agent")),
		}, nil
	}
	arn := e.methodARN
	if e.version == "2.0" {
		arn = e.routeARN
	}
	r, err := newRequest(e.version, e.kind, arn)
	if err != nil {
		return nil, err
	}
	if r.Kind == RESTToken {
		r.token = e.token
		return r, nil // there is nothing else in such an event
	}
	r.routeKey = e.routeKey
	r.Route = e.route(r.ARN.Verb)
	r.Domain = e.domain
	r.RequestID = e.requestID
	r.SourceIP = parseIP(e.sourceIP)
	r.UserAgent = e.userAgent
	r.headers, r.query = e.headers, e.query
	r.pathParameters, r.stageVariables = e.pathParameters, e.stageVariables
	r.cookies = e.cookies
	if clientCert := e.clientCert; clientCert.PEM != "" {
		r.ClientCert = &clientCert
	}
	r.rawPath, r.fullPath, r.identitySource = e.rawPath, cmp.Or(e.fullPath, e.rawPath), e.identitySource
	r.vpc, r.vpce = e.vpc, e.vpce
	if r.UserAgent == "" {
		r.UserAgent = first(r.Header("User-Agent"))
	}
	return r, nil
}

// route returns the verb and the pattern that was matched. A REST API's event and one of
// format 1.0 have the pattern as their resource; one of format 2.0 has it in the route
// key, behind a verb or ANY.
func (e *rawEvent) route(verb string) string {
	pattern := e.resource
	if pattern == "" {
		_, pattern, _ = strings.Cut(e.routeKey, " ")
	}
	switch {
	case strings.HasPrefix(pattern, "/"):
		return verb + " " + pattern
	case pattern != "":
		return pattern // $default
	}
	return e.routeKey // $default, $connect
}

// newRequest returns a request of the kind that an event's version, type and ARN
// tell, if it is one of API Gateway. AWS documents no rule for telling events apart; this one is inferred from
// its examples: only HTTP APIs send a version, only TOKEN authorizers the type
// TOKEN, and only a WebSocket's ARN has no verb but the route key $connect.
func newRequest(version, kind, arn string) (*Request, error) {
	if kind != "REQUEST" && (kind != "TOKEN" || version != "") {
		return nil, fmt.Errorf("%w: its type is neither TOKEN nor REQUEST", errEvent)
	}
	parsed, err := policy.ParseARN(arn)
	if err != nil {
		return nil, fmt.Errorf("%w: its ARN is none of a method or route", errEvent)
	}
	r := &Request{ARN: parsed}
	switch {
	case version == "2.0":
		r.Kind = HTTPFormat2
	case version == "1.0":
		r.Kind = HTTPFormat1
	case version != "":
		return nil, fmt.Errorf("%w: its version is neither 1.0 nor 2.0", errEvent)
	case kind == "TOKEN":
		r.Kind = RESTToken
	case parsed.Verb == "" && parsed.Path == "$connect":
		r.Kind = WebSocket
	case parsed.Verb == "":
		return nil, fmt.Errorf("%w: its ARN has neither a verb nor the route $connect", errEvent)
	default:
		r.Kind = RESTRequest
	}
	return r, nil
}

// parseIP returns the zero Addr for a text that is no address. Nothing is allowed
// because of an address that is unknown.
func parseIP(text string) netip.Addr {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// readText reads a string. API Gateway writes null for what is not there.
func readText(value jose.Value, to *string) error {
	text, ok := value.Text()
	if !ok && value.Kind != jose.Null {
		return errEvent
	}
	*to = text
	return nil
}

func readTexts(value jose.Value, to *[]string) error {
	if value.Kind == jose.Null {
		return nil
	}
	return jose.Elements(value, func(element jose.Value) error {
		text, ok := element.Text()
		if !ok {
			return errEvent
		}
		*to = append(*to, text)
		return nil
	})
}

func readObject(value jose.Value, to *jose.Value) error {
	if value.Kind != jose.Object && value.Kind != jose.Null {
		return errEvent
	}
	*to = value
	return nil
}

func readMembers(value jose.Value, visit func(string, jose.Value) error) error {
	if value.Kind == jose.Null {
		return nil
	}
	return jose.Members(value.Raw, eventLimits, visit)
}

// fields are the named values of one part of an event, such as its headers. The event has
// been read once, and they are read again when one is asked for: an event has dozens, an
// authorizer needs one. Where there are lists they hold everything, and single only the
// last of each. A value that is no string counts as an empty one: it is there, and good
// for nothing.
type fields struct {
	single jose.Value
	lists  jose.Value
}

// lookup returns all values whose name is the same as name.
func (f fields) lookup(name string, same func(a, b string) bool) []string {
	var values []string
	f.each(func(got, value string) {
		if same(got, name) {
			values = append(values, value)
		}
	})
	return values
}

func (f fields) each(visit func(name, value string)) {
	found := false
	members(f.lists, func(name string, list jose.Value) {
		found = true
		_ = jose.Elements(list, func(value jose.Value) error {
			text, _ := value.Text()
			visit(name, text)
			return nil
		})
	})
	if found {
		return
	}
	members(f.single, func(name string, value jose.Value) {
		text, _ := value.Text()
		visit(name, text)
	})
}

// members visits an object that has been read before; it cannot fail again. A part
// that is missing or null has no members.
func members(object jose.Value, visit func(string, jose.Value)) {
	if object.Kind != jose.Object {
		return
	}
	_ = jose.Members(object.Raw, eventLimits, func(name string, value jose.Value) error {
		visit(name, value)
		return nil
	})
}
