package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const otherSecret = "another secret of at least 32 bytes, for tests"

// loaded is a source of what an environment has, by a clock that the test moves.
func loaded(t *testing.T, getenv func(string) string, now func() time.Time) *keys.Refreshing {
	t.Helper()
	source, err := newSecrets(fromEnvironment(getenv), now)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func issueWith(t *testing.T, source keys.SigningSource, now func() time.Time) string {
	t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: source, Issuer: issuerName, Audience: []string{audience}, Lifetime: lifetime, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), "1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func verifyWith(t *testing.T, source keys.VerificationSource, now func() time.Time, token string) error {
	t.Helper()
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: issuerName, Audience: []string{audience}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), token)
	return err
}

func TestASecretIsReplacedWhileTheFunctionsRun(t *testing.T) {
	clock := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	now := func() time.Time { return clock }
	env := []string{"JWT_SECRET=" + testSecret}
	login := loaded(t, func(name string) string { return variables(env...)(name) }, now)
	authorizer := loaded(t, func(name string) string { return variables(env...)(name) }, now)
	old := issueWith(t, login, now)
	if err := verifyWith(t, authorizer, now, old); err != nil {
		t.Fatal(err)
	}

	env = []string{"JWT_SECRET=" + otherSecret, "JWT_SECRET_PREVIOUS=" + testSecret}
	clock = clock.Add(keys.DefaultMaxAge) // after which each function has it
	renewed := issueWith(t, login, now)
	if verifyWith(t, loaded(t, variables("JWT_SECRET="+otherSecret), now), now, renewed) != nil {
		t.Error("the new secret does not sign")
	}
	for name, token := range map[string]string{"old": issueWith(t, loaded(t, variables("JWT_SECRET="+testSecret), now), now), "new": renewed} {
		if err := verifyWith(t, authorizer, now, token); err != nil {
			t.Errorf("a token of the %s secret: %v", name, err)
		}
	}

	env = env[:1]
	clock = clock.Add(keys.DefaultMaxAge)
	last := issueWith(t, loaded(t, variables("JWT_SECRET="+testSecret), now), now)
	if err := verifyWith(t, authorizer, now, last); !errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("a token of the secret that is gone: %v", err)
	}
}

func TestASecretThatWillNotDoIsRefusedByItsName(t *testing.T) {
	for want, env := range map[string][]string{
		"JWT_SECRET: ":          {"JWT_SECRET=secret-info"}, // the original's
		"JWT_SECRET: k":         nil,
		"JWT_SECRET_PREVIOUS: ": {"JWT_SECRET=" + testSecret, "JWT_SECRET_PREVIOUS=secret-info"},
		"in the ring already":   {"JWT_SECRET=" + testSecret, "JWT_SECRET_PREVIOUS=" + testSecret},
	} {
		_, err := fromEnvironment(variables(env...))(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-info") || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// A vault is a Secrets Manager with one secret.
type vault struct {
	text *string
	err  error
}

func (v vault) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if *in.SecretId != "the-id" {
		return nil, errors.New("there is no such secret")
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: v.text}, v.err
}

func TestSecretsAreLoadedFromSecretsManagerTogether(t *testing.T) {
	now := func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }
	text := `{"JWT_SECRET":"` + otherSecret + `","JWT_SECRET_PREVIOUS":"` + testSecret + `"}`
	ring, err := fromSecretsManager(vault{text: &text}, "the-id")(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{testSecret, otherSecret} {
		token := issueWith(t, loaded(t, variables("JWT_SECRET="+secret), now), now)
		if err := verifyWith(t, ring, now, token); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
	}
	if err := verifyWith(t, loaded(t, variables("JWT_SECRET="+otherSecret), now), now, issueWith(t, ring, now)); err != nil {
		t.Errorf("it signs with another one: %v", err)
	}
}

func TestWhatSecretsManagerCannotGiveIsAnErrorThatShowsNoSecret(t *testing.T) {
	noJSON, short := testSecret, `{"JWT_SECRET":"secret-info"}`
	for name, test := range map[string]struct {
		vault vault
		id    string
	}{
		"an outage":      {vault{err: errors.New("away")}, "the-id"},
		"another secret": {vault{text: &short}, "another-id"},
		"a binary one":   {vault{}, "the-id"},
		"no JSON":        {vault{text: &noJSON}, "the-id"},
		"a short one":    {vault{text: &short}, "the-id"},
	} {
		ring, err := fromSecretsManager(test.vault, test.id)(t.Context())
		if ring != nil || err == nil || strings.Contains(err.Error(), "secret-info") || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %v, %v", name, ring, err)
		}
	}
}
