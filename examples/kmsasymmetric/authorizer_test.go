package main

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
)

// A forgery is a token that must not get in.
type forgery struct {
	token  string
	reason string // as the log has it
	calls  string // to KMS, of an authorizer that has no public key yet
}

// sign makes a token as the token function would, whatever it says.
func (f *fixture) sign(t *testing.T, cfg kmskeys.AsymmetricConfig, claims jwt.MapClaims) string {
	t.Helper()
	source, err := kmskeys.NewAsymmetricSigner(f.local.Client, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claims are good but for one.
func (f *fixture) claims(name string, value any) jwt.MapClaims {
	all := jwt.MapClaims{"iss": issuerName, "aud": audience, "sub": "ann", "exp": f.clock.Unix() + 60}
	if all[name] = value; value == nil {
		delete(all, name)
	}
	return all
}

// standard writes the signature of a token in padded standard base64.
func standard(t *testing.T, token string) string {
	t.Helper()
	end := strings.LastIndex(token, ".") + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[end:])
	if err != nil {
		t.Fatal(err)
	}
	return token[:end] + base64.StdEncoding.EncodeToString(signature)
}

func (f *fixture) forgeries(t *testing.T) map[string]forgery {
	t.Helper()
	good := f.token(t)
	publicPEM, err := pemOf(t.Context(), f.local.Client, f.set)
	if err != nil {
		t.Fatal(err)
	}
	kid := f.set.key[strings.LastIndex(f.set.key, "/")+1:]
	ours := f.set.asymmetric(f.set.key)
	otherKey := f.set.asymmetric(newKey(t, f.local, types.KeySpecRsa2048))
	underOurKid, underARN, otherAlgorithm := otherKey, ours, ours
	underOurKid.Kid, underARN.Kid, otherAlgorithm.Algorithm = kid, f.set.key, "PS256"
	fine := f.claims("sub", "ann")
	const none, one = "none", "1 GetPublicKey"
	return map[string]forgery{
		"of another issuer":                      {f.sign(t, ours, f.claims("iss", "https://evil.example")), "wrong_issuer", one},
		"for another audience":                   {f.sign(t, ours, f.claims("aud", "billing")), "wrong_audience", one},
		"without an audience":                    {f.sign(t, ours, f.claims("aud", nil)), "wrong_audience", one},
		"that has expired":                       {f.sign(t, ours, f.claims("exp", f.clock.Unix())), "expired", one},
		"that never expires":                     {f.sign(t, ours, f.claims("exp", nil)), "missing_claim", one},
		"without a subject":                      {f.sign(t, ours, f.claims("sub", nil)), "missing_claim", one},
		"of another KMS key":                     {f.sign(t, otherKey, fine), "unknown_key", none},
		"of another KMS key under this one's ID": {f.sign(t, underOurKid, fine), "wrong_signature", one},
		"whose kid is the key's ARN":             {f.sign(t, underARN, fine), "unknown_key", none},
		"of this key by another algorithm":       {f.sign(t, otherAlgorithm, fine), "wrong_algorithm", none},
		"with another subject":                   {tell.Tamper(good, `"ann"`, `"bob"`), "wrong_signature", one},
		"with no algorithm":                      {tell.Tamper(good, "RS256", "none"), "wrong_algorithm", none},
		"whose secret is the public key":         {tell.Confuse(good, publicPEM), "wrong_algorithm", none},
		"with a key that it brings along":        {tell.Tamper(good, `"kid"`, `"jwk":{},"kid"`), "wrong_signature", one},
		"whose signature is in standard base64":  {standard(t, good), "malformed", none},
		"without a signature":                    {good[:strings.LastIndex(good, ".")+1], "malformed", none},
	}
}

func TestWhatDoesNotGetInAndWhatItCosts(t *testing.T) {
	f := newFixture(t)
	for name, forged := range f.forgeries(t) {
		t.Run("a token "+name, func(t *testing.T) {
			f.open(t) // with nothing in the caches
			f.log.Reset()
			before := tellkms.Count(f.local.KMS)
			for range 3 { // once more costs nothing more
				if status, answer := f.whoami(t, forged.token); status != 401 || answer != `{"message":"Unauthorized"}` {
					t.Fatalf("%d %s", status, answer)
				}
			}
			if calls := tellkms.Count(f.local.KMS).Since(before); calls != forged.calls {
				t.Errorf("calls to KMS: %s, want %s", calls, forged.calls)
			}
			if log := f.log.String(); strings.Count(log, "reason="+forged.reason) != 3 || strings.Contains(log, forged.token) {
				t.Errorf("want reason %s in the log: %s", forged.reason, log)
			}
		})
	}
}

func TestATokenNeedsItsScheme(t *testing.T) {
	f := newFixture(t)
	a, err := newAuthorizer(f.local.Client, f.set)
	if err != nil {
		t.Fatal(err)
	}
	token := f.token(t)
	for _, header := range []string{token, "Bearer", "Bearer" + token, "Basic " + token} {
		got, err := runtest.Decide(t, a, events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: header})
		if got != nil || err == nil || err.Error() != "Unauthorized" {
			t.Errorf("%.12s: %v, %v", header, got, err)
		}
	}
	if got, err := runtest.Decide(t, a, tokenEvent(token)); err != nil || got.PrincipalID != "ann" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestThePublicKeyIsFetchedOnceUntilItIsTimeToLookAgain(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		after time.Duration // since the step before
		calls string
	}{
		{0, "1 Sign and 1 GetPublicKey"},
		{0, "2 Sign and 1 GetPublicKey"},
		{kmskeys.DefaultMaxAge - time.Second, "3 Sign and 1 GetPublicKey"},
		{time.Second, "4 Sign and 2 GetPublicKey"},
		{time.Second, "5 Sign and 2 GetPublicKey"},
	} {
		f.clock = f.clock.Add(test.after)
		if status, answer := f.whoami(t, f.token(t)); status != 200 || answer != `{"user":"ann"}` {
			t.Fatalf("%d %s", status, answer)
		}
		if got := f.calls(); got != test.calls {
			t.Errorf("calls to KMS: %s, want %s", got, test.calls)
		}
	}
}

