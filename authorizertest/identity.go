package authorizertest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer"
)

// A source is one identity source: where it is found, and under which name.
type source struct {
	place, name string
}

// readIdentity reads Config.IdentitySources and ValidationExpression.
func (g *Gateway) readIdentity() error {
	texts := g.cfg.IdentitySources
	if texts == nil {
		texts = []string{requestPrefix(g.cfg.Kind) + "header.Authorization"}
	}
	for _, text := range texts {
		s, ok := parseSource(text, g.cfg.Kind)
		if !ok {
			return fmt.Errorf("identity source %q: the sources of this kind of API are %sheader.NAME, %[2]squerystring.NAME, %[3]scontext.NAME and %[3]sstageVariables.NAME",
				text, requestPrefix(g.cfg.Kind), dollar(g.cfg.Kind))
		}
		g.identity = append(g.identity, s)
	}
	if g.cfg.Kind == authorizer.RESTToken && (len(g.identity) != 1 || g.identity[0].place != "header") {
		return errors.New("set Config.IdentitySources to the one header that holds the token")
	}
	if g.cfg.JWT != nil && (len(g.identity) != 1 || !slices.Contains([]string{"header", "querystring"}, g.identity[0].place)) {
		return errors.New("set Config.IdentitySources to the one header, or parameter of the query string, that holds the token")
	}
	if g.cfg.CacheTTL > 0 && len(g.identity) == 0 {
		return errors.New("set Config.IdentitySources to what the cache goes by, or CacheTTL to NoCache")
	}
	// On its own first: "a)|(b" is an expression only between parentheses.
	_, err := regexp.Compile(g.cfg.ValidationExpression)
	if err == nil {
		g.validation, err = regexp.Compile("^(?:" + g.cfg.ValidationExpression + ")$")
	}
	if err != nil {
		return fmt.Errorf("Config.ValidationExpression: %w", err)
	}
	return nil
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

func parseSource(text string, k authorizer.Kind) (source, bool) {
	for place, prefix := range map[string]string{
		"header":         requestPrefix(k) + "header.",
		"querystring":    requestPrefix(k) + "querystring.",
		"context":        dollar(k) + "context.",
		"stageVariables": dollar(k) + "stageVariables.",
	} {
		name, found := strings.CutPrefix(text, prefix)
		if !found || name == "" {
			continue
		}
		_, known := (&exchange{route: &route{}}).context(name)
		return source{place, name}, place != "context" || known
	}
	return source{}, false
}

// identify returns the values of the identity sources. ok is false if API Gateway
// answers 401 by itself: one is missing or empty, or the token does not match the
// validation expression. Several values of one source are joined by commas. (L)
func (g *Gateway) identify(x *exchange) (values []string, ok bool) {
	for _, s := range g.identity {
		var value string
		switch s.place {
		case "header":
			value = strings.Join(x.header().Values(s.name), ",")
		case "querystring":
			value = strings.Join(x.query[s.name], ",")
		case "context":
			value, _ = x.context(s.name)
		case "stageVariables":
			value = g.cfg.StageVariables[s.name]
		}
		if value == "" {
			return nil, false
		}
		values = append(values, value)
	}
	if g.cfg.ValidationExpression != "" && !g.validation.MatchString(values[0]) {
		return nil, false
	}
	return values, true
}

// context returns a context variable. known is false for one that this gateway does
// not have.
func (x *exchange) context(name string) (value string, known bool) {
	switch name {
	case "routeKey":
		return x.route.Key, true
	case "resourcePath":
		return x.route.path, true
	case "httpMethod":
		return x.arn.Verb, true
	case "path":
		return x.arn.Path, true
	case "stage":
		return x.arn.Stage, true
	case "apiId":
		return x.arn.API, true
	case "identity.sourceIp":
		return x.sourceIP, true
	case "identity.userAgent":
		return x.userAgent, true
	}
	return "", false
}
