package onelogin

import (
	"context"
	"fmt"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// maxName is for how many bytes of a name an authorizer's answer has room, which holds it
// three times and takes up to 8 KB, whatever JSON makes of the name.
const maxName = 256

// PermitNamed lets the bearer of a good token call the whole API, for tokens that name
// their user in a claim of their own rather than in sub. The functions behind the
// authorizer get the name as sub all the same. A token without a name, or with one of more
// than 256 bytes, is refused.
func PermitNamed(claim string) authorizer.PolicyFunc {
	return func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
		var claims map[string]any
		if err := t.Claims(&claims); err != nil {
			return nil, err
		}
		name, _ := claims[claim].(string)
		if name == "" || len(name) > maxName {
			// The caller's fault. Any other error would be an outage, a 500.
			return nil, fmt.Errorf("%w: %s is no name of 1 to %d bytes", verifier.ErrInvalidToken, claim, maxName)
		}
		allowed, err := policy.New(name, r.ARN).AllowAllMethods().Build()
		if err != nil {
			return nil, err
		}
		allowed.Context = map[string]any{"sub": name}
		return allowed, nil
	}
}
