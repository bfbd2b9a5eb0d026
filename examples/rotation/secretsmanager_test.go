package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/keys"
)

// A busy client does something between two calls.
type busy struct {
	getSecretValueAPI
	before map[int]func()
	calls  int
}

func (b *busy) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, o ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if do := b.before[b.calls]; do != nil {
		do()
	}
	b.calls++
	return b.getSecretValueAPI.GetSecretValue(ctx, in, o...)
}

func TestALabelThatMovesWhileTheVersionsAreReadLosesNone(t *testing.T) {
	for call := range 3 {
		s := newShop()
		s.manager.Rotate(second)
		s.steps(t, second, "createSecret")
		client := &busy{getSecretValueAPI: s.manager, before: map[int]func(){call: func() { s.steps(t, second, "finishSecret") }}}
		ring, err := fromSecretsManager(client, localARN, inEarnest, s.now)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, kid := range []string{first, second} {
			if _, err := ring.VerificationKey(t.Context(), keys.Header{Algorithm: "HS256", Kid: kid}); err != nil {
				t.Errorf("finished before call %d: version %s: %v", call, kid, err)
			}
		}
		if key, err := ring.SigningKey(t.Context()); err != nil || key.Header().Kid != first {
			t.Errorf("finished before call %d: signs with %v, %v", call, key, err)
		}
	}
}

func TestACurrentVersionThatBecomesThePreviousOneWhileItIsReadIsOneVersion(t *testing.T) {
	s := newShop()
	s.clock = noon // so that it has not settled
	s.manager.Rotate(second)
	s.steps(t, second, "createSecret")
	client := &busy{getSecretValueAPI: s.manager, before: map[int]func(){2: func() { s.steps(t, second, "finishSecret") }}}
	ring, err := fromSecretsManager(client, localARN, inEarnest, s.now)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ring.SigningKey(t.Context()); err != nil || key.Header().Kid != first {
		t.Errorf("signs with %v, %v", key, err)
	}
}

// An odd client answers as Secrets Manager does about a secret that is not text.
type odd struct {
	out secretsmanager.GetSecretValueOutput
}

func (o odd) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &o.out, nil
}

func TestWhatSecretsManagerCannotGiveIsAnErrorThatShowsNoSecret(t *testing.T) {
	id, text, short := "id", "a-secret-that-is-long-enough-for-us", "a-short-secret"
	failing := secretstest.NewSecretsManager(localARN, id, text, time.Now)
	failing.Fail(errAway)
	for name, test := range map[string]struct {
		client getSecretValueAPI
		arn    string
		want   string
	}{
		"an outage":      {failing, localARN, "AWSPENDING of the secret: the store is away"},
		"another secret": {secretstest.NewSecretsManager(localARN, id, text, time.Now), "arn:another", "no secret arn:another, or none"},
		"a binary one":   {odd{secretsmanager.GetSecretValueOutput{SecretBinary: []byte(text), VersionId: &id, CreatedDate: &noon}}, localARN, "SecretString"},
		"no time":        {odd{secretsmanager.GetSecretValueOutput{SecretString: &text, VersionId: &id}}, localARN, "no text"},
		"no ID":          {odd{secretsmanager.GetSecretValueOutput{SecretString: &text, CreatedDate: &noon}}, localARN, "no text"},
		"a short one":    {secretstest.NewSecretsManager(localARN, id, short, time.Now), localARN, "version id: keys: HS256 needs"},
		"JSON":           {secretstest.NewSecretsManager(localARN, id, `{"secret": "`+text+`"}`, time.Now), localARN, "version id: "},
	} {
		ring, err := fromSecretsManager(test.client, test.arn, inEarnest, time.Now)(t.Context())
		if ring != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), text) || strings.Contains(err.Error(), short) {
			t.Errorf("%s: %v, %v", name, ring, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fromSecretsManager(secretstest.NewSecretsManager(localARN, id, text, time.Now), localARN, inEarnest, time.Now)(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}
