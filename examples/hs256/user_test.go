package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
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
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	f.addUser(t, user{ID: "2", Email: "bob@example.com", FirstName: "Bob", LastName: "Ray"}, password)
	api, err := f.api(nil)
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

func TestAnAccountIsOpenedWithGoodDataOnly(t *testing.T) {
	const good = `{"email":"eve@example.com","password":"correct horse battery staple","first_name":"Eve","last_name":"Doe"}`
	long := strings.Repeat("x", 257)
	for name, test := range map[string]struct {
		body   string
		status int
		answer string
	}{
		"all good":                 {good, 201, `{"message":"Created !","data":{"id":"new","email":"eve@example.com","first_name":"Eve","last_name":"Doe"}}`},
		"an address that is taken": {strings.Replace(good, "eve@", "ANN@", 1), 409, `{"message":"Error !","data":{"email":["Has an account already."]}}`},
		"no address":               {strings.Replace(good, "eve@example.com", "eve", 1), 400, `{"message":"Error !","data":{"email":["Not a valid email address."]}}`},
		"a short password":         {strings.Replace(good, "correct horse battery staple", "14 characters!", 1), 400, `{"message":"Error !","data":{"password":["Must have 15 to 256 characters."]}}`},
		"a password of 15 characters in 30 bytes": {strings.Replace(good, "correct horse battery staple", strings.Repeat("ü", 15), 1), 201, `{"message":"Created !","data":{"id":"new","email":"eve@example.com","first_name":"Eve","last_name":"Doe"}}`},
		"an endless password":                     {strings.Replace(good, "correct horse battery staple", long, 1), 400, `{"message":"Error !","data":{"password":["Must have 15 to 256 characters."]}}`},
		"an endless name":                         {strings.Replace(good, "Eve", long, 1), 400, `{"message":"Error !","data":{"first_name":["Must have 1 to 100 characters."]}}`},
		"everything wrong":                        {`{"email":"","password":"","first_name":"","last_name":""}`, 400, `{"message":"Error !","data":{"email":["Not a valid email address."],"first_name":["Must have 1 to 100 characters."],"last_name":["Must have 1 to 100 characters."],"password":["Must have 15 to 256 characters."]}}`},
		"an ID of one's choice":                   {strings.Replace(good, "{", `{"id":"1",`, 1), 400, `{"message":"Error !","data":{"id":["Unknown field."]}}`},
		"a body of a megabyte":                    {strings.Repeat(" ", 1<<20) + good, 400, unparsable},
	} {
		t.Run(name, func(t *testing.T) {
			f, api, _, _ := withTwoUsers(t)
			f.newID = func() string { return "new" }
			status, answer := call(t, api, "POST /user", "", test.body)
			if status != test.status || answer != test.answer {
				t.Errorf("%d %s\nwant %d %s", status, answer, test.status, test.answer)
			}
			_, err := f.users.byID(t.Context(), "new")
			if (err == nil) != (test.status == 201) {
				t.Errorf("in the store: %v", err)
			}
		})
	}
}

func TestAPasswordIsKeptAsAHashAndShownNowhere(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	f.newID = func() string { return "new" }
	status, created := call(t, api, "POST /user", "", `{"email":"eve@example.com","password":"correct horse battery staple","first_name":"Eve","last_name":"Doe"}`)
	if status != 201 {
		t.Fatal(created)
	}
	u, err := f.users.byID(t.Context(), "new")
	if err != nil || !strings.HasPrefix(u.PasswordHash, "$argon2id$") || !u.Created.Equal(f.clock) {
		t.Errorf("in the store: %+v, %v", u, err)
	}
	_, list := call(t, api, "GET /user", token, "")
	_, one := call(t, api, "GET /user/1", token, "")
	for _, answer := range []string{created, list, one, f.log.String()} {
		if strings.Contains(answer, "argon2") || strings.Contains(answer, "horse") {
			t.Errorf("it shows a password or hash: %s", answer)
		}
	}
}

func TestAListHasPages(t *testing.T) {
	f, api, token, _ := withTwoUsers(t)
	for i := range pageSize {
		u := user{ID: fmt.Sprintf("3-%03d", i), Email: fmt.Sprintf("%d@example.com", i), FirstName: "A", LastName: "B"}
		if err := f.users.create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, after := range []string{"", "3-047"} {
		_, answer := call(t, api, "GET /user?after="+after, token, "")
		var page struct{ Data []user }
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

func TestAUserRouteWithoutAnAuthorizerBeforeItAnswersNobody(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		req := request{HTTPMethod: method, Resource: "/user/{id}", PathParameters: map[string]string{"id": "1"}, Body: `{"first_name":"E","last_name":"D"}`}
		if res, err := f.userRoutes(t.Context(), req); err == nil || res != nil {
			t.Errorf("%s: %+v, %v", method, res, err)
		}
	}
	if u, err := f.users.byID(t.Context(), "1"); err != nil || u.FirstName != "Ann" {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAnOutageIsA502AndLogged(t *testing.T) {
	f, _, _, _ := withTwoUsers(t)
	f.users = &boltUsers{path: t.TempDir()} // a directory is no file
	api, err := f.api(nil)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := call(t, api, "POST /user/login", "", bodies["login/ok"])
	if status != 502 || answer != `{"message": "Internal server error"}` {
		t.Errorf("%d %s", status, answer)
	}
	if log := f.log.String(); !strings.Contains(log, "the function failed") || strings.Contains(log, "horse") {
		t.Errorf("log: %s", log)
	}
}

func TestABodyInBase64IsReadAsWell(t *testing.T) {
	form, bad := readForm(request{Body: "eyJ0b2tlbiI6ICJhYmMifQ==", IsBase64Encoded: true}, "token")
	if bad != nil || form["token"] != "abc" {
		t.Errorf("%v, %+v", form, bad)
	}
	if _, bad := readForm(request{Body: "{}", IsBase64Encoded: true}, "token"); bad == nil || bad.StatusCode != 400 {
		t.Errorf("%+v", bad)
	}
}
