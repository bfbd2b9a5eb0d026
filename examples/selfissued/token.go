package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/signer"
)

type (
	request  = events.APIGatewayV2HTTPRequest
	response = events.APIGatewayV2HTTPResponse
)

// A login is the function that gives tokens.
type login struct {
	user   onelogin.User
	scopes []string // that the user may have
	issuer *signer.Issuer
	logger *slog.Logger
}

func newLogin(set settings) (*login, error) {
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: set.keys, Issuer: set.issuer, Audience: []string{audience}, Lifetime: lifetime, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	scopes := set.scopes
	if len(scopes) == 0 {
		scopes = []string{scopeUser}
	}
	return &login{user: set.user, scopes: scopes, issuer: issuer, logger: set.logger}, nil
}

// handle is POST /token: a name and a password in, and maybe the scopes that are wanted,
// a token out. Without any its scope is USER: who wants more has to say so, and a token
// that is stolen opens no more than it was made for.
func (l *login) handle(ctx context.Context, req request) (response, error) {
	body, ok := bodyOf(req)
	if !ok {
		return refused("The body cannot be read.")
	}
	user, ok := l.user.Authenticate(body)
	if !ok {
		return refused("The user or the password is wrong.")
	}
	var form map[string]json.RawMessage // by exact names, which a struct's are not
	var wanted string
	if json.Unmarshal([]byte(body), &form) != nil || form["scope"] != nil && json.Unmarshal(form["scope"], &wanted) != nil {
		return refused("The scope is no text.")
	}
	scopes := strings.Fields(wanted)
	if len(scopes) == 0 {
		scopes = []string{scopeUser}
	}
	for _, scope := range scopes {
		if !slices.Contains(l.scopes, scope) {
			return refused("A scope is not yours to have.")
		}
	}
	claims := map[string]string{"scope": strings.Join(scopes, " ")} // RFC 8693 section 4.2
	token, err := l.issuer.Issue(ctx, user, claims)
	if err != nil { // of which the caller sees nothing but a 500
		l.logger.ErrorContext(ctx, "no token could be made", "user", user, "error", err)
		return response{}, err
	}
	return answer(http.StatusOK, map[string]string{"token": token})
}

// bodyOf returns the body of a request. API Gateway hands it on in base64 unless its
// Content-Type is a text's: that which curl gives it by default is not.
func bodyOf(req request) (body string, ok bool) {
	if !req.IsBase64Encoded {
		return req.Body, true
	}
	decoded, err := base64.StdEncoding.DecodeString(req.Body)
	return string(decoded), err == nil
}

func refused(sentence string) (response, error) {
	return answer(http.StatusForbidden, map[string]string{"message": sentence})
}

// answer answers with JSON that no cache keeps.
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
