package main

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
)

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/whoami"

// A fixture is the example's API.
type fixture struct {
	*kmsfixture.Fixture
	set settings
}

// newFixture makes an API, as ours or as the document's.
func newFixture(t *testing.T, change ...func(*settings)) *fixture {
	t.Helper()
	f := &fixture{Fixture: kmsfixture.New(t)}
	var err error
	if f.set, err = localSettings(f.Local, kmsfixture.Password); err != nil {
		t.Fatal(err)
	}
	f.set.now, f.set.logger = f.Now, f.Logger()
	for _, c := range change {
		c(&f.set)
	}
	f.open(t)
	return f
}

func asDocument(set *settings) { set.asDocument = true }

// open makes an API with empty caches.
func (f *fixture) open(t *testing.T) {
	t.Helper()
	api, err := newAPI(f.Local.Client, f.set, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.API = api
}

// post calls the login function through the gateway.
func (f *fixture) post(t *testing.T, body string) (status int, answer string) {
	t.Helper()
	w := f.Do(t, "POST /login", body)
	return w.Code, w.Body.String()
}

// whoami calls the function behind the authorizer.
func (f *fixture) whoami(t *testing.T, token string) (status int, answer string) {
	t.Helper()
	return f.Call(t, "GET /whoami", token)
}

// login returns a new token of Ann's.
func (f *fixture) login(t *testing.T) (token string) {
	t.Helper()
	status, answer := f.post(t, kmsfixture.LoginBody)
	if status != 200 {
		t.Fatalf("login: %d %s", status, answer)
	}
	return kmsfixture.TokenIn(t, answer)
}

func tokenEvent(header string) events.APIGatewayCustomAuthorizerRequest {
	return events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: header}
}
