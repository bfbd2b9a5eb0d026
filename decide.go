package authorizer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

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
// [Config.EnableSimpleResponses] is set, isAuthorized and the context. To AppSync it is
// isAuthorized with the fields denied, and false where API Gateway would get the error
// Unauthorized. What follows the event's JSON is ignored, as by the Lambda runtime. Errors
// are those of [Authorizer.Decide]. An event that is none of API Gateway's to an authorizer
// is an error that is not the caller's fault.
func (a *Authorizer) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	r, err := parse(event)
	v, err := a.settle(ctx, r, err)
	if err != nil {
		return nil, err
	}
	if v.fields != nil {
		return json.Marshal(v.fields)
	}
	if a.answersSimply(r) {
		return json.Marshal(v.simple())
	}
	return json.Marshal(v.response)
}

// Decide decides a request that [ParseRequest] has read, unless it is one of AppSync, whose
// answers are no policies. It is for those who wrap an Authorizer and for tests; a Lambda
// function starts with the Authorizer itself.
//
// An error whose text is exactly "Unauthorized", and which wraps
// [verifier.ErrInvalidToken] and the cause, is the caller's fault. Any other is an
// outage or a mistake of the setup. On an error the answer is nil.
func (a *Authorizer) Decide(ctx context.Context, r *Request) (*policy.Response, error) {
	var err error
	if r == nil {
		err = errors.New("the request is nil: make one with ParseRequest")
	} else if r.Kind == AppSync {
		err = errors.New("AppSync takes no policy: use Invoke")
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
	response *policy.Response // nil if the answer is an error, or AppSync's
	fields   *events.AppSyncLambdaAuthorizerResponse
	cause    error           // why the request was refused, or could not be decided
	leftOut  []string        // names of what did not fit into the answer's context
	token    *verifier.Token // that was verified, nil if there is none
	missing  func() []string // finds the scopes that would open the route, nil if nothing does
}

// answersSimply reports whether the answer is isAuthorized, and no policy.
func (a *Authorizer) answersSimply(r *Request) bool {
	return r.Kind == HTTPFormat2 && a.cfg.EnableSimpleResponses
}

// simple is the answer of format 2.0 that is no policy.
func (v verdict) simple() events.APIGatewayV2CustomAuthorizerSimpleResponse {
	return events.APIGatewayV2CustomAuthorizerSimpleResponse{IsAuthorized: v.decision == Allowed, Context: v.response.Context}
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
	case v.response == nil && v.fields == nil:
		return verdict{}, &unauthorized{v.cause}
	}
	return v, nil
}

// judge separates the caller's fault, which is a refusal, from a failure.
func (a *Authorizer) judge(ctx context.Context, r *Request) verdict {
	var v verdict
	err := guard(func() error { return a.decide(ctx, r, &v) })
	switch {
	case errors.Is(err, verifier.ErrInvalidToken):
		return a.refuse(r, v, err)
	case err != nil:
		v.decision, v.response, v.cause = Failed, nil, err
	}
	return v
}

// refuse answers a request without a good token.
func (a *Authorizer) refuse(r *Request, v verdict, cause error) verdict {
	v.decision, v.response, v.fields, v.cause = Refused, nil, nil, cause
	cacheably := a.cfg.OnInvalid == Deny || a.cfg.OnInvalid == DenyCertain && isCertain(cause)
	switch {
	case r.Kind == AppSync:
		v.fields = a.refuseFields(cacheably)
		return v
	case !cacheably:
		return v
	}
	reason := string(verifier.ReasonOf(cause))
	response, err := policy.New(anonymous, r.ARN).DenyAllMethods().Context("reason", reason).Build()
	if err != nil {
		v.decision, v.cause = Failed, err
	}
	v.response = response
	return v
}

// isCertain reports whether a token can never become good. A wrong signature can: the key may
// have been replaced under its kid, or without one, and the new one not be known here yet.
func isCertain(cause error) bool {
	switch verifier.ReasonOf(cause) {
	case verifier.Malformed, verifier.Expired, verifier.TooOld:
		return true
	case verifier.Unproven:
		refusal := new(verifier.Error)
		return errors.As(cause, &refusal) && refusal.Detail == verifier.Detail(verifier.Expired)
	}
	return false
}

