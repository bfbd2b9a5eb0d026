// Package keystest is a conformance suite for backends of keys: what package keys
// asks of a [keys.SigningSource] and a [keys.VerificationSource], as tests.
//
// A backend of your own runs it like this:
//
//	func TestConformance(t *testing.T) {
//		keystest.Run(t, keystest.Backend{
//			A: keystest.Pair{Signing: signerA, Verification: verifierA},
//			B: keystest.Pair{Signing: signerB, Verification: verifierB},
//		})
//	}
//
// Run it with -race: some of its tests are for that.
package keystest

import (
	"errors"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// A Backend is what to test.
type Backend struct {
	// A and B are two instances with different keys of one algorithm. Both are
	// required.
	A, B Pair

	// Algorithm is the alg that both must use. Empty allows any.
	Algorithm string

	// AnyKid says that A serves a token whatever its kid, as a single key made
	// without one does. Otherwise A must not know a kid that it has not given out.
	AnyKid bool

	// MaxInput is the most bytes that the backend can sign, where it has such a
	// limit. KMS signs at most 4,096 bytes with Ed25519. Zero is no limit.
	MaxInput int

	// RemoteSigning says that every signature takes a call over the network, so
	// that none is to be had once the context has ended. RemoteVerifying says the
	// same of every verification. Without them a backend may answer all the same.
	RemoteSigning, RemoteVerifying bool
}

// A Pair is the two ends of one key: what Signing signs, Verification verifies.
type Pair struct {
	Signing      keys.SigningSource
	Verification keys.VerificationSource
}

// Run tests a backend. It uses up to a thousand signatures and verifications, and
// messages up to 1 MiB.
func Run(t *testing.T, backend Backend) {
	t.Helper()
	if err := backend.complete(); err != nil {
		t.Fatal(err)
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), backend); err != nil {
				t.Error(err)
			}
		})
	}
}

func (b Backend) complete() error {
	if b.A.Signing == nil || b.A.Verification == nil || b.B.Signing == nil || b.B.Verification == nil {
		return errors.New("keystest: a Backend needs both ends of both A and B")
	}
	return nil
}
