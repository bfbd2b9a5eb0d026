package authorizertest

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// A verdict is what was decided on a request, in words.
type verdict struct {
	Passes bool
	Denied bool // by the authorizer, without a condition that nobody here can evaluate
	Status int  // of a refusal
	Text   string
}

// explain says who decided on a request, and what.
func (r *record) explain(g *Gateway, x *exchange) (by string, v verdict) {
	f := r.failure
	if f == functionFailed {
		f = nil // which was after the decision
	}
	switch {
	case r.heard && g.jwt != nil:
		by = "JWT authorizer"
	case r.heard && r.call.Cached:
		by = "cache"
	case r.heard:
		by = "authorizer"
	case f == nil:
		return "no authorizer", verdict{Passes: true, Text: "open to all"}
	case f == noRoute:
		return "API Gateway", verdict{Status: r.Status, Text: "no route takes this"}
	case f == unauthorized:
		return "API Gateway", verdict{Status: r.Status, Text: "an identity source is missing, or not as it must be"}
	default:
		return "API Gateway", verdict{Status: r.Status, Text: strings.ToLower(http.StatusText(r.Status))}
	}
	return by, g.verdict(x, r.call, r.granted, f)
}

// verdict says what an authorizer's word means.
func (g *Gateway) verdict(x *exchange, call Invocation, said *granted, f *failure) verdict {
	v := verdict{Passes: f == nil, Denied: f == explicitlyDenied || f == implicitlyDenied && call.Decision != policy.Undecided}
	if f != nil {
		v.Status = g.statusOf(f)
	}
	reason := verifier.ReasonOf(call.Err)
	switch {
	case g.jwt != nil && call.Err != nil:
		v.Text = "refused: " + reasonOf(call.Err)
	case g.jwt != nil && f != nil:
		v.Text = "denied: " + string(errScope)
	case g.jwt != nil:
		v.Text = "allowed"
	case f == unauthorized && reason != "":
		v.Text = "refused: " + strings.ReplaceAll(string(reason), "_", " ")
	case f == unauthorized:
		v.Text = "refused"
	case call.Err != nil:
		v.Text = "the authorizer failed"
	case said.policy == nil:
		v.Text = fmt.Sprintf("isAuthorized is %v", said.allowed)
	default:
		v.Text = decisionText(call.Decision, statementsOf(said.policy, x, call.Decision))
	}
	return v
}

func decisionText(d policy.Decision, statements []statement) string {
	for i, s := range statements {
		switch {
		case !s.Decides:
		case d == policy.Undecided:
			return fmt.Sprintf("denied here: statement %d hangs on a condition that is not evaluated", i+1)
		case d == policy.ExplicitlyDenied:
			return fmt.Sprintf("denied by statement %d", i+1)
		default:
			return fmt.Sprintf("allowed by statement %d", i+1)
		}
	}
	return "denied: no statement allows it"
}

// hint says what to make of a decision that puzzles people. It may ask the authorizer.
func (g *Gateway) hint(ctx context.Context, r *record) string {
	switch {
	case r.MadeBy != "" && !r.Verdict.Passes && r.MadeFor != r.Route:
		return "This answer was made for another route" + madeForAnother(g.fresh(ctx, r))
	case r.failure == authorizerFailed:
		return "The authorizer failed, which is a 500 and is not cached: the next request asks it again."
	}
	return ""
}

// madeForAnother goes on about an answer that was made for another route. What the authorizer
// says anew shows whether that is to blame.
func madeForAnother(anew verdict) string {
	switch {
	case anew.Passes:
		return ". API Gateway finds it by the identity sources alone, and so it holds for every route until it ages. Answer with one policy for all routes, or put the route among the identity sources."
	case anew.Denied:
		return ", but that makes no difference: asked anew, the authorizer denies this one too. The caller may not do this."
	}
	return ". Whether the authorizer would allow this one cannot be found out now. Asked anew: " + anew.Text + "."
}
