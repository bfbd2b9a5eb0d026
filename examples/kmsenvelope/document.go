package main

import (
	"context"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// The API of https://github.com/Eascen/api-gateway-jwt as its clients know it, for those
// who have it: replace its login and its authorizer in any order, with AS_DOCUMENT=1, and
// no client notices. The table of differences in document_test.go lists what differs all
// the same, and why. Once nothing of the original is left, take AS_DOCUMENT out of both
// functions: everybody has to log in again, and clients find their tokens elsewhere.
const (
	documentLifetime = time.Hour
	documentCacheTTL = 300 * time.Second
	requestHeader    = "Auth"      // has the token as it is, without a scheme
	answerHeader     = "JWT_Token" // of a login, whose answer has no body
)

// newDocumentLogin makes tokens that say whose they are, in Username, and when they end,
// but not who has made them or what for.
func newDocumentLogin(source keys.SigningSource, set settings) (*onelogin.Login, error) {
	s, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		return nil, err
	}
	issue := func(ctx context.Context, user string) (string, error) {
		return s.Sign(ctx, jwt.MapClaims{"Username": user, "exp": set.now().Add(documentLifetime).Unix()})
	}
	return &onelogin.Login{User: set.user, Issue: issue, Answer: answerInHeader, Logger: set.logger}, nil
}

func answerInHeader(token string) (onelogin.Response, error) {
	return onelogin.Response{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{answerHeader: token, "Cache-Control": "no-store"},
	}, nil
}

// newDocumentAuthorizer takes the document's tokens and no others. Neither they nor their
// data keys say who has made them: whoever may make data keys with this KMS key can make
// such tokens. Use a KMS key that serves nothing else.
func newDocumentAuthorizer(source keys.VerificationSource, set settings) (*authorizer.Authorizer, error) {
	verify, err := verifier.New(verifier.Config{
		Keys: source, SkipIssuerCheck: true, SkipAudienceCheck: true,
		RequiredClaims: []string{"Username"}, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify, Policy: onelogin.PermitNamed("Username"),
		Extract:   authorizer.Header(requestHeader),
		OnInvalid: authorizer.Deny, // a 403, which API Gateway caches; an outage is still neither
		Logger:    set.logger, Observer: set.observer, Now: set.now,
	})
}