// decide finds the token, has it verified, and asks what it permits. What it learns goes to
// v, also if there is an error in the end.
func (a *Authorizer) decide(ctx context.Context, r *Request, v *verdict) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	token, err := findToken(a.cfg.Extract, r)
	if err != nil {
		return fmt.Errorf("Config.Extract: %w", err)
	}
	if err := a.checkToken(r, token); err != nil {
		return err
	}
	t, err := a.cfg.Verifier.Verify(ctx, token)
	if err != nil {
		return err
	}
	if t == nil {
		return errors.New("Config.Verifier gave neither a token nor an error")
	}
	v.token = t
	if err := a.checkPossession(ctx, r, token, t); err != nil {
		return err
	}
	if r.Kind == AppSync {
		return a.decideFields(ctx, r, v)
	}
	return a.decidePolicy(ctx, r, v)
}

// decidePolicy asks for the policy and finds what it says about the request.
func (a *Authorizer) decidePolicy(ctx context.Context, r *Request, v *verdict) error {
	if a.cfg.Policy == nil {
		return errors.New("an event of API Gateway: set Config.Policy to what a good token permits there, such as AllowStage")
	}
	t := v.token
	answer, err := a.cfg.Policy(context.WithValue(ctx, missingKey{}, &v.missing), r, t)
	if err != nil {
		return fmt.Errorf("Config.Policy: %w", err)
	}
	if answer == nil || answer.PrincipalID == "" {
		return errors.New("Config.Policy gave no policy, or one without a principal")
	}
	values, err := a.contextValues(ctx, r, t)
	if err != nil {
		return err
	}
	if v.response, v.leftOut, err = a.fit(answer, values, r.Kind); err != nil {
		return err
	}
	v.decision, err = a.evaluate(r, v.response)
	return err
}

// evaluate reads the whole policy as API Gateway will, and so refuses one that is
// malformed, and finds what it says about this request.
func (a *Authorizer) evaluate(r *Request, response *policy.Response) (Decision, error) {
	var brought policy.ConditionKeys
	conditions := conditionKeysOf(response)
	if len(conditions) > 0 {
		brought = a.conditionKeys(r)
	}
	decision, err := response.Evaluate(r.ARN, brought)
	if err != nil {
		return Failed, fmt.Errorf("Config.Policy: %w", err)
	}
	if r.Kind == RESTToken && slices.ContainsFunc(conditions, isUntold) {
		decision = policy.Undecided
	}
	simple := a.answersSimply(r)
	switch decision {
	case policy.Allowed:
		if simple {
			err = a.checkSimple(r, response, brought)
		}
		return Allowed, err
	case policy.Undecided:
		if simple {
			err = errors.New("Config.Policy: isAuthorized would hang on a condition that is not evaluated here: see policy.Conditions")
		}
		return Undecided, err
	}
	return Denied, nil
}

// isUntold reports whether a TOKEN event says nothing about what a condition is on.
func isUntold(key string) bool {
	switch key {
	case "aws:currenttime", "aws:epochtime", "aws:securetransport":
		return false
	}
	return true
}

// conditionKeys are what the event says of what conditions can be on. On a private API the
// address is one of the VPC.
func (a *Authorizer) conditionKeys(r *Request) policy.ConditionKeys {
	keys := policy.ConditionKeys{
		Time: a.cfg.Now(), SourceIP: r.SourceIP, UserAgent: r.UserAgent,
		Referer:         first(r.Header("Referer")),
		SecureTransport: true, // API Gateway serves HTTPS only
	}
	if r.vpce != "" {
		keys.SourceIP, keys.VPCSourceIP = netip.Addr{}, r.SourceIP
		keys.SourceVPC, keys.SourceVPCE = r.vpc, r.vpce
	}
	return keys
}
