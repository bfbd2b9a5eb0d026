package authorizertest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestAHintStandsOnlyWhereItHelps(t *testing.T) {
	const route, failed = "This answer was made for another route", "The authorizer failed, which is a 500"
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	token := w.token("ann", "")
	w.call("GET /orders", token, "")
	w.call("GET /orders/7", token, "")
	want(t, w.text("request?number=1"), "not "+route, "not "+failed)
	want(t, w.text("request?number=2"), "cache allowed by statement 1", "not "+route, "not "+failed)
	w.outage(true)
	w.call("GET /orders", w.token("bob", ""), "")
	want(t, w.text("request?number=3"), failed, "not "+route, "Error authorizer: verifier: finding the key: unexpected EOF")

	w = watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Authorizer = func(events.APIGatewayCustomAuthorizerRequest) (any, error) {
			return answerOf("Allow", nil, "arn:aws:execute-api:*:*:*/other"), nil
		}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", "opaque-reference-token", "")
	w.call("GET /orders", "opaque-reference-token", "")
	want(t, w.text("request?number=2"), "cache denied: no statement allows it", "not "+route)
}

func answerOf(effect string, condition map[string]any, resource string) map[string]any {
	s := map[string]any{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
	if condition != nil {
		s["Condition"] = condition
	}
	return map[string]any{"principalId": "ann", "policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{s}}}
}

func TestEveryVerdictOfAFunctionIsPutIntoWords(t *testing.T) {
	condition := map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-1"}}
	for name, test := range map[string]struct {
		answer any
		err    error
		want   string
	}{
		"refused without a reason": {nil, errors.New("Unauthorized"), "401 Unauthorized authorizer refused "},
		"failed":                   {nil, errors.New("the store is away"), "500 Internal Server Error authorizer the authorizer failed "},
		"malformed":                {map[string]any{"principalId": "ann"}, nil, "500 Internal Server Error authorizer the authorizer failed "},
		"undecided":                {answerOf("Allow", condition, "*"), nil, "403 Forbidden authorizer denied here: statement 1 hangs on a condition that is not evaluated "},
		"denied":                   {answerOf("Deny", nil, "*"), nil, "403 Forbidden authorizer denied by statement 1 "},
		"not allowed":              {answerOf("Allow", nil, "arn:aws:execute-api:*:*:*/other"), nil, "403 Forbidden authorizer denied: no statement allows it "},
	} {
		w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
			c.Authorizer = func(events.APIGatewayCustomAuthorizerRequest) (any, error) { return test.answer, test.err }
		}, authorizertest.PanelConfig{})
		w.call("GET /orders", "opaque-reference-token", "")
		if text := w.text(""); !strings.Contains(text, test.want) {
			t.Errorf("%s: no %q in %s", name, test.want, text)
		}
	}
}

func TestAnErrorThatQuotesACredentialIsShownWithoutIt(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Authorizer = func(e events.APIGatewayCustomAuthorizerRequest) (any, error) {
			return nil, errors.New("cannot look up " + e.AuthorizationToken)
		}
		c.Routes[0].Handler = http.NotFoundHandler()
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", "opaque-reference-token", "")
	want(t, w.page("request?number=1"), "cannot look up Bearer [hidden]", "Bearer [hidden]", "not opaque-reference")
}
