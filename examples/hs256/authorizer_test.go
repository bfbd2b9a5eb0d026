package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/verifier"
)

const methodARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/user"

// sign makes a token that only the holder of the secret can make, whatever it says.
func (f *fixture) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + b64.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(input))
	return input + "." + b64.EncodeToString(mac.Sum(nil))
}

func TestThePolicyNamesAllThatTheTokenOpens(t *testing.T) {
	f := newFixture(t)
	stage := "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/"
	for _, asked := range []string{"GET/user", "PUT/user/1", "DELETE/user/2"} {
		got, err := runtest.Decide(t, f.authorizer, events.APIGatewayCustomAuthorizerRequest{
			Type: "TOKEN", AuthorizationToken: "Bearer " + f.newToken(t), MethodArn: stage + asked,
		})
		if err != nil {
			t.Fatal(err)
		}
		allowed := []string{stage + "GET/user", stage + "GET/user/*", stage + "PUT/user/1", stage + "DELETE/user/1"}
		denied := []string{stage + "GET/user/*/*"} // which {id} does not stand for
		s := got.PolicyDocument.Statement
		if len(s) != 2 || s[0].Effect != "Allow" || !reflect.DeepEqual(s[0].Resource, allowed) || s[1].Effect != "Deny" || !reflect.DeepEqual(s[1].Resource, denied) {
			t.Errorf("asked for %s: %+v", asked, s)
		}
		if got.PrincipalID != "1" || got.Context["first_name"] != "Ann" {
			t.Errorf("asked for %s: principal %q, context %v", asked, got.PrincipalID, got.Context)
		}
	}
}

func TestASubjectThatIsAPatternOpensNoAccount(t *testing.T) {
	f := newFixture(t)
	for _, subject := range []string{"*", "", "../x", "a/b", "${aws:username}"} {
		token := f.sign(t, map[string]any{"iss": issuerName, "aud": audience, "sub": subject, "id": "1", "sid": "s", "jti": "j", "exp": f.clock.Unix() + 60})
		got, err := runtest.Decide(t, f.authorizer, events.APIGatewayCustomAuthorizerRequest{
			Type: "TOKEN", AuthorizationToken: "Bearer " + token, MethodArn: methodARN,
		})
		if subject == "" {
			if err == nil || got != nil {
				t.Errorf("without sub: %v, %v", got, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("sub %q: %v", subject, err)
		}
		for _, statement := range got.PolicyDocument.Statement {
			for _, resource := range statement.Resource {
				if statement.Effect == "Allow" && !strings.Contains(resource, "/Prod/GET/user") {
					t.Errorf("sub %q opens %s", subject, resource)
				}
			}
		}
	}
}

// The tokens of testdata/hs256_authpolicy.json were made with a secret of 11 bytes,
// which this example refuses. Those whose signature was good are signed anew here,
// and get the iss, aud, sub, sid and jti that this example asks for.
func TestTheOriginalsTokensAreDecidedAsThereUnlessThatWasUnsafe(t *testing.T) {
	data, err := os.ReadFile("testdata/hs256_authpolicy.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name     string
			Token    string `json:"authorizationToken"`
			Original struct {
				PolicyDocument struct{ Statement []struct{ Effect string } }
			} `json:"expected_authorizer"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != 14 {
		t.Fatalf("%d cases, want 14", len(file.Cases))
	}
	differences := map[string]bool{ // whether we allow it
		"no_exp_accepted_by_original":             false, // it would be good for ever
		"iat_future_accepted_by_original":         false, // a clock is wrong, or somebody lies
		"exp_numeric_string_accepted_by_original": false, // a NumericDate is a number
		"bearer_prefix_denied_by_original":        true,  // RFC 6750
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			f := newFixture(t)
			allow := c.Original.PolicyDocument.Statement[0].Effect == "Allow"
			if ours, differs := differences[c.Name]; differs {
				if ours == allow {
					t.Error("this is the original's answer: take it out of the differences")
				}
				allow = ours
			}
			header := c.Token
			if token := f.signAnew(t, strings.TrimPrefix(c.Token, "Bearer ")); c.Name != "bad_signature" && token != "" {
				header = "Bearer " + token // without the scheme, nothing gets in
			}
			got, err := runtest.Decide(t, f.authorizer, events.APIGatewayCustomAuthorizerRequest{
				Type: "TOKEN", AuthorizationToken: header, MethodArn: methodARN,
			})
			if allow != (err == nil) || allow != (got != nil) {
				t.Fatalf("%v, %v, want allowed %v", got, err, allow)
			}
			if err != nil && (err.Error() != "Unauthorized" || !errors.Is(err, verifier.ErrInvalidToken)) {
				t.Errorf("error %q", err)
			}
		})
	}
}

// signAnew returns a token with the claims of one of HS256, and more where it has
// none. It is empty for anything else.
func (f *fixture) signAnew(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if !strings.Contains(string(header), `"HS256"`) {
		return ""
	}
	claims := map[string]any{"iss": issuerName, "aud": audience, "sub": "507f1f77bcf86cd799439011", "sid": "s", "jti": "j"}
	var own map[string]any
	if err := json.Unmarshal(payload, &own); err != nil {
		t.Fatal(err)
	}
	maps.Copy(claims, own)
	return f.sign(t, claims)
}
