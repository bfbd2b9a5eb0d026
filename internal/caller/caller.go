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

// Of returns the caller that a token stands for: its scopes, of the claims of these names
// those that are a string or an integer, and as principal its sub, by which access logs and
// usage plans tell users apart. A token without one is refused, with reason
// [verifier.MissingClaim].
func Of(t *verifier.Token, claims []string) (policy.Caller, error) {
	if t.Subject == "" {
		return policy.Caller{}, fmt.Errorf("the principal is sub: %w", &verifier.Error{Reason: verifier.MissingClaim, Claim: "sub"})
	}
	c := policy.Caller{Principal: t.Subject, Scopes: t.Scopes()}
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
