package httpauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestBearerFindsTheTokenOfItsSchemeAlone(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   string
		reason verifier.Reason
	}{
		{[]string{"Bearer abc"}, "abc", ""},
		{[]string{"bearer abc"}, "abc", ""},
		{[]string{"BEARER   a.b-c_~+/=="}, "a.b-c_~+/==", ""},
		{nil, "", verifier.NoToken},
		{[]string{""}, "", verifier.NoToken},
		{[]string{"abc"}, "", verifier.NoToken},
		{[]string{"Bearerabc"}, "", verifier.NoToken},
		{[]string{" Bearer abc"}, "", verifier.NoToken},
		{[]string{"Basic abc"}, "", verifier.NoToken},
		{[]string{"DPoP abc"}, "", verifier.NoToken},
		{[]string{"Bearer"}, "", verifier.Malformed},
		{[]string{"Bearer "}, "", verifier.Malformed},
		{[]string{"Bearer a b"}, "", verifier.Malformed},
		{[]string{"Bearer \tabc"}, "", verifier.Malformed},
		{[]string{`Bearer "abc"`}, "", verifier.Malformed},
		{[]string{"Bearer é"}, "", verifier.Malformed},
		{[]string{"Bearer abc", "Bearer abc"}, "", verifier.AmbiguousToken},
		{[]string{"Bearer abc,Bearer abc"}, "", verifier.AmbiguousToken},
		{[]string{"", "Bearer abc"}, "", verifier.AmbiguousToken},
	} {
		got, err := httpauth.Bearer(&http.Request{Header: http.Header{"Authorization": test.values}})
		if got != test.want || verifier.ReasonOf(err) != test.reason || (err == nil) != (test.reason == "") {
			t.Errorf("%q: %q, %v", test.values, got, err)
		}
	}
}

func TestATokenMayComeFromElsewhere(t *testing.T) {
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Extract = func(r *http.Request) (string, error) {
			cookie, err := r.Cookie("session")
			if err != nil {
				return httpauth.Bearer(r)
			}
			switch cookie.Value {
			case "broken":
				return "", fmt.Errorf("opening the cookie: %w", errDown)
			case "forged":
				return "ann", verifier.Refuse(errors.New("not our cookie")) // what comes with an error does not count
			}
			return cookie.Value, nil
		}
	})
	for cookie, want := range map[string]int{"ann": 200, "plain": 403, "": 401, "broken": 503, "forged": 401, "none": 401} {
		r := request("GET /orders/7", "")
		if cookie != "none" {
			r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
		}
		got := serve(auth.Wrap(handler), r)
		if got.Code != want {
			t.Errorf("%q: got %d, want %d", cookie, got.Code, want)
		}
		if named := strings.Contains(got.Header().Get("WWW-Authenticate"), "invalid_token"); named != (cookie == "forged") {
			t.Errorf("%q: %v", cookie, got.Header())
		}
	}
	if got := status(auth, "GET /orders/7", "ann"); got != 200 {
		t.Errorf("Bearer beside a cookie: %d", got)
	}
}
