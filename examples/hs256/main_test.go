package main

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

func TestTheStoryIsAsItWasTold(t *testing.T) {
	var out strings.Builder
	ids := 0
	newID := func() string {
		ids++
		return fmt.Sprintf("user%08d", ids)
	}
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), t.TempDir(), &out, start, newID, newHasher(cheap)); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", out.String())
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), t.TempDir(), &out, time.Now(), newID, newHasher(cheap)); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"correct horse", "a wrong password", "coconuts", "argon2"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("it shows %q", secret)
		}
	}
	if token := regexp.MustCompile(`eyJ[\w-]{8}`).FindString(out.String()); token != "" {
		t.Errorf("it shows more than the beginning of a token: %s", token)
	}
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	env := []string{"JWT_SECRET=" + testSecret, "USERS_DB=" + filepath.Join(t.TempDir(), "users.db")}
	var res response

	create := request{HTTPMethod: "POST", Resource: "/user", Body: `{"email":"ann@example.com","password":"correct horse battery staple","first_name":"Ann","last_name":"Lee"}`}
	if err := runtest.Invoke(t, "user", env, create, &res); err != nil || res.StatusCode != 201 {
		t.Fatalf("user: %+v, %v", res, err)
	}
	login := request{HTTPMethod: "POST", Resource: "/user/login", Body: bodies["login/ok"]}
	if err := runtest.Invoke(t, "login", env, login, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("login: %+v, %v", res, err)
	}
	token := tokenIn(t, res.Body)
	refresh := request{HTTPMethod: "POST", Resource: "/user/refresh-token", Body: `{"token":"` + token + `"}`}
	if err := runtest.Invoke(t, "refresh", env, refresh, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("refresh: %+v, %v", res, err)
	}

	event := events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: "Bearer " + tokenIn(t, res.Body)}
	var allowed policy.Response
	if err := runtest.Invoke(t, "authorizer", env[:1], event, &allowed); err != nil || allowed.Context["first_name"] != "Ann" {
		t.Errorf("authorizer: %v, %v", allowed, err)
	}
	event.AuthorizationToken += "x"
	err := runtest.Invoke(t, "authorizer", env[:1], event, &allowed)
	if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("authorizer with a bad token: %v", err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	users := "USERS_DB=" + filepath.Join(t.TempDir(), "users.db")
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":        {"logni", nil, `there is no function "logni": set Handler to login, refresh, user or authorizer`},
		"no name":                {"", nil, `there is no function "": set Handler to login`},
		"no secret":              {"authorizer", nil, "JWT_SECRET"},
		"the document's secret":  {"authorizer", []string{"JWT_SECRET=secret-info"}, "32 bytes"},
		"login without users":    {"login", []string{"JWT_SECRET=" + testSecret}, "set USERS_DB"},
		"login without a secret": {"login", []string{users}, "JWT_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			err := runtest.Invoke(t, test.handler, test.env, nil, &answer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret-info") {
				t.Errorf("it shows the secret: %v", err)
			}
		})
	}
}

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	api, try, err := serve(t.TempDir(), "http://"+server.Listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	defer server.Close()
	if got, want := runtest.Try(t, try), []int{201, 200, 401, 200, 403, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestTheTemplateHasTheRoutesOfTheLocalGateway(t *testing.T) {
	data, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var inTemplate []string
	for _, m := range regexp.MustCompile(`Method: (\w+), Path: ("[^"]+"|[^,}]+)(, Auth: \{Authorizer: NONE\})?`).FindAllStringSubmatch(string(data), -1) {
		inTemplate = append(inTemplate, fmt.Sprintf("%s %s open=%v", m[1], strings.Trim(m[2], `"`), m[3] != ""))
	}
	var local []string
	for _, r := range newFixture(t).routes() {
		local = append(local, fmt.Sprintf("%s open=%v", r.Key, r.NoAuthorizer))
	}
	slices.Sort(inTemplate)
	slices.Sort(local)
	if !slices.Equal(inTemplate, local) {
		t.Errorf("template %q\nlocal    %q", inTemplate, local)
	}
	if want := fmt.Sprintf("ReauthorizeEvery: %g ", cacheTTL.Seconds()); !strings.Contains(string(data), want) {
		t.Errorf("no %q in the template", want)
	}
}
