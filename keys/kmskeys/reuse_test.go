package kmskeys_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// slowKMS takes its time by the clock.
type slowKMS struct {
	*kmstest.KMS
	pass func()
}

func (s slowKMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, options ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	s.pass()
	return s.KMS.GenerateDataKey(ctx, in, options...)
}

func TestASlowAnswerOfKMSIsUsedAndNotAskedForAgain(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := kmskeys.EnvelopeConfig{
		KeyID: key, EncryptionContext: kmskeys.TokenContext("i", "a"), ReuseTokens: 10, ReuseFor: time.Second,
		Now: func() time.Time { return now },
	}
	s, err := kmskeys.NewEnvelopeSigner(slowKMS{k, func() { now = now.Add(5 * time.Second) }}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := s.SigningKey(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.Calls("GenerateDataKey"); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
	cfg.ReuseFor = time.Second - 1
	if _, err := kmskeys.NewEnvelopeSigner(k, cfg); err == nil || !strings.Contains(err.Error(), "ReuseFor") {
		t.Errorf("got %v", err)
	}
}

func TestWhatOneTokenPutsIntoItsHeaderIsNotInTheNext(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.ReuseTokens, cfg.ReuseFor = 10, time.Minute
	s := envelopeSigner(t, k, cfg)
	must(s.SigningKey(context.Background()))(t).Header().Params["cty"] = []byte(`"x"`)
	if got := must(s.SigningKey(context.Background()))(t).Header().Params["cty"]; got != nil {
		t.Errorf("got %s", got)
	}
}
