package runtest

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
)

// Decide returns what an authorizer answers to the event of a TOKEN authorizer.
func Decide(t *testing.T, a *authorizer.Authorizer, event events.APIGatewayCustomAuthorizerRequest) (*policy.Response, error) {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	request, err := authorizer.ParseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	return a.Decide(t.Context(), request)
}
