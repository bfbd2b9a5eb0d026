package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestByIssuerSendsATokenToItsIssuersVerifierOnly(t *testing.T) {
	a, b := secret(t, "", "HS256"), secret(t, "", "HS512")
	goodOf := func(issuer string) string { return strings.Replace(good, "https://login.example.com", issuer, 1) }
	v, err := verifier.ByIssuer(
		newVerifier(t, a, func(c *verifier.Config) { c.Issuer = "a" }),
		newVerifier(t, b, func(c *verifier.Config) { c.Issuer = "b"; c.MaxTokenSize = 40_000 }),
	)
	if err != nil {
		t.Fatal(err)
	}
	for issuer, key := range map[string]algorithmKey{"a": a, "b": b} {
		if got, err := v.Verify(context.Background(), forge(t, key, header(key), goodOf(issuer))); err != nil || got.Issuer != issuer {
			t.Errorf("issuer %s: got %v, %v", issuer, got, err)
		}
	}
	long := strings.TrimSuffix(goodOf("b"), "}") + `,"x":"` + strings.Repeat("x", 20_000) + `"}`
	if _, err := v.Verify(context.Background(), forge(t, b, header(b), long)); err != nil {
		t.Errorf("a token within its verifier's limit: %v", err)
	}
	wantRefused(t, v, forge(t, a, header(a), strings.Replace(long, `"b"`, `"a"`, 1)), verifier.TooLarge)
	wantRefused(t, v, strings.Repeat("A", 50_000), verifier.TooLarge)
	wantRefused(t, v, "abc", verifier.Malformed)
	wantRefused(t, v, forge(t, b, `{"alg":"HS256"}`, goodOf("a")), verifier.WrongSignature)
	wantRefused(t, v, forge(t, a, header(a), goodOf("d")), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"exp":2e9}`), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"iss":"a","iss":"b"}`), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"ISS":"a"}`), verifier.Unproven)
}

// verifierFunc is a user's own Verifier.
type verifierFunc func(context.Context, string) (*verifier.Token, error)

func (f verifierFunc) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	return f(ctx, token)
}

func TestByIssuerTrustsNoVerifierThatAnswersWithAnotherIssuersToken(t *testing.T) {
	for name, answer := range map[string]*verifier.Token{"another issuer": {Issuer: "b"}, "no issuer": {Subject: "b"}, "no token": nil} {
		v, err := verifier.ByIssuer(named{"a", verifierFunc(func(context.Context, string) (*verifier.Token, error) { return answer, nil })})
		if err != nil {
			t.Fatal(err)
		}
		key := secret(t, "", "HS256")
		got, err := v.Verify(context.Background(), forge(t, key, header(key), `{"iss":"a"}`))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// named is a user's own verifier of one issuer.
type named struct {
	issuer string
	verifier.Verifier
}

func (n named) Issuer() string { return n.issuer }

func TestByIssuerRefuses(t *testing.T) {
	one := newVerifier(t, secret(t, "", "HS256"), nil)
	for name, test := range map[string]struct {
		verifiers []verifier.IssuerVerifier
		want      string
	}{
		"none":             {nil, "at least one"},
		"no issuer":        {[]verifier.IssuerVerifier{newVerifier(t, secret(t, "", "HS256"), func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true })}, "has no issuer"},
		"nil":              {[]verifier.IssuerVerifier{one, nil}, "verifier 1 is nil"},
		"nil of a type":    {[]verifier.IssuerVerifier{one, (*verifier.Local)(nil)}, "verifier 1 is nil"},
		"a zero verifier":  {[]verifier.IssuerVerifier{new(verifier.Local)}, "verifier 0 is nil or zero"},
		"two of an issuer": {[]verifier.IssuerVerifier{one, cached(t, one, verifier.CacheConfig{Size: 1})}, "two verifiers of issuer"},
	} {
		if got, err := verifier.ByIssuer(test.verifiers...); got != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestTheLongestTokenIsThatOfTheVerifiersHoweverTheyAreNested(t *testing.T) {
	key := secret(t, "", "HS256")
	large := newVerifier(t, key, func(c *verifier.Config) { c.MaxTokenSize = 40_000 })
	v, err := verifier.ByIssuer(cached(t, large, verifier.CacheConfig{Size: 1}))
	if err != nil {
		t.Fatal(err)
	}
	nested := cached(t, v, verifier.CacheConfig{Size: 1})
	long := strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 20_000) + `"}`
	for range 2 {
		if _, err := nested.Verify(context.Background(), forge(t, key, header(key), long)); err != nil {
			t.Errorf("a token within its verifier's limit: %v", err)
		}
	}
	wantRefused(t, nested, forge(t, key, header(key), strings.TrimSuffix(long, `"}`)+strings.Repeat("x", 20_000)+`"}`), verifier.TooLarge)
}

func TestTheLongestTokenIsThatOfAnyVerifierInWhateverOrder(t *testing.T) {
	key := secret(t, "", "HS256")
	large := newVerifier(t, key, func(c *verifier.Config) { c.MaxTokenSize = 100_000 })
	usual := newVerifier(t, key, func(c *verifier.Config) { c.Issuer = "b" })
	token := tokenOfSize(t, key, 40_000)
	for _, verifiers := range [][]verifier.IssuerVerifier{{large, usual}, {usual, large}} {
		v, err := verifier.ByIssuer(verifiers...)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Verify(context.Background(), token); err != nil || got.Subject != "user-1" {
			t.Errorf("%v first: got %v, %v", verifiers[0].Issuer(), got, err)
		}
	}
}

func TestACacheOfByIssuerRemembersTheLongestTokens(t *testing.T) {
	s := &source{key: secret(t, "", "HS256")}
	v, err := verifier.ByIssuer(newVerifier(t, s, func(c *verifier.Config) { c.MaxTokenSize = 40_000 }))
	if err != nil {
		t.Fatal(err)
	}
	c := cached(t, v, verifier.CacheConfig{Size: 1})
	token := tokenOfSize(t, secret(t, "", "HS256"), 40_000)
	for range 3 {
		if _, err := c.Verify(context.Background(), token); err != nil || s.asked != 1 {
			t.Errorf("got %v after looking for the key %d times", err, s.asked)
		}
	}
}

func TestByIssuerIsReadyWhenAllAre(t *testing.T) {
	outage := errors.New("throttled")
	for _, want := range []error{nil, outage} {
		v, err := verifier.ByIssuer(newVerifier(t, readyKeys{secret(t, "", "HS256"), want}, nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.(interface{ Ready(context.Context) error }).Ready(context.Background()); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// readyKeys are keys that say whether they can work.
type readyKeys struct {
	keys.VerificationSource
	err error
}

func (k readyKeys) Ready(context.Context) error { return k.err }
