package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

// random is what differs from one telling to the next, beside ports and jti.
var random = regexp.MustCompile(`("kid": "|"n": "|"host": "|"domainName": "|RequestID: )[^",]*`)

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, nil) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), &out, build, start); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", random.ReplaceAllString(out.String(), "${1}RANDOM"))
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), &out, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	for what, pattern := range map[string]string{
		"more than the beginning of a token":              `eyJ[\w-]{8}`,
		"what is as long as a password, and is no jti":    `[^"][A-Z2-7]{26}`,
		"what is as long as a signature, in any encoding": `[\w+/-]{80}`,
	} {
		if found := regexp.MustCompile(pattern).FindString(out.String()); found != "" {
			t.Errorf("it shows %s: %s", what, found)
		}
	}
}

// getToken invokes the token function on Lambda.
func getToken(t *testing.T, env []string) (token string) {
	t.Helper()
	var res onelogin.Response
	event := onelogin.Request{Body: kmsfixture.LoginBody}
	if err := runtest.Invoke(t, "token", env, event, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("token: %+v, %v", res, err)
	}
	if json.Unmarshal([]byte(res.Body), &token) == nil { // the document's
		return token
	}
	return kmsfixture.TokenIn(t, res.Body)
}

// authorize invokes the authorizer on Lambda and returns the principal.
func authorize(t *testing.T, env []string, event any) (principal string, err error) {
	t.Helper()
	var answer policy.Response
	err = runtest.Invoke(t, "authorizer", env, event, &answer)
	return answer.PrincipalID, err
}

func wantUnauthorized(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("got %v, want Unauthorized", err)
	}
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	for algorithm, spec := range map[string]types.KeySpec{
		"RS256": types.KeySpecRsa2048, "PS384": types.KeySpecRsa2048, "ES256": types.KeySpecEccNistP256, "EdDSA": types.KeySpecEccNistEdwards25519,
	} {
		for verified, calls := range map[string]string{"VERIFY_IN_KMS=": "1 Sign and 1 GetPublicKey", "VERIFY_IN_KMS=1": "1 Sign and 1 Verify"} {
			t.Run(algorithm+" "+verified, func(t *testing.T) {
				f := newFixture(t)
				env := []string{"KMS_KEY=" + f.NewKey(t, spec), verified}
				if algorithm != defaultAlgorithm {
					env = append(env, "JWT_ALGORITHM="+algorithm)
				}
				token := getToken(t, f.LoginEnvironment(env...))
				if principal, err := authorize(t, f.Environment(env...), f.event(t, token)); err != nil || principal != "ann" {
					t.Fatalf("authorizer: %q, %v", principal, err)
				}
				if got := f.Calls(); got != calls {
					t.Errorf("they made these calls: %s, want %s", got, calls)
				}
				_, err := authorize(t, f.Environment(env...), f.event(t, token+"x"))
				wantUnauthorized(t, err)
			})
		}
	}
}

func TestOnLambdaATokenSaysWhatItsUserMayDo(t *testing.T) {
	f := newFixture(t)
	f.Clock = time.Now() // as on Lambda
	env := f.LoginEnvironment("KMS_KEY="+f.set.key, "LOGIN_SCOPES="+scopeRead+" "+scopeAdmin, "LOGIN_REGION=us")
	token := getToken(t, env)
	for do, want := range map[string]int{"GET /reports/us": 200, "GET /reports/eu": 403, "DELETE /reports/eu": 200} {
		if status, answer := f.Call(t, do, token); status != want {
			t.Errorf("%s: %d %s, want %d", do, status, answer, want)
		}
	}
}

func TestAKeyThatCannotBeHadIsAnOutageOnLambda(t *testing.T) {
	for verified, operation := range map[string]string{"VERIFY_IN_KMS=": "GetPublicKey", "VERIFY_IN_KMS=1": "Verify"} {
		f := newFixture(t)
		key := "KMS_KEY=" + f.set.key
		token := getToken(t, f.LoginEnvironment(key))
		f.Local.KMS.Fail(operation, kmstest.Forever, kmstest.Error("AccessDeniedException", "not you"))
		_, err := authorize(t, f.Environment(key, verified), f.event(t, token))
		if err == nil || strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) || !strings.Contains(err.Error(), "AccessDeniedException") {
			t.Errorf("%s: got %v", operation, err)
		}
	}
}

func TestTheKeyBeforeIsGoodForAsLongAsItIsNamed(t *testing.T) {
	f := newFixture(t)
	before, now := f.set.key, f.NewKey(t, types.KeySpecRsa2048)
	token := getToken(t, f.LoginEnvironment("KMS_KEY="+before))
	for _, verified := range []string{"VERIFY_IN_KMS=", "VERIFY_IN_KMS=1"} {
		env := f.Environment("KMS_KEY="+now, verified)
		if principal, err := authorize(t, append(env, "KMS_KEY_PREVIOUS="+before), f.event(t, token)); err != nil || principal != "ann" {
			t.Errorf("%s: named: %q, %v", verified, principal, err)
		}
		_, err := authorize(t, env, f.event(t, token))
		wantUnauthorized(t, err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	f := kmsfixture.New(t)
	const key = "KMS_KEY=arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":           {"tokens", f.Environment(), `there is no function "tokens": set Handler to token, authorizer, whoami or reports`},
		"no Region":                 {"authorizer", []string{key}, "AWS_REGION"},
		"no Region to sign in":      {"token", []string{key}, "AWS_REGION"},
		"no KMS key":                {"authorizer", f.Environment(), "KMS_KEY"},
		"no KMS key to sign with":   {"token", f.LoginEnvironment(), "KMS_KEY"},
		"no user":                   {"token", f.Environment(key), "set LOGIN_USER"},
		"an algorithm of secrets":   {"authorizer", f.Environment(key, "JWT_ALGORITHM=HS256"), "JWT_ALGORITHM"},
		"a previous key by alias":   {"authorizer", f.Environment(key, "KMS_KEY_PREVIOUS=alias/old"), "KMS_KEY_PREVIOUS"},
		"an alias, which has no ID": {"authorizer", f.Environment("KMS_KEY=alias/login"), "KMS_KEY"},
		"half a document":           {"token", f.LoginEnvironment(key, "AS_DOCUMENT=yes"), "set AS_DOCUMENT to 1"},
		"a document of its own":     {"authorizer", f.Environment(key, "AS_DOCUMENT=1", "JWT_ALGORITHM=ES256"), "JWT_ALGORITHM must be RS256"},
		"half in KMS":               {"authorizer", f.Environment(key, "VERIFY_IN_KMS=0"), "set VERIFY_IN_KMS to 1"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			err := runtest.Invoke(t, test.handler, test.env, nil, &answer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
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

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "kmsasymmetric", serving(t)) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	if got, want := runtest.Try(t, runtest.Serve(t, serving(t)).Commands), []int{403, 200, 401, 200, 200, 403, 403, 401}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}
