package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestMain(m *testing.M) {
	if os.Getenv("SELFISSUED_MAIN") == "1" {
		main()
		return
	}
	runtest.Main(m, main)
}

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, authorizertest.New) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	if err := tellStory(t.Context(), t.TempDir(), &out, build, start); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, filepath.Join("testdata", "story.txt"), out.String())
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	dir := t.TempDir()
	if err := tellStory(t.Context(), dir, &out, authorizertest.New, time.Now()); err != nil {
		t.Fatal(err)
	}
	for what, pattern := range map[string]string{
		"more than the beginning of a token":              `eyJ[\w-]{8}`,
		"what is as long as a password, and is no jti":    `[^"][A-Z2-7]{26}`,
		"what is as long as a part of a key":              `[\w+/-]{80}`,
		"a private key":                                   `PRIVATE`,
		"a folder of this machine, which is nobody's own": regexp.QuoteMeta(dir),
	} {
		if found := regexp.MustCompile(pattern).FindString(out.String()); found != "" {
			t.Errorf("it shows %s: %s", what, found)
		}
	}
}

// program runs the program as from a shell.
func program(t *testing.T, dir string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SELFISSUED_MAIN=1")
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	err = cmd.Run()
	return out.String(), log.String(), err
}

func TestKeysAsTheFirstArgumentIsACommandAndNoStory(t *testing.T) {
	dir := t.TempDir()
	out, log, err := program(t, dir, "keys", "init")
	if err != nil || log != "" || !strings.HasPrefix(out, "made selfissued-keys") {
		t.Errorf("%q, %q, %v", out, log, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "selfissued-keys", scheduleFile)); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	out, log, err = program(t, dir, "keys", "init")
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || out != "" || !strings.HasPrefix(log, "selfissued keys: selfissued-keys has keys already") {
		t.Errorf("%q, %q, %v", out, log, err)
	}
	out, log, err = program(t, dir, "-h")
	if err != nil || log != "" || !strings.Contains(out, "keys rotate") || !strings.Contains(out, "-serve") {
		t.Errorf("%q, %q, %v", out, log, err)
	}
	out, log, err = program(t, dir, "key")
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || out != "" || !strings.Contains(log, `unknown argument "key"`) {
		t.Errorf("%q, %q, %v", out, log, err)
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "selfissued", serve) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	if got, want := runtest.Try(t, runtest.Serve(t, serve).Commands), []int{200, 403, 200, 401, 200, 403, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

// store is AWS Secrets Manager with one secret, whose key signs now.
func store(t *testing.T) (env []string, public keys.VerificationSource) {
	t.Helper()
	w := newWorkshop(t)
	w.now = time.Now().Add(-time.Minute)
	w.do("init")
	_, pairs, err := folder{w.folder}.read(w.now)
	if err != nil || len(pairs) != 1 {
		t.Fatalf("%d keys, %v", len(pairs), err)
	}
	text := w.do("secret")
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" ||
			!strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		secrets := map[string]string{"keys": text, "no JSON": "PRIVATE", "other": `{"JWT_SECRET": "PRIVATE"}`}
		json.NewEncoder(rw).Encode(map[string]string{"SecretString": secrets[in.SecretId]})
	}))
	t.Cleanup(server.Close)
	return []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + server.URL,
	}, pairs[0].Public
}

func hashOf(password string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(password)))
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	env, public := store(t)
	env = append(env,
		"JWT_ISSUER="+issuerName, "KEYS_SECRET_ID=keys",
		"LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256="+hashOf(password), "LOGIN_SCOPES=USER ADMIN",
	)
	var res response
	body, err := json.Marshal(credentials{"ann", password, "USER ADMIN"})
	if err != nil {
		t.Fatal(err)
	}
	if err := runtest.Invoke(t, "token", env, request{RouteKey: "POST /token", Body: string(body)}, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("token: %+v, %v", res, err)
	}
	verify, err := verifier.New(verifier.Config{Keys: public, Issuer: issuerName, Audience: []string{audience}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := verify.Verify(t.Context(), tokenIn(t, res))
	if err != nil || token.Subject != "ann" || !slices.Equal(token.Scopes(), []string{"USER", "ADMIN"}) {
		t.Errorf("%v, %v", token, err)
	}

	behind := request{RouteKey: "GET /protected/user"}
	behind.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{
			Claims: map[string]string{"sub": "ann", "scope": "USER", "exp": "1893553445"}, Scopes: []string{"USER"},
		},
	}
	want := `{"route":"GET /protected/user","user":"ann","scope":"USER"}`
	if err := runtest.Invoke(t, "protected", nil, behind, &res); err != nil || res.StatusCode != 200 || res.Body != want {
		t.Errorf("protected: %+v, %v", res, err)
	}
}

func TestAFunctionWithNoAuthorizerBeforeItTakesNobodysWord(t *testing.T) {
	var empty, nobody, other request
	empty.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{}
	nobody.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{},
	}
	other.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{Lambda: map[string]any{"sub": "ann"}}
	for name, req := range map[string]request{"none": {}, "an empty one": empty, "one without claims": nobody, "a Lambda authorizer": other} {
		if res, err := protected(t.Context(), req); err == nil || res.StatusCode != 0 {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	env, _ := store(t)
	const id, issuer = "KEYS_SECRET_ID=keys", "JWT_ISSUER=" + issuerName
	user := []string{"LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256=" + hashOf(password)}
	set := func(more ...string) []string { return slices.Concat(env, user, more) }
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":        {"authorizer", nil, `there is no function "authorizer": set Handler to token or protected`},
		"no user":                {"token", append(env, id, issuer), "set LOGIN_USER"},
		"no secret":              {"token", set(issuer), "set KEYS_SECRET_ID"},
		"no Region":              {"token", append(user, id, issuer), "set AWS_REGION"},
		"a secret not there":     {"token", set("KEYS_SECRET_ID=x", issuer), `"keys secret"`},
		"a secret that is none":  {"token", set("KEYS_SECRET_ID=no JSON", issuer), `"keys secret"`},
		"a secret of another":    {"token", set("KEYS_SECRET_ID=other", issuer), `"keys secret"`},
		"no issuer":              {"token", set(id), "JWT_ISSUER"},
		"an issuer without TLS":  {"token", set(id, "JWT_ISSUER=http://login.example.com"), "JWT_ISSUER"},
		"an issuer on localhost": {"token", set(id, "JWT_ISSUER=http://127.0.0.1:8080"), "JWT_ISSUER"},
		"an issuer with a slash": {"token", set(id, "JWT_ISSUER=https://login.example.com/"), "JWT_ISSUER"},
		"an issuer with a query": {"token", set(id, "JWT_ISSUER=https://login.example.com?a"), "JWT_ISSUER"},
		"an issuer of no host":   {"token", set(id, "JWT_ISSUER=https://"), "JWT_ISSUER"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			err := runtest.Invoke(t, test.handler, test.env, nil, &answer)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("error %v", err)
			}
		})
	}
}
