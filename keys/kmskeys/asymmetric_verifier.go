package kmskeys

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/flight"
	"github.com/lambdajwt/authorizer/keys"
)

const (
	// refreshTimeout bounds the refresh of a public key that could still be used.
	refreshTimeout = 2 * time.Second
	// refreshBackOff is how long an old public key is used after a refresh that
	// failed, before the next one.
	refreshBackOff = 30 * time.Second
	// givenUpPause is the same after one whose caller did not wait for it.
	givenUpPause = time.Second
)

// An AsymmetricVerifier verifies tokens where it runs, with the public key of a KMS
// key, which it fetches now and then. It needs kms:GetPublicKey and is safe for
// concurrent use. Make it with [NewAsymmetricVerifier].
type AsymmetricVerifier struct {
	label
	client GetPublicKeyAPI
	cfg    asymmetric
	flight *flight.Group[struct{}, *publicKey]

	mu      sync.Mutex
	key     *publicKey // nil until one has been fetched
	nextTry time.Time  // not before then is an old key refreshed
	asked   int        // counts the calls to KMS
	kept    int        // which of them has said what key is
}

var _ keys.VerificationSource = (*AsymmetricVerifier)(nil)

// A publicKey is what KMS has said of a key's public half.
type publicKey struct {
	verifies   keys.VerificationKey
	public     *keys.PublicKey // nil for ML-DSA
	freshUntil time.Time
	goodUntil  time.Time
}

// NewAsymmetricVerifier returns a verifier, or an error that says which setting to
// mend. It fetches the public key when first asked for it. ML-DSA needs a program
// built with Go 1.27 or later; before, use [NewAsymmetricRemoteVerifier].
func NewAsymmetricVerifier(client GetPublicKeyAPI, cfg AsymmetricConfig) (*AsymmetricVerifier, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	if a.alg.isMLDSA() && !hasMLDSA {
		return nil, fmt.Errorf("kmskeys: %s is verified locally from Go 1.27 on: build with that, or use NewRemoteVerifier", a.alg.name)
	}
	return &AsymmetricVerifier{
		label:  newLabel("AsymmetricVerifier", a.alg.name, a.key),
		client: client,
		cfg:    a,
		flight: flight.NewGroup[struct{}, *publicKey](callTimeout),
	}, nil
}

// VerificationKey returns the public key if h names it, by its kid or by none, and
// else [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. Any other error is an outage, and
// wraps [ErrMisconfigured] if no retry will help.
//
// Once [AsymmetricConfig.MaxAge] has passed, one request fetches the key again,
// in at most 2 s, while the others use the old one. If KMS fails they all do, for 30 s
// until the next attempt, and no longer than [AsymmetricConfig.Grace] in all. If KMS
// refuses instead ([ErrMisconfigured]) the old key is given up at once, for that is
// how a key is withdrawn.
func (v *AsymmetricVerifier) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	key, err := v.current(ctx)
	if err != nil {
		return nil, err
	}
	return key.verifies, nil
}

// PublicKey returns the public key, with the kid of its tokens, for a JWK set
// (keys.NewSet) or a ring of what is known now. Errors are those of VerificationKey.
// There is none for ML-DSA, which package keys does not know.
func (v *AsymmetricVerifier) PublicKey(ctx context.Context) (*keys.PublicKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if v.cfg.alg.isMLDSA() {
		return nil, fmt.Errorf("kmskeys: package keys has no keys of %s: use the verifier as it is", v.cfg.alg.name)
	}
	key, err := v.current(ctx)
	if err != nil {
		return nil, err
	}
	return key.public, nil
}

// current returns the key to use now.
func (v *AsymmetricVerifier) current(ctx context.Context) (*publicKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("kmskeys: kms:%s: %w", getPublicKeyOperation, err)
	}
	old, due := v.look()
	switch {
	case old == nil:
		return v.flight.Do(ctx, struct{}{}, v.fetch)
	case due:
		return v.refresh(ctx, old)
	}
	return old, nil
}

