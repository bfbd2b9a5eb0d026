package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/whoami"

func event(token string) events.APIGatewayCustomAuthorizerRequest {
	return events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: "Bearer " + token}
}

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, authorizertest.New) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	if err := tellStory(t.Context(), &out, build); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, filepath.Join("testdata", "story.txt"), out.String())
}

func TestTheDocumentsTokensAreDecidedAsTheirVectorsSay(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "static_pem.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Key    string `json:"public_key_pem"`
		Tokens []struct {
			JWT      string
			Verifies bool
			Claims   map[string]any
		}
		Expected struct {
			Output struct {
				PrincipalID string
				Context     map[string]any
			}
		} `json:"expected_authorizer_output_for_token_0"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	samples := []string{firstSample, secondSample, repairedSample}
	if vectors.Key != sampleKey || len(vectors.Tokens) != len(samples) {
		t.Fatal("the vectors are not the samples")
	}
	rules, err := sampleRules()
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAuthorizer(rules, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	reasons := []verifier.Reason{"", verifier.WrongSignature, verifier.MissingClaim}
	for i, v := range vectors.Tokens {
		if v.JWT != samples[i] {
			t.Errorf("token %d is not the sample", i)
		}
		got, err := runtest.Decide(t, a, event(v.JWT))
		if verifier.ReasonOf(err) != reasons[i] || (err == nil) != (v.Verifies && v.Claims["user_id"] != nil) {
			t.Errorf("token %d: %v, %v", i, got, err)
		}
		if err != nil && err.Error() != "Unauthorized" {
			t.Errorf("token %d: error text %q", i, err)
		}
		if i > 0 {
			continue
		}
		want := vectors.Expected.Output
		if got.PrincipalID != want.PrincipalID || !reflect.DeepEqual(asJSON(t, got.Context), any(want.Context)) {
			t.Errorf("principal %q, context %v", got.PrincipalID, got.Context)
		}
		// The document allows all APIs of its region. This allows one stage of one.
		resources := []string{"arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/*/*"}
		if s := got.PolicyDocument.Statement; len(s) != 1 || s[0].Effect != "Allow" || !slices.Equal(s[0].Resource, resources) {
			t.Errorf("policy %+v", s)
		}
	}
}

func asJSON(t *testing.T, v any) (decoded any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err := errors.Join(err, json.Unmarshal(data, &decoded)); err != nil {
		t.Fatal(err)
	}
	return decoded
}

// An issuer of one's own, as ownRules want it.
const (
	issuer   = "https://login.example.com"
	audience = "whoami"
)

func newKey(t *testing.T) (private *keys.PrivateKey, publicPEM string) {
	t.Helper()
	private, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		t.Fatal(err)
	}
	pem, err := private.Public().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	return private, string(pem)
}

func TestOnLambdaNothingIsOptional(t *testing.T) {
	private, publicPEM := newKey(t)
	env := []string{"JWT_PUBLIC_KEY=" + publicPEM, "JWT_ISSUER=" + issuer, "JWT_AUDIENCE=" + audience}
	far := int64(4102444800) // 2100
	for name, test := range map[string]struct {
		claims  map[string]any
		allowed bool
	}{
		"all there":           {map[string]any{"iss": issuer, "aud": audience, "exp": far, "user_id": "u1"}, true},
		"no exp":              {map[string]any{"iss": issuer, "aud": audience, "user_id": "u1"}, false},
		"another issuer":      {map[string]any{"iss": "x", "aud": audience, "exp": far, "user_id": "u1"}, false},
		"another audience":    {map[string]any{"iss": issuer, "aud": "x", "exp": far, "user_id": "u1"}, false},
		"no user_id":          {map[string]any{"iss": issuer, "aud": audience, "exp": far}, false},
		"an empty user_id":    {map[string]any{"iss": issuer, "aud": audience, "exp": far, "user_id": ""}, false},
		"user_id as a number": {map[string]any{"iss": issuer, "aud": audience, "exp": far, "user_id": 7}, false},
		"user_id as a list":   {map[string]any{"iss": issuer, "aud": audience, "exp": far, "user_id": []string{"u1"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			token := sign(t, private, test.claims)
			var got policy.Response
			err := runtest.Invoke(t, "authorizer", env, event(token), &got)
			if test.allowed {
				if err != nil || got.PrincipalID != "u1" {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func sign(t *testing.T, key keys.SigningSource, claims map[string]any) string {
	t.Helper()
	s, err := signer.New(signer.Config{Keys: key})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Sign(t.Context(), jwt.MapClaims(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	_, publicPEM := newKey(t)
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name": {"authoriser", nil, `there is no function "authoriser": set Handler to authorizer or whoami`},
		"no key":          {"authorizer", nil, "JWT_PUBLIC_KEY"},
		"the sample key":  {"authorizer", []string{"JWT_PUBLIC_KEY=" + sampleKey, "JWT_ISSUER=i", "JWT_AUDIENCE=a"}, "everybody can make tokens"},
		"no issuer":       {"authorizer", []string{"JWT_PUBLIC_KEY=" + publicPEM, "JWT_AUDIENCE=a"}, "JWT_ISSUER"},
		"no audience":     {"authorizer", []string{"JWT_PUBLIC_KEY=" + publicPEM, "JWT_ISSUER=i"}, "JWT_AUDIENCE"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			if err := runtest.Invoke(t, test.handler, test.env, nil, &answer); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "staticpem", serve) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	if got, want := runtest.Try(t, runtest.Serve(t, serve).Commands), []int{401, 200, 401}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}
