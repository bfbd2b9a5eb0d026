package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
)

// A MACSigner has KMS make the MACs of HS256, HS384 or HS512 tokens, whose secret
// nobody has. It needs kms:GenerateMac, is a source of itself and safe for concurrent
// use. Make it with [NewMACSigner].
type MACSigner struct {
	source
	client GenerateMacAPI
	cfg    mac
}

var (
	_ keys.SigningSource = (*MACSigner)(nil)
	_ keys.SigningKey    = (*MACSigner)(nil)
)

// NewMACSigner returns a signer, or an error that says which setting to mend. It calls
// KMS only when asked to sign, or by Ready.
func NewMACSigner(client GenerateMacAPI, cfg MACConfig) (*MACSigner, error) {
	m, err := newMAC(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &MACSigner{source: m.source("MACSigner", generateMacOperation), client: client, cfg: m}, nil
}

// SigningKey returns the signer itself.
func (s *MACSigner) SigningKey(context.Context) (keys.SigningKey, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	return s, nil
}

// Header returns alg and kid.
func (s *MACSigner) Header() keys.Header {
	if s == nil {
		return keys.Header{}
	}
	return keys.Header{Algorithm: s.cfg.alg.name, Kid: s.cfg.Kid}
}

// Sign returns KMS's MAC of input. More than 4,096 bytes give [ErrTooLong]. Every other
// error is an outage, and wraps [keys.ErrMisconfigured] if no retry will help.
func (s *MACSigner) Sign(ctx context.Context, input []byte) ([]byte, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	signature, err := s.sign(ctx, input, nil)
	return signature, s.answer(ctx, byCall, err)
}

// Ready asks KMS, by a dry run, whether it would make a MAC. An error that wraps
// [keys.ErrMisconfigured] says that it would not: for the key, its Region, state, spec or
// usage, or because kms:GenerateMac is not permitted.
func (s *MACSigner) Ready(ctx context.Context) error {
	if s == nil || s.client == nil {
		return errNotMade
	}
	dry := true
	_, err := s.sign(ctx, readyText, &dry)
	return s.ready(err)
}

func (s *MACSigner) sign(ctx context.Context, input []byte, dry *bool) ([]byte, error) {
	if !takesWhole(input) {
		return nil, tooLong(input)
	}
	return call(ctx, &s.source, s.client.GenerateMac, &kms.GenerateMacInput{
		KeyId: &s.cfg.key.name, Message: input, MacAlgorithm: s.cfg.alg.spec, DryRun: dry,
	}, s.read)
}

func (s *MACSigner) read(out *kms.GenerateMacOutput) ([]byte, error) {
	if out.MacAlgorithm != s.cfg.alg.spec || len(out.Mac) != s.cfg.alg.hash.Size() {
		return nil, wrongAnswer("what is no MAC of " + s.cfg.alg.name)
	}
	return out.Mac, s.cfg.key.checkAnswer(out.KeyId)
}
