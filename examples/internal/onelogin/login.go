package onelogin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/signer"
)

// A Login is the function that gives tokens, behind a REST API.
type Login struct {
	User   User
	Issuer *signer.Issuer
	Logger *slog.Logger
}

// Handle takes a name and a password, and answers with a token. A password that is
// wrong does not get as far as the issuer.
func (l *Login) Handle(ctx context.Context, req events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	user, ok := l.User.Authenticate(req.Body)
	if !ok {
		return Answer(http.StatusForbidden, map[string]string{"message": "The user or the password is wrong."})
	}
	token, err := l.Issuer.Issue(ctx, user, nil)
	if err != nil { // of which the caller sees nothing but a 502
		l.Logger.ErrorContext(ctx, "no token could be made", "user", user, "error", err)
		return events.APIGatewayProxyResponse{}, err
	}
	return Answer(http.StatusOK, map[string]string{"token": token})
}

// Answer answers with JSON that no cache keeps.
func Answer(status int, body any) (events.APIGatewayProxyResponse, error) {
	text, err := json.Marshal(body)
	return events.APIGatewayProxyResponse{
		StatusCode: status,
		Headers: map[string]string{
			"Content-Type":  "application/json",
			"Cache-Control": "no-store", // RFC 6749 section 5.1
		},
		Body: string(text),
	}, err
}
