package onelogin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// A Request is what a login reads of an event: the events of REST and HTTP APIs both
// have it.
type Request struct {
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"` // as of what HTTP APIs take for no text
}

// A Response is what both kinds of API take as an answer.
type Response = events.APIGatewayProxyResponse

// A Login is the function that gives tokens.
type Login struct {
	User   User
	Issue  func(ctx context.Context, user string) (token string, err error)
	Answer func(token string) (Response, error) // that holds the token; nil means {"token": ...}
	Logger *slog.Logger
}

// Handle takes a name and a password, and answers with a token. A password that is
// wrong does not get as far as KMS.
func (l *Login) Handle(ctx context.Context, req Request) (Response, error) {
	user, ok := l.User.Authenticate(req.text())
	if !ok {
		return Answer(http.StatusForbidden, map[string]string{"message": "The user or the password is wrong."})
	}
	token, err := l.Issue(ctx, user)
	if err != nil { // of which the caller sees nothing but a server error
		l.Logger.ErrorContext(ctx, "no token could be made", "user", user, "error", err)
		return Response{}, err
	}
	if l.Answer != nil {
		return l.Answer(token)
	}
	return Answer(http.StatusOK, map[string]string{"token": token})
}

// text returns the body, which is empty if it cannot be decoded.
func (r Request) text() string {
	if !r.IsBase64Encoded {
		return r.Body
	}
	decoded, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return ""
	}
	return string(decoded)
}

// Answer answers with JSON that no cache keeps.
func Answer(status int, body any) (Response, error) {
	text, err := json.Marshal(body)
	return Response{
		StatusCode: status,
		Headers: map[string]string{
			"Content-Type":  "application/json",
			"Cache-Control": "no-store", // RFC 6749 section 5.1

			// Pages of every origin may call: a browser sends no token by itself.
			"Access-Control-Allow-Origin": "*",
		},
		Body: string(text),
	}, err
}
