package authorizer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// A FieldFunc decides which fields of an AppSync API the bearer of a good token may not ask
// for, by their names, such as "Mutation.createOrder". AppSync answers null in their place.
// Errors count as a [PolicyFunc]'s do.
//
// AppSync serves the answer from its cache to whatever the token asks for: decide by the
// token alone. [AllFields] and [ByField] are ready-made.
type FieldFunc func(ctx context.Context, r *Request, t *verifier.Token) (denied []string, err error)

// AllFields is a [FieldFunc] that lets the bearer of a good token ask for everything.
func AllFields(context.Context, *Request, *verifier.Token) ([]string, error) { return nil, nil }

// ByField returns a [FieldFunc] that denies the fields which the token's scopes do not open:
// [policy.Fields.Denied].
func ByField(fields *policy.Fields) FieldFunc {
	return func(_ context.Context, _ *Request, t *verifier.Token) ([]string, error) {
		if fields == nil || t == nil {
			return nil, errNothing
		}
		return fields.Denied(policy.Caller{Principal: t.Subject, Scopes: t.Scopes()}), nil
	}
}

// maxFieldsTTL is the longest time for which AppSync keeps an answer.
const maxFieldsTTL = time.Hour

// decideFields is decide for an AppSync API, once the token is verified.
func (a *Authorizer) decideFields(ctx context.Context, r *Request, v *verdict) error {
	if a.cfg.Fields == nil {
		return errors.New("an event of AppSync: set Config.Fields to what a good token permits there, such as AllFields")
	}
	denied, err := a.cfg.Fields(ctx, r, v.token)
	if err != nil {
		return fmt.Errorf("Config.Fields: %w", err)
	}
	values, err := a.contextValues(ctx, r, v.token)
	if err != nil {
		return err
	}
	for name, value := range values {
		if values[name], err = resolverText(value); err != nil {
			return fmt.Errorf("the context value %q: %w", name, err)
		}
	}
	v.fields = &events.AppSyncLambdaAuthorizerResponse{
		IsAuthorized: true, ResolverContext: values, DeniedFields: denied, TTLOverride: a.fieldsTTL(v.token.ExpiresAt),
	}
	v.decision = Allowed
	return nil
}

// resolverText returns the text of a value for resolvers, as API Gateway writes it for the
// functions behind it.
func resolverText(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// fieldsTTL returns for how many seconds AppSync may keep an answer, which ends with the
// token.
func (a *Authorizer) fieldsTTL(exp time.Time) *int {
	ttl := a.cfg.FieldsTTL
	if !exp.IsZero() {
		ttl = max(0, min(ttl, exp.Sub(a.cfg.Now())))
	}
	seconds := int(ttl / time.Second)
	return &seconds
}

// refuseFields answers a request of AppSync without a good token. What an error of the
// function's becomes there is not documented, so it is never an error.
func (a *Authorizer) refuseFields(cacheably bool) *events.AppSyncLambdaAuthorizerResponse {
	seconds := 0
	if cacheably {
		seconds = int(a.cfg.FieldsTTL / time.Second)
	}
	return &events.AppSyncLambdaAuthorizerResponse{TTLOverride: &seconds}
}
