package authorizertest

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer"
)

// object is a JSON object of an event.
type object = map[string]any

// authorizerEvent returns the JSON that the authorizer gets.
func (g *Gateway) authorizerEvent(x *exchange, identity []string) []byte {
	var event object
	switch g.cfg.Kind {
	case authorizer.RESTToken:
		event = object{"type": "TOKEN", "methodArn": x.arn.String(), "authorizationToken": identity[0]}
	case authorizer.HTTPFormat2:
		event = g.format2(x)
		event["type"] = "REQUEST"
		event["routeArn"] = x.arn.String()
		event["identitySource"] = identity
	default:
		event = g.format1(x)
		event["type"] = "REQUEST"
		event["methodArn"] = x.arn.String()
	}
	if g.cfg.Kind == authorizer.HTTPFormat1 {
		event["version"] = "1.0"
		event["identitySource"] = strings.Join(identity, ",")
		event["authorizationToken"] = strings.Join(identity, ",")
	}
	return marshal(event)
}

// functionEvent returns the JSON that the function behind a route gets.
func (g *Gateway) functionEvent(x *exchange) []byte {
	event := g.format1(x)
	if isHTTP(g.cfg.Kind) {
		event = g.format2(x)
	}
	requestContext := event["requestContext"].(object)
	if said := g.authorizerContext(x); said != nil {
		requestContext["authorizer"] = said
		if isHTTP(g.cfg.Kind) && g.jwt == nil {
			requestContext["authorizer"] = object{"lambda": said}
		}
	}
	if identity, ok := requestContext["identity"].(object); ok && x.granted != nil && x.granted.usageKey != "" {
		identity["apiKey"] = x.granted.usageKey
	}
	event["body"], event["isBase64Encoded"] = encodeBody(x.body)
	return marshal(event)
}

// format1 returns what the events of REST and WebSocket APIs, and those of HTTP
// APIs in format 1.0, have in common. Of several headers or parameters of one name
// the single-valued maps hold the last.
func (g *Gateway) format1(x *exchange) object {
	header := x.header()
	event := object{
		"headers":                         last(header),
		"multiValueHeaders":               header,
		"queryStringParameters":           last(x.query),
		"multiValueQueryStringParameters": x.query,
		"stageVariables":                  g.stageVariables(),
		"requestContext":                  g.context1(x),
	}
	if g.cfg.Kind != authorizer.WebSocket {
		event["resource"] = x.route.path
		event["path"] = x.path
		event["httpMethod"] = x.arn.Verb
		event["pathParameters"] = x.parameters
	}
	return event
}

func (g *Gateway) context1(x *exchange) object {
	identity := object{"sourceIp": x.sourceIP, "userAgent": x.userAgent}
	if x.clientCert != nil && g.cfg.Kind != authorizer.WebSocket { // of which AWS says nothing
		identity["clientCert"] = x.clientCert
	}
	c := object{
		"accountId": g.cfg.AccountID, "apiId": g.cfg.APIID, "stage": g.cfg.Stage,
		"domainName": x.domain, "domainPrefix": x.domainPrefix(),
		"requestId": x.id, "extendedRequestId": x.id,
		"requestTime": x.now.UTC().Format(clf), "requestTimeEpoch": x.now.UnixMilli(),
		"identity": identity,
	}
	if g.cfg.Kind == authorizer.WebSocket {
		delete(c, "accountId") // as in AWS's example
		delete(c, "domainPrefix")
		maps.Copy(c, object{
			"routeKey": "$connect", "eventType": "CONNECT", "messageDirection": "IN",
			"connectionId": x.connection, "connectedAt": x.now.UnixMilli(),
		})
		return c
	}
	maps.Copy(c, object{
		"resourceId": "resource", "resourcePath": x.route.path, "path": x.path,
		"httpMethod": x.arn.Verb, "protocol": x.http.Proto,
	})
	return c
}

// format2 returns what the events of format 2.0 have in common: header names in
// lower case, several values joined by commas, cookies apart.
func (g *Gateway) format2(x *exchange) object {
	headers := map[string]string{}
	var cookies []string
	for name, values := range x.header() {
		if name == "Cookie" {
			cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	context := object{
		"accountId": g.cfg.AccountID, "apiId": g.cfg.APIID, "stage": g.cfg.Stage,
		"domainName": x.domain, "domainPrefix": x.domainPrefix(),
		"requestId": x.id, "routeKey": x.route.Key,
		"time": x.now.UTC().Format(clf), "timeEpoch": x.now.UnixMilli(),
		"http": object{
			"method": x.arn.Verb, "path": x.path, "protocol": x.http.Proto,
			"sourceIp": x.sourceIP, "userAgent": x.userAgent,
		},
	}
	if x.clientCert != nil {
		context["authentication"] = object{"clientCert": x.clientCert}
	}
	event := object{
		"version": "2.0", "routeKey": x.route.Key, "rawPath": x.path, "rawQueryString": x.http.URL.RawQuery,
		"headers": headers, "requestContext": context,
	}
	if len(cookies) > 0 {
		event["cookies"] = cookies
	}
	if len(x.query) > 0 {
		event["queryStringParameters"] = joined(x.query)
	}
	if len(x.parameters) > 0 {
		event["pathParameters"] = x.parameters
	}
	if len(g.cfg.StageVariables) > 0 {
		event["stageVariables"] = g.cfg.StageVariables
	}
	return event
}

// clf is the time format of Apache's Common Log Format.
const clf = "02/Jan/2006:15:04:05 -0700"

// domain returns the API's own domain name, under which a request without a Host comes.
func (g *Gateway) domain() string {
	domain := g.cfg.APIID + ".execute-api." + g.cfg.Region + ".amazonaws.com"
	if g.cfg.Partition == "aws-cn" {
		return domain + ".cn"
	}
	return domain
}

func (x *exchange) domainPrefix() string {
	prefix, _, _ := strings.Cut(x.domain, ".")
	return prefix
}

func (g *Gateway) stageVariables() map[string]string {
	if g.cfg.StageVariables == nil {
		return map[string]string{}
	}
	return g.cfg.StageVariables
}

func last(values map[string][]string) map[string]string {
	single := map[string]string{}
	for name, list := range values {
		if len(list) > 0 {
			single[name] = list[len(list)-1]
		}
	}
	return single
}

func joined(values url.Values) map[string]string {
	single := map[string]string{}
	for _, name := range slices.Collect(maps.Keys(values)) {
		single[name] = strings.Join(values[name], ",")
	}
	return single
}

// marshal writes an event. Nothing in one can fail.
func marshal(event object) []byte {
	text, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return text
}
