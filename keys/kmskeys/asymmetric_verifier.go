package kmskeys

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/refresh"
	"github.com/lambdajwt/authorizer/keys"
)

// An AsymmetricVerifier verifies tokens where it runs, with the public key of a KMS
// key, which it fetches now and then. It needs kms:GetPublicKey and is safe for
// concurrent use. Make it with [NewAsymmetricVerifier].
type AsymmetricVerifier struct {
	source
	client GetPublicKeyAPI
	cfg    asymmetric
	key    *refresh.Value[*publicKey]
}

var (
	_ keys.VerificationSource = (*AsymmetricVerifier)(nil)
	_ keys.PublicSource       = (*AsymmetricVerifier)(nil)
)

// A publicKey is the public half of a KMS key.
type publicKey struct {
	der      []byte // as KMS has sent it
	verifies keys.VerificationKey
	set      *keys.Set // of that key alone; nil for ML-DSA
}

// NewAsymmetricVerifier returns a verifier, or an error that says which setting to
// mend. It fetches the public key when first asked for it, or by Ready. ML-DSA needs a
// program built with Go 1.27 or later; before, use [NewAsymmetricRemoteVerifier].
func NewAsymmetricVerifier(client GetPublicKeyAPI, cfg AsymmetricConfig) (*AsymmetricVerifier, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	if a.alg.isMLDSA() && !hasMLDSA {
		return nil, fmt.Errorf("kmskeys: %s is verified locally from Go 1.27 on: build with that, or use NewAsymmetricRemoteVerifier", a.alg.name)
	}
	v := &AsymmetricVerifier{source: a.source("AsymmetricVerifier", getPublicKeyOperation), client: client, cfg: a}
	v.key = refresh.New(&refresh.Config{
		MaxAge: a.MaxAge, Grace: a.Grace, Timeout: a.CallTimeout, Withdraw: isMisconfigured, Now: a.Now,
	}, v.fetch)
	return v, nil
}

// isMisconfigured reports whether err says that KMS refuses the key or the caller, which
// is how a key is withdrawn.
func isMisconfigured(err error) bool { return errors.Is(err, keys.ErrMisconfigured) }

// VerificationKey returns the public key if h names it, by its kid or by none, and
// otherwise [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. Any other error is an outage,
// and wraps [keys.ErrMisconfigured] if no retry will help.
//
// Once [AsymmetricConfig.MaxAge] has passed, one request fetches the key again, in half
// of the time that it has left at most, while the others use the old one. If KMS fails
// they all use that, for [AsymmetricConfig.Grace], and the next attempt comes a little
// later, half a minute at most. If KMS refuses instead, the old key is given up at once:
// that is how a key is withdrawn. Where there is no key to use, all wait for the fetch;
// after one that failed they get its error for up to a second.
func (v *AsymmetricVerifier) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	got, err := v.key.Get(ctx)
	if err := v.answer(ctx, byValue(got), err); err != nil {
		return nil, err
	}
	return got.Value.verifies, nil
}

// PublicSet returns the public key, with the kid of its tokens, to be published. Errors
// are those of VerificationKey. There is none for ML-DSA, which package keys does not
// know.
func (v *AsymmetricVerifier) PublicSet(ctx context.Context) (*keys.Set, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if v.cfg.alg.isMLDSA() {
		return nil, fmt.Errorf("kmskeys: %w: package keys has no keys of %s: use the verifier as it is", keys.ErrMisconfigured, v.cfg.alg.name)
	}
	got, err := v.key.Get(ctx)
	if err := v.answer(ctx, byValue(got), err); err != nil {
		return nil, err
	}
	return got.Value.set, nil
}

// Ready fetches the public key, unless there is one that is younger than
// [AsymmetricConfig.MaxAge], so that the first request finds it. An error that wraps
// [keys.ErrMisconfigured] says that none can be had: for the key, its Region, state, spec
// or usage, or because kms:GetPublicKey is not permitted.
func (v *AsymmetricVerifier) Ready(ctx context.Context) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	return v.answer(ctx, byCall, v.key.Ready(ctx))
}

// fetch asks KMS for the key.
func (v *AsymmetricVerifier) fetch(ctx context.Context, last *publicKey) (*publicKey, time.Duration, error) {
	key, err := call(ctx, &v.source, v.client.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &v.cfg.key.name}, v.read)
	if err == nil && last != nil && !key.same(last) { // the key of an alias
		v.tell(ctx, keys.Event{Kind: keys.EventRotated})
	}
	return key, 0, err
}

// same reports whether two keys of one alias are the same.
func (k *publicKey) same(other *publicKey) bool { return bytes.Equal(k.der, other.der) }

// read makes a key of KMS's answer, provided that KMS signs with it as configured.
func (v *AsymmetricVerifier) read(out *kms.GetPublicKeyOutput) (*publicKey, error) {
	if err := v.cfg.key.checkAnswer(out.KeyId); err != nil {
		return nil, err
	}
	if out.KeyUsage != types.KeyUsageTypeSignVerify || !slices.Contains(out.SigningAlgorithms, v.cfg.alg.spec) {
		return nil, fmt.Errorf("%w: a key of spec %s for %s does not sign %s", keys.ErrMisconfigured, out.KeySpec, out.KeyUsage, v.cfg.alg.name)
	}
	key, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return nil, wrongAnswer("what is no public key")
	}
	if v.cfg.alg.isMLDSA() {
		own, err := newMLDSAKey(v.cfg.alg, v.label, key)
		return &publicKey{der: bytes.Clone(out.PublicKey), verifies: own}, err
	}
	own, err := keys.NewPublicKey(v.cfg.alg.name, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", keys.ErrMisconfigured, err)
	}
	own = own.WithKid(v.cfg.Kid)
	set, err := keys.NewSet(own)
	return &publicKey{bytes.Clone(out.PublicKey), own, set}, err
}
