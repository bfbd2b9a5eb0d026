package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, authorizertest.New) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	if err := tellStory(t.Context(), &out, build, noon); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", out.String())
	if found := regexp.MustCompile(`[A-Z2-7]{26}|eyJ[\w-]{8}`).FindString(out.String()); found != "" {
		t.Errorf("it shows what may be a secret, a password or a token: %s", found)
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "rotation", serve) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	try := runtest.Serve(t, serve).Commands
	if got, want := runtest.Try(t, try), []int{200, 200, 200, 200, 409}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if !regexp.MustCompile(`(?m)/rotate +# 409: .*\n\z`).MatchString(try) {
		t.Errorf("nothing says that the last command is refused, and why:\n%s", try)
	}
}

func TestThePanelsClockEndsARotationAndItsOutageIsTheStores(t *testing.T) {
	s := runtest.Serve(t, serve)
	var token string
	want := func(method, path string, want int) {
		t.Helper()
		if status, answer := s.Send(method, path, token, ""); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, answer, want)
		}
	}
	login := regexp.MustCompile(`{"user".*?}`).FindString(s.Commands)
	logIn := func() (kid string) {
		t.Helper()
		_, answer := s.Send("POST", "/token", "", login)
		var body struct{ Token string }
		if err := json.Unmarshal([]byte(answer), &body); err != nil {
			t.Fatal(err)
		}
		token = body.Token
		return kidOf(t, token)
	}

	if kid := logIn(); kid != "version-1" {
		t.Errorf("kid %s", kid)
	}
	want("POST", "/rotate", 200)
	want("POST", "/rotate", 409)
	s.Press("forward", "")
	want("GET", "/whoami", 401) // expired
	if kid := logIn(); kid == "version-1" {
		t.Error("an hour later, tokens are still of the first version")
	}
	want("GET", "/whoami", 200)
	want("POST", "/rotate", 200)
	s.Press("outage", "true")
	s.Press("forward", "")
	want("POST", "/rotate", 503)
	want("GET", "/whoami", 500) // not 401, though the token has expired: nobody can tell
	s.Press("outage", "false")
	s.Press("forward", "") // what has failed is not loaded again at once
	want("GET", "/whoami", 401)
	want("POST", "/rotate", 200)
}

const password = "of 32 random bytes, were this no test"

// lambda is what functions find on Lambda: a store at url, and what else they need.
func lambda(store, url string) []string {
	hash := sha256.Sum256([]byte(password))
	return []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=session",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + url, "AWS_ENDPOINT_URL_SSM=" + url, store,
		"LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256=" + hex.EncodeToString(hash[:]),
	}
}

func serveStore(t *testing.T, store http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return server.URL
}

// token invokes the token function, and returns a token and its kid.
func token(t *testing.T, env []string) (token, kid string) {
	t.Helper()
	var res events.APIGatewayProxyResponse
	body := `{"user":"ann","password":"` + password + `"}`
	if err := runtest.Invoke(t, "token", env, events.APIGatewayProxyRequest{HTTPMethod: "POST", Body: body}, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("token: %+v, %v", res, err)
	}
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(res.Body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Token, kidOf(t, answer.Token)
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	var header struct{ Kid string }
	encoded, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

func wantAuthorized(t *testing.T, env []string, token string) {
	t.Helper()
	event := events.APIGatewayCustomAuthorizerRequest{
		Type: "TOKEN", MethodArn: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/whoami", AuthorizationToken: "Bearer " + token,
	}
	var got policy.Response
	if err := runtest.Invoke(t, "authorizer", env, event, &got); err != nil || got.PrincipalID != "ann" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOnLambdaASecretOfSecretsManagerIsRotated(t *testing.T) {
	clock := time.Now().Add(-24 * time.Hour)
	manager := secretstest.NewSecretsManager(localARN, first, newSecret(), func() time.Time { return clock })
	env := lambda("SECRET_ARN="+localARN, serveStore(t, manager))
	old, kid := token(t, env)
	if kid != first {
		t.Errorf("kid %s", kid)
	}
	wantAuthorized(t, env, old)

	clock = time.Now().Add(-inEarnest.settles())
	manager.Rotate(second)
	for _, step := range steps {
		var none any
		if err := runtest.Invoke(t, "rotate", env, rotationEvent{step, localARN, second}, &none); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	renewed, kid := token(t, env)
	if kid != second {
		t.Errorf("kid %s after the rotation", kid)
	}
	wantAuthorized(t, env, old)
	wantAuthorized(t, env, renewed)
	var none any
	if err := runtest.Invoke(t, "rotate", env, rotationEvent{"createSecret", "another", second}, &none); err == nil || !strings.Contains(err.Error(), "another secret") {
		t.Errorf("an event about another secret: %v", err)
	}
}

func TestOnLambdaASecretOfParameterStoreIsRotated(t *testing.T) {
	clock := time.Now().Add(-24 * time.Hour)
	store := secretstest.NewParameterStore("/jwt", newSecret(), func() time.Time { return clock })
	env := lambda("PARAMETER_NAME=/jwt", serveStore(t, store))
	old, kid := token(t, env)
	if kid != "1" {
		t.Errorf("kid %s", kid)
	}
	clock = time.Now().Add(-inEarnest.settles())
	var none any
	if err := runtest.Invoke(t, "rotate", env, struct{}{}, &none); err != nil {
		t.Fatal(err)
	}
	renewed, kid := token(t, env)
	if kid != "2" {
		t.Errorf("kid %s after the rotation", kid)
	}
	wantAuthorized(t, env, old)
	wantAuthorized(t, env, renewed)
	if err := runtest.Invoke(t, "rotate", env, struct{}{}, &none); err == nil || !strings.Contains(err.Error(), "not over until") {
		t.Errorf("a rotation before its time: %v", err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	whole := lambda("SECRET_ARN="+localARN, "http://127.0.0.1:1")
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name": {"login", whole, `there is no function "login": set Handler to token, authorizer, rotate or whoami`},
		"no Region":       {"rotate", nil, "AWS_REGION"},
		"no store":        {"authorizer", slices.Clip(whole[:6]), "set SECRET_ARN"},
		"both stores":     {"authorizer", append(whole[:7:7], "PARAMETER_NAME=/jwt"), "or PARAMETER_NAME"},
		"no user":         {"token", slices.Clip(whole[:7]), "LOGIN_USER"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			if err := runtest.Invoke(t, test.handler, test.env, nil, &answer); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestWhoamiOnLambda(t *testing.T) {
	req := events.APIGatewayProxyRequest{RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"sub": "ann"}}}
	var res events.APIGatewayProxyResponse
	if err := runtest.Invoke(t, "whoami", nil, req, &res); err != nil || res.StatusCode != 200 || res.Body != `{"user":"ann"}` {
		t.Errorf("%+v, %v", res, err)
	}
}
