package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

const lookIntoYourInbox = `{"message":"Please look into your inbox."}`

func TestAnAccountIsOpenedWithGoodDataOnly(t *testing.T) {
	const good = `{"email":"eve@example.com","password":"three grey owls at noon","first_name":"Eve","last_name":"Doe"}`
	const owls = "three grey owls at noon"
	long := strings.Repeat("xyz123 ", 40)
	for name, test := range map[string]struct {
		body   string
		status int
		answer string
	}{
		"all good":              {good, 202, lookIntoYourInbox},
		"an address of Unicode": {strings.Replace(good, "eve@", "\u212Ate@", 1), 400, `{"message":"Error !","data":{"email":["Not a valid email address."]}}`},
		"no address":            {strings.Replace(good, "eve@example.com", "eve", 1), 400, `{"message":"Error !","data":{"email":["Not a valid email address."]}}`},
		"a short password":      {strings.Replace(good, owls, "14 characters!", 1), 400, `{"message":"Error !","data":{"password":["Must have 15 to 256 characters."]}}`},
		"a password that grows long in normal form": {strings.Replace(good, owls, strings.Repeat("\ufdfa", 15), 1), 400, `{"message":"Error !","data":{"password":["Must have 15 to 256 characters."]}}`},
		"a password of 15 characters in 30 bytes":   {strings.Replace(good, owls, "üöäßéèêñçåøæþðø", 1), 202, lookIntoYourInbox},
		"an endless password":                       {strings.Replace(good, owls, long, 1), 400, `{"message":"Error !","data":{"password":["Must have 15 to 256 characters."]}}`},
		"a common password":                         {strings.Replace(good, owls, "passwordpassword1", 1), 400, `{"message":"Error !","data":{"password":["Too easy to guess."]}}`},
		"a password of one's own name":              {strings.Replace(good, owls, "Eve Doe Eve Doe 1", 1), 400, `{"message":"Error !","data":{"password":["Too easy to guess."]}}`},
		"a password of one's own address":           {strings.Replace(good, owls, "eve@example.com", 1), 400, `{"message":"Error !","data":{"password":["Too easy to guess."]}}`},
		"a password that has lost its characters":   {strings.Replace(good, owls, `\ud800\ud800\ud800\ud800 three grey owls`, 1), 400, `{"message":"Error !","data":{"password":["Not a valid string."]}}`},
		"a password that is no text":                {strings.Replace(good, owls, strings.Repeat("\xff", 20), 1), 400, unparsable},
		"an endless name":                           {strings.Replace(good, "Eve", long, 1), 400, `{"message":"Error !","data":{"first_name":["Must have 1 to 100 characters."]}}`},
		"a name of blanks":                          {strings.Replace(good, "Eve", "  ", 1), 400, `{"message":"Error !","data":{"first_name":["Must have 1 to 100 characters."]}}`},
		"a name of several lines":                   {strings.Replace(good, "Eve", `Eve\r\nBcc: x`, 1), 400, `{"message":"Error !","data":{"first_name":["Must have no control characters."]}}`},
		"a name that has lost its characters":       {strings.Replace(good, "Eve", `E\ud800`, 1), 400, `{"message":"Error !","data":{"first_name":["Must have no control characters."]}}`},
		"everything wrong":                          {`{"email":"","password":"","first_name":"","last_name":""}`, 400, `{"message":"Error !","data":{"email":["Not a valid email address."],"first_name":["Must have 1 to 100 characters."],"last_name":["Must have 1 to 100 characters."],"password":["Must have 15 to 256 characters."]}}`},
		"an ID of one's choice":                     {strings.Replace(good, "{", `{"id":"1",`, 1), 400, `{"message":"Error !","data":{"id":["Unknown field."]}}`},
		"a member twice":                            {strings.Replace(good, "{", `{"email":"bob@example.com",`, 1), 400, `{"message":"Error !","data":{"email":["Given more than once."]}}`},
		"a body of a megabyte":                      {strings.Repeat(" ", 1<<20) + good, 400, unparsable},
	} {
		t.Run(name, func(t *testing.T) {
			f, api, _, _ := withTwoUsers(t)
			f.newID = func() string { return "new" }
			status, answer := call(t, api, "POST /user", "", test.body)
			if status != test.status || answer != test.answer {
				t.Errorf("%d %s\nwant %d %s", status, answer, test.status, test.answer)
			}
			u, err := f.users.ByID(t.Context(), "new")
			if (err == nil) != (test.status == 202) || u.Confirmed {
				t.Errorf("in the store: %+v, %v", u, err)
			}
			if (f.inbox.last().To != "") != (test.status == 202) {
				t.Errorf("in the inbox: %+v", f.inbox.last())
			}
		})
	}
}

