package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
)

// A fixture is the example's API.
type fixture struct {
	*kmsfixture.Fixture
	set settings
}

// rsaKey is the key of all fixtures, since one takes long to make.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newFixture makes an API, as ours or as the document's.
func newFixture(t *testing.T, change ...func(*settings)) *fixture {
	t.Helper()
	f := &fixture{Fixture: kmsfixture.New(t)}
	var err error
	if f.set, err = localSettings(f.Local, kmsfixture.Password); err != nil {
		t.Fatal(err)
	}
	private, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	if f.set.key, err = f.Local.KMS.AddKey(types.KeySpecRsa2048, private); err != nil {
		t.Fatal(err)
	}
	f.set.now, f.set.logger = f.Now, f.Logger()
	for _, c := range change {
		c(&f.set)
	}
	f.open(t, nil)
	return f
}

func asDocument(set *settings) { set.asDocument = true }

func inKMS(set *settings) { set.inKMS = true }

// open makes an API with empty caches.
func (f *fixture) open(t *testing.T, change func(*authorizertest.Config)) *authorizertest.Gateway {
	t.Helper()
	api, err := newAPI(f.Local.Client, f.set, change)
	if err != nil {
		t.Fatal(err)
	}
	f.API = api
	return api
}

// post calls the token function through the gateway.
func (f *fixture) post(t *testing.T, body string) (status int, answer string) {
	t.Helper()
	w := f.Do(t, "POST /token", body)
	return w.Code, w.Body.String()
}

// whoami calls the function behind the authorizer.
func (f *fixture) whoami(t *testing.T, token string) (status int, answer string) {
	t.Helper()
	return f.Call(t, "GET /whoami", token)
}

// token returns a new one of Ann's.
func (f *fixture) token(t *testing.T) string {
	t.Helper()
	status, answer := f.post(t, kmsfixture.LoginBody)
	if status != 200 {
		t.Fatalf("token: %d %s", status, answer)
	}
	if !f.set.asDocument {
		return kmsfixture.TokenIn(t, answer)
	}
	var token string
	if err := json.Unmarshal([]byte(answer), &token); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return token
}

// event returns what the authorizer gets of a request to GET /whoami.
func (f *fixture) event(t *testing.T, token string) json.RawMessage {
	t.Helper()
	request := kmsfixture.Request(t, "GET /whoami", "", "Authorization: Bearer "+token)
	event, err := f.open(t, nil).AuthorizerEvent(request)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/whoami"

// documentEvent is what the document's authorizer gets.
func documentEvent(header string) events.APIGatewayCustomAuthorizerRequest {
	return events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: header}
}
