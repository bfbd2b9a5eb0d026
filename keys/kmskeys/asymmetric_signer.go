package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
)

// An AsymmetricSigner has KMS sign tokens with a private key that never leaves it. It
// needs kms:Sign, is a source of itself and safe for concurrent use. Make it with
// [NewAsymmetricSigner].
type AsymmetricSigner struct {
	label
	client SignAPI
	cfg    asymmetric
}

var (
	_ keys.SigningSource = (*AsymmetricSigner)(nil)
	_ keys.SigningKey    = (*AsymmetricSigner)(nil)
)

// NewAsymmetricSigner returns a signer, or an error that says which setting to mend.
// It calls KMS only when asked to sign.
func NewAsymmetricSigner(client SignAPI, cfg AsymmetricConfig) (*AsymmetricSigner, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &AsymmetricSigner{label: newLabel("AsymmetricSigner", a.alg.name, a.key), client: client, cfg: a}, nil
}

// SigningKey returns the signer itself.
func (s *AsymmetricSigner) SigningKey(context.Context) (keys.SigningKey, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	return s, nil
}

// Header returns alg and kid.
func (s *AsymmetricSigner) Header() keys.Header {
	if s == nil {
		return keys.Header{}
	}
	return keys.Header{Algorithm: s.cfg.alg.name, Kid: s.cfg.Kid}
}

// Sign returns KMS's signature of input, as RFC 7518 section 3 has it. KMS is sent a
// digest, but for EdDSA, Ed25519 and ML-DSA, where an input that is longer than 4,096
// bytes gives [ErrTooLong]. Every other error is an outage, and wraps
// [ErrMisconfigured] if no retry will help.
func (s *AsymmetricSigner) Sign(ctx context.Context, input []byte) ([]byte, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	message, form, ok := s.cfg.alg.message(input)
	if !ok {
		return nil, tooLong(input)
	}
	out, err := s.client.Sign(ctx, &kms.SignInput{
		KeyId:            &s.cfg.key.name,
		Message:          message,
		MessageType:      form,
		SigningAlgorithm: s.cfg.alg.spec,
	})
	if err != nil {
		return nil, failed(signOperation, err)
	}
	return s.read(out)
}

func (s *AsymmetricSigner) read(out *kms.SignOutput) ([]byte, error) {
	if out == nil || out.SigningAlgorithm != s.cfg.alg.spec {
		return nil, wrongAnswer(signOperation, "a signature of another algorithm")
	}
	if err := s.cfg.key.checkAnswer(signOperation, out.KeyId); err != nil {
		return nil, err
	}
	signature, ok := s.cfg.alg.fromKMS(out.Signature)
	if !ok {
		return nil, wrongAnswer(signOperation, "what is no signature of "+s.cfg.alg.name)
	}
	return signature, nil
}

// tooLong says that KMS cannot sign input, which may be empty as well.
func tooLong(input []byte) error {
	return fmt.Errorf("kmskeys: %d bytes to sign: %w", len(input), ErrTooLong)
}
