package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

const sessionOverAnswer = `{"message":{"_schema":["` + sessionOver + `"]}}`

// withAnn returns a service with Ann, and a token of hers.
func withAnn(t *testing.T) (f *fixture, token string) {
	t.Helper()
	f = newFixture(t)
	f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	return f, f.token(t, "ann@example.com", password)
}

// renew returns the token that is given for another.
func (f *fixture) renew(t *testing.T, token string) string {
	t.Helper()
	status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	return tokenIn(t, body)
}

// isOver checks that a token is not renewed, because its session is over.
func (f *fixture) isOver(t *testing.T, what, token string) {
	t.Helper()
	if status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`); status != 400 || body != sessionOverAnswer {
		t.Errorf("%s: %d %s", what, status, body)
	}
}

func (f *fixture) claims(t *testing.T, token string) (c claims) {
	t.Helper()
	verified, err := f.verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := verified.Claims(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARenewedTokenLivesLongerAndIsOfTheSameSession(t *testing.T) {
	f, old := withAnn(t)
	before := f.claims(t, old)
	f.clock = f.clock.Add(4 * time.Minute)
	renewed := f.renew(t, old)
	if got := f.claims(t, renewed); got != before {
		t.Errorf("claims %+v, want %+v", got, before)
	}
	token, err := f.verifier.Verify(t.Context(), renewed)
	if err != nil || token.ExpiresAt.Sub(f.clock) != lifetime {
		t.Errorf("good until %v, %v", token.ExpiresAt, err)
	}
}

// What a token says of its user once went from token to token, as long as the session.
func TestARenewedTokenSaysWhatIsStoredOfTheUserNow(t *testing.T) {
	f, token := withAnn(t)
	f.change(t, "1", func(u *users.User) { u.LastName = "Ray" })
	if got := f.claims(t, f.renew(t, token)).LastName; got != "Ray" {
		t.Errorf("last name %q", got)
	}
}

func TestATokenThatIsRenewedTwiceEndsItsSession(t *testing.T) {
	f, stolen := withAnn(t)
	other := f.token(t, "ann@example.com", password)
	second := f.renew(t, stolen)
	third := f.renew(t, second)
	f.isOver(t, "a token that was renewed before", stolen)
	f.isOver(t, "the last token, after that", third)
	if log := f.log.String(); !strings.Contains(log, "renewed twice") || strings.Contains(log, "eyJ") {
		t.Errorf("log: %s", log)
	}
	f.renew(t, other) // another session of hers goes on
}

func TestALogoutEndsItsSessionAlone(t *testing.T) {
	f, token := withAnn(t)
	other := f.token(t, "ann@example.com", password)
	renewed := f.renew(t, token)
	for range 2 { // with the token before the last one, just as well
		if status, body := f.post(t, f.logout, `{"token":"`+token+`"}`); status != 204 || body != "" {
			t.Fatalf("%d %s", status, body)
		}
	}
	f.isOver(t, "after the logout", renewed)
	f.renew(t, other)
}

func TestALogoutNeedsAGoodToken(t *testing.T) {
	f, token := withAnn(t)
	for body, want := range map[string]string{
		`{"token":"` + token + `x"}`: `{"message":{"_schema":["Unable to decode data !"]}}`,
		`{"token":""}`:               `{"message":{"_schema":["Unable to decode data !"]}}`,
		`{}`:                         `{"message":"Error !","data":{"token":["Missing data for required field."]}}`,
	} {
		if status, answer := f.post(t, f.logout, body); status != 400 || answer != want {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	f.renew(t, token)
}

func TestASessionEndsWhenItsTimeIsOver(t *testing.T) {
	f, token := withAnn(t)
	start := f.clock
	for f.clock.Sub(start) < session-lifetime {
		f.clock = f.clock.Add(lifetime - time.Minute)
		token = f.renew(t, token)
	}
	last, err := f.verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got := last.ExpiresAt.Sub(start); got != session {
		t.Errorf("the last token ends after %v, want %v", got, session)
	}
}

func TestASessionEndsWithWhatItBeganWith(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *fixture){
		"the account is removed": func(t *testing.T, f *fixture) {
			if err := f.users.Remove(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
		},
		"the account is removed, and somebody else has its address": func(t *testing.T, f *fixture) {
			if err := f.users.Remove(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			f.addUser(t, users.User{ID: "2", Email: "ann@example.com", FirstName: "Ann", LastName: "Two"}, password)
		},
		"the password is another one": func(t *testing.T, f *fixture) {
			body := `{"email":"ann@example.com","password":"` + password + `","new_password":"four grey owls by night"}`
			if status, answer := f.post(t, f.changePassword, body); status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, token := withAnn(t)
			end(t, f)
			f.isOver(t, "afterwards", token)
		})
	}
}

// Who has the secret can sign anything. A session that was never begun is none.
func TestATokenOfNoSessionIsNotRenewed(t *testing.T) {
	f, token := withAnn(t)
	own := f.claims(t, token)
	good := map[string]any{
		"iss": issuerName, "aud": audience, "sub": "1", "id": "1", "sid": "made up", "jti": "j",
		"auth_time": f.clock.Unix(), "iat": f.clock.Unix(), "exp": f.clock.Add(time.Minute).Unix(),
	}
	const undecodable = `{"message":{"_schema":["Unable to decode data !"]}}`
	for name, test := range map[string]struct {
		change map[string]any
		want   string
	}{
		"a session that never was":     {nil, sessionOverAnswer},
		"one that is over by its time": {map[string]any{"auth_time": f.clock.Add(-session).Unix()}, sessionOverAnswer},
		"another user's ID":            {map[string]any{"sub": "2"}, sessionOverAnswer},
		"no session":                   {map[string]any{"sid": nil}, undecodable},
		"a session of another type":    {map[string]any{"sid": 1}, undecodable},
		"an empty session":             {map[string]any{"sid": ""}, undecodable},
		"an epoch to come":             {map[string]any{"sid": own.Session, "epoch": 1}, sessionOverAnswer},
		"a confirmation's audience":    {map[string]any{"aud": confirmAudience}, undecodable},
		"nobody's":                     {map[string]any{"sub": ""}, sessionOverAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{}
			for name, value := range good {
				body[name] = value
			}
			for name, value := range test.change {
				body[name] = value
				if value == nil {
					delete(body, name)
				}
			}
			status, answer := f.post(t, f.refresh, `{"token":"`+f.sign(t, body)+`"}`)
			if status != 400 || answer != test.want {
				t.Errorf("%d %s, want %s", status, answer, test.want)
			}
		})
	}
	f.renew(t, token)
}

func TestAConfirmationIsNoTokenAndATokenNoConfirmation(t *testing.T) {
	f, token := withAnn(t)
	u, err := f.users.ByID(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	u.Confirmed = false
	if err := f.mailTo(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	const undecodable = `{"message":{"_schema":["Unable to decode data !"]}}`
	if status, body := f.post(t, f.refresh, `{"token":"`+f.inbox.last().Token+`"}`); status != 400 || body != undecodable {
		t.Errorf("a confirmation as a token: %d %s", status, body)
	}
	if _, err := f.verifier.Verify(t.Context(), f.inbox.last().Token); err == nil {
		t.Error("the authorizer takes a confirmation")
	}
	body, _ := json.Marshal(map[string]string{"token": token, "password": password})
	if status, answer := f.post(t, f.confirmUser, string(body)); status != 400 || answer != undecodable {
		t.Errorf("a token as a confirmation: %d %s", status, answer)
	}
}

func TestARouteThatAFunctionDoesNotHaveIsAFault(t *testing.T) {
	f := newFixture(t)
	for name, routes := range map[string]function{"session": f.sessionRoutes, "account": f.accountRoutes} {
		if res, err := routes(t.Context(), request{HTTPMethod: "DELETE", Resource: "/user"}); err == nil || res != nil {
			t.Errorf("%s: %+v, %v", name, res, fmt.Sprint(err))
		}
	}
}
