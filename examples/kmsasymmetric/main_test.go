package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

// random is what differs from one telling to the next, beside ports and jti.
var random = regexp.MustCompile(`("kid": "|"n": "|RequestID: )[^",]*`)

func TestTheStoryIsAsItWasTold(t *testing.T) {
	var out strings.Builder
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), &out, start); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", random.ReplaceAllString(out.String(), "${1}RANDOM"))
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), &out, time.Now()); err != nil {
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

func newKey(t *testing.T, local *awskms.Local, spec types.KeySpec) (arn string) {
	t.Helper()
	arn, err := local.KMS.AddKey(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// environment is what a function finds on Lambda, and the KMS that it is to use.
func environment(local *awskms.Local, more ...string) []string {
	return append(local.Environment(), more...)
}

func user() []string {
	hash := sha256.Sum256([]byte(password))
	return []string{"LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256=" + hex.EncodeToString(hash[:])}
}

// getToken invokes the token function on Lambda.
func getToken(t *testing.T, env []string) string {
	t.Helper()
	var res events.APIGatewayProxyResponse
	event := events.APIGatewayProxyRequest{HTTPMethod: "POST", Body: goodBody}
	if err := runtest.Invoke(t, "token", append(env, user()...), event, &res); err != nil || res.StatusCode != 200 {
		t.Fatalf("token: %+v, %v", res, err)
	}
	return tokenIn(t, res.Body)
}

// authorize invokes the authorizer on Lambda and returns the principal.
func authorize(t *testing.T, env []string, token string) (principal string, err error) {
	t.Helper()
	var allowed policy.Response
	err = runtest.Invoke(t, "authorizer", env, tokenEvent(token), &allowed)
	return allowed.PrincipalID, err
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
		t.Run(algorithm, func(t *testing.T) {
			local := newLocal(t)
			env := environment(local, "KMS_KEY="+newKey(t, local, spec))
			if algorithm != defaultAlgorithm {
				env = append(env, "JWT_ALGORITHM="+algorithm)
			}
			token := getToken(t, slices.Clone(env))
			if principal, err := authorize(t, env, token); err != nil || principal != "ann" {
				t.Fatalf("authorizer: %q, %v", principal, err)
			}
			if got, want := tellkms.Count(local.KMS).Since(tellkms.Counts{}), "1 Sign and 1 GetPublicKey"; got != want {
				t.Errorf("they made these calls: %s, want %s", got, want)
			}
			_, err := authorize(t, env, token+"x")
			wantUnauthorized(t, err)
		})
	}
}

func TestAKeyThatCannotBeHadIsAnOutageOnLambda(t *testing.T) {
	local := newLocal(t)
	env := environment(local, "KMS_KEY="+newKey(t, local, types.KeySpecRsa2048))
	token := getToken(t, slices.Clone(env))
	local.KMS.Fail("GetPublicKey", kmstest.Forever, kmstest.Error("AccessDeniedException", "not you"))
	_, err := authorize(t, env, token)
	if err == nil || strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("got %v", err)
	}
}

func TestTheKeyBeforeIsGoodForAsLongAsItIsNamed(t *testing.T) {
	local := newLocal(t)
	before, now := newKey(t, local, types.KeySpecRsa2048), newKey(t, local, types.KeySpecRsa2048)
	token := getToken(t, environment(local, "KMS_KEY="+before))
	if principal, err := authorize(t, environment(local, "KMS_KEY="+now, "KMS_KEY_PREVIOUS="+before), token); err != nil || principal != "ann" {
		t.Errorf("named: %q, %v", principal, err)
	}
	_, err := authorize(t, environment(local, "KMS_KEY="+now), token)
	wantUnauthorized(t, err)
}

func TestWhoamiTellsWhatTheAuthorizerSaid(t *testing.T) {
	var res events.APIGatewayProxyResponse
	event := events.APIGatewayProxyRequest{RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"sub": "ann"}}}
	if err := runtest.Invoke(t, "whoami", nil, event, &res); err != nil || res.Body != `{"user":"ann"}` {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	local := newLocal(t)
	key := "KMS_KEY=arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":           {"tokens", environment(local), `there is no function "tokens": set Handler to token, authorizer or whoami`},
		"no Region":                 {"authorizer", []string{key}, "AWS_REGION"},
		"no Region to sign in":      {"token", append(user(), key), "AWS_REGION"},
		"no KMS key":                {"authorizer", environment(local), "KMS_KEY"},
		"no KMS key to sign with":   {"token", environment(local, user()...), "KMS_KEY"},
		"no user":                   {"token", environment(local, key), "set LOGIN_USER"},
		"an algorithm of secrets":   {"authorizer", environment(local, key, "JWT_ALGORITHM=HS256"), "JWT_ALGORITHM"},
		"a previous key by alias":   {"authorizer", environment(local, key, "KMS_KEY_PREVIOUS=alias/old"), "KMS_KEY_PREVIOUS"},
		"an alias, which has no ID": {"authorizer", environment(local, "KMS_KEY=alias/login"), "KMS_KEY"},
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

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	api, try, err := serve(t.TempDir(), "http://"+server.Listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	defer server.Close()
	if got, want := runtest.Try(t, try), []int{403, 200, 401, 200, 401}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestTheTemplateAllowsEachFunctionItsOneOperation(t *testing.T) {
	for name, want := range map[string]struct{ handler, operation string }{
		"TokenFunction": {"token", "kms:Sign"}, "Authorizer": {"authorizer", "kms:GetPublicKey"}, "Whoami": {"whoami", ""},
	} {
		text := runtest.Resource(t, name)
		if allowed := runtest.Actions(text); allowed != want.operation {
			t.Errorf("%s is allowed %q, want %q", name, allowed, want.operation)
		}
		if !strings.Contains(text, "Handler: "+want.handler+"\n") {
			t.Errorf("%s has another handler", name)
		}
		if strings.Contains(text, "Resource: !GetAtt Key.Arn\n") != (want.operation != "") {
			t.Errorf("%s is allowed other keys: %s", name, text)
		}
	}
}

func TestTheTemplateHasTheRoutesOfTheLocalGateway(t *testing.T) {
	var local []string
	for _, r := range routes(nil) {
		local = append(local, fmt.Sprintf("%s open=%v", r.Key, r.NoAuthorizer))
	}
	if got := runtest.Routes(t, "TokenFunction", "Authorizer", "Whoami"); !slices.Equal(got, local) {
		t.Errorf("template %q\nlocal    %q", got, local)
	}
	if want := fmt.Sprintf("ReauthorizeEvery: %g ", cacheTTL.Seconds()); !strings.Contains(runtest.Resource(t, "Api"), want) {
		t.Errorf("no %q in the template", want)
	}
}
