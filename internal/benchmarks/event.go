package benchmarks

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
)

// NewAuthorizer returns an authorizer of the tokens that key signs, which allows
// their bearers everything on the API's stage.
func NewAuthorizer(key *Key) (*authorizer.Authorizer, error) {
	v, err := NewVerifier(key)
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
}

// TokenEvent returns the event of a REST API's TOKEN authorizer, as JSON.
func TokenEvent(token string) ([]byte, error) {
	return json.Marshal(map[string]string{
		"type":               "TOKEN",
		"authorizationToken": "Bearer " + token,
		"methodArn":          "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/42",
	})
}

// Decide returns the library's own part in answering an event: from the event's
// JSON to the policy that is the answer.
func Decide(a *authorizer.Authorizer, event []byte) func() error {
	return func() error {
		r, err := authorizer.ParseRequest(event)
		if err != nil {
			return err
		}
		_, err = a.Decide(context.Background(), r)
		return err
	}
}

// Invoke returns the whole of it, as lambda.Start does it: from the event's JSON to
// the answer's, with aws-lambda-go in between.
func Invoke(a *authorizer.Authorizer, event []byte) func() error {
	handler := lambda.NewHandler(a)
	return func() error {
		_, err := handler.Invoke(context.Background(), event)
		return err
	}
}

// InvokeNothing returns aws-lambda-go's own part in that: the function that it
// calls has its answer ready.
func InvokeNothing(a *authorizer.Authorizer, event []byte) (func() error, error) {
	answer, err := a.Invoke(context.Background(), event)
	if err != nil {
		return nil, err
	}
	handler := lambda.NewHandler(ready(answer))
	return func() error {
		_, err := handler.Invoke(context.Background(), event)
		return err
	}, nil
}

// ready is a handler that has its answer ready.
type ready []byte

func (r ready) Invoke(context.Context, []byte) ([]byte, error) { return r, nil }
