package main

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// The API of the document that this pattern comes from, "How to use JWT tokens for
// authorization with AWS KMS in NodeJs Lambdas", for those who have it: a REST API with
// an authorizer of type TOKEN, and tokens of a form of their own. Replace its two
// functions in any order, with AS_DOCUMENT=1 and KMS_KEY written as its KMS_KEY_ID is,
// which is its tokens' kid. The table of differences in document_test.go lists what
// differs all the same, and why.
const (
	documentLifetime = 24 * time.Hour
	documentCacheTTL = 300 * time.Second // that of REST APIs, where nothing is set
)

// newDocumentLogin makes tokens that say whose they are, in user_name, and from when to
// when they are good, but not who has made them or what for.
func newDocumentLogin(source keys.SigningSource, set settings) (*onelogin.Login, error) {
	s, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		return nil, err
	}
	issue := func(ctx context.Context, user string) (string, error) {
		now := set.now()
		token, err := s.Sign(ctx, jwt.MapClaims{"user_name": user, "iat": now.Unix(), "exp": now.Add(documentLifetime).Unix()})
		if err != nil {
			return "", err
		}
		return inStandardBase64(token)
	}
	return &onelogin.Login{User: set.user, Issue: issue, Answer: answerWithText, Logger: set.logger}, nil
}

// inStandardBase64 returns a token with its signature in padded standard base64, as the
// document has it against RFC 7515.
func inStandardBase64(token string) (string, error) {
	end := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[end:])
	if err != nil {
		return "", errors.New("the signature is not in base64url") // of which no part is to be shown
	}
	return token[:end] + base64.StdEncoding.EncodeToString(signature), nil
}

// answerWithText answers with the token as a JSON string.
func answerWithText(token string) (onelogin.Response, error) {
	return onelogin.Answer(http.StatusOK, token)
}

// newDocumentAuthorizer takes the document's tokens and no others. They do not say who
// has made them or what for: whoever may have this KMS key sign can make such tokens. Use
// a KMS key that serves nothing else.
func newDocumentAuthorizer(source keys.VerificationSource, set settings) (*authorizer.Authorizer, error) {
	verify, err := verifier.New(verifier.Config{
		Keys: source, SkipIssuerCheck: true, SkipAudienceCheck: true, StandardBase64Signature: true,
		RequiredClaims: []string{"user_name"}, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify, Policy: onelogin.PermitNamed("user_name"),
		OnInvalid: authorizer.Deny, // a 403, which API Gateway caches; an outage is still neither
		Logger:    set.logger, Observer: set.observer, Now: set.now,
	})
}
