package kmstest

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"
)

// material is the secret part of a key. The replicas of a multi-Region key share it.
type material struct {
	// signer makes the private key of an asymmetric key when it is first needed,
	// and once: some take a second.
	signer func() (crypto.Signer, error)

	mu       sync.RWMutex
	secrets  []secret // of a symmetric key; the last one is current
	rotation rotation
}

// A secret is one generation of a symmetric key.
type secret struct {
	id [sha256.Size]byte // KeyMaterialId

	// open returns the bytes. They are in a closure because nothing that prints by
	// reflection gets at them there.
	open func() []byte
}

// newMaterial returns fresh key material.
func newMaterial(s spec) *material {
	if s.asymmetric() {
		return &material{signer: sync.OnceValues(s.generate)}
	}
	m := &material{}
	m.rotate(s.secretSize)
	return m
}

// importMaterial takes key material that exists already, and checks it against the
// spec.
func importMaterial(s spec, given any) (*material, error) {
	switch g := given.(type) {
	case nil:
		return newMaterial(s), nil
	case []byte:
		if s.asymmetric() || len(g) != s.secretSize {
			return nil, fmt.Errorf("kmstest: %d bytes are no key of %s: %s", len(g), s.name, s.wants())
		}
		return &material{secrets: []secret{newSecret(slices.Clone(g))}}, nil
	case crypto.Signer:
		if found := specOfPublicKey(g.Public()); found != s.name {
			return nil, fmt.Errorf("kmstest: a %T of spec %q is no key of %s: %s", given, found, s.name, s.wants())
		}
		return &material{signer: func() (crypto.Signer, error) { return g, nil }}, nil
	}
	return nil, fmt.Errorf("kmstest: a %T is no key of %s: %s", given, s.name, s.wants())
}

// wants says what importMaterial takes.
func (s spec) wants() string {
	if s.asymmetric() {
		return "give a crypto.Signer of that spec, or nil to have one made"
	}
	return fmt.Sprintf("give %d bytes, or nil to have them made", s.secretSize)
}

// rotate puts a fresh secret in front of those that there are. The caller holds m.mu,
// or nobody else has m.
func (m *material) rotate(size int) {
	m.secrets = append(m.secrets, newSecret(randomBytes(size)))
}

// rotateOnDemand reports whether it could: not more than maxRotations times.
func (m *material) rotateOnDemand() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rotation.onDemand == maxRotations {
		return false
	}
	m.rotation.onDemand++
	m.rotate(symmetricSize)
	return true
}

// rotateDue rotates as often as has become due.
func (m *material) rotateDue(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.rotation.period > 0 && !now.Before(m.rotation.next) {
		m.rotate(symmetricSize)
		m.rotation.next = m.rotation.next.Add(m.rotation.period)
	}
}

func (m *material) setRotation(period time.Duration, next time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rotation.period, m.rotation.next = period, next
}

func (m *material) rotationNow() rotation {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.rotation
}

// newSecret keeps bytes. The identifier is one that nobody else's secret has.
func newSecret(bytes []byte) secret {
	return secret{id: [sha256.Size]byte(randomBytes(sha256.Size)), open: func() []byte { return bytes }}
}

func (m *material) current() secret {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.secrets[len(m.secrets)-1]
}

// generation returns the secret with an identifier, current or not.
func (m *material) generation(id [sha256.Size]byte) (secret, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := slices.IndexFunc(m.secrets, func(s secret) bool { return s.id == id })
	if i < 0 {
		return secret{}, false
	}
	return m.secrets[i], true
}

// name returns the identifier as KMS writes it: 64 hexadecimal digits.
func (s secret) name() *string {
	return copied(hex.EncodeToString(s.id[:]))
}

// publicKey returns the public half of an asymmetric key.
func (m *material) publicKey() (crypto.PublicKey, error) {
	signer, err := m.signer()
	if err != nil {
		return nil, err
	}
	return signer.Public(), nil
}
