package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestOnlyAGoodLoginCostsACallToKMS(t *testing.T) {
	const wrong = `{"message":"The user or the password is wrong."}`
	for name, body := range map[string]string{
		"another password": `{"user":"ann","password":"a guess"}`,
		"another user":     `{"user":"bob","password":"` + kmsfixture.Password + `"}`,
		"no password":      `{"user":"ann"}`,
		"no body":          ``,
		"no JSON":          `user=ann`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if status, answer := f.post(t, body); status != 403 || answer != wrong {
				t.Errorf("%d %s", status, answer)
			}
			if got := f.Calls(); got != "none" {
				t.Errorf("calls to KMS: %s", got)
			}
		})
	}
}

func TestALoginThatKMSFailsIsAServerErrorWhichTheLogExplains(t *testing.T) {
	for name, cause := range map[string]error{
		"throttled":           kmstest.Error("ThrottlingException", "slow down"),
		"no permission":       kmstest.Error("AccessDeniedException", "no"),
		"the key is disabled": kmstest.Error("DisabledException", ""),
		"the key is gone":     kmstest.Error("KMSInvalidStateException", "pending deletion"),
		"a connection lost":   errors.New("lost"), // breaks it
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Local.KMS.Fail("Sign", kmstest.Forever, cause)
			status, answer := f.post(t, kmsfixture.LoginBody)
			if status != 500 || answer != `{"message":"Internal Server Error"}` {
				t.Errorf("%d %s", status, answer)
			}
			if log := f.Log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "kms:Sign") || strings.Contains(log, kmsfixture.Password) {
				t.Errorf("log %s", log)
			}
			f.Local.KMS.Heal()
			f.token(t)
		})
	}
}

// A recorder remembers what KMS was asked to sign.
type recorder struct {
	kmskeys.SignAPI
	asked []*kms.SignInput
}

func (r *recorder) Sign(ctx context.Context, in *kms.SignInput, options ...func(*kms.Options)) (*kms.SignOutput, error) {
	r.asked = append(r.asked, in)
	return r.SignAPI.Sign(ctx, in, options...)
}

func TestKMSIsSentADigestAndItsSignatureIsTheTokensInBase64url(t *testing.T) {
	f := newFixture(t)
	r := &recorder{SignAPI: f.Local.Client}
	l, err := newLogin(r, f.set)
	if err != nil {
		t.Fatal(err)
	}
	token, err := l.Issue(t.Context(), "ann")
	if err != nil || len(r.asked) != 1 {
		t.Fatalf("%d calls, %v", len(r.asked), err)
	}
	end := strings.LastIndex(token, ".")
	digest := sha256.Sum256([]byte(token[:end]))
	if !slices.Equal(r.asked[0].Message, digest[:]) || *r.asked[0].KeyId != f.set.key {
		t.Errorf("it was sent %x for %s", r.asked[0].Message, *r.asked[0].KeyId)
	}
	out, err := f.Local.Client.Sign(t.Context(), r.asked[0]) // RSASSA-PKCS1-v1_5 signs alike each time
	if err != nil {
		t.Fatal(err)
	}
	if got := base64.RawURLEncoding.EncodeToString(out.Signature); got != token[end+1:] {
		t.Errorf("signature %s, want %s", token[end+1:], got)
	}
}

func TestTheTemplatesConditionIsWhatTheTokenFunctionAsksFor(t *testing.T) {
	f := newFixture(t)
	r := &recorder{SignAPI: f.Local.Client}
	l, err := newLogin(r, f.set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Issue(t.Context(), "ann"); err != nil || len(r.asked) != 1 {
		t.Fatalf("%d calls, %v", len(r.asked), err)
	}
	want := map[string]any{"StringEquals": map[string]any{
		"kms:SigningAlgorithm": string(r.asked[0].SigningAlgorithm), "kms:MessageType": string(r.asked[0].MessageType),
	}}
	functions, err := readTemplate(t).Functions()
	if err != nil {
		t.Fatal(err)
	}
	if grants := functions["TokenFunction"].Grants; len(grants) != 1 || !reflect.DeepEqual(grants[0].Condition, want) {
		t.Errorf("%v, want %v", grants, want)
	}
}