// open opens Eve's account and returns what is in her inbox then.
func (f *fixture) open(t *testing.T) mail {
	t.Helper()
	f.newID = func() string { return "new" }
	status, answer := f.post(t, f.createUser, `{"email":"Eve@Example.com","password":"three grey owls at noon","first_name":"Eve","last_name":"Doe"}`)
	if status != 202 || answer != lookIntoYourInbox {
		t.Fatalf("%d %s", status, answer)
	}
	return f.inbox.last()
}

// confirm sends a token out of a mail with a password.
func (f *fixture) confirm(t *testing.T, token, password string) (status int, answer string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"token": token, "password": password})
	return f.post(t, f.confirmUser, string(body))
}

const eveLogsIn = `{"email":"eve@example.com","password":"three grey owls at noon"}`

func TestAnAccountWaitsUntilTheMailToItsAddressIsAnswered(t *testing.T) {
	f := newFixture(t)
	m := f.open(t)
	if m.To != "Eve@example.com" {
		t.Errorf("the mail goes to %q", m.To)
	}
	if status, answer := f.post(t, f.login, eveLogsIn); status != 400 || answer != wrongCredentialsAnswer {
		t.Errorf("a login before: %d %s", status, answer)
	}
	for range 2 {
		status, answer := f.confirm(t, m.Token, password)
		if status != 200 || answer != `{"message":"Confirmed !","data":{"id":"new","email":"Eve@example.com","first_name":"Eve","last_name":"Doe"}}` {
			t.Errorf("%d %s", status, answer)
		}
	}
	f.token(t, "eve@example.com", password)
	u, err := f.users.ByID(t.Context(), "new")
	if err != nil || !u.Confirmed || !u.Created.Equal(f.clock) || !strings.HasPrefix(u.PasswordHash, "$argon2id$") {
		t.Errorf("in the store: %+v, %v", u, err)
	}
}

func TestAConfirmationNeedsThePasswordAndTheMailAndComesInTime(t *testing.T) {
	const noAccount = `{"message":{"_schema":["There is no account to confirm. Please open it again."]}}`
	const undecodable = `{"message":{"_schema":["Unable to decode data !"]}}`
	sign := func(f *fixture, t *testing.T, subject, email string) string {
		token, err := f.confirmations.issuer.Issue(t.Context(), subject, confirmation{email})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, test := range map[string]struct {
		send   func(*testing.T, *fixture, mail) (int, string)
		status int
		answer string
	}{
		"another password": {func(t *testing.T, f *fixture, m mail) (int, string) {
			return f.confirm(t, m.Token, "four grey owls by night")
		}, 400, `{"message":{"_schema":["The password is wrong."]}}`},
		"no text for a password": {func(t *testing.T, f *fixture, m mail) (int, string) { return f.confirm(t, m.Token, "\ufffd") }, 400, `{"message":"Error !","data":{"password":["Not a valid string."]}}`},
		"no token":               {func(t *testing.T, f *fixture, m mail) (int, string) { return f.confirm(t, "", password) }, 400, undecodable},
		"half a token":           {func(t *testing.T, f *fixture, m mail) (int, string) { return f.confirm(t, m.Token[:40], password) }, 400, undecodable},
		"an hour later": {func(t *testing.T, f *fixture, m mail) (int, string) {
			f.clock = f.clock.Add(confirmWithin)
			return f.confirm(t, m.Token, password)
		}, 400, noAccount},
		"a mail for another account": {func(t *testing.T, f *fixture, m mail) (int, string) {
			return f.confirm(t, sign(f, t, "other", m.To), password)
		}, 400, noAccount},
		"a mail to another address": {func(t *testing.T, f *fixture, m mail) (int, string) {
			return f.confirm(t, sign(f, t, "new", "bob@example.com"), password)
		}, 400, noAccount},
		"an account that is gone": {func(t *testing.T, f *fixture, m mail) (int, string) {
			if err := f.users.Remove(t.Context(), "new"); err != nil {
				t.Fatal(err)
			}
			return f.confirm(t, m.Token, password)
		}, 400, noAccount},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if status, answer := test.send(t, f, f.open(t)); status != test.status || answer != test.answer {
				t.Errorf("%d %s, want %d %s", status, answer, test.status, test.answer)
			}
			if u, err := f.users.ByID(t.Context(), "new"); err == nil && u.Confirmed {
				t.Errorf("confirmed: %+v", u)
			}
		})
	}
}

