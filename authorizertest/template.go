package authorizertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/lambdajwt/authorizer"
)

// A template is a text with values of a request in it.
type template []part

// A part is a text, or a value if there is a source.
type part struct {
	text   string
	source source
}

// variable matches what stands for a value, and what would be a reference or a directive
// of the Velocity Template Language, which API Gateway does not process here.
var variable = regexp.MustCompile(`\$[!{A-Za-z_][\w.-]*|#(?:set|if|else|elseif|end|foreach|macro|parse|include|stop|break)\b`)

// parseTemplate reads the template of a body. What it has no value for is an error.
func (g *Gateway) parseTemplate(text string) (template, error) {
	var t template
	for {
		at := variable.FindStringIndex(text)
		if at == nil {
			return append(t, part{text: text}), nil
		}
		name := strings.TrimRight(text[at[0]:at[1]], ".-")
		s, err := g.parseValue(strings.TrimPrefix(name, "$"))
		if err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		t = append(t, part{text: text[:at[0]]}, part{source: s})
		text = text[at[0]+len(name):]
	}
}

// parseMapping reads the mapping expression of a header.
func (g *Gateway) parseMapping(text string) (template, error) {
	if literal, found := strings.CutPrefix(text, "'"); found {
		literal, found = strings.CutSuffix(literal, "'")
		if !found {
			return nil, fmt.Errorf("%s has no quote at its end", text)
		}
		return template{{text: literal}}, nil
	}
	s, err := g.parseValue(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w, and no text in single quotes", text, err)
	}
	return template{{source: s}}, nil
}

var errNoValue = errors.New("is no value that a gateway response can have: there are context.NAME, stageVariables.NAME and method.request.header.NAME, .querystring.NAME and .path.NAME")

func (g *Gateway) parseValue(text string) (source, error) {
	s, ok := parseSource(text, authorizer.RESTRequest)
	if !ok || s.place == "context" && !g.hasVariable(s.name) && !isErrorVariable(s.name) {
		return source{}, errNoValue
	}
	return s, nil
}

// isErrorVariable reports whether there is such a context variable once a request has
// been refused. Claims and what a function puts into the context can have any name.
func isErrorVariable(name string) bool {
	property, found := strings.CutPrefix(name, "authorizer.")
	if found {
		return property != "claims" && property != ""
	}
	_, found = lookUp(object{"error": unauthorized.variables()}, name)
	return found
}

// responseVariables returns the context variables of a refusal.
func (g *Gateway) responseVariables(x *exchange, f *failure) object {
	variables := g.variables(x)
	variables["error"] = f.variables()
	variables["authorizer"] = g.authorizerContext(x)
	return variables
}

// render fills in the values.
func (g *Gateway) render(t template, x *exchange, variables object) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		switch {
		case p.source.place == "context" && strings.HasPrefix(p.source.name, "authorizer.claims."):
			if value, found := lookUp(variables, p.source.name); found {
				text, _ := json.Marshal(value) // which was JSON
				b.Write(text)
			}
		case p.source.place == "context":
			if value, found := lookUp(variables, p.source.name); found {
				fmt.Fprint(&b, value)
			}
		case p.source.place != "":
			b.WriteString(g.valueOf(p.source, x))
		}
	}
	return b.String()
}
