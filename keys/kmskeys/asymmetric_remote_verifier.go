package kmskeys

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
)

// An AsymmetricRemoteVerifier has KMS verify every token: for those who must have each
// one in CloudTrail, or want a key that is disabled to take effect at once.
// [AsymmetricVerifier] is faster and cheaper. It needs kms:Verify, is a source of itself
// and safe for concurrent use. Make it with [NewAsymmetricRemoteVerifier].
type AsymmetricRemoteVerifier struct {
	source
	client    VerifyAPI
	cfg       asymmetric
	remote    remote
	sizeKnown atomic.Bool // that of an ML-DSA key: it is right, or cannot be had
}

var (
	_ keys.VerificationSource = (*AsymmetricRemoteVerifier)(nil)
	_ keys.VerificationKey    = (*AsymmetricRemoteVerifier)(nil)
	_ keys.Metered            = (*AsymmetricRemoteVerifier)(nil)
)

// NewAsymmetricRemoteVerifier returns a verifier, or an error that says which setting to
// mend. It calls KMS only when asked to verify, or by Ready.
//
// KMS has the three sizes of ML-DSA under one name. If client has kms:GetPublicKey too,
// as a *kms.Client does, it is asked once which size the key has.
func NewAsymmetricRemoteVerifier(client VerifyAPI, cfg AsymmetricConfig) (*AsymmetricRemoteVerifier, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &AsymmetricRemoteVerifier{
		source: a.source("AsymmetricRemoteVerifier", verifyOperation), client: client, cfg: a,
		remote: newRemote(a.key, a.MaxAge, a.VerifyRate, a.VerifyBurst, a.Now),
	}, nil
}

// Metered returns true: every token costs a call.
func (v *AsymmetricRemoteVerifier) Metered() bool { return true }

// Algorithm returns the alg of tokens.
func (v *AsymmetricRemoteVerifier) Algorithm() string { return v.cfg.alg.name }

// VerificationKey returns the verifier itself if h names its key, by its kid or by
// none, and otherwise [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. It makes no call.
func (v *AsymmetricRemoteVerifier) VerificationKey(_ context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	return v, nil
}

// Verify asks KMS whether signature is the key's signature of input. The answer is nil or
// [keys.ErrSignature]. Any other error is an outage: it wraps [ErrBudget] if there were
// too many tokens, and [keys.ErrMisconfigured] if no retry will help.
//
// No call is made for a signature of the wrong length, for an input that is longer than
// KMS can have signed, and for a signature that KMS has refused within
// [AsymmetricConfig.MaxAge], or within a second if KeyID is an alias: they are wrong.
func (v *AsymmetricRemoteVerifier) Verify(ctx context.Context, input, signature []byte) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	message, form, whole := v.cfg.alg.message(input)
	inKMSForm, formed := v.cfg.alg.toKMS(signature)
	if !whole || !formed {
		return keys.ErrSignature
	}
	how, err := v.remote.verify(ctx, input, signature, func() error {
		err := v.verify(ctx, &kms.VerifyInput{Message: message, MessageType: form, Signature: inKMSForm})
		if isVerdict(err) {
			err = cmp.Or(v.checkSize(ctx), err)
		}
		return err
	})
	return v.answer(ctx, how, err)
}

// Ready asks KMS, by a dry run, whether it would verify. An error that wraps
// [keys.ErrMisconfigured] says that it would not: for the key, its Region, state, spec or
// usage, or because kms:Verify is not permitted.
func (v *AsymmetricRemoteVerifier) Ready(ctx context.Context) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	message, form, _ := v.cfg.alg.message(readyText)
	signature, _ := v.cfg.alg.toKMS(bytes.Repeat([]byte{1}, v.cfg.alg.widths[0])) // which a dry run does not look at (L)
	dry := true
	err := v.verify(ctx, &kms.VerifyInput{Message: message, MessageType: form, Signature: signature, DryRun: &dry})
	if err := v.ready(err); err != nil {
		return err
	}
	return v.wrap(v.checkSize(ctx))
}

func (v *AsymmetricRemoteVerifier) verify(ctx context.Context, in *kms.VerifyInput) error {
	in.KeyId, in.SigningAlgorithm = &v.cfg.key.name, v.cfg.alg.spec
	_, err := call(ctx, &v.source, v.client.Verify, in, v.read)
	return err
}

func (v *AsymmetricRemoteVerifier) read(out *kms.VerifyOutput) (none struct{}, err error) {
	if out.SigningAlgorithm != v.cfg.alg.spec {
		return none, wrongAnswer("a verdict under another algorithm")
	}
	if err := v.cfg.key.checkAnswer(out.KeyId); err != nil {
		return none, err
	}
	if !out.SignatureValid { // KMS gives an error instead, but some mocks do not
		return none, keys.ErrSignature
	}
	return none, nil
}

// checkSize returns an error if the KMS key is one of another size of ML-DSA: then every
// token is refused, and none of them is at fault.
func (v *AsymmetricRemoteVerifier) checkSize(ctx context.Context) error {
	client, ok := v.client.(GetPublicKeyAPI)
	if !ok || !v.cfg.alg.isMLDSA() || v.sizeKnown.Load() {
		return nil
	}
	spec, err := call(ctx, &v.source, client.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &v.cfg.key.name},
		func(out *kms.GetPublicKeyOutput) (types.KeySpec, error) { return out.KeySpec, nil })
	switch {
	case err == nil:
		v.answers.Add(1) // by a call that Hits must not subtract from requests
		if err := v.cfg.alg.checkMLDSA(spec); err != nil {
			return err
		}
	case !isMisconfigured(err):
		return nil // as long as it is not known
	}
	v.sizeKnown.Store(true)
	return nil
}
