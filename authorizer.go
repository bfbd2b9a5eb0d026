package authorizer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// A PolicyFunc decides what the bearer of a good token may do. Where API Gateway caches
// answers by the token alone, the policy it returns must say everything that the token
// permits, not just whether it permits this request. A policy that does not allow the
// request is a 403.
//
// An error that wraps [verifier.ErrInvalidToken] is a 401, like a bad token. Any
// other, also a policy that is nil or over [policy.MaxResponse] bytes with its
// context, is a 500. The answer is not changed; it may be shared between calls.
//
// [AllowStage], [ByRoute] and [ByScope] are ready-made.
type PolicyFunc func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error)

// Config says how an [Authorizer] decides. Verifier must be set, and Policy or Fields.
type Config struct {
	// Verifier decides whether a token is good. Required.
	Verifier verifier.Verifier

	// Policy decides what a good token permits on API Gateway. Required there.
	Policy PolicyFunc

	// Fields decides what a good token permits on AppSync. Required there.
	Fields FieldFunc

	// FieldsTTL is how long AppSync may serve an answer from its cache, whatever the API
	// is set to; never past the token's exp. 0 means not at all; at most an hour.
	FieldsTTL time.Duration

	// Extract finds the token in a request; nil means Bearer, and with a Binding Bearer or
	// DPoP.
	Extract Extractor

	// Binding checks that a token is sent by the one for whom it was issued: by a client
	// certificate (RFC 8705) or by DPoP (RFC 9449). Without one, a token that says who that
	// is (cnf, RFC 7800) is refused, since it is no bearer token.
	//
	// An answer from API Gateway's cache is given without this check. So a bound token in a
	// TOKEN event, or where the cache does not go by what the binding looks at, is an
	// error, a 500. Turn the authorizer's cache off; on REST APIs, whose events do not tell
	// of it, set SkipIdentitySourceCheck then.
	Binding binding.Binding

	// Context makes the values that reach the function behind the authorizer; nil
	// means ScalarClaims. What Policy has put into its answer's Context stays, and
	// wins over a value of the same name.
	Context ContextFunc

	// OnInvalid says how a request without a good token is answered.
	OnInvalid Refusal

	// EnableSimpleResponses makes Invoke answer events of format 2.0 with
	// isAuthorized rather than a policy. Set it as the HTTP API's authorizer is
	// set, which has a property of this name; an event does not tell.
	EnableSimpleResponses bool

	// SkipIdentitySourceCheck lets answers go where a cache could serve them to
	// requests that they are not about. An HTTP API's event lists the values of the
	// authorizer's identity sources, by which it caches. Where there are any, it is an
	// error, a 500, if the token is in none of them, or if isAuthorized would be true by
	// more than they hold: by the method, the path and the route, or by what the policy's
	// conditions are on. The same goes for what Binding looks at. Set this if the
	// authorizer's cache is off although it has identity sources, or if Extract decodes the
	// token so that it cannot be found in them.
	SkipIdentitySourceCheck bool

	// Logger gets one line for each outcome: at level Error if the decision failed,
	// at Info otherwise, with the fields of Outcome. Nil logs nothing.
	Logger *slog.Logger

	// Observer is told of each outcome before it is returned, for metrics: see package
	// observe. It runs while API Gateway waits, and a panic in it is a 500.
	Observer func(context.Context, Outcome)

	// Now is the clock for durations and for conditions on the time; nil means
	// time.Now.
	Now func() time.Time
}

// A Refusal is an answer to a request without a good token.
type Refusal int

const (
	// Unauthorized answers with the error text that API Gateway turns into a 401.
	// This is documented for REST and WebSocket APIs, and not for HTTP APIs.
	Unauthorized Refusal = iota

	// Deny answers with a policy that denies everything, for a principal
	// "anonymous", or with isAuthorized false: a 403. API Gateway caches it, so a
	// token that becomes good later (a clock that is behind, a key just published)
	// is refused until the cache's time to live is over. Never the answer to an
	// outage. The answer's context has the [verifier.Reason] as "reason", for gateway
	// responses: $context.authorizer.reason.
	Deny

	// DenyCertain answers as Deny does if the token can never become good: it is
	// malformed or expired. The cache then takes a flood of such tokens off the function.
	// Everything else is answered as by Unauthorized, a wrong signature too: it may be
	// that of a key which has just been replaced and is not known here yet.
	DenyCertain
)

// anonymous is the principal of a request without a good token. API Gateway wants
// one in every policy.
const anonymous = "anonymous"

// An Authorizer decides the requests of one authorizer. It is safe for concurrent
// use.
type Authorizer struct {
	cfg Config
}

// New returns an authorizer, or an error that says which setting to mend.
func New(cfg Config) (*Authorizer, error) {
	switch {
	case setup.Unmade(cfg.Verifier):
		return nil, errors.New("authorizer: set Config.Verifier to what decides tokens, such as verifier.New's")
	case cfg.Binding != nil && setup.IsNil(cfg.Binding):
		return nil, errors.New("authorizer: Config.Binding is a nil pointer: check the error of the function that was to make it")
	case cfg.Policy == nil && cfg.Fields == nil:
		return nil, errors.New("authorizer: set Config.Policy to what a good token permits, such as AllowStage, or for AppSync Config.Fields")
	case cfg.FieldsTTL < 0 || cfg.FieldsTTL > maxFieldsTTL:
		return nil, fmt.Errorf("authorizer: Config.FieldsTTL is %v: set it between 0 and %v", cfg.FieldsTTL, maxFieldsTTL)
	case cfg.OnInvalid < Unauthorized || cfg.OnInvalid > DenyCertain:
		return nil, fmt.Errorf("authorizer: Config.OnInvalid is %d: set it to Unauthorized, Deny or DenyCertain", cfg.OnInvalid)
	}
	switch {
	case cfg.Extract == nil && cfg.Binding == nil:
		cfg.Extract = Bearer
	case cfg.Extract == nil:
		cfg.Extract = FirstOf(Bearer, DPoP)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now // with its monotonic part, since it tells durations
	}
	return &Authorizer{cfg}, nil
}
