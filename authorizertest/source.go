package authorizertest

import (
	"crypto/x509"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"

	"github.com/lambdajwt/authorizer"
)

// A source is a value of a request in API Gateway's notation: where it is found, and
// under which name.
type source struct {
	place, name string
}

func requestPrefix(k authorizer.Kind) string {
	switch {
	case isREST(k):
		return "method.request."
	case k == authorizer.WebSocket:
		return "route.request."
	}
	return "$request."
}

func dollar(k authorizer.Kind) string {
	if isHTTP(k) {
		return "$"
	}
	return ""
}

// parseSource reads the notation of one kind of API. Whether there is a context variable
// of the name is not looked at.
func parseSource(text string, k authorizer.Kind) (s source, ok bool) {
	for place, prefix := range map[string]string{
		"header":         requestPrefix(k) + "header.",
		"querystring":    requestPrefix(k) + "querystring.",
		"path":           requestPrefix(k) + "path.",
		"context":        dollar(k) + "context.",
		"stageVariables": dollar(k) + "stageVariables.",
	} {
		if name, found := strings.CutPrefix(text, prefix); found && name != "" {
			return source{place, name}, true
		}
	}
	return source{}, false
}

// valueOf returns the value of a source, empty if there is none. Several headers or
// parameters of one name are joined by commas. (L)
func (g *Gateway) valueOf(s source, x *exchange) string {
	switch s.place {
	case "header":
		return strings.Join(x.header().Values(s.name), ",")
	case "querystring":
		return strings.Join(x.query[s.name], ",")
	case "path":
		return x.parameters[s.name]
	case "stageVariables":
		return g.cfg.StageVariables[s.name]
	}
	if value, found := lookUp(g.variables(x), s.name); found {
		return fmt.Sprint(value)
	}
	return ""
}

// variables returns the context variables that a request has before it is authorized
// (developer guide, "Variables for data transformations for API Gateway" and "Customize
// HTTP API access logs"). They have the shape of the requestContext in events of REST
// APIs. Variables that only AWS can give values to, such as those of a caller who has
// signed the request, are not among them.
func (g *Gateway) variables(x *exchange) object {
	variables := g.context1(x)
	if !isREST(g.cfg.Kind) {
		variables["routeKey"] = x.route.Key
		maps.DeleteFunc(variables, func(name string, _ any) bool { return strings.HasPrefix(name, "resource") })
	}
	return variables
}

// hasVariable reports whether there is a context variable of this name.
func (g *Gateway) hasVariable(name string) bool {
	_, found := lookUp(g.variables(&exchange{
		http: &http.Request{URL: &url.URL{}}, route: &route{},
		clientCert: clientCert(&x509.Certificate{SerialNumber: new(big.Int)}),
	}), name)
	return found
}

// lookUp returns the value that has this name, with dots in it, in nested objects.
func lookUp(in object, name string) (value any, found bool) {
	value = in
	for part := range strings.SplitSeq(name, ".") {
		members, _ := value.(object)
		if value, found = members[part]; !found {
			return nil, false
		}
	}
	_, isObject := value.(object)
	return value, !isObject
}
