package authorizertest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
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

func TestAnAnswerForAnotherRouteIsToBlameOnlyIfTheAuthorizerWouldAllowThisOneAnew(t *testing.T) {
	const blamed, too, unknown = "Answer with one policy for all routes", "asked anew, the authorizer denies this one too", "cannot be found out now"
	ordersOnly := func(_ context.Context, r *authorizer.Request, token *verifier.Token) (*policy.Response, error) {
		return policy.New(token.Subject, r.ARN).AllowMethod("GET", "/orders").Build()
	}
	for name, test := range map[string]struct {
		decide authorizer.PolicyFunc
		ask    func(*watched) // what happens before the authorizer is asked anew
		want   []string
	}{
		"it would allow it":    {onlyTheRequested, nil, []string{blamed, "not " + too, "not " + unknown}},
		"it would deny it too": {ordersOnly, nil, []string{too, "not " + blamed, "not " + unknown}},
		"it fails": {onlyTheRequested, func(w *watched) { w.outage(true) }, []string{
			unknown + ". Asked anew: the authorizer failed.", "not " + too, "not " + blamed,
		}},
		"the token has expired since": {onlyTheRequested, func(w *watched) { w.forward(time.Hour) }, []string{
			unknown + ". Asked anew: refused: expired.", "not " + too, "not " + blamed,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, test.decide, nil, authorizertest.PanelConfig{})
			token := w.token("ann", "")
			w.call("GET /orders", token, "")
			if status := w.call("GET /orders/7?page=2", token, ""); status != http.StatusForbidden {
				t.Fatalf("status %d", status)
			}
			if test.ask != nil {
				test.ask(w)
			}
			logged := w.logged.String()
			want(t, w.text("request?number=2"), append(test.want, "cache denied: no statement allows it")...)
			if w.gateway.Calls() != 1 || w.logged.String() != logged {
				t.Errorf("what the panel asks is counted, %d calls, or logged: %s", w.gateway.Calls(), w.logged.String())
			}
		})
	}
}

func TestAConditionThatCannotBeEvaluatedIsNoDenialByTheAuthorizerAskedAnew(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Authorizer = func(e events.APIGatewayCustomAuthorizerRequest) (any, error) {
			var condition map[string]any
			if strings.HasSuffix(e.MethodArn, "/7") {
				condition = map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-1"}}
			}
			return answerOf("Allow", condition, e.MethodArn), nil
		}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", "opaque-reference-token", "")
	w.call("GET /orders/7", "opaque-reference-token", "")
	want(t, w.text("request?number=2"), "cannot be found out now. Asked anew: denied here: statement 1 hangs on a condition that is not evaluated.", "not denies this one too")
}

func TestAnAuthorizerThatHangsHoldsUpAHintForThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := false
		answer := func(ctx context.Context, e events.APIGatewayCustomAuthorizerRequest) (any, error) {
			if hang {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return answerOf("Allow", nil, e.MethodArn), nil
		}
		gateway, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: answer,
			Routes: []authorizertest.Route{{Key: "GET /a", Handler: http.NotFoundHandler()}, {Key: "GET /b", Handler: http.NotFoundHandler()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		panel := gateway.Panel(authorizertest.PanelConfig{})
		send := func(handler http.Handler, path string) string {
			req := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			req.Host, req.RemoteAddr = "localhost", "127.0.0.1:5000"
			req.Header.Set("Authorization", "opaque-reference-token")
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			return res.Body.String()
		}
		send(gateway, "/a")
		send(gateway, "/b")
		hang = true
		start := time.Now()
		text := send(panel, authorizertest.PanelPath+"request?number=2")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		want(t, text, "cannot be found out now. Asked anew: the authorizer failed.", "not Answer with one policy")
	})
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
