package revocation_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/verifier/revocation"
)

func TestNoTwoKeysHaveTheSameText(t *testing.T) {
	seen := map[string]revocation.Key{}
	parts := []string{"", "a", ":", "a:b", "b", "%3A", "https://login.example.com", "a b", "a+b", "ä"}
	for _, kind := range []revocation.Kind{revocation.ByToken, revocation.BySubject, revocation.BySession} {
		for _, issuer := range parts {
			for _, id := range parts {
				key := revocation.Key{Kind: kind, Issuer: issuer, ID: id}
				if other, taken := seen[key.String()]; taken {
					t.Errorf("%#v and %#v are both %s", key, other, key)
				}
				seen[key.String()] = key
			}
		}
	}
	if got, want := keyOf(revocation.ByToken, "a b").String(), "jti:https%3A%2F%2Flogin.example.com:a+b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
