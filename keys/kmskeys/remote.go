package kmskeys

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/keys"
)

// maxRefused is how many refused signatures are remembered, in about 0.2 kB each.
const maxRefused = 10_000

// A remote puts signatures to KMS, which costs a call for each: within a budget, and not
// again what KMS has refused lately. What KMS has accepted it is asked again, since a key
// that is disabled counts at once.
type remote struct {
	key     kmsKey
	maxAge  time.Duration // of refusals
	gate    *gate
	refused *refusals
}

func newRemote(key kmsKey, maxAge time.Duration, rate, burst int, now func() time.Time) remote {
	now = clock.Wall(now)
	return remote{key, maxAge, newGate(rate, burst, now), newRefusals(maxRefused, now)}
}

// verify returns what ask, which calls KMS, says of a signature of input, and how it came to
// that.
func (r *remote) verify(ctx context.Context, input, signature []byte, ask func() error) (answered, error) {
	if err := ctx.Err(); err != nil {
		return answered{}, err
	}
	id := hashSigned(input, signature)
	if r.refused.has(id) {
		return answered{}, errRefusedSignature
	}
	if _, err := r.gate.enter(); err != nil {
		return answered{}, err
	}
	err := ask()
	if isVerdict(err) {
		r.refused.add(id, r.key.refusalAge(err, r.maxAge))
	}
	return byCall, err
}

var errRefusedSignature = fmt.Errorf("%w: KMS has refused it before", keys.ErrSignature)

// hashSigned hashes an input and a signature, so that no other two have the same hash.
func hashSigned(input, signature []byte) digest {
	length := binary.BigEndian.AppendUint64(nil, uint64(len(input)))
	return sha256.Sum256(slices.Concat(length, input, signature))
}