// look returns the key there is, nil if there is none that may be used, and whether
// this caller is to refresh it.
func (v *AsymmetricVerifier) look() (key *publicKey, due bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.cfg.Now()
	switch {
	case v.key == nil || !now.Before(v.key.goodUntil):
		return nil, false
	case now.Before(v.key.freshUntil) || now.Before(v.nextTry):
		return v.key, false
	}
	// The others are to go on with the old key, and if this attempt fails,
	// everybody is for a while.
	v.nextTry = now.Add(refreshBackOff)
	return v.key, true
}

// refresh returns a new key, or the old one while KMS fails.
func (v *AsymmetricVerifier) refresh(caller context.Context, old *publicKey) (*publicKey, error) {
	ctx, cancel := context.WithTimeout(caller, refreshTimeout)
	defer cancel()
	key, err := v.flight.Do(ctx, struct{}{}, v.fetch)
	if err != nil && errors.Is(caller.Err(), context.Canceled) {
		v.retrySoon() // it was the caller who gave up, and not KMS that was slow
	}
	switch {
	case err == nil:
		return key, nil
	case Classify(err) == Misconfiguration:
		return nil, err
	case !v.cfg.Now().Before(old.goodUntil):
		return nil, err // it took that long
	}
	return old, nil
}

// retrySoon has another request refresh the key in a while that is short, so that those
// who hang up do not keep a withdrawn key in use, and long enough that they do not cause
// a call each.
func (v *AsymmetricVerifier) retrySoon() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.nextTry = v.cfg.Now().Add(givenUpPause)
}

// fetch asks KMS for the key, and keeps its answer.
func (v *AsymmetricVerifier) fetch(ctx context.Context) (*publicKey, error) {
	fresh, call := v.ask()
	if fresh != nil {
		return fresh, nil // another flight has brought it in between
	}
	asked := v.cfg.Now()
	out, err := v.client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &v.cfg.key.name})
	if err != nil {
		err = failed(getPublicKeyOperation, err)
	}
	var key *publicKey
	if err == nil {
		key, err = v.read(out)
	}
	switch {
	case Classify(err) == Misconfiguration:
		v.keep(call, nil)
		return nil, err
	case err != nil:
		return nil, err
	}
	key.freshUntil = asked.Add(v.cfg.MaxAge)
	key.goodUntil = key.freshUntil.Add(v.cfg.Grace)
	v.keep(call, key)
	return key, nil
}

// ask returns the key if it need not be fetched, and else the number of the call that is
// to fetch it.
func (v *AsymmetricVerifier) ask() (fresh *publicKey, call int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.key != nil && v.cfg.Now().Before(v.key.freshUntil) {
		return v.key, 0
	}
	v.asked++
	return nil, v.asked
}

// keep keeps what a call has brought, unless a later one has brought something already.
func (v *AsymmetricVerifier) keep(call int, key *publicKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if call > v.kept {
		v.key, v.nextTry, v.kept = key, time.Time{}, call
	}
}

// read makes a key of KMS's answer, provided that KMS signs with it as configured.
func (v *AsymmetricVerifier) read(out *kms.GetPublicKeyOutput) (*publicKey, error) {
	if out == nil {
		return nil, wrongAnswer(getPublicKeyOperation, "nothing")
	}
	if err := v.cfg.key.checkAnswer(getPublicKeyOperation, out.KeyId); err != nil {
		return nil, err
	}
	if out.KeyUsage != types.KeyUsageTypeSignVerify || !slices.Contains(out.SigningAlgorithms, v.cfg.alg.spec) {
		return nil, fmt.Errorf("kmskeys: %w: a key of spec %s for %s does not sign %s",
			ErrMisconfigured, out.KeySpec, out.KeyUsage, v.cfg.alg.name)
	}
	key, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return nil, wrongAnswer(getPublicKeyOperation, "what is no public key")
	}
	if v.cfg.alg.isMLDSA() {
		own, err := newMLDSAKey(v.cfg.alg, v.label, key)
		return &publicKey{verifies: own}, err
	}
	own, err := keys.NewPublicKey(v.cfg.alg.name, key)
	if err != nil {
		return nil, fmt.Errorf("kmskeys: %w: %w", ErrMisconfigured, err)
	}
	own = own.WithKid(v.cfg.Kid)
	return &publicKey{verifies: own, public: own}, nil
}
