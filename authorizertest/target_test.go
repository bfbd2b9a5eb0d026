package authorizertest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestAValidationExpressionIsAnExpressionOnItsOwn(t *testing.T) {
	_, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, ValidationExpression: "a)|(b", Authorizer: grant,
		Routes: []authorizertest.Route{{Key: "GET /a", Handler: backend}},
	})
	if err == nil || !strings.Contains(err.Error(), "Config.ValidationExpression") {
		t.Errorf("got %v", err)
	}
}

func TestTheARNOfARequestAlwaysHasAPath(t *testing.T) {
	for _, test := range []struct {
		path, arn string
		status    int
	}{
		{"/", "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/GET/", 200},
		{"", "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/GET/", 200},
		{"*", "", 400},
	} {
		var event struct{ MethodARN string }
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.RESTToken,
			Authorizer: func(_ context.Context, e json.RawMessage) (any, error) {
				if err := json.Unmarshal(e, &event); err != nil {
					return nil, err
				}
				return effect("Allow", "*"), nil
			},
			Routes: []authorizertest.Route{
				{Key: "GET /", Handler: func(http.ResponseWriter, *http.Request) {}}, {Key: "ANY /{proxy+}", Handler: backend},
			},
		})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = test.path
		r.Header.Set("Authorization", "t")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != test.status || event.MethodARN != test.arn {
			t.Errorf("%q: got %d for %s", test.path, w.Code, event.MethodARN)
		}
	}
}
