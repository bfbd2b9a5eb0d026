package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

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
	source, err := kmskeys.NewAsymmetricSigner(f.Local.Client, cfg)
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
	all := jwt.MapClaims{"iss": issuerName, "aud": audience, "sub": "ann", "exp": f.Clock.Unix() + 60}
	if all[name] = value; value == nil {
		delete(all, name)
	}
	return all
}

func (f *fixture) forgeries(t *testing.T) map[string]forgery {
	t.Helper()
	good := f.token(t)
	publicPEM, err := pemOf(t.Context(), f.Local.Client, f.set)
	if err != nil {
		t.Fatal(err)
	}
	standard, err := inStandardBase64(good)
	if err != nil {
		t.Fatal(err)
	}
	kid := f.set.key[strings.LastIndex(f.set.key, "/")+1:]
	ours := f.set.asymmetric(f.set.key)
	otherKey := f.set.asymmetric(f.NewKey(t, types.KeySpecRsa2048))
	underOurKid, underARN, otherAlgorithm := otherKey, ours, ours
	underOurKid.Kid, underARN.Kid, otherAlgorithm.Algorithm = kid, f.set.key, "PS256"
	fine := f.claims("sub", "ann")
	const none, one = "none", "1 GetPublicKey"
	return map[string]forgery{
		"of another issuer":                      {f.sign(t, ours, f.claims("iss", "https://evil.example")), "wrong_issuer", one},
		"for another audience":                   {f.sign(t, ours, f.claims("aud", "billing")), "wrong_audience", one},
		"without an audience":                    {f.sign(t, ours, f.claims("aud", nil)), "wrong_audience", one},
		"that has expired":                       {f.sign(t, ours, f.claims("exp", f.Clock.Unix())), "expired", one},
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
		"whose signature is in standard base64":  {standard, "malformed", none},
		"without a signature":                    {good[:strings.LastIndex(good, ".")+1], "malformed", none},
	}
}

func TestWhatDoesNotGetInAndWhatItCosts(t *testing.T) {
	f := newFixture(t)
	for name, forged := range f.forgeries(t) {
		t.Run("a token "+name, func(t *testing.T) {
			f.open(t, nil) // with nothing in the caches
			f.Log.Reset()
			before := tellkms.Count(f.Local.KMS)
			for range 3 { // once more costs nothing more
				if status, answer := f.whoami(t, forged.token); status != 401 || answer != `{"message":"Unauthorized"}` {
					t.Fatalf("%d %s", status, answer)
				}
			}
			if calls := tellkms.Count(f.Local.KMS).Since(before); calls != forged.calls {
				t.Errorf("calls to KMS: %s, want %s", calls, forged.calls)
			}
			if log := f.Log.String(); strings.Count(log, "reason="+forged.reason) != 3 || strings.Contains(log, forged.token) {
				t.Errorf("want reason %s in the log: %s", forged.reason, log)
			}
		})
	}
}

func TestATokenNeedsItsScheme(t *testing.T) {
	f := newFixture(t)
	token := f.token(t)
	for header, want := range map[string]int{
		token: 401, "Bearer": 401, "Bearer" + token: 401, "Basic " + token: 401, "Bearer " + token: 200, "bearer " + token: 200,
	} {
		if w := f.Do(t, "GET /whoami", "", "Authorization: "+header); w.Code != want {
			t.Errorf("%.12s: %d %s", header, w.Code, w.Body)
		}
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
		f.Clock = f.Clock.Add(test.after)
		if status, answer := f.whoami(t, f.token(t)); status != 200 || answer != `{"user":"ann"}` {
			t.Fatalf("%d %s", status, answer)
		}
		if got := f.Calls(); got != test.calls {
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
			f.Local.KMS.Fail("GetPublicKey", kmstest.Forever, cause)
			if status, answer := f.whoami(t, token); status != 500 || answer != `{"message":"Internal Server Error"}` {
				t.Errorf("%d %s", status, answer)
			}
			if log := f.Log.String(); !strings.Contains(log, "decision=failed") || !strings.Contains(log, "kms:GetPublicKey") || strings.Contains(log, token) {
				t.Errorf("log %s", log)
			}
			f.Local.KMS.Heal()
			f.Clock = f.Clock.Add(time.Second)
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
	f.Local.KMS.Fail("GetPublicKey", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
	for _, test := range []struct {
		after time.Duration // since the step before
		want  int
	}{
		{kmskeys.DefaultMaxAge, 200},
		{kmskeys.DefaultGrace - time.Second, 200},
		{time.Second, 500},
	} {
		f.Clock = f.Clock.Add(test.after)
		if status, answer := f.whoami(t, f.token(t)); status != test.want {
			t.Errorf("after %v more: %d %s, want %d", test.after, status, answer, test.want)
		}
	}
	f.Local.KMS.Heal()
	f.Clock = f.Clock.Add(time.Second)
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
	if _, err := f.Local.Client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &f.set.key}); err != nil {
		t.Fatal(err)
	}
	f.Clock = f.Clock.Add(kmskeys.DefaultMaxAge)
	if status, answer := f.whoami(t, token); status != 500 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestInKMSEveryTokenIsACallAndForgeriesAreOneCall(t *testing.T) {
	f := newFixture(t, inKMS)
	token := f.token(t)
	forged := tell.Tamper(token, `"ann"`, `"bob"`)
	for _, step := range []struct {
		do, token string
		want      int
		calls     string // so far
	}{
		{"GET /whoami", token, 200, "1 Sign and 1 Verify"},
		{"GET /whoami", token, 200, "1 Sign and 1 Verify"}, // out of API Gateway's cache
		{"GET /reports/eu", token, 200, "1 Sign and 2 Verify"},
		{"GET /whoami", forged, 401, "1 Sign and 3 Verify"},
		{"GET /reports/eu", forged, 401, "1 Sign and 3 Verify"},
		{"GET /whoami", tell.Tamper(token, issuerName, "https://evil.example"), 401, "1 Sign and 3 Verify"},
	} {
		if status, answer := f.Call(t, step.do, step.token); status != step.want {
			t.Errorf("%s: %d %s", step.do, status, answer)
		}
		if got := f.Calls(); got != step.calls {
			t.Errorf("%s: calls to KMS: %s, want %s", step.do, got, step.calls)
		}
	}
	f.Clock = f.Clock.Add(cacheTTL)
	if _, err := f.Local.Client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &f.set.key}); err != nil {
		t.Fatal(err)
	}
	if status, answer := f.whoami(t, token); status != 500 {
		t.Errorf("with a key that is disabled: %d %s", status, answer)
	}
}
