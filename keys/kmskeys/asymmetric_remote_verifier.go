package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
)

// A AsymmetricRemoteVerifier has KMS verify every token: for those who must have each one in
// CloudTrail, or a key that is disabled take effect at once. [AsymmetricVerifier] is
// faster and cheaper. It needs kms:Verify, is a source of itself and safe for
// concurrent use. Make it with [NewAsymmetricRemoteVerifier].
type AsymmetricRemoteVerifier struct {
	label
	client VerifyAPI
	cfg    asymmetric
}

var (
	_ keys.VerificationSource = (*AsymmetricRemoteVerifier)(nil)
	_ keys.VerificationKey    = (*AsymmetricRemoteVerifier)(nil)
	_ keys.Metered            = (*AsymmetricRemoteVerifier)(nil)
)

// NewAsymmetricRemoteVerifier returns a verifier, or an error that says which setting to mend.
// It calls KMS only when asked to verify.
func NewAsymmetricRemoteVerifier(client VerifyAPI, cfg AsymmetricConfig) (*AsymmetricRemoteVerifier, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &AsymmetricRemoteVerifier{label: newLabel("AsymmetricRemoteVerifier", a.alg.name, a.key), client: client, cfg: a}, nil
}

// Metered returns true: every token costs a call.
func (v *AsymmetricRemoteVerifier) Metered() bool { return true }

// Algorithm returns the alg of tokens.
func (v *AsymmetricRemoteVerifier) Algorithm() string { return v.cfg.alg.name }

// VerificationKey returns the verifier itself if h names its key, by its kid or by
// none, and else [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. It makes no call.
func (v *AsymmetricRemoteVerifier) VerificationKey(_ context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	return v, nil
}

// Verify asks KMS whether signature is the key's signature of input. The answer is nil
// or [keys.ErrSignature]; any other error is an outage, and wraps [ErrMisconfigured] if
// no retry will help. A signature of the wrong length, and an input longer than KMS
// can have signed, are wrong without a call.
func (v *AsymmetricRemoteVerifier) Verify(ctx context.Context, input, signature []byte) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	message, form, whole := v.cfg.alg.message(input)
	inKMSForm, formed := v.cfg.alg.toKMS(signature)
	if !whole || !formed {
		return keys.ErrSignature
	}
	out, err := v.client.Verify(ctx, &kms.VerifyInput{
		KeyId:            &v.cfg.key.name,
		Message:          message,
		MessageType:      form,
		Signature:        inKMSForm,
		SigningAlgorithm: v.cfg.alg.spec,
	})
	if err != nil {
		return failed(verifyOperation, err)
	}
	return v.read(out)
}

func (v *AsymmetricRemoteVerifier) read(out *kms.VerifyOutput) error {
	if out == nil || out.SigningAlgorithm != v.cfg.alg.spec {
		return wrongAnswer(verifyOperation, "a verdict under another algorithm")
	}
	if err := v.cfg.key.checkAnswer(verifyOperation, out.KeyId); err != nil {
		return err
	}
	if !out.SignatureValid { // KMS gives an error instead, but some mocks do not
		return keys.ErrSignature
	}
	return nil
}
