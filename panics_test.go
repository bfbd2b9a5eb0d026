package authorizer_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// The error has to be of use to whoever mends the panic, and of none to whoever
// reads the log for secrets.
func TestTheErrorOfAPanicTellsWhereAndNotWhat(t *testing.T) {
	var none *policy.Response
	for name, test := range map[string]struct {
		thrown func()
		want   string
	}{
		"a text":            {func() { panic("hunter2") }, `^authorizer: panic with a string in github\.com/lambdajwt/authorizer_test\.\S+ \(\S+/panics_test\.go:\d+\)$`},
		"an error":          {func() { panic(errOutage) }, `^authorizer: panic with a \*errors\.errorString in \S+ \(\S+/panics_test\.go:\d+\)$`},
		"a nil dereference": {func() { none.PrincipalID = "" }, `^authorizer: panic with a runtime\.\S+ in \S+ \(\S+/panics_test\.go:\d+\)$`},
		"nil":               {func() { panic(nil) }, `^authorizer: panic with a \*runtime\.PanicNilError in \S+ \(\S+/panics_test\.go:\d+\)$`},
	} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
				test.thrown()
				return nil, nil
			}
		})
		answer, err := decide(context.Background(), a, golden(t, "rest_token"))
		if answer != nil || err == nil || !regexp.MustCompile(test.want).MatchString(err.Error()) {
			t.Errorf("%s: got %v, %v", name, answer, err)
		}
	}
}
