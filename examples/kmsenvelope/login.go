package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/signer"
)

type (
	request  = events.APIGatewayProxyRequest
	response = events.APIGatewayProxyResponse
)

// A login is the function that gives tokens.
type login struct {
	user   onelogin.User
	issuer *signer.Issuer
	logger *slog.Logger
}

// newLogin needs one operation of KMS, GenerateDataKey. It can make tokens, and is
// not able to decrypt the data keys of others.
func newLogin(client kmskeys.DataKeyGenerator, set settings) (*login, error) {
	source, err := kmskeys.NewEnvelopeSigner(client, set.envelope())
	if err != nil {
		return nil, err
	}
	sign, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		return nil, err
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Signer: sign, Issuer: issuerName, Audience: []string{audience}, Lifetime: lifetime, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return &login{set.user, issuer, set.logger}, nil
}

// handle is POST /login: a name and a password in, a token out. A password that is
// wrong costs no call to KMS.
func (l *login) handle(ctx context.Context, req request) (response, error) {
	user, ok := l.user.Authenticate(req.Body)
	if !ok {
		return answer(http.StatusForbidden, map[string]string{"message": "The user or the password is wrong."})
	}
	token, err := l.issuer.Issue(ctx, user, nil)
	if err != nil { // of which the caller sees nothing but a 502
		l.logger.ErrorContext(ctx, "no token could be made", "user", user, "error", err)
		return response{}, err
	}
	return answer(http.StatusOK, map[string]string{"token": token})
}

func answer(status int, body any) (response, error) {
	text, err := json.Marshal(body)
	return response{
		StatusCode: status,
		Headers: map[string]string{
			"Content-Type":  "application/json",
			"Cache-Control": "no-store", // RFC 6749 section 5.1
		},
		Body: string(text),
	}, err
}
