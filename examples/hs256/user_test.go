package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

// call sends a request through the gateway.
func call(t *testing.T, api *authorizertest.Gateway, do, token, body string) (status int, answer string) {
	t.Helper()
	method, path, _ := strings.Cut(do, " ")
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res := httptest.NewRecorder()
	api.ServeHTTP(res, req)
	return res.Code, res.Body.String()
}

// withTwoUsers returns a service with Ann and Bob, its API, and a token for each.
func withTwoUsers(t *testing.T) (f *fixture, api *authorizertest.Gateway, annToken, bobToken string) {
	t.Helper()
	f = newFixture(t)
	f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	f.addUser(t, users.User{ID: "2", Email: "bob@example.com", FirstName: "Bob", LastName: "Ray"}, password)
	api, err := authorizertest.New(f.api(nil))
	if err != nil {
		t.Fatal(err)
	}
	return f, api, f.token(t, "ann@example.com", password), f.token(t, "bob@example.com", password)
}

func TestUsersChangeThemselvesAndSeeTheNamesOfOthers(t *testing.T) {
	const names = `{"first_name":"Eve","last_name":"Doe"}`
	const forbidden = `{"Message":"User is not authorized to access this resource"}`
	for _, test := range []struct {
		do, body string
		status   int
		answer   string
	}{
		{"GET /user", "", 200, `{"message":null,"data":[{"id":"1","first_name":"Ann","last_name":"Lee"},{"id":"2","first_name":"Bob","last_name":"Ray"}]}`},
		{"GET /user?after=1", "", 200, `{"message":null,"data":[{"id":"2","first_name":"Bob","last_name":"Ray"}]}`},
		{"GET /user/1", "", 200, `{"message":null,"data":{"id":"1","email":"ann@example.com","first_name":"Ann","last_name":"Lee"}}`},
		{"GET /user/2", "", 200, `{"message":null,"data":{"id":"2","first_name":"Bob","last_name":"Ray"}}`},
		{"GET /user/3", "", 404, `{"message":"There is no such user."}`},
		{"PUT /user/1", names, 200, `{"message":null,"data":{"id":"1","email":"ann@example.com","first_name":"Eve","last_name":"Doe"}}`},
		{"PUT /user/1", `{"first_name":"Eve"}`, 400, `{"message":"Error !","data":{"last_name":["Missing data for required field."]}}`},
		{"PUT /user/1", `{"first_name":"","last_name":"x"}`, 400, `{"message":"Error !","data":{"first_name":["Must have 1 to 100 characters."]}}`},
		{"PUT /user/1", `{"first_name":"Eve","last_name":"Doe","email":"x@example.com"}`, 400, `{"message":"Error !","data":{"email":["Unknown field."]}}`},
		{"PUT /user/1", `{"first_name":"Eve\u0000","last_name":"\u009b"}`, 400, `{"message":"Error !","data":{"first_name":["Must have no control characters."],"last_name":["Must have no control characters."]}}`},
		{"PUT /user/1", `{"first_name":"Eve","first_name":"Bob","last_name":"Doe"}`, 400, `{"message":"Error !","data":{"first_name":["Given more than once."]}}`},
		{"PUT /user/2", names, 403, forbidden},
		{"PUT /user/", names, 403, `{"message":"Missing Authentication Token"}`},
		{"PUT /user/%2A", names, 403, forbidden},
		{"DELETE /user/2", "", 403, forbidden},
		{"DELETE /user", "", 403, `{"message":"Missing Authentication Token"}`},
		{"DELETE /user/1", "", 204, ""},
	} {
		t.Run(test.do, func(t *testing.T) {
			_, api, token, _ := withTwoUsers(t)
			for _, how := range []string{"asked by the authorizer", "out of the cache"} {
				status, answer := call(t, api, test.do, token, test.body)
				if status != test.status || answer != test.answer {
					t.Errorf("%s: %d %s\nwant %d %s", how, status, answer, test.status, test.answer)
				}
				if status == 204 {
					break // gone
				}
			}
			if calls := api.Calls(); calls > 1 {
				t.Errorf("the authorizer was called %d times", calls)
			}
		})
	}
}

func TestThePolicyOfOneUserIsNotUsedForAnother(t *testing.T) {
	_, api, ann, bob := withTwoUsers(t)
	for _, test := range []struct {
		token, do string
		want      int
	}{{ann, "GET /user/1", 200}, {bob, "DELETE /user/1", 403}, {bob, "GET /user/2", 200}, {ann, "DELETE /user/2", 403}, {bob, "DELETE /user/2", 204}} {
		if status, answer := call(t, api, test.do, test.token, ""); status != test.want {
			t.Errorf("%s: %d %s", test.do, status, answer)
		}
	}
}

