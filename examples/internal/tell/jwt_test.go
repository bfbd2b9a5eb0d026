package tell_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/policy"
)

func TestACallTellsWhatAJWTAuthorizerHadToDoWithIt(t *testing.T) {
	for name, test := range map[string]struct {
		invocation authorizertest.Invocation
		want       string
	}{
		"a good token":   {authorizertest.Invocation{Cached: true, Decision: policy.Allowed}, "· JWT authorizer: the token is good\n"},
		"the first":      {authorizertest.Invocation{Decision: policy.Allowed}, "· JWT authorizer, which has asked for the keys: the token is good\n"},
		"no scope":       {authorizertest.Invocation{Cached: true}, "· JWT authorizer: the token is good, but has no scope of this route\n"},
		"an old token":   {authorizertest.Invocation{Cached: true, Err: errors.New("the token has expired")}, "· JWT authorizer: the token has expired\n"},
		"a fetch failed": {authorizertest.Invocation{Err: errors.New("nobody answers")}, "· JWT authorizer, which has asked for the keys: nobody answers\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			teller := tell.New(&out)
			t.Cleanup(teller.Open(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { teller.Invocation(test.invocation) })))
			teller.Call(t.Context(), tell.Request{Do: "GET /a", Token: aToken, Want: 200}, nil)
			if !strings.Contains(out.String(), test.want) || teller.End() != nil {
				t.Errorf("%s%v", out.String(), teller.End())
			}
		})
	}
}
