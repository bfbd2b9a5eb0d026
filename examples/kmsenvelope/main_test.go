package main

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

// requestID is what the SDK puts into its errors.
var requestID = regexp.MustCompile(`RequestID: [0-9a-f-]{36}`)

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, nil) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), &out, build, start); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", requestID.ReplaceAllString(out.String(), "RequestID: ID"))
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), &out, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "a guess") {
		t.Error("it shows a password")
	}
	for what, pattern := range map[string]string{
		"more than the beginning of a token":             `eyJ[\w-]{8}`,
		"more than the beginning of a data key":          `AQICAH[\w-]`,
		"what is as long as a password, and is no jti":   `[^"][A-Z2-7]{26}`,
		"what is as long as a data key, in any encoding": `[\w+/-]{43}`,
	} {
		if found := regexp.MustCompile(pattern).FindString(out.String()); found != "" {
			t.Errorf("it shows %s: %s", what, found)
		}
	}
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	f := newFixture(t)
	env := f.Environment("KMS_KEY=" + f.set.key)
	loginEnv := f.LoginEnvironment("KMS_KEY="+f.set.key, "TOKENS_PER_DATA_KEY=1")
	var res onelogin.Response
	login := events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: "/login", Body: kmsfixture.LoginBody}
	if err := runtest.Invoke(t, "login", loginEnv, login, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("login: %+v, %v", res, err)
	}
	if got := f.Calls(); got != "1 GenerateDataKey" {
		t.Errorf("login made these calls: %s", got)
	}
	event := tokenEvent("Bearer " + kmsfixture.TokenIn(t, res.Body))
	var allowed policy.Response
	if err := runtest.Invoke(t, "authorizer", env, event, &allowed); err != nil || allowed.PrincipalID != "ann" {
		t.Fatalf("authorizer: %v, %v", allowed, err)
	}
	if got := f.Calls(); got != "1 GenerateDataKey and 1 Decrypt" {
		t.Errorf("both made these calls: %s", got)
	}

	event.AuthorizationToken += "x"
	err := runtest.Invoke(t, "authorizer", env, event, &allowed)
	if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("authorizer with a bad token: %v", err)
	}
	event.AuthorizationToken = strings.TrimSuffix(event.AuthorizationToken, "x")
	f.Local.KMS.Fail("Decrypt", kmstest.Forever, kmstest.Error("DisabledException", "the key is disabled"))
	err = runtest.Invoke(t, "authorizer", env, event, &allowed)
	if err == nil || strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) || !strings.Contains(err.Error(), "DisabledException") {
		t.Errorf("authorizer without its KMS key: %v", err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	f := kmsfixture.New(t)
	const key = "KMS_KEY=alias/tokens"
	const password = kmsfixture.Password
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":         {"whoisit", f.Environment(), `there is no function "whoisit": set Handler to login, authorizer or whoami`},
		"no name":                 {"", nil, `there is no function "": set Handler to login`},
		"no Region":               {"authorizer", []string{key}, "AWS_REGION"},
		"login without a Region":  {"login", []string{key}, "AWS_REGION"},
		"no KMS key":              {"authorizer", f.Environment(), "KMS_KEY"},
		"login without a KMS key": {"login", f.LoginEnvironment(), "KMS_KEY"},
		"login without a user":    {"login", f.Environment(key), "set LOGIN_USER"},
		"a password in the clear": {"login", f.Environment(key, "LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256="+password), "set LOGIN_PASSWORD_SHA256"},
		"a number in words":       {"login", f.LoginEnvironment(key, "TOKENS_PER_DATA_KEY=many"), "set TOKENS_PER_DATA_KEY"},
		"a data key for no token": {"login", f.LoginEnvironment(key, "TOKENS_PER_DATA_KEY=0"), "set TOKENS_PER_DATA_KEY"},
		"half a document":         {"authorizer", f.Environment(key, "AS_DOCUMENT=yes"), "set AS_DOCUMENT to 1"},
		"the document, no key":    {"authorizer", f.Environment("AS_DOCUMENT=1"), "KMS_KEY"},
		"its login, no key":       {"login", f.LoginEnvironment("AS_DOCUMENT=1"), "KMS_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			err := runtest.Invoke(t, test.handler, test.env, nil, &answer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("it shows the password: %v", err)
			}
		})
	}
}

// serving is serve, with a KMS that ends with the test.
func serving(t *testing.T) func(dir, url string, logger *slog.Logger) (http.Handler, string, error) {
	return func(_, url string, logger *slog.Logger) (http.Handler, string, error) {
		clock := new(run.Clock)
		local := awskms.NewLocal(clock.Now)
		t.Cleanup(local.Close)
		return serveWith(local, clock, url, logger)
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "kmsenvelope", serving(t)) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	if got, want := runtest.Try(t, runtest.Serve(t, serving(t)).Commands), []int{403, 200, 401, 200, 401}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}
