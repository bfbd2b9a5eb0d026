package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestOnlyAGoodLoginCostsACallToKMS(t *testing.T) {
	const wrong = `{"message":"The user or the password is wrong."}`
	for name, body := range map[string]string{
		"another password": `{"user":"ann","password":"a guess"}`,
		"another user":     `{"user":"bob","password":"` + password + `"}`,
		"no password":      `{"user":"ann"}`,
		"no body":          ``,
		"no JSON":          `user=ann`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if status, answer := f.post(t, body); status != 403 || answer != wrong {
				t.Errorf("%d %s", status, answer)
			}
			if got := f.calls(); got != "none" {
				t.Errorf("calls to KMS: %s", got)
			}
		})
	}
}

func TestNoCacheKeepsTheAnswerToALogin(t *testing.T) {
	f := newFixture(t)
	l, err := newLogin(f.local.Client, f.set)
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.Handle(t.Context(), onelogin.Request{Body: goodBody})
	if err != nil || res.StatusCode != 200 || res.Headers["Cache-Control"] != "no-store" {
		t.Errorf("%+v, %v", res, err)
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
			f.local.KMS.Fail("Sign", kmstest.Forever, cause)
			status, answer := f.post(t, goodBody)
			if status != 502 || answer != `{"message": "Internal server error"}` {
				t.Errorf("%d %s", status, answer)
			}
			if log := f.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "kms:Sign") || strings.Contains(log, password) {
				t.Errorf("log %s", log)
			}
			f.local.KMS.Heal()
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
	r := &recorder{SignAPI: f.local.Client}
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
	out, err := f.local.Client.Sign(t.Context(), r.asked[0]) // RSASSA-PKCS1-v1_5 signs alike each time
	if err != nil {
		t.Fatal(err)
	}
	if got := base64.RawURLEncoding.EncodeToString(out.Signature); got != token[end+1:] {
		t.Errorf("signature %s, want %s", token[end+1:], got)
	}
}

func TestTheTemplatesConditionIsWhatTheTokenFunctionAsksFor(t *testing.T) {
	f := newFixture(t)
	r := &recorder{SignAPI: f.local.Client}
	l, err := newLogin(r, f.set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Issue(t.Context(), "ann"); err != nil || len(r.asked) != 1 {
		t.Fatalf("%d calls, %v", len(r.asked), err)
	}
	text := runtest.Resource(t, "TokenFunction")
	for _, line := range []string{
		"kms:SigningAlgorithm: " + string(r.asked[0].SigningAlgorithm) + "\n",
		"kms:MessageType: " + string(r.asked[0].MessageType) + "\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in the template", line)
		}
	}
}
