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

// An Outcome tells of one request that was decided. It holds no token. RequestID, Route and
// CachedBy are empty where the event does not tell, as that of a TOKEN authorizer. Subject,
// Issuer and Kid are those of a token that was verified, and empty otherwise. If the request
// was refused they do not say who has sent it: a bound token may be stolen, and these say
// whose it is.
type Outcome struct {
	Kind       Kind   // empty if the event could not be read
	API, Stage string // empty likewise
	Route      string // Request.Route, such as "GET /orders/{id}"
	RequestID  string // API Gateway's, as in its access log
	Subject    string // sub, which is personal data in many systems
	Issuer     string // iss
	Kid        string // of the token's header

	// Decision is what the answer says about this request. It is Undecided where that
	// depends on a condition which [policy.Response.Evaluate] does not evaluate, and in a
	// TOKEN event where a condition is on more than the time.
	Decision Decision

	// Reason is why the request was refused; empty if it was not.
	Reason verifier.Reason

	// MissingScopes are those of the route by which [ByRoute] or [ByScope] has denied the
	// request, if it was for scopes: any of them would have opened it.
	MissingScopes []string

	// LeftOut has the names of claims that ScalarClaims has not handed over because they did
	// not fit into the 8 KB that API Gateway takes.
	LeftOut []string

	// CachedBy says by what API Gateway serves this answer from its cache, as far as the
	// event shows.
	CachedBy CacheKey

	// Duration is from the event to the answer.
	Duration time.Duration

	// Err is what was wrong if the request was refused or the decision failed.
	// Its text is as discreet as the user's own Verifier, Policy and Context.
	Err error
}

// A CacheKey says by what API Gateway serves an answer from its cache. The list is fixed.
type CacheKey string

// The keys of caches. That of a REST API's REQUEST authorizer is unknown, and empty.
const (
	CachedByToken   CacheKey = "token"   // and perhaps more, but not by method, path and route: one answer decides many routes
	CachedByRequest CacheKey = "request" // by the token, the method, the path and the route, or the key of a route that is one of each
	NotCached       CacheKey = "none"    // there are no identity sources, or the API is a WebSocket API, or Config.FieldsTTL is 0
)

// cachedBy tells what the event of a request shows of the cache.
func (a *Authorizer) cachedBy(r *Request) CacheKey {
	switch {
	case r.Kind == RESTToken || r.Kind == AppSync && a.cfg.FieldsTTL > 0:
		return CachedByToken
	case r.Kind == RESTRequest:
		return ""
	case r.Kind == WebSocket || r.Kind == AppSync || len(r.identitySource) == 0:
		return NotCached
	case r.isKeyedByRoute():
		return CachedByRequest
	}
	return CachedByToken
}

// report logs an outcome and tells the observer. r is nil if the event could not be
// read. The error is that of a panic in either of them.
func (a *Authorizer) report(ctx context.Context, r *Request, v verdict, start time.Time) error {
	if a.cfg.Logger == nil && a.cfg.Observer == nil {
		return nil
	}
	o := Outcome{Decision: v.decision, LeftOut: v.leftOut, Duration: a.cfg.Now().Sub(start), Err: v.cause}
	switch {
	case v.decision == Refused:
		o.Reason = verifier.ReasonOf(v.cause)
	case v.decision == Denied && v.missing != nil:
		o.MissingScopes = v.missing()
	}
	if r != nil {
		o.Kind, o.API, o.Stage = r.Kind, r.ARN.API, r.ARN.Stage
		o.Route, o.RequestID, o.CachedBy = r.Route, r.RequestID, a.cachedBy(r)
	}
	if v.token != nil {
		o.Subject, o.Issuer, o.Kid = v.token.Subject, v.token.Issuer, v.token.Header.Kid
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
		slog.Float64("duration_ms", float64(o.Duration.Microseconds())/1000),
	}
	for _, field := range [...]struct{ name, value string }{
		{"kind", string(o.Kind)}, {"api", o.API}, {"stage", o.Stage}, {"route", o.Route}, {"request_id", o.RequestID},
		{"subject", o.Subject}, {"issuer", o.Issuer}, {"kid", o.Kid}, {"cached_by", string(o.CachedBy)}, {"reason", string(o.Reason)},
	} {
		if field.value != "" {
			attrs = append(attrs, slog.String(field.name, field.value))
		}
	}
	if len(o.MissingScopes) > 0 {
		attrs = append(attrs, slog.Any("missing_scopes", o.MissingScopes))
	}
	if len(o.LeftOut) > 0 {
		attrs = append(attrs, slog.Any("left_out", o.LeftOut))
	}
	if o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	a.cfg.Logger.LogAttrs(ctx, level, "authorizer", attrs...)
}
