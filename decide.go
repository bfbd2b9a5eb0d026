package authorizer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

var _ lambda.Handler = (*Authorizer)(nil)

// Invoke decides an event of any [Kind] and returns the answer as JSON. It makes an
// Authorizer a [lambda.Handler]: lambda.Start(a).
//
// The answer is a policy, or, to an event of format 2.0 where
// [Config.EnableSimpleResponses] is set, isAuthorized and the context. What follows the
// event's JSON is ignored, as by the Lambda runtime. Errors are those of
// [Authorizer.Decide]. An event that is none of API Gateway's to an authorizer is an
// error that is not the caller's fault.
func (a *Authorizer) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	r, err := parse(event)
	v, err := a.settle(ctx, r, err)
	if err != nil {
		return nil, err
	}
	if r.Kind == HTTPFormat2 && a.cfg.EnableSimpleResponses {
		return json.Marshal(v.simple())
	}
	return json.Marshal(v.response)
}

// Decide decides a request that [ParseRequest] has read. It is for those who wrap an
// Authorizer and for tests; a Lambda function starts with the Authorizer itself.
//
// An error whose text is exactly "Unauthorized", and which wraps
// [verifier.ErrInvalidToken] and the cause, is the caller's fault. Any other is an
// outage or a mistake of the setup. On an error the answer is nil.
func (a *Authorizer) Decide(ctx context.Context, r *Request) (*policy.Response, error) {
	var err error
	if r == nil {
		err = errors.New("the request is nil: make one with ParseRequest")
	}
	v, err := a.settle(ctx, r, err)
	if err != nil {
		return nil, err
	}
	return v.response, nil
}

// Ready asks [Config.Verifier] whether it can work, if it has a method Ready. A function
// that calls it when it starts finds a wrong key, permission or address before the first
// request does.
func (a *Authorizer) Ready(ctx context.Context) error {
	if !a.made() {
		return errNotMade
	}
	if v, ok := a.cfg.Verifier.(interface{ Ready(context.Context) error }); ok {
		if err := v.Ready(ctx); err != nil {
			return fmt.Errorf("authorizer: %w", err)
		}
	}
	return nil
}

// errNotMade is the answer of an Authorizer that no constructor made.
var errNotMade = errors.New("authorizer: a zero Authorizer: make it with New")

// made reports whether a comes from a constructor.
func (a *Authorizer) made() bool { return a != nil && a.cfg.Verifier != nil }

// A verdict is what became of a request.
type verdict struct {
	decision Decision
	response *policy.Response // nil if the answer is an error
	cause    error            // why the request was refused, or could not be decided
	leftOut  []string         // names of what did not fit into the answer's context
}

// simple is the answer of format 2.0 that is no policy.
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

// settle decides a request, reports the outcome, and returns the verdict or the error
// that stands for it. unread is why there is no request.
func (a *Authorizer) settle(ctx context.Context, r *Request, unread error) (verdict, error) {
	if !a.made() {
		return verdict{}, errNotMade
	}
	start := a.cfg.Now()
	v := verdict{decision: Failed, cause: unread}
	if unread == nil {
		v = a.judge(ctx, r)
	}
	if failure := a.report(ctx, r, v, start); failure != nil {
		v = verdict{decision: Failed, cause: failure}
	}
	switch {
	case v.decision == Failed:
		// The text must not be "Unauthorized", whatever the user's code says.
		return verdict{}, fmt.Errorf("authorizer: %w", v.cause)
	case v.response == nil:
		return verdict{}, &unauthorized{v.cause}
	}
	return v, nil
}

// judge separates the caller's fault, which is a refusal, from a failure.
func (a *Authorizer) judge(ctx context.Context, r *Request) (v verdict) {
	err := guard(func() (err error) {
		v, err = a.decide(ctx, r)
		return err
	})
	switch {
	case errors.Is(err, verifier.ErrInvalidToken):
		return a.refuse(r, err)
	case err != nil:
		return verdict{decision: Failed, cause: err}
	}
	return v
}

// refuse answers a request without a good token.
func (a *Authorizer) refuse(r *Request, cause error) verdict {
	v := verdict{decision: Refused, cause: cause}
	if a.cfg.OnInvalid == Unauthorized {
		return v
	}
	response, err := policy.New(anonymous, r.ARN).DenyAllMethods().Build()
	if err != nil {
		return verdict{decision: Failed, cause: err}
	}
	v.response = response
	return v
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
	response, leftOut, err := a.fit(answer, values, r.Kind)
	if err != nil {
		return verdict{}, err
	}
	decision, err := a.evaluate(r, response)
	return verdict{decision: decision, response: response, leftOut: leftOut}, err
}

// evaluate reads the whole policy as API Gateway will, and so refuses one that is
// malformed, and finds what it says about this request.
func (a *Authorizer) evaluate(r *Request, response *policy.Response) (Decision, error) {
	decision, err := response.Evaluate(r.ARN, a.conditionKeys(r, response))
	switch {
	case err != nil:
		return Failed, fmt.Errorf("Config.Policy: %w", err)
	case decision == policy.Allowed:
		return Allowed, nil
	}
	return Denied, nil
}

// conditionKeys are what the event says of what conditions can be on. API Gateway knows
// more: of a TOKEN event only the time is known here.
func (a *Authorizer) conditionKeys(r *Request, response *policy.Response) policy.ConditionKeys {
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
