package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A cost is how much work one password takes: passes over memory in KiB, by
// threads side by side.
type cost struct {
	memory  uint32
	passes  uint32
	threads uint8
}

// recommended is the second choice of RFC 9106 section 4, for machines that
// cannot spare 2 GiB for a password.
var recommended = cost{memory: 64 << 10, passes: 3, threads: 4}

const (
	saltSize = 16
	hashSize = 32
)

// errHash says that what the store holds as a password's hash is none.
var errHash = errors.New("the stored password hash cannot be read")

// A hasher hashes passwords with argon2id (RFC 9106). It writes hashes as PHC
// strings, which name their own cost: a later, higher cost leaves old hashes good.
type hasher struct {
	cost   cost
	slots  chan struct{}
	derive func(password, salt []byte, c cost) []byte // tests count the calls
}

func newHasher(c cost) *hasher {
	return &hasher{
		cost: c,
		// Each hash takes 64 MiB, so a flood of logins has to queue.
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		derive: func(password, salt []byte, c cost) []byte {
			return argon2.IDKey(password, salt, c.passes, c.memory, c.threads, hashSize)
		},
	}
}

// hash returns the PHC string of a password under a new salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	hash, err := h.work(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	return h.cost.encode(salt, hash), nil
}

// matches reports whether a password is the one of a PHC string. For a string that
// is none it does the work all the same, on a salt that is nobody's, and then
// gives errHash: how long the answer takes must not tell whether there is an
// account. (After a change of the cost, hash old passwords anew as people log in:
// until then their hashes take another time than nobody's.)
func (h *hasher) matches(ctx context.Context, encoded, password string) (bool, error) {
	c, salt, want, malformed := decodeHash(encoded)
	if malformed != nil {
		c, salt, want = h.cost, make([]byte, saltSize), make([]byte, hashSize)
	}
	got, err := h.work(ctx, password, salt, c)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && malformed == nil, malformed
}

// work waits for its turn.
func (h *hasher) work(ctx context.Context, password string, salt []byte, c cost) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return h.derive([]byte(password), salt, c), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// encode returns a hash as a PHC string, $argon2id$v=19$m=65536,t=3,p=4$salt$hash.
func (c cost) encode(salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.memory, c.passes, c.threads, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

// decodeHash reads what encode has written, and nothing else.
func decodeHash(encoded string) (c cost, salt, hash []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 {
		return cost{}, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(parts[5])
	_, costErr := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads)
	if err := errors.Join(saltErr, hashErr, costErr); err != nil {
		return cost{}, nil, nil, errHash
	}
	// A damaged record must not make argon2 panic, nor work for hours.
	if !c.sane() || len(hash) != hashSize || c.encode(salt, hash) != encoded {
		return cost{}, nil, nil, errHash
	}
	return c, salt, hash, nil
}

func (c cost) sane() bool {
	return c.passes >= 1 && c.passes <= 16 && c.threads >= 1 && c.memory <= 1<<20
}
