package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/lambdajwt/authorizer/verifier"
)

// tenants makes verifiers of issuers by the hundred, and counts them.
type tenants struct {
	t    testing.TB
	key  algorithmKey
	mu   sync.Mutex
	made map[string]int
	err  error
}

func (n *tenants) verifier(issuer string) (verifier.Verifier, error) {
	if n.err != nil {
		return nil, n.err
	}
	n.mu.Lock()
	n.made[issuer]++
	n.mu.Unlock()
	return newVerifier(n.t, n.key, func(c *verifier.Config) { c.Issuer = issuer }), nil
}

func (n *tenants) token(issuer string) string {
	return forge(n.t, n.key, header(n.key), strings.Replace(good, "https://login.example.com", issuer, 1))
}

func newTenants(t testing.TB, size int) (*tenants, verifier.Verifier) {
	t.Helper()
	n := &tenants{t: t, key: secret(t, "", "HS256"), made: map[string]int{}}
	v, err := verifier.ByIssuerFunc(verifier.IssuersConfig{
		Allow:    func(issuer string) bool { return strings.HasPrefix(issuer, "https://login.example.com/") },
		Verifier: n.verifier, Size: size,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, v
}

func TestAVerifierIsMadeOncePerIssuerAndForThoseThatAreAllowed(t *testing.T) {
	n, v := newTenants(t, 0)
	for range 3 {
		for i := range 50 {
			issuer := fmt.Sprint("https://login.example.com/", i)
			if got, err := v.Verify(context.Background(), n.token(issuer)); err != nil || got.Issuer != issuer {
				t.Fatalf("%s: %v, %v", issuer, got, err)
			}
		}
	}
	for _, issuer := range []string{"https://evil.example", "", "https://login.example.com"} {
		wantRefused(t, v, n.token(issuer), verifier.Unproven)
	}
	if len(n.made) != 50 || n.made["https://login.example.com/7"] != 1 {
		t.Errorf("made %v", n.made)
	}
}

func TestNamesThatAreMadeUpPushNoIssuerOut(t *testing.T) {
	n, v := newTenants(t, 2)
	if _, err := v.Verify(context.Background(), n.token("https://login.example.com/good")); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		wantRefused(t, v, n.token(fmt.Sprint("https://login.example.com/", i))+"A", verifier.WrongSignature)
	}
	if _, err := v.Verify(context.Background(), n.token("https://login.example.com/good")); err != nil || n.made["https://login.example.com/good"] != 1 {
		t.Errorf("%v, made %d times", err, n.made["https://login.example.com/good"])
	}
}

func TestAnIssuerWithoutAVerifierIsAnOutage(t *testing.T) {
	n, v := newTenants(t, 0)
	for _, n.err = range []error{errors.New("the table of tenants is down"), verifier.ErrInvalidToken} {
		got, err := v.Verify(context.Background(), n.token("https://login.example.com/1"))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), n.err.Error()) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	nothing, err := verifier.ByIssuerFunc(verifier.IssuersConfig{
		Allow:    func(string) bool { return true },
		Verifier: func(string) (verifier.Verifier, error) { return (*verifier.Local)(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nothing.Verify(context.Background(), n.token("x")); got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestByIssuerFuncSaysWhichSettingToMend(t *testing.T) {
	allow := func(string) bool { return true }
	make := func(string) (verifier.Verifier, error) { return nil, nil }
	for want, cfg := range map[string]verifier.IssuersConfig{
		"Allow": {Verifier: make}, "Verifier": {Allow: allow}, "Size is -1": {Allow: allow, Verifier: make, Size: -1},
		"Size is 10001": {Allow: allow, Verifier: make, Size: 10_001},
	} {
		if v, err := verifier.ByIssuerFunc(cfg); v != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, v, err)
		}
	}
}

func TestByIssuerFuncIsSafeForConcurrentUse(t *testing.T) {
	n, v := newTenants(t, 3)
	var wait sync.WaitGroup
	for i := range 8 {
		token := n.token(fmt.Sprint("https://login.example.com/", i))
		wait.Go(func() {
			for range 50 {
				if _, err := v.Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}
