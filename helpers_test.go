package authorizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// verifierFunc is a Verifier of a test's own.
type verifierFunc func(ctx context.Context, token string) (*verifier.Token, error)

func (f verifierFunc) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	return f(ctx, token)
}

const goodClaims = `{"sub":"user-1","scope":"orders:read","admin":true,"level":9007199254740993,"rate":1.5,"roles":["a"],"extra":{"x":1},"nothing":null}`

// acceptGood accepts good.token, and the tokens that the golden events have in
// other places.
var acceptGood = verifierFunc(func(_ context.Context, token string) (*verifier.Token, error) {
	switch token {
	case "good.token", "query.token", "cookie.token":
		return verifier.TrustClaims([]byte(goodClaims))
	}
	return nil, &verifier.Error{Reason: verifier.WrongSignature}
})

// newAuthorizer returns an authorizer that allows good tokens everything, changed
// by the given function.
func newAuthorizer(t testing.TB, change func(*authorizer.Config)) *authorizer.Authorizer {
	t.Helper()
	cfg := authorizer.Config{Verifier: acceptGood, Policy: authorizer.AllowStage}
	if change != nil {
		change(&cfg)
	}
	a, err := authorizer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// golden returns an event of testdata.
func golden(t testing.TB, name string) json.RawMessage {
	t.Helper()
	event, err := os.ReadFile("testdata/events/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// tokenEvent returns the event of a TOKEN authorizer.
func tokenEvent(authorization string) json.RawMessage {
	event, _ := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": authorization,
		"methodArn": "arn:aws:execute-api:eu-central-1:210987654321:k3mq9zt1ab/prod/GET/orders/7",
	})
	return event
}

// wantJSON compares an answer with its golden file, byte for byte but for white
// space.
func wantJSON(t *testing.T, name string, answer any) {
	t.Helper()
	want, err := os.ReadFile("testdata/answers/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, compact.Bytes()) {
		t.Errorf("%s:\ngot  %s\nwant %s", name, got, compact.Bytes())
	}
}

// allowNothing answers with a policy that is about another path.
func allowNothing(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	return policy.New(t.Subject, r.ARN).AllowMethod("GET", "/somewhere/else").Build()
}

// decide returns the policy with which an authorizer answers an event.
func decide(ctx context.Context, a *authorizer.Authorizer, event []byte) (*policy.Response, error) {
	r, err := authorizer.ParseRequest(event)
	if err != nil {
		return nil, err
	}
	return a.Decide(ctx, r)
}

// invoke returns an authorizer's answer to an event as JSON.
func invoke(t testing.TB, a *authorizer.Authorizer, event []byte) json.RawMessage {
	t.Helper()
	answer, err := a.Invoke(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
