package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestInThePanelsOutageATokenIsA500AndNever403(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	api, _, err := serve(t.TempDir(), "http://"+server.Listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	defer server.Close()
	send := func(method, path, token, body string) (status int, text string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(answer)
	}
	_, page := send("GET", authorizertest.PanelPath, "", "")
	formToken := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)[1]
	press := func(button, failing string) {
		t.Helper()
		res, err := http.PostForm(server.URL+authorizertest.PanelPath+button, url.Values{"token": {formToken}, "failing": {failing}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK { // of the page that it leads back to
			t.Fatalf("%s: %d", button, res.StatusCode)
		}
	}

	const person = `{"email": "ann@example.com", "password": "three grey owls at noon", "first_name": "Ann", "last_name": "Lee"}`
	send("POST", "/user", "", person)
	_, mail := send("GET", "/inbox", "", "")
	var confirmation map[string]string
	if err := json.Unmarshal([]byte(mail), &confirmation); err != nil {
		t.Fatal(err)
	}
	send("POST", "/user/confirm", "", `{"token": "`+confirmation["token"]+`", "password": "three grey owls at noon"}`)
	_, answer := send("POST", "/user/login", "", `{"email": "ann@example.com", "password": "three grey owls at noon"}`)
	var login struct{ Data tokenData }
	if err := json.Unmarshal([]byte(answer), &login); err != nil || login.Data.Token == "" {
		t.Fatalf("%v in %s", err, answer)
	}

	get := func(path string, want int) {
		t.Helper()
		if status, _ := send("GET", path, login.Data.Token, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	get("/user", 200)
	press("outage", "true")
	get("/user", 200) // by the cache
	press("forward", "")
	get("/user", 500) // not 401, though the token has expired: nobody can tell
	get("/user/somebody-else", 500)
	press("outage", "false")
	press("forward", "")
	get("/user", 401)
}
