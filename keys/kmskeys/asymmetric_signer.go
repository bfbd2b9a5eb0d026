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
	source
	client SignAPI
	cfg    asymmetric
}

var (
	_ keys.SigningSource = (*AsymmetricSigner)(nil)
	_ keys.SigningKey    = (*AsymmetricSigner)(nil)
)

// NewAsymmetricSigner returns a signer, or an error that says which setting to mend.
// It calls KMS only when asked to sign, or by Ready.
func NewAsymmetricSigner(client SignAPI, cfg AsymmetricConfig) (*AsymmetricSigner, error) {
	a, err := newAsymmetric(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &AsymmetricSigner{source: a.source("AsymmetricSigner", signOperation), client: client, cfg: a}, nil
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
// digest; with EdDSA, Ed25519 and ML-DSA it is sent the input, and one that is longer
// than 4,096 bytes gives [ErrTooLong]. Every other error is an outage, and wraps
// [keys.ErrMisconfigured] if no retry will help.
func (s *AsymmetricSigner) Sign(ctx context.Context, input []byte) ([]byte, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	signature, err := s.sign(ctx, input, nil)
	return signature, s.answer(ctx, byCall, err)
}

// Ready asks KMS, by a dry run, whether it would sign. An error that wraps
// [keys.ErrMisconfigured] says that it would not: for the key, its Region, state, spec or
// usage, or because kms:Sign is not permitted. The sizes of ML-DSA are told apart by their
// signatures alone: for them Ready signs a text that is no token.
func (s *AsymmetricSigner) Ready(ctx context.Context) error {
	if s == nil || s.client == nil {
		return errNotMade
	}
	dry := !s.cfg.alg.isMLDSA()
	_, err := s.sign(ctx, readyText, &dry)
	return s.ready(err)
}

// readyText is what a dry run is about: it is no token, and no part of one.
var readyText = []byte("Would this be signed?")

func (s *AsymmetricSigner) sign(ctx context.Context, input []byte, dry *bool) ([]byte, error) {
	message, form, ok := s.cfg.alg.message(input)
	if !ok {
		return nil, tooLong(input)
	}
	return call(ctx, &s.source, s.client.Sign, &kms.SignInput{
		KeyId:            &s.cfg.key.name,
		Message:          message,
		MessageType:      form,
		SigningAlgorithm: s.cfg.alg.spec,
		DryRun:           dry,
	}, s.read)
}

func (s *AsymmetricSigner) read(out *kms.SignOutput) ([]byte, error) {
	if out.SigningAlgorithm != s.cfg.alg.spec {
		return nil, wrongAnswer("a signature of another algorithm")
	}
	if err := s.cfg.key.checkAnswer(out.KeyId); err != nil {
		return nil, err
	}
	if s.cfg.alg.isOtherMLDSA(out.Signature) {
		return nil, s.cfg.alg.otherSize()
	}
	signature, ok := s.cfg.alg.fromKMS(out.Signature)
	if !ok {
		return nil, wrongAnswer("what is no signature of " + s.cfg.alg.name)
	}
	return signature, nil
}

// tooLong says that KMS cannot sign input, which may be empty as well.
func tooLong(input []byte) error {
	return fmt.Errorf("%d bytes to sign: %w", len(input), ErrTooLong)
}
