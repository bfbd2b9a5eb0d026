package onelogin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

const body = `{"user": "ann", "password": "secret"}`

// newLogin returns a login that names the user in its tokens, and its log.
func newLogin() (*onelogin.Login, *strings.Builder) {
	log := new(strings.Builder)
	return &onelogin.Login{
		User:   onelogin.Ann("secret"),
		Issue:  func(_ context.Context, user string) (string, error) { return "token of " + user, nil },
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

func TestALoginAnswersWithATokenThatNoCacheKeeps(t *testing.T) {
	l, _ := newLogin()
	for name, req := range map[string]onelogin.Request{
		"text":   {Body: body},
		"base64": {Body: base64.StdEncoding.EncodeToString([]byte(body)), IsBase64Encoded: true},
	} {
		res, err := l.Handle(t.Context(), req)
		if err != nil || res.StatusCode != 200 || res.Body != `{"token":"token of ann"}` || res.Headers["Cache-Control"] != "no-store" || res.Headers["Content-Type"] != "application/json" {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	l.Answer = func(token string) (onelogin.Response, error) { return onelogin.Answer(201, token) }
	if res, err := l.Handle(t.Context(), onelogin.Request{Body: body}); err != nil || res.StatusCode != 201 || res.Body != `"token of ann"` {
		t.Errorf("an answer of one's own: %+v, %v", res, err)
	}
}

func TestALoginWithoutThePasswordMakesNoToken(t *testing.T) {
	l, _ := newLogin()
	l.Issue = func(context.Context, string) (string, error) { t.Error("it was asked for one"); return "", nil }
	for name, req := range map[string]onelogin.Request{
		"a guess":               {Body: `{"user": "ann", "password": "a guess"}`},
		"base64 that is none":   {Body: "{", IsBase64Encoded: true},
		"base64 and more":       {Body: base64.StdEncoding.EncodeToString([]byte(body)) + "!", IsBase64Encoded: true},
		"text that says base64": {Body: body, IsBase64Encoded: true},
		"base64 that says text": {Body: base64.StdEncoding.EncodeToString([]byte(body))},
	} {
		res, err := l.Handle(t.Context(), req)
		if err != nil || res.StatusCode != 403 || res.Body != `{"message":"The user or the password is wrong."}` {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

func TestALoginThatCanMakeNoTokenFailsAndLogsWhy(t *testing.T) {
	l, log := newLogin()
	cause := errors.New("KMS is down")
	l.Issue = func(context.Context, string) (string, error) { return "", cause }
	res, err := l.Handle(t.Context(), onelogin.Request{Body: body})
	if !errors.Is(err, cause) || res.StatusCode != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "KMS is down") || strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log)
	}
}

func TestAnAnswerThatCannotBeWrittenIsAServerError(t *testing.T) {
	l, _ := newLogin()
	l.Answer = func(string) (onelogin.Response, error) { return onelogin.Answer(200, make(chan int)) }
	if _, err := l.Handle(t.Context(), onelogin.Request{Body: body}); err == nil {
		t.Error("no error")
	}
}