func TestAFailureOfKMSIsNoRefusalAndNotRemembered(t *testing.T) {
	for name, cause := range map[string]error{
		"throttled":           kmstest.Error("ThrottlingException", "slow down"),
		"broken":              kmstest.Error("KMSInternalException", ""),
		"no permission":       kmstest.Error("AccessDeniedException", "no"),
		"the key is disabled": kmstest.Error("DisabledException", ""),
		"no such key":         kmstest.Error("NotFoundException", ""),
		"a connection lost":   errors.New("lost"), // breaks it
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			token := f.token(t)
			f.local.KMS.Fail("GetPublicKey", kmstest.Forever, cause)
			if status, answer := f.whoami(t, token); status != 500 || answer != `{"message":null}` {
				t.Errorf("%d %s", status, answer)
			}
			if log := f.log.String(); !strings.Contains(log, "decision=failed") || !strings.Contains(log, "kms:GetPublicKey") || strings.Contains(log, token) {
				t.Errorf("log %s", log)
			}
			f.local.KMS.Heal()
			f.clock = f.clock.Add(time.Second)
			if status, answer := f.whoami(t, token); status != 200 {
				t.Errorf("afterwards: %d %s", status, answer)
			}
		})
	}
}

func TestAnAuthorizerThatHasTheKeyOutlivesAnOutageUntilItsGraceEnds(t *testing.T) {
	f := newFixture(t)
	if status, answer := f.whoami(t, f.token(t)); status != 200 {
		t.Fatalf("before: %d %s", status, answer)
	}
	f.local.KMS.Fail("GetPublicKey", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
	for _, test := range []struct {
		after time.Duration // since the step before
		want  int
	}{
		{kmskeys.DefaultMaxAge, 200},
		{kmskeys.DefaultGrace - time.Second, 200},
		{time.Second, 500},
	} {
		f.clock = f.clock.Add(test.after)
		if status, answer := f.whoami(t, f.token(t)); status != test.want {
			t.Errorf("after %v more: %d %s, want %d", test.after, status, answer, test.want)
		}
	}
	f.local.KMS.Heal()
	f.clock = f.clock.Add(time.Second)
	if status, answer := f.whoami(t, f.token(t)); status != 200 {
		t.Errorf("afterwards: %d %s", status, answer)
	}
}

func TestAKeyThatIsDisabledIsGivenUpAtTheNextLook(t *testing.T) {
	f := newFixture(t)
	token := f.token(t)
	if status, answer := f.whoami(t, token); status != 200 {
		t.Fatalf("before: %d %s", status, answer)
	}
	if _, err := f.local.Client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &f.set.key}); err != nil {
		t.Fatal(err)
	}
	f.clock = f.clock.Add(kmskeys.DefaultMaxAge)
	if status, answer := f.whoami(t, token); status != 500 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestWhoamiFailsOnWhatTheAuthorizerNeverSays(t *testing.T) {
	var req events.APIGatewayProxyRequest
	req.RequestContext.Authorizer = map[string]any{"sub": []any{"ann"}}
	if res, err := whoami(t.Context(), req); err == nil || res.Body != "" {
		t.Errorf("%+v, %v", res, err)
	}
}