// Whatever an authorizer before it lets pass, the function decides who changes whom.
func TestTheFunctionItselfLetsNobodyChangeAnother(t *testing.T) {
	f, _, ann, bob := withTwoUsers(t)
	var err error
	f.authorizer, err = authorizer.New(authorizer.Config{Verifier: f.verifier, Policy: authorizer.AllowStage, Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	api, err := authorizertest.New(f.api(nil))
	if err != nil {
		t.Fatal(err)
	}
	const names = `{"first_name":"Eve","last_name":"Doe"}`
	const notYours = `{"message":"This is not your account."}`
	for _, do := range []string{"PUT /user/1", "DELETE /user/1", "PUT /user/3", "DELETE /user/3", "PUT /user/%31", "DELETE /user/1%00"} {
		if status, answer := call(t, api, do, bob, names); status != 403 || answer != notYours {
			t.Errorf("%s: %d %s", do, status, answer)
		}
	}
	if u, err := f.users.ByID(t.Context(), "1"); err != nil || u.FirstName != "Ann" {
		t.Errorf("Ann is now %+v, %v", u, err)
	}
	if status, answer := call(t, api, "PUT /user/1", ann, names); status != 200 {
		t.Errorf("Ann herself: %d %s", status, answer)
	}
	if status, answer := call(t, api, "DELETE /user/1", ann, ""); status != 204 {
		t.Errorf("Ann herself: %d %s", status, answer)
	}
}

func TestAListHasPages(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	for i := range pageSize {
		f.addUser(t, users.User{ID: fmt.Sprintf("3-%03d", i), Email: fmt.Sprintf("%d@example.com", i), FirstName: "A", LastName: "B"}, password)
	}
	var ids []string
	for _, after := range []string{"", "3-047"} {
		_, answer := call(t, api, "GET /user?after="+after, token, "")
		var page struct{ Data []view }
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Data {
			ids = append(ids, u.ID)
		}
	}
	if len(ids) != pageSize+2 || !slices.IsSorted(ids) {
		t.Errorf("%d users: %q", len(ids), ids)
	}
}

func TestAnEmptyPageIsAList(t *testing.T) {
	_, api, token, _ := withTwoUsers(t)
	if status, answer := call(t, api, "GET /user?after=zzz", token, ""); status != 200 || answer != `{"message":null,"data":[]}` {
		t.Errorf("%d %s", status, answer)
	}
}

func TestAStoreIsAskedForIDsAlone(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	f.users = nil // whoever asks it for something panics
	long := strings.Repeat("x", 1000)
	for do, want := range map[string]int{
		"GET /user/" + long: 404, "GET /user/%2A": 404, "GET /user/a%20b": 404, "GET /user/1%00": 404,
		"GET /user?after=" + long: 400, "GET /user?after=a%20b": 400, "GET /user?after=%00": 400,
	} {
		if status, answer := call(t, api, do, token, ""); status != want {
			t.Errorf("%.30s: %d %s", do, status, answer)
		}
	}
}

func TestAnAccountThatIsNotConfirmedIsShownToNobody(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	waiting := users.User{ID: "3", Email: "eve@example.com", EmailKey: "eve@example.com", FirstName: "Eve", LastName: "Doe", ConfirmBy: f.clock.Add(time.Hour)}
	if err := f.users.Create(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	for _, do := range []string{"GET /user/3", "GET /user"} {
		if status, answer := call(t, api, do, token, ""); strings.Contains(answer, "Eve") {
			t.Errorf("%s: %d %s", do, status, answer)
		}
	}
}

func TestAUserRouteWithoutAnAuthorizerBeforeItIsAFault(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	function := f.functions()["user"].(func(context.Context, request) (*response, error))
	for name, authorizer := range map[string]map[string]any{
		"no authorizer":              nil,
		"one that says nothing":      {},
		"one that says other things": {"principalId": "1", "integrationLatency": 3},
		"one that says nobody":       {"id": ""},
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			for _, resource := range []string{"/user", "/user/{id}"} {
				for _, id := range []string{"1", ""} {
					req := request{HTTPMethod: method, Resource: resource, PathParameters: map[string]string{"id": id}, Body: `{"first_name":"E","last_name":"D"}`}
					req.RequestContext.Authorizer = authorizer
					res, err := function(t.Context(), req)
					if err != nil || res.StatusCode != 500 || res.Body != `{"message":"Internal server error"}` {
						t.Errorf("%s: %s %s of %q: %+v, %v", name, method, resource, id, res, err)
					}
				}
			}
		}
	}
	if u, err := f.users.ByID(t.Context(), "1"); err != nil || u.FirstName != "Ann" {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAnOutageIsA500AndLogged(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	if err := f.users.(*users.Bolt).Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ do, token, body string }{
		{"POST /user/login", "", bodies["login/ok"]},
		{"POST /user/refresh-token", "", `{"token":"` + token + `"}`},
		{"POST /user/logout", "", `{"token":"` + token + `"}`},
		{"POST /user", "", `{"email":"eve@example.com","password":"three grey owls at noon","first_name":"Eve","last_name":"Doe"}`},
		{"POST /user/password", "", `{"email":"ann@example.com","password":"three grey owls at noon","new_password":"four grey owls by night"}`},
		{"GET /user", token, ""},
		{"GET /user/2", token, ""},
		{"PUT /user/1", token, `{"first_name":"Eve","last_name":"Doe"}`},
		{"DELETE /user/1", token, ""},
	} {
		f.log.Reset()
		status, answer := call(t, api, test.do, test.token, test.body)
		if status != 500 || answer != `{"message":"Internal server error"}` {
			t.Errorf("%s: %d %s", test.do, status, answer)
		}
		if log := f.log.String(); !strings.Contains(log, "the function failed") || strings.Contains(log, "owls") || strings.Contains(log, "eyJ") {
			t.Errorf("%s: log: %s", test.do, log)
		}
	}
}
