package authorizer

import (
	"context"
	"log/slog"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

// A Decision is what became of a request. The list is fixed, so that a decision
// can be the label of a metric.
type Decision string

// The decisions.
const (
	Allowed   Decision = "allowed"   // the policy allows the request
	Denied    Decision = "denied"    // the token is good, but the policy does not allow the request: 403
	Undecided Decision = "undecided" // the token is good, and API Gateway decides by a condition that is not evaluated here
	Refused   Decision = "refused"   // there is no token, or it is at fault: 401, or 403 by Config.OnInvalid
	Failed    Decision = "failed"    // an outage or a mistake: 500
)

// An Outcome tells of one request that was decided. It holds no token.
type Outcome struct {
	Kind       Kind   // empty if the event could not be read
	API, Stage string // empty likewise

	// Decision is what the answer says about this request. It is Undecided where that
	// hangs on a condition which [policy.Response.Evaluate] does not evaluate, and in a
	// TOKEN event where a condition is on more than the time.
	Decision Decision

	// Reason is why the request was refused; empty if it was not.
	Reason verifier.Reason

	// LeftOut has the names of claims that ScalarClaims has not handed over, for they did
	// not fit into the 8 KB that API Gateway takes.
	LeftOut []string

	// Duration is from the event to the answer.
	Duration time.Duration

	// Err is what was wrong if the request was refused or the decision failed.
	// Its text is as discreet as the user's own Verifier, Policy and Context.
	Err error
}

// report logs an outcome and tells the observer. r is nil if the event could not be
// read. The error is that of a panic in either of them.
func (a *Authorizer) report(ctx context.Context, r *Request, v verdict, start time.Time) error {
	if a.cfg.Logger == nil && a.cfg.Observer == nil {
		return nil
	}
	o := Outcome{Decision: v.decision, LeftOut: v.leftOut, Duration: a.cfg.Now().Sub(start), Err: v.cause}
	if v.decision == Refused {
		o.Reason = verifier.ReasonOf(v.cause)
	}
	if r != nil {
		o.Kind, o.API, o.Stage = r.Kind, r.ARN.API, r.ARN.Stage
	}
	return guard(func() error {
		a.log(ctx, o)
		if a.cfg.Observer != nil {
			a.cfg.Observer(ctx, o)
		}
		return nil
	})
}

func (a *Authorizer) log(ctx context.Context, o Outcome) {
	level := slog.LevelInfo
	if o.Decision == Failed {
		level = slog.LevelError
	}
	if a.cfg.Logger == nil || !a.cfg.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("decision", string(o.Decision)),
		slog.String("kind", string(o.Kind)),
		slog.String("api", o.API),
		slog.String("stage", o.Stage),
		slog.Duration("duration", o.Duration),
	}
	if o.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(o.Reason)))
	}
	if len(o.LeftOut) > 0 {
		attrs = append(attrs, slog.Any("left_out", o.LeftOut))
	}
	if o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	a.cfg.Logger.LogAttrs(ctx, level, "authorizer", attrs...)
}
