package authorizertest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/lambdajwt/authorizer"
)

// readIdentity reads Config.IdentitySources and ValidationExpression.
func (g *Gateway) readIdentity() error {
	texts := g.cfg.IdentitySources
	if texts == nil {
		texts = []string{requestPrefix(g.cfg.Kind) + "header.Authorization"}
	}
	for _, text := range texts {
		s, ok := parseSource(text, g.cfg.Kind)
		if !ok || s.place == "path" || s.place == "context" && !g.hasVariable(s.name) {
			return fmt.Errorf("identity source %q: the sources of this kind of API are %sheader.NAME, %[2]squerystring.NAME, %[3]scontext.NAME and %[3]sstageVariables.NAME, with a context variable that a request has",
				text, requestPrefix(g.cfg.Kind), dollar(g.cfg.Kind))
		}
		g.identity = append(g.identity, s)
	}
	if (g.cfg.Kind == authorizer.RESTToken || g.cfg.RESTJWT != nil) && (len(g.identity) != 1 || g.identity[0].place != "header") {
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

// identify returns the values of the identity sources. ok is false if API Gateway
// answers 401 by itself: one is missing or empty, or the token does not match the
// validation expression.
func (g *Gateway) identify(x *exchange) (values []string, ok bool) {
	for _, s := range g.identity {
		value := g.valueOf(s, x)
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