func TestNobodyLearnsHereWhoHasAnAccount(t *testing.T) {
	f := newFixture(t)
	first := f.open(t)
	f.newID = func() string { return "second" }
	const again = `{"email":"eve@example.com","password":"a password of somebody else","first_name":"Mallory","last_name":"M"}`
	for _, when := range []string{"waits", "is confirmed"} {
		f.costs = nil
		if status, answer := f.post(t, f.createUser, again); status != 202 || answer != lookIntoYourInbox || len(f.costs) != 1 {
			t.Errorf("when it %s: %d %s after %d hashes", when, status, answer, len(f.costs))
		}
		m := f.inbox.last()
		if m.To != "Eve@example.com" || (m.Token != "") != (when == "waits") {
			t.Errorf("when it %s: mail %+v", when, m)
		}
		if when == "waits" { // the mail is for the account that there is, and of no use to the second
			if status, answer := f.confirm(t, m.Token, "a password of somebody else"); status != 400 {
				t.Errorf("confirmed by the second: %d %s", status, answer)
			}
			if status, answer := f.confirm(t, first.Token, password); status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
		}
	}
	if _, err := f.users.ByID(t.Context(), "second"); !errors.Is(err, users.ErrNoUser) {
		t.Errorf("the second: %v", err)
	}
	f.token(t, "eve@example.com", password)
}

