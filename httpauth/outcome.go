package httpauth

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

// A Decision is what became of a request. The list is fixed, so that a decision can be the
// label of a metric. The words are those of package authorizer.
type Decision string

// The decisions.
const (
	Allowed Decision = "allowed" // the request was handed on
	Denied  Decision = "denied"  // the token is good, and the table does not open the route to it: 403
	Refused Decision = "refused" // there is no token, or it is at fault: 401, or 400 if there are several
	Failed  Decision = "failed"  // an outage, 503, or a mistake of the setup, 500
)

// An Outcome tells of one request that was decided. It holds no token. Subject, Issuer and Kid
// are those of a token that was verified, and empty otherwise. If the request was refused they
// do not say who has sent it: a bound token may be stolen, and these say whose it is.
type Outcome struct {
	Route    string // the route of the table, such as "GET /orders/{id}"; empty if the path decides
	Subject  string // sub, which is personal data in many systems
	Issuer   string // iss
	Kid      string // of the token's header
	Decision Decision

	// Reason is why the request was refused; empty if it was not.
	Reason verifier.Reason

	// MissingScopes are those of the route, if it was denied for scopes: any of them would
	// have opened it.
	MissingScopes []string

	// Duration is from the request to the decision.
	Duration time.Duration

	// Err is what was wrong if the request was refused or the decision failed. Its text is
	// as discreet as the user's own Verifier, Extract and Binding.
	Err error
}

// report logs an outcome and tells the observer.
func (m *Middleware) report(ctx context.Context, v verdict, start time.Time) {
	o := Outcome{Route: v.route.name, Decision: v.decision, Duration: m.cfg.Now().Sub(start), Err: v.err}
	switch v.decision {
	case Refused:
		o.Reason = verifier.ReasonOf(v.err)
	case Denied:
		o.MissingScopes = v.missing
	}
	if v.token != nil {
		o.Subject, o.Issuer, o.Kid = v.token.Subject, v.token.Issuer, v.token.Header.Kid
	}
	m.log(ctx, o)
	if m.cfg.Observer != nil {
		m.cfg.Observer(ctx, o)
	}
}

func (m *Middleware) log(ctx context.Context, o Outcome) {
	level := slog.LevelInfo
	if o.Decision == Failed && !(errors.Is(o.Err, context.Canceled) && ctx.Err() != nil) { // a client that has gone is no outage
		level = slog.LevelError
	}
	if m.cfg.Logger == nil || !m.cfg.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("decision", string(o.Decision)),
		slog.Float64("duration_ms", float64(o.Duration.Microseconds())/1000),
	}
	for _, field := range [...]struct{ name, value string }{
		{"route", o.Route}, {"subject", o.Subject}, {"issuer", o.Issuer}, {"kid", o.Kid}, {"reason", string(o.Reason)},
	} {
		if field.value != "" {
			attrs = append(attrs, slog.String(field.name, field.value))
		}
	}
	if len(o.MissingScopes) > 0 {
		attrs = append(attrs, slog.Any("missing_scopes", o.MissingScopes))
	}
	if o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	m.cfg.Logger.LogAttrs(ctx, level, "httpauth", attrs...)
}
