package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
)

// A MACVerifier has KMS check the MAC of every token. It needs kms:VerifyMac, is a
// source of itself and safe for concurrent use. Make it with [NewMACVerifier].
type MACVerifier struct {
	source
	client VerifyMacAPI
	cfg    mac
	remote remote
}

var (
	_ keys.VerificationSource = (*MACVerifier)(nil)
	_ keys.VerificationKey    = (*MACVerifier)(nil)
	_ keys.Metered            = (*MACVerifier)(nil)
)

// NewMACVerifier returns a verifier, or an error that says which setting to mend. It
// calls KMS only when asked to verify, or by Ready.
func NewMACVerifier(client VerifyMacAPI, cfg MACConfig) (*MACVerifier, error) {
	m, err := newMAC(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &MACVerifier{
		source: m.source("MACVerifier", verifyMacOperation), client: client, cfg: m,
		remote: newRemote(m.key, m.MaxAge, m.VerifyRate, m.VerifyBurst, m.Now),
	}, nil
}

// Metered returns true: every token costs a call.
func (v *MACVerifier) Metered() bool { return true }

// Algorithm returns HS256, HS384 or HS512.
func (v *MACVerifier) Algorithm() string { return v.cfg.alg.name }

// VerificationKey returns the verifier itself if h names its key, by its kid or by
// none, and otherwise [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. It makes no call.
func (v *MACVerifier) VerificationKey(_ context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	return v, nil
}

// Verify asks KMS whether signature is the MAC of input. The answer is nil or
// [keys.ErrSignature]. Any other error is an outage: it wraps [ErrBudget] if there were
// too many tokens, and [keys.ErrMisconfigured] if no retry will help.
//
// No call is made for a MAC of the wrong length, for an input that is longer than KMS can
// have signed, and for a MAC that KMS has refused within [MACConfig.MaxAge], or within a
// second if KeyID is an alias: they are wrong.
func (v *MACVerifier) Verify(ctx context.Context, input, signature []byte) error {
	switch {
	case v == nil || v.client == nil:
		return errNotMade
	case !takesWhole(input) || len(signature) != v.cfg.alg.hash.Size():
		return keys.ErrSignature
	}
	how, err := v.remote.verify(ctx, input, signature, func() error {
		return v.verify(ctx, input, signature, nil)
	})
	return v.answer(ctx, how, err)
}

// Ready asks KMS, by a dry run, whether it would check a MAC. An error that wraps
// [keys.ErrMisconfigured] says that it would not: for the key, its Region, state, spec or
// usage, or because kms:VerifyMac is not permitted.
func (v *MACVerifier) Ready(ctx context.Context) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	dry := true
	return v.ready(v.verify(ctx, readyText, make([]byte, v.cfg.alg.hash.Size()), &dry))
}

func (v *MACVerifier) verify(ctx context.Context, input, signature []byte, dry *bool) error {
	_, err := call(ctx, &v.source, v.client.VerifyMac, &kms.VerifyMacInput{
		KeyId: &v.cfg.key.name, Message: input, Mac: signature, MacAlgorithm: v.cfg.alg.spec, DryRun: dry,
	}, v.read)
	return err
}

func (v *MACVerifier) read(out *kms.VerifyMacOutput) (none struct{}, err error) {
	if out.MacAlgorithm != v.cfg.alg.spec {
		return none, wrongAnswer("a verdict under another algorithm")
	}
	if err := v.cfg.key.checkAnswer(out.KeyId); err != nil {
		return none, err
	}
	if !out.MacValid { // KMS gives an error instead, but some mocks do not
		return none, keys.ErrSignature
	}
	return none, nil
}