func TestAnAccountThatWasNotConfirmedMakesRoom(t *testing.T) {
	f := newFixture(t)
	old := f.open(t)
	f.clock = f.clock.Add(confirmWithin)
	f.newID = func() string { return "second" }
	f.post(t, f.createUser, `{"email":"eve@example.com","password":"a password of somebody else","first_name":"Eve","last_name":"Two"}`)
	if status, answer := f.confirm(t, f.inbox.last().Token, "a password of somebody else"); status != 200 {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := f.confirm(t, old.Token, password); status != 400 {
		t.Errorf("the first: %d %s", status, answer)
	}
}

func TestAMailThatCannotBeSentIsAnOutageAndIsSentTheNextTime(t *testing.T) {
	f := newFixture(t)
	send := f.mail
	f.mail = withSES(failingSES{}, "from@example.com", "https://example.com/confirm")
	const create = `{"email":"eve@example.com","password":"three grey owls at noon","first_name":"Eve","last_name":"Doe"}`
	if res, err := f.createUser(t.Context(), request{Body: create}); res != nil || err == nil || !strings.Contains(err.Error(), "send a mail") {
		t.Errorf("%+v, %v", res, err)
	}
	f.mail = send
	f.post(t, f.createUser, create)
	if status, answer := f.confirm(t, f.inbox.last().Token, password); status != 200 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestANewPasswordTakesTheOldOnesPlace(t *testing.T) {
	f, _ := withAnn(t)
	const change = `{"email":"ann@example.com","password":"three grey owls at noon","new_password":"four grey owls by night"}`
	if status, answer := f.post(t, f.changePassword, change); status != 200 || answer != `{"message":"Changed ! Please log in again."}` {
		t.Fatalf("%d %s", status, answer)
	}
	if status, answer := f.post(t, f.login, bodies["login/ok"]); status != 400 || answer != wrongCredentialsAnswer {
		t.Errorf("with the old one: %d %s", status, answer)
	}
	f.renew(t, f.token(t, "ann@example.com", "four grey owls by night"))
}

func TestAPasswordIsChangedByWhoKnowsItToAGoodOne(t *testing.T) {
	for name, test := range map[string]struct{ body, answer string }{
		"a wrong password": {`{"email":"ann@example.com","password":"x","new_password":"four grey owls by night"}`, wrongCredentialsAnswer},
		"nobody's address": {`{"email":"bob@example.com","password":"three grey owls at noon","new_password":"four grey owls by night"}`, wrongCredentialsAnswer},
		"a short one":      {`{"email":"ann@example.com","password":"three grey owls at noon","new_password":"x"}`, `{"message":"Error !","data":{"new_password":["Must have 15 to 256 characters."]}}`},
		"an easy one":      {`{"email":"ann@example.com","password":"three grey owls at noon","new_password":"Ann Lee ann lee 2030"}`, `{"message":"Error !","data":{"new_password":["Too easy to guess."]}}`},
		"no text":          {`{"email":"ann@example.com","password":"three grey owls at noon","new_password":"three grey owls \ufffd"}`, `{"message":"Error !","data":{"new_password":["Not a valid string."]}}`},
		"none":             {`{"email":"ann@example.com","password":"three grey owls at noon"}`, `{"message":"Error !","data":{"new_password":["Missing data for required field."]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			f, token := withAnn(t)
			if status, answer := f.post(t, f.changePassword, test.body); status != 400 || answer != test.answer {
				t.Errorf("%d %s, want %s", status, answer, test.answer)
			}
			f.token(t, "ann@example.com", password)
			f.renew(t, token)
		})
	}
}

// Whoever changes the password must know the one that is stored at that moment.
func TestOfTwoChangesOfPasswordAtOnceOneIsRefused(t *testing.T) {
	f, _ := withAnn(t)
	derive := f.hasher.derive
	calls := 0
	f.hasher.derive = func(password, salt []byte, c cost) []byte {
		if calls++; calls == 2 { // the new password is hashed: the old one was right
			f.change(t, "1", func(u *users.User) { u.PasswordHash = "$argon2id$another" })
		}
		return derive(password, salt, c)
	}
	const change = `{"email":"ann@example.com","password":"three grey owls at noon","new_password":"four grey owls by night"}`
	if status, answer := f.post(t, f.changePassword, change); status != 409 {
		t.Errorf("%d %s", status, answer)
	}
	if u, err := f.users.ByID(t.Context(), "1"); err != nil || u.PasswordHash != "$argon2id$another" || u.Epoch != 0 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAPasswordIsKeptAsAHashAndShownNowhere(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	m := f.open(t)
	_, confirmed := f.confirm(t, m.Token, password)
	_, list := call(t, api, "GET /user", token, "")
	_, one := call(t, api, "GET /user/1", token, "")
	for _, answer := range []string{confirmed, list, one, f.log.String()} {
		if strings.Contains(answer, "argon2") || strings.Contains(answer, "owls") {
			t.Errorf("it shows a password or hash: %s", answer)
		}
	}
}

func TestALoginOfAnUnconfirmedAccountTakesTheSameWork(t *testing.T) {
	f := newFixture(t)
	f.open(t)
	for _, body := range []string{eveLogsIn, strings.Replace(eveLogsIn, "noon", "night", 1)} {
		f.costs = nil
		if status, answer := f.post(t, f.login, body); status != 400 || answer != wrongCredentialsAnswer || len(f.costs) != 1 {
			t.Errorf("%d %s after %d hashes", status, answer, len(f.costs))
		}
	}
	f.clock = f.clock.Add(2 * time.Hour)
	f.costs = nil
	if status, answer := f.post(t, f.login, eveLogsIn); status != 400 || answer != wrongCredentialsAnswer || len(f.costs) != 1 {
		t.Errorf("later: %d %s after %d hashes", status, answer, len(f.costs))
	}
}
