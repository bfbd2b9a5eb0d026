package golangjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
)

func TestTheHeaderHasWhatTheKeyNeeds(t *testing.T) {
	envelope := source{signing: key{header: keys.Header{
		Algorithm: "HS256", Kid: "k", Params: map[string]json.RawMessage{"edk": json.RawMessage(`"AQI"`), "v": json.RawMessage(`{"n":1}`)},
	}}}
	token, _, err := golangjwt.NewWithClaims(t.Context(), envelope, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(token.Header)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"alg":"HS256","edk":"AQI","kid":"k","typ":"JWT","v":{"n":1}}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if token.Header["edk"] != "AQI" {
		t.Errorf("got %#v, want text", token.Header["edk"])
	}
	token, _, err = golangjwt.NewWithClaims(t.Context(), testkeys.Secret(t, "", "HS256", "x"), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	if kid, found := token.Header["kid"]; found {
		t.Errorf("got the kid %q of a key without one", kid)
	}
}

func TestTheTypeIsTheCallers(t *testing.T) {
	token, key, err := golangjwt.NewWithClaims(t.Context(), secret(t), newClaims())
	if err != nil {
		t.Fatal(err)
	}
	token.Header["typ"] = "at+jwt"
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.Parse(text, golangjwt.Keyfunc(t.Context(), secret(t)))
	if err != nil || parsed.Header["typ"] != "at+jwt" {
		t.Errorf("got %v, %v", parsed.Header, err)
	}
}

func TestWithoutAKeyThereIsNoToken(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var none *keys.Secret
	for name, test := range map[string]struct {
		ctx    context.Context
		source keys.SigningSource
		want   error
	}{
		"the source is down":      {t.Context(), source{err: errDown}, errDown},
		"no source":               {t.Context(), nil, keys.ErrMisconfigured},
		"a nil key":               {t.Context(), none, keys.ErrMisconfigured},
		"a source without answer": {t.Context(), source{}, nil},
		"the caller has gone":     {cancelled, secret(t), context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			token, key, err := golangjwt.NewWithClaims(test.ctx, test.source, newClaims())
			if token != nil || key != nil || err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, %v, %v, want %v", token, key, err, test.want)
			}
		})
	}
}
