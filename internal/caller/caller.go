// Package caller makes of a token what a table of routes wants to know of its bearer: one
// rule for the Lambda authorizer and for the middleware.
package caller

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// Of returns the caller that a token stands for: its principal, its scopes, and of the
// claims of these names those that are a string or an integer. Errors are those of
// [Principal].
func Of(t *verifier.Token, claims []string) (policy.Caller, error) {
	principal, err := Principal(t)
	if err != nil {
		return policy.Caller{}, err
	}
	c := policy.Caller{Principal: principal, Scopes: t.Scopes()}
	if len(claims) == 0 {
		return c, nil
	}
	c.Claims = make(map[string]string, len(claims))
	for name, value := range t.Scalars() {
		if !slices.Contains(claims, name) {
			continue
		}
		switch value := value.(type) {
		case string:
			c.Claims[name] = value
		case json.Number: // 7, and not 7.0 or 7e0: one number has one text
			if _, err := value.Int64(); err == nil {
				c.Claims[name] = value.String()
			}
		}
	}
	return c, nil
}

// Principal returns the sub of a token, which access logs and usage plans tell users apart
// by. A token without one is refused, with reason [verifier.MissingClaim].
func Principal(t *verifier.Token) (string, error) {
	if t.Subject == "" {
		return "", fmt.Errorf("the principal is sub: %w", &verifier.Error{Reason: verifier.MissingClaim, Claim: "sub"})
	}
	return t.Subject, nil
}
