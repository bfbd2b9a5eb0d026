package keys

import (
	"context"
	"errors"
)

// inTurn is a VerificationKey of several keys of one algorithm, any of which may
// have signed: it tries one after the other.
type inTurn struct {
	keys []VerificationKey // at least one
	// outage, if there is any, is why one more key could not be had. It is the
	// answer to a signature that none of the keys verifies.
	outage error
}

var _ VerificationKey = (*inTurn)(nil)

func (t *inTurn) Algorithm() string { return t.keys[0].Algorithm() }

// Verify returns nil if any of the keys does, ErrSignature if all of them return
// that, and else the first outage.
func (t *inTurn) Verify(ctx context.Context, input, signature []byte) error {
	outage := t.outage
	for _, key := range t.keys {
		err := key.Verify(ctx, input, signature)
		switch {
		case err == nil:
			return nil
		case outage == nil && !errors.Is(err, ErrSignature):
			outage = err
		}
	}
	if outage != nil {
		return outage
	}
	return ErrSignature
}
