package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

// The library verifies what is played: it takes the tokens of every backend, and none
// with a signature of another data key.
func TestTokensThatAreMadeAreVerified(t *testing.T) {
	now := time.Now()
	for name, b := range backends {
		t.Run(name, func(t *testing.T) {
			w, err := newWorld(t, Scenario{Backend: name}, now)
			if err != nil {
				t.Fatal(err)
			}
			source, err := b.verification(w)
			if err != nil {
				t.Fatal(err)
			}
			v, err := (&fleet{world: w}).newVerifier(source)
			if err != nil {
				t.Fatal(err)
			}
			m, err := newMint(w, b, now, now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			var dataKey uint64
			if name == kmsEnvelope {
				dataKey = 7
			}
			token, err := v.Verify(context.Background(), m.token(3, now, now.Add(time.Hour), dataKey))
			if err != nil {
				t.Fatal(err)
			}
			if token.Subject != "user-3" {
				t.Errorf("it is the token of %q", token.Subject)
			}
			if name != kmsEnvelope {
				return
			}
			m.signature = func(input []byte, dataKey uint64) []byte { return b.signature(input, dataKey+1) }
			_, err = v.Verify(context.Background(), m.token(3, now, now.Add(time.Hour), dataKey))
			if !errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("signed with another data key: %v", err)
			}
		})
	}
}
