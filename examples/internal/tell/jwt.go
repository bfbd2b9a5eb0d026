package tell

import (
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
)

// jwtVerdict says what API Gateway's own JWT authorizer had to do with a request.
func jwtVerdict(said *authorizertest.Invocation) string {
	who := "JWT authorizer"
	if !said.Cached {
		who += ", which has asked for the keys"
	}
	switch {
	case said.Err != nil:
		return who + ": " + said.Err.Error()
	case said.Decision != policy.Allowed:
		return who + ": the token is good, but has no scope of this route"
	}
	return who + ": the token is good"
}
