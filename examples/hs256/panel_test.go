package main

import (
	"encoding/json"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
)

func TestInThePanelsOutageATokenIsA500AndNever403(t *testing.T) {
	s := runtest.Serve(t, serve)
	const person = `{"email": "ann@example.com", "password": "three grey owls at noon", "first_name": "Ann", "last_name": "Lee"}`
	s.Send("POST", "/user", "", person)
	_, mail := s.Send("GET", "/inbox", "", "")
	var confirmation map[string]string
	if err := json.Unmarshal([]byte(mail), &confirmation); err != nil {
		t.Fatal(err)
	}
	s.Send("POST", "/user/confirm", "", `{"token": "`+confirmation["token"]+`", "password": "three grey owls at noon"}`)
	_, answer := s.Send("POST", "/user/login", "", `{"email": "ann@example.com", "password": "three grey owls at noon"}`)
	var login struct{ Data tokenData }
	if err := json.Unmarshal([]byte(answer), &login); err != nil || login.Data.Token == "" {
		t.Fatalf("%v in %s", err, answer)
	}

	get := func(path string, want int) {
		t.Helper()
		if status, _ := s.Send("GET", path, login.Data.Token, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	get("/user", 200)
	s.Press("outage", "true")
	get("/user", 200) // by the cache
	s.Press("forward", "")
	get("/user", 500) // not 401, though the token has expired: nobody can tell
	get("/user/somebody-else", 500)
	s.Press("outage", "false")
	s.Press("forward", "")
	get("/user", 401)
}
