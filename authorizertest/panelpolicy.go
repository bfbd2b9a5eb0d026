package authorizertest

import (
	"encoding/json"
	"strings"

	"github.com/lambdajwt/authorizer/policy"
)

// A statement is one of a policy, for people to read.
type statement struct {
	Effect    string
	Actions   string
	But       bool // the resources are all but these
	Resources []resource
	Condition string // JSON; empty for none
	Decides   bool
}

// A resource is one of a statement, without the API and the stage if they are the request's.
type resource struct {
	Text    string
	Matches bool
}

// ownARN is the beginning of the ARN of a request, up to the stage.
func ownARN(x *exchange) string { return strings.TrimSuffix(x.arn.String(), x.arn.Verb+x.arn.Path) }

// statementsOf marks in a policy what makes it decide so about a request.
func statementsOf(p *policy.Response, x *exchange, d policy.Decision) []statement {
	var shown []statement
	for _, s := range p.PolicyDocument.Statement {
		one := statement{
			Effect: s.Effect, Actions: strings.Join(s.Action, ", "),
			Decides: d != policy.ImplicitlyDenied && decides(p, s, x) == d,
		}
		if len(s.NotAction) > 0 {
			one.Actions = "all but " + strings.Join(s.NotAction, ", ")
		}
		resources := s.Resource
		if len(s.NotResource) > 0 {
			resources, one.But = s.NotResource, true
		}
		for _, text := range resources {
			alone := s
			alone.Resource, alone.NotResource = []string{text}, nil
			one.Resources = append(one.Resources, resource{
				Text: strings.TrimPrefix(text, ownARN(x)), Matches: one.Decides && !one.But && decides(p, alone, x) == d,
			})
		}
		if len(s.Condition) > 0 {
			text, _ := json.MarshalIndent(s.Condition, "", "  ") // as it was read from JSON
			one.Condition = string(text)
		}
		shown = append(shown, one)
	}
	return shown
}

// decides is what a statement says by itself.
func decides(p *policy.Response, s policy.Statement, x *exchange) policy.Decision {
	alone := policy.Response{PolicyDocument: policy.Document{Version: p.PolicyDocument.Version, Statement: []policy.Statement{s}}}
	d, err := alone.Evaluate(x.arn, x.conditionKeys())
	if err != nil {
		return policy.ImplicitlyDenied
	}
	return d
}
