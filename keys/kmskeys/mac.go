package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
)

// MACConfig says which HMAC key of KMS makes and checks tokens. KeyID must be set, and
// Kid if KeyID is an alias.
type MACConfig struct {
	// KeyID is the KMS key, of spec HMAC_256, HMAC_384 or HMAC_512: a key ID, key ARN,
	// alias name (alias/...) or alias ARN. Required.
	//
	// HMAC keys do not rotate by themselves. To rotate, make a new key, and a ring
	// (keys.NewRing) of the new one's signer and both verifiers. An alias that is
	// pointed at the new key leaves the tokens of before without one.
	KeyID string

	// Algorithm is HS256, HS384 or HS512, as the key's spec has it. Empty means HS256.
	Algorithm string

	// Kid is the kid of tokens, at most 512 bytes. Empty means the bare key ID, and is
	// refused for an alias. A verifier serves tokens with this kid or none.
	Kid string
}

// mac is a MACConfig that has been checked, with its defaults in place.
type mac struct {
	key  kmsKey
	alg  hmacAlgorithm
	spec types.MacAlgorithmSpec
	kid  string
}

func newMAC(cfg MACConfig) (mac, error) {
	key, err := parseKey(cfg.KeyID)
	if err != nil {
		return mac{}, err
	}
	alg, err := findHMAC(cfg.Algorithm)
	if err != nil {
		return mac{}, err
	}
	kid, err := key.kid(cfg.Kid)
	return mac{key: key, alg: alg, spec: macSpec(alg), kid: kid}, err
}

func macSpec(alg hmacAlgorithm) types.MacAlgorithmSpec {
	switch alg.name {
	case "HS256":
		return types.MacAlgorithmSpecHmacSha256
	case "HS384":
		return types.MacAlgorithmSpecHmacSha384
	}
	return types.MacAlgorithmSpecHmacSha512
}

// A MACSigner has KMS make the MACs of HS256, HS384 or HS512 tokens, whose secret
// nobody has. It needs kms:GenerateMac, is a source of itself and safe for concurrent
// use. Make it with [NewMACSigner].
type MACSigner struct {
	label
	client GenerateMacAPI
	cfg    mac
}

var (
	_ keys.SigningSource = (*MACSigner)(nil)
	_ keys.SigningKey    = (*MACSigner)(nil)
)

// NewMACSigner returns a signer, or an error that says which setting to mend. It calls
// KMS only when asked to sign.
func NewMACSigner(client GenerateMacAPI, cfg MACConfig) (*MACSigner, error) {
	m, err := newMAC(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &MACSigner{label: newLabel("MACSigner", m.alg.name, m.key), client: client, cfg: m}, nil
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
	return keys.Header{Algorithm: s.cfg.alg.name, Kid: s.cfg.kid}
}

// Sign returns KMS's MAC of input. More than 4,096 bytes give [ErrTooLong]. Every
// other error is an outage, and wraps [ErrMisconfigured] if no retry will help.
func (s *MACSigner) Sign(ctx context.Context, input []byte) ([]byte, error) {
	switch {
	case s == nil || s.client == nil:
		return nil, errNotMade
	case !takesWhole(input):
		return nil, tooLong(input)
	}
	out, err := s.client.GenerateMac(ctx, &kms.GenerateMacInput{
		KeyId: &s.cfg.key.name, Message: input, MacAlgorithm: s.cfg.spec,
	})
	switch {
	case err != nil:
		return nil, failed(generateMacOperation, err)
	case out == nil || out.MacAlgorithm != s.cfg.spec || len(out.Mac) != s.cfg.alg.size:
		return nil, wrongAnswer(generateMacOperation, "what is no MAC of "+s.cfg.alg.name)
	}
	if err := s.cfg.key.checkAnswer(generateMacOperation, out.KeyId); err != nil {
		return nil, err
	}
	return out.Mac, nil
}

// A MACVerifier has KMS check the MAC of every token. It needs kms:VerifyMac, is a
// source of itself and safe for concurrent use. Make it with [NewMACVerifier].
type MACVerifier struct {
	label
	client VerifyMacAPI
	cfg    mac
}

var (
	_ keys.VerificationSource = (*MACVerifier)(nil)
	_ keys.VerificationKey    = (*MACVerifier)(nil)
	_ keys.Metered            = (*MACVerifier)(nil)
)

// NewMACVerifier returns a verifier, or an error that says which setting to mend. It
// calls KMS only when asked to verify.
func NewMACVerifier(client VerifyMacAPI, cfg MACConfig) (*MACVerifier, error) {
	m, err := newMAC(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &MACVerifier{label: newLabel("MACVerifier", m.alg.name, m.key), client: client, cfg: m}, nil
}

// Metered returns true: every token costs a call.
func (v *MACVerifier) Metered() bool { return true }

// Algorithm returns HS256, HS384 or HS512.
func (v *MACVerifier) Algorithm() string { return v.cfg.alg.name }

// VerificationKey returns the verifier itself if h names its key, by its kid or by
// none, and else [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. It makes no call.
func (v *MACVerifier) VerificationKey(_ context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.kid); err != nil {
		return nil, err
	}
	return v, nil
}

// Verify asks KMS whether signature is the MAC of input. The answer is nil or
// [keys.ErrSignature]; any other error is an outage, and wraps [ErrMisconfigured] if no
// retry will help. A MAC of the wrong length, and an input longer than KMS can have
// signed, are wrong without a call.
func (v *MACVerifier) Verify(ctx context.Context, input, signature []byte) error {
	switch {
	case v == nil || v.client == nil:
		return errNotMade
	case !takesWhole(input) || len(signature) != v.cfg.alg.size:
		return keys.ErrSignature
	}
	out, err := v.client.VerifyMac(ctx, &kms.VerifyMacInput{
		KeyId: &v.cfg.key.name, Message: input, Mac: signature, MacAlgorithm: v.cfg.spec,
	})
	switch {
	case err != nil:
		return failed(verifyMacOperation, err)
	case out == nil || out.MacAlgorithm != v.cfg.spec:
		return wrongAnswer(verifyMacOperation, "a verdict under another algorithm")
	}
	if err := v.cfg.key.checkAnswer(verifyMacOperation, out.KeyId); err != nil {
		return err
	}
	if !out.MacValid { // KMS gives an error instead, but some mocks do not
		return keys.ErrSignature
	}
	return nil
}
