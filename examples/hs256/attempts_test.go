package main

import (
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

func TestAnAddressCanBeTriedTenTimesInAQuarterOfAnHour(t *testing.T) {
	const (
		wrong = `{"email":"EMAIL","password":"a wrong password"}`
		busy  = `{"message":"Too many attempts. Please try again later."}`
	)
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		t.Run(email, func(t *testing.T) {
			f := newFixture(t)
			f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
			for i := range maxAttempts {
				spelling := email
				if i%2 == 1 {
					spelling = strings.ToUpper(email)
				}
				if status, answer := f.post(t, f.login, strings.Replace(wrong, "EMAIL", spelling, 1)); status != 400 || answer != wrongCredentialsAnswer {
					t.Fatalf("attempt %d: %d %s", i+1, status, answer)
				}
			}
			f.costs = nil
			for name, body := range map[string]string{
				"a wrong password":  strings.Replace(wrong, "EMAIL", email, 1),
				"the right one too": `{"email":"` + email + `","password":"` + password + `"}`,
			} {
				res, err := f.login(t.Context(), request{Body: body})
				if err != nil || res.StatusCode != 429 || res.Body != busy || res.Headers["Retry-After"] != "656" {
					t.Errorf("%s: %+v, %v", name, res, err)
				}
			}
			change := `{"email":"` + email + `","password":"` + password + `","new_password":"four grey owls by night"}`
			if status, answer := f.post(t, f.changePassword, change); status != 429 || answer != busy {
				t.Errorf("a change of password: %d %s", status, answer)
			}
			if len(f.costs) != 0 {
				t.Errorf("argon2 ran %d times", len(f.costs))
			}
			if log := f.log.String(); !strings.Contains(log, "too many attempts") || strings.Contains(log, "example.com") {
				t.Errorf("log: %s", log)
			}
			if status, answer := f.post(t, f.login, strings.Replace(wrong, "EMAIL", "bob@example.com", 1)); status != 400 {
				t.Errorf("another address: %d %s", status, answer)
			}
			f.clock = f.clock.Add(656 * time.Second)
			if status, answer := f.post(t, f.login, strings.Replace(wrong, "EMAIL", email, 1)); status != 400 {
				t.Errorf("later: %d %s", status, answer)
			}
		})
	}
}

func TestNobodyFillsTheInboxOfAnother(t *testing.T) {
	f := newFixture(t)
	const create = `{"email":"ann@example.com","password":"three grey owls at noon","first_name":"Ann","last_name":"Lee"}`
	for range maxAttempts + 5 {
		f.post(t, f.createUser, create)
	}
	if got := len(f.inbox.mails); got != maxAttempts {
		t.Errorf("%d mails, want %d", got, maxAttempts)
	}
}
