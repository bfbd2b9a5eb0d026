package authorizer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// A verdict is what became of a request that could be decided.
type verdict struct {
	decision Decision
	response *policy.Response // nil if the answer is to be unauthorized
	cause    error            // why the request was refused
	reason   verifier.Reason  // the same in a word
}

func (v verdict) simple() events.APIGatewayV2CustomAuthorizerSimpleResponse {
	if v.decision != Allowed {
		return events.APIGatewayV2CustomAuthorizerSimpleResponse{}
	}
	return events.APIGatewayV2CustomAuthorizerSimpleResponse{IsAuthorized: true, Context: v.response.Context}
}

// unauthorized is the error that API Gateway turns into a 401: it looks for this
// very text, which aws-lambda-go takes from Error, and nothing may be added to it.
type unauthorized struct {
	cause error
}

func (*unauthorized) Error() string   { return "Unauthorized" }
func (u *unauthorized) Unwrap() error { return u.cause }

// answer decides a request and reports the outcome. err is why there is no request
// to decide; kinds are those that the handler is for.
func (a *Authorizer) answer(ctx context.Context, r *Request, err error, kinds ...Kind) (verdict, error) {
	var start time.Time
	if a.reports() {
		start = a.cfg.Now()
	}
	var v verdict
	if err == nil {
		err = guard(func() (err error) {
			v, err = a.judge(ctx, r, kinds)
			return err
		})
	}
	switch {
	case err != nil:
		v = verdict{decision: Failed, cause: err}
		// The text must not be "Unauthorized", whatever the user's code says.
		err = fmt.Errorf("authorizer: %w", err)
	case v.response == nil:
		err = &unauthorized{v.cause}
	}
	if a.reports() {
		if failure := guard(func() error { a.report(ctx, r, v, start); return nil }); failure != nil {
			err = fmt.Errorf("authorizer: %w", failure)
		}
	}
	if err != nil {
		return verdict{}, err
	}
	return v, nil
}

// judge tells the caller's fault, which is a verdict, from a failure.
func (a *Authorizer) judge(ctx context.Context, r *Request, kinds []Kind) (verdict, error) {
	if err := checkKind(r, kinds); err != nil {
		return verdict{}, err
	}
	v, err := a.decide(ctx, r)
	if !errors.Is(err, verifier.ErrInvalidToken) {
		return v, err
	}
	v = verdict{decision: Refused, cause: err, reason: reasonOf(err)}
	if a.cfg.OnInvalid == Deny {
		v.response, err = policy.New(anonymous, r.ARN).DenyAllMethods().Build()
		return v, err
	}
	return v, nil
}

// decide finds the token, has it verified, and asks for the policy.
func (a *Authorizer) decide(ctx context.Context, r *Request) (verdict, error) {
	if err := ctx.Err(); err != nil {
		return verdict{}, err
	}
	token, err := findToken(a.cfg.Extract, r)
	if err != nil {
		return verdict{}, fmt.Errorf("Config.Extract: %w", err)
	}
	t, err := a.cfg.Verifier.Verify(ctx, token)
	if err != nil {
		return verdict{}, err
	}
	if t == nil {
		return verdict{}, errors.New("Config.Verifier gave neither a token nor an error")
	}
	answer, err := a.cfg.Policy(ctx, r, t)
	if err != nil {
		return verdict{}, fmt.Errorf("Config.Policy: %w", err)
	}
	if answer == nil || answer.PrincipalID == "" {
		return verdict{}, errors.New("Config.Policy gave no policy, or one without a principal")
	}
	values, err := a.contextValues(ctx, r, t)
	if err != nil {
		return verdict{}, err
	}
	response, err := withContext(answer, values, r.Kind)
	if err != nil {
		return verdict{}, err
	}
	return a.evaluate(r, response)
}

// evaluate reads the whole policy as API Gateway will, and so refuses one that is
// malformed, and finds what it says about this request.
func (a *Authorizer) evaluate(r *Request, response *policy.Response) (verdict, error) {
	if err := response.CheckLimits(); err != nil {
		return verdict{}, err
	}
	decision, err := response.Evaluate(r.ARN, a.facts(r, response))
	if err != nil {
		return verdict{}, fmt.Errorf("Config.Policy: %w", err)
	}
	if decision != policy.Allowed {
		return verdict{decision: Denied, response: response}, nil
	}
	return verdict{decision: Allowed, response: response}, nil
}

// facts are what the event tells of what conditions can be on. API Gateway knows
// more: of a TOKEN event only the time is known here.
func (a *Authorizer) facts(r *Request, response *policy.Response) policy.ConditionKeys {
	for _, s := range response.PolicyDocument.Statement {
		if len(s.Condition) > 0 {
			return policy.ConditionKeys{
				Time: a.cfg.Now(), SourceIP: r.SourceIP, UserAgent: r.UserAgent,
				Referer:         first(r.Header("Referer")),
				SecureTransport: true, // API Gateway serves HTTPS only
			}
		}
	}
	return policy.ConditionKeys{}
}
