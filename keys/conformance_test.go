package keys_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/keystest"
)

func TestSecretsConform(t *testing.T) {
	for _, alg := range hmacAlgorithms {
		t.Run(alg+" with a kid", func(t *testing.T) {
			t.Parallel()
			a, b := hmacSecret(t, "a", alg, "a"), hmacSecret(t, "b", alg, "b")
			keystest.Run(t, keystest.Backend{
				A: keystest.Pair{Signing: a, Verification: a}, B: keystest.Pair{Signing: b, Verification: b}, Algorithm: alg,
			})
		})
		t.Run(alg+" without a kid", func(t *testing.T) {
			t.Parallel()
			a, b := hmacSecret(t, "", alg, "a"), hmacSecret(t, "", alg, "b")
			keystest.Run(t, keystest.Backend{
				A: keystest.Pair{Signing: a, Verification: a}, B: keystest.Pair{Signing: b, Verification: b}, Algorithm: alg, AnyKid: true,
			})
		})
	}
}

func TestPrivateAndPublicKeysConform(t *testing.T) {
	for _, alg := range asymmetricAlgorithms {
		t.Run(alg+" with a kid", func(t *testing.T) {
			t.Parallel()
			a, b := privateKey(t, "a", alg, "a"), privateKey(t, "b", alg, "b")
			keystest.Run(t, keystest.Backend{
				A: keystest.Pair{Signing: a, Verification: a}, B: keystest.Pair{Signing: b, Verification: b.Public()}, Algorithm: alg,
			})
		})
	}
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg+" without a kid", func(t *testing.T) {
			t.Parallel()
			a, b := privateKey(t, "", alg, "a"), privateKey(t, "", alg, "b")
			keystest.Run(t, keystest.Backend{
				A: keystest.Pair{Signing: a, Verification: a.Public()}, B: keystest.Pair{Signing: b, Verification: b}, Algorithm: alg, AnyKid: true,
			})
		})
	}
}

func TestSetsConform(t *testing.T) {
	a, b := privateKey(t, "", "ES256", "a"), privateKey(t, "b", "ES256", "b")
	rsa, ed := privateKey(t, "", "RS256", "a"), privateKey(t, "", "Ed25519", "b")
	keystest.Run(t, keystest.Backend{
		A: keystest.Pair{Signing: a, Verification: newSet(t, rsa.Public(), a.Public())},
		B: keystest.Pair{Signing: b, Verification: newSet(t, b.Public(), ed.Public())},
	})
}

func TestRingsConform(t *testing.T) {
	pair := func(r *keys.Ring) keystest.Pair { return keystest.Pair{Signing: r, Verification: r} }
	tests := []struct {
		name     string
		a, b     *keys.Ring
		anyKeyID bool
	}{
		{
			name: "of private and public keys",
			a:    newRing(t, privateKey(t, "", "RS256", "a"), privateKey(t, "old", "ES256", "a").Public()),
			b:    newRing(t, privateKey(t, "", "RS256", "b"), privateKey(t, "old", "ES256", "b").Public()),
		},
		{
			name: "of secrets with kids",
			a:    newRing(t, hmacSecret(t, "2", "HS256", "a2"), hmacSecret(t, "1", "HS256", "a1")),
			b:    newRing(t, hmacSecret(t, "2", "HS256", "b2"), hmacSecret(t, "1", "HS256", "b1")),
		},
		{
			name:     "of secrets without kids",
			a:        newRing(t, hmacSecret(t, "", "HS256", "a2"), hmacSecret(t, "", "HS256", "a1")),
			b:        newRing(t, hmacSecret(t, "", "HS256", "b2"), hmacSecret(t, "", "HS256", "b1")),
			anyKeyID: true,
		},
		{
			name: "of a source from elsewhere",
			a:    newRing(t, elsewhere{privateKey(t, "a", "EdDSA", "a")}, hmacSecret(t, "old", "HS256", "a")),
			b:    newRing(t, elsewhere{privateKey(t, "b", "EdDSA", "b")}, hmacSecret(t, "old", "HS256", "b")),
		},
		{
			name:     "of a source from elsewhere and secrets without kids",
			a:        newRing(t, elsewhere{hmacSecret(t, "a", "HS512", "a2")}, hmacSecret(t, "", "HS512", "a1")),
			b:        newRing(t, elsewhere{hmacSecret(t, "b", "HS512", "b2")}, hmacSecret(t, "", "HS512", "b1")),
			anyKeyID: true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keystest.Run(t, keystest.Backend{A: pair(test.a), B: pair(test.b), AnyKid: test.anyKeyID})
		})
	}
}

// ownKey is what Secret and PrivateKey have in common.
type ownKey interface {
	keys.SigningSource
	keys.SigningKey
	keys.VerificationSource
	keys.VerificationKey
}

// elsewhere hides from a ring that a key is one of this package.
type elsewhere struct{ ownKey }

// remote is an elsewhere that must be asked over the network.
type remote struct{ elsewhere }

func (r remote) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("remote: %w", err)
	}
	return r, nil
}

func (r remote) Sign(ctx context.Context, input []byte) ([]byte, error) {
	if len(input) > 4096 {
		return nil, errors.New("remote: too long")
	}
	return r.ownKey.Sign(ctx, input)
}

func (r remote) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("remote: %w", err)
	}
	return r.ownKey.VerificationKey(ctx, h)
}

func TestRemoteSourceWithALimitConforms(t *testing.T) {
	a, b := remote{elsewhere{privateKey(t, "a", "EdDSA", "a")}}, remote{elsewhere{privateKey(t, "b", "EdDSA", "b")}}
	ring := newRing(t, a, privateKey(t, "", "RS256", "a").Public())
	keystest.Run(t, keystest.Backend{
		A:             keystest.Pair{Signing: ring, Verification: ring},
		B:             keystest.Pair{Signing: b, Verification: b},
		Algorithm:     "EdDSA",
		MaxInput:      4096,
		RemoteSigning: true, RemoteVerifying: true,
	})
}
