package kmstest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// An authorizer of your own and the login beside it. In production, client is a
// *kms.Client.
type ordersClient interface {
	kmskeys.GenerateDataKeyAPI
	kmskeys.DecryptAPI
}

const ordersIssuer = "https://login.example.com"

func newOrdersLogin(client ordersClient, keyID string) (*signer.Issuer, error) {
	source, err := kmskeys.NewEnvelopeSigner(client, kmskeys.EnvelopeConfig{KeyID: keyID, EncryptionContext: kmskeys.TokenContext(ordersIssuer, "orders")})
	if err != nil {
		return nil, err
	}
	s, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		return nil, err
	}
	return signer.NewIssuer(signer.IssuerConfig{Signer: s, Issuer: ordersIssuer, Audience: []string{"orders"}, Lifetime: time.Hour})
}

func newOrdersAuthorizer(client ordersClient, keyID string) (*authorizer.Authorizer, error) {
	source, err := kmskeys.NewEnvelopeVerifier(client, kmskeys.EnvelopeConfig{KeyID: keyID, EncryptionContext: kmskeys.TokenContext(ordersIssuer, "orders")})
	if err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: ordersIssuer, Audience: []string{"orders"}})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
}

// A test of your own authorizer, whole: a KMS and an API Gateway in memory around it.
func TestOrdersAreNotDeniedInAnOutage(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	check(t, err)
	login, err := newOrdersLogin(k, key)
	check(t, err)
	a, err := newOrdersAuthorizer(k, key)
	check(t, err)
	gateway, err := authorizertest.New(authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: a,
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: http.HandlerFunc(noOrders)}}})
	check(t, err)
	token, err := login.Issue(context.Background(), "alice", nil)
	check(t, err)
	k.Fail("Decrypt", 1, kmstest.Error("ThrottlingException", "Rate exceeded"))
	for _, want := range []int{http.StatusInternalServerError, http.StatusNoContent} {
		if got := orders(gateway, token); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}

func orders(gateway http.Handler, token string) (status int) {
	request := httptest.NewRequest(http.MethodGet, "/orders", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	response := httptest.NewRecorder()
	gateway.ServeHTTP(response, request)
	return response.Code
}

func noOrders(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
