package kmskeys_test

import (
	"context"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// Verification with a cached data key beside that with a plain secret, of the same
// claims; "of the same length" is a plain token with as long a header.
func BenchmarkVerify(b *testing.B) {
	secret, err := keys.HMAC("HS256", []byte("a secret of thirty-two bytes, ok"))
	if err != nil {
		b.Fatal(err)
	}
	envelope := newBench(b, func(c *kmskeys.EnvelopeConfig) { c.DecryptBurst = 1_000_000 })
	now := envelope.clock.Now
	long := lengthened{secret, sign(b, envelope.signs).header}
	b.Run("HS256", func(b *testing.B) {
		benchmarkVerify(b, tokenVerifier(b, secret, now).Verify, token(b, secret, claims(now())))
	})
	b.Run("HS256 of the same length", func(b *testing.B) {
		benchmarkVerify(b, tokenVerifier(b, secret, now).Verify, token(b, long, claims(now())))
	})
	b.Run("envelope", func(b *testing.B) {
		benchmarkVerify(b, tokenVerifier(b, envelope.verifies, now).Verify, token(b, envelope.signs, claims(now())))
	})
	b.Run("envelope, 1000 data keys", func(b *testing.B) {
		var tokens []string
		for range 1000 {
			tokens = append(tokens, token(b, envelope.signs, claims(now())))
		}
		benchmarkVerify(b, tokenVerifier(b, envelope.verifies, now).Verify, tokens...)
	})
}

func benchmarkVerify[T any](b *testing.B, verify func(context.Context, string) (T, error), tokens ...string) {
	b.Helper()
	for _, text := range tokens {
		if _, err := verify(context.Background(), text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := verify(context.Background(), tokens[i%len(tokens)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// lengthened signs with a plain secret under an envelope's header.
type lengthened struct {
	*keys.Secret
	header keys.Header
}

func (l lengthened) SigningKey(context.Context) (keys.SigningKey, error) { return l, nil }

func (l lengthened) Header() keys.Header { return l.header }
