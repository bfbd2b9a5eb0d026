package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
)

// A forgery is a token that must not get in.
type forgery struct {
	token  string
	reason string // as the log has it
	calls  int    // of Decrypt
}

// sign makes a token as the login function would, whatever it says.
func (f *fixture) sign(t *testing.T, cfg kmskeys.EnvelopeConfig, claims jwt.MapClaims) string {
	t.Helper()
	source, err := kmskeys.NewEnvelopeSigner(f.Local.Client, cfg)
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

func (f *fixture) forgeries(t *testing.T) map[string]forgery {
	t.Helper()
	good, other := f.login(t), f.login(t)
	ours := f.set.envelope()
	otherContext, otherKey := ours, ours
	otherContext.EncryptionContext = kmskeys.TokenContext(issuerName, "billing")
	otherKey.KeyID = f.NewKey(t, types.KeySpecSymmetricDefault)
	claims := func(name string, value any) jwt.MapClaims {
		all := jwt.MapClaims{"iss": issuerName, "aud": audience, "sub": "ann", "exp": f.Clock.Unix() + 60}
		if all[name] = value; value == nil {
			delete(all, name)
		}
		return all
	}
	return map[string]forgery{
		"of another issuer":                    {f.sign(t, ours, claims("iss", "https://evil.example")), "unproven", 0},
		"for another audience":                 {f.sign(t, ours, claims("aud", "billing")), "unproven", 0},
		"without an audience":                  {f.sign(t, ours, claims("aud", nil)), "unproven", 0},
		"that has expired":                     {f.sign(t, ours, claims("exp", f.Clock.Unix())), "unproven", 0},
		"that never expires":                   {f.sign(t, ours, claims("exp", nil)), "unproven", 0},
		"without a subject":                    {f.sign(t, ours, claims("sub", nil)), "missing_claim", 1},
		"with a data key of another KMS key":   {f.sign(t, otherKey, claims("sub", "ann")), "unknown_key", 1},
		"with a data key of another context":   {f.sign(t, otherContext, claims("sub", "ann")), "unknown_key", 1},
		"with a data key that is damaged":      {tell.Tamper(good, dataKeyOf(good), damage(dataKeyOf(good))), "unknown_key", 1},
		"with the data key of another token":   {tell.Tamper(good, dataKeyOf(good), dataKeyOf(other)), "wrong_signature", 1},
		"with a data key in standard base64":   {tell.Tamper(good, dataKeyOf(good), dataKeyOf(good)+"=="), "unknown_key", 0},
		"with an empty data key":               {tell.Tamper(good, dataKeyOf(good), ""), "unknown_key", 0},
		"with the data key under another name": {tell.Tamper(good, `"edk"`, `"KID"`), "unknown_key", 0},
		"with another subject":                 {tell.Tamper(good, `"ann"`, `"bob"`), "wrong_signature", 1},
		"with another algorithm":               {tell.Tamper(good, "HS256", "HS512"), "wrong_algorithm", 0},
		"with no algorithm":                    {tell.Tamper(good, "HS256", "none"), "wrong_algorithm", 0},
		"with a key that it brings along":      {tell.Tamper(good, `"edk"`, `"jwk":{},"edk"`), "wrong_signature", 1},
		"without a signature":                  {good[:strings.LastIndex(good, ".")+1], "malformed", 0},
	}
}

func TestWhatDoesNotGetInAndWhatItCosts(t *testing.T) {
	f := newFixture(t)
	for name, forged := range f.forgeries(t) {
		t.Run("a token "+name, func(t *testing.T) {
			f.open(t) // with nothing in the caches
			f.Log.Reset()
			before := f.Local.KMS.Calls("")
			for range 3 { // once more costs nothing more
				if status, answer := f.whoami(t, forged.token); status != 401 || answer != `{"message":"Unauthorized"}` {
					t.Fatalf("%d %s", status, answer)
				}
			}
			if calls := f.Local.KMS.Calls("") - before; calls != forged.calls {
				t.Errorf("%d calls to KMS, want %d", calls, forged.calls)
			}
			if log := f.Log.String(); strings.Count(log, "reason="+forged.reason) != 3 || strings.Contains(log, dataKeyOf(forged.token)) {
				t.Errorf("want reason %s in the log: %s", forged.reason, log)
			}
		})
	}
}

func TestKMSIsAskedOnceForADataKeyUntilItsAgeIsReached(t *testing.T) {
	f := newFixture(t)
	token := f.login(t)
	for _, test := range []struct {
		after time.Duration // since the step before
		calls string
	}{
		{0, "1 GenerateDataKey and 1 Decrypt"},
		{0, "1 GenerateDataKey and 1 Decrypt"},
		{cacheTTL, "1 GenerateDataKey and 1 Decrypt"},
		{kmskeys.DefaultMaxAge, "1 GenerateDataKey and 2 Decrypt"},
	} {
		f.Clock = f.Clock.Add(test.after)
		if status, answer := f.whoami(t, token); status != 200 || answer != `{"user":"ann","until":"2030-01-02T03:19:05Z"}` {
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
			token, seen := f.login(t), f.login(t)
			if status, answer := f.whoami(t, seen); status != 200 {
				t.Fatalf("before: %d %s", status, answer)
			}
			f.Clock = f.Clock.Add(2 * cacheTTL)
			f.Local.KMS.Fail("Decrypt", kmstest.Forever, cause)
			if status, answer := f.whoami(t, token); status != 500 || answer != `{"message":null}` {
				t.Errorf("%d %s", status, answer)
			}
			if status, answer := f.whoami(t, seen); status != 200 {
				t.Errorf("a token whose data key is in the cache: %d %s", status, answer)
			}
			if log := f.Log.String(); !strings.Contains(log, "decision=failed") || strings.Contains(log, dataKeyOf(token)) {
				t.Errorf("log %s", log)
			}
			f.Local.KMS.Heal()
			if status, answer := f.whoami(t, token); status != 200 {
				t.Errorf("afterwards: %d %s", status, answer)
			}
		})
	}
}

func TestATokenIsSignedWithWhatKMSMakesOfItsEdkInTheRightContextOnly(t *testing.T) {
	f := newFixture(t)
	token := f.login(t)
	blob, err := base64.RawURLEncoding.DecodeString(dataKeyOf(token))
	if err != nil {
		t.Fatal(err)
	}
	in := &kms.DecryptInput{KeyId: &f.set.key, CiphertextBlob: blob, EncryptionContext: map[string]string{"iss": issuerName, "aud": audience}}
	out, err := f.Local.Client.Decrypt(t.Context(), in)
	if err != nil || len(out.Plaintext) != 32 {
		t.Fatalf("%v", err)
	}
	end := strings.LastIndex(token, ".")
	mac := hmac.New(sha256.New, out.Plaintext)
	mac.Write([]byte(token[:end]))
	if got := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); got != token[end+1:] {
		t.Errorf("signature %s, want %s", token[end+1:], got)
	}
	for _, other := range []map[string]string{nil, {"iss": issuerName}, {"iss": issuerName, "aud": "billing"}} {
		in.EncryptionContext = other
		var refused *types.InvalidCiphertextException
		if _, err := f.Local.Client.Decrypt(t.Context(), in); !errors.As(err, &refused) {
			t.Errorf("%v: %v", other, err)
		}
	}
}
