package kmskeys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/refresh"
	"github.com/lambdajwt/authorizer/keys"
)

// Pauses after failures. Data keys that have verified tokens can be used for a while
// without KMS. For new ones a pause is short: somebody waits for the end of it, and
// whoever makes up data keys may have found a way to make KMS fail.
const (
	provenPause        = time.Second
	longestProvenPause = 30 * time.Second
	newPause           = 200 * time.Millisecond
	longestNewPause    = 2 * time.Second
)

// An EnvelopeVerifier finds the data key that a token carries, and has KMS decrypt
// it if that has not been done lately. It needs kms:Decrypt and is safe for
// concurrent use. Make it with [NewEnvelopeVerifier].
type EnvelopeVerifier struct {
	source
	client  DecryptAPI
	cfg     envelope
	refresh refresh.Config

	dataKeys *dataKeys
	refused  *refusals
	proven   *gate // for data keys that have verified a token
	unproven *gate // for all others
}

var (
	_ keys.VerificationSource = (*EnvelopeVerifier)(nil)
	_ keys.Metered            = (*EnvelopeVerifier)(nil)
)

// NewEnvelopeVerifier returns a verifier, or an error that says which setting to
// mend. It calls KMS only when asked for a key, or by Ready.
func NewEnvelopeVerifier(client DecryptAPI, cfg EnvelopeConfig) (*EnvelopeVerifier, error) {
	e, err := newEnvelope(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	now := clock.Wall(e.Now)
	return &EnvelopeVerifier{
		source: e.source("EnvelopeVerifier", decryptOperation),
		client: client,
		cfg:    e,
		refresh: refresh.Config{
			MaxAge: e.MaxAge, Grace: e.Grace, Timeout: e.CallTimeout, Now: e.Now,
			Withdraw: func(err error) bool { return isMisconfigured(err) || isVerdict(err) },
		},
		dataKeys: newDataKeys(e.CacheSize),
		refused:  newRefusals(e.CacheSize, now),
		proven:   newGate(e.DecryptRate, e.DecryptBurst, now).pausing(provenPause, longestProvenPause),
		unproven: newGate(e.DecryptRate, e.DecryptBurst, now).pausing(newPause, longestNewPause),
	}, nil
}

// Metered returns true: a new data key costs a call.
func (v *EnvelopeVerifier) Metered() bool { return true }

// VerificationKey returns the data key that a token carries in its header.
//
// An error that wraps [keys.ErrUnknownKey] says that it carries none of these: it
// has another algorithm ([keys.ErrAlgorithm]) or kid; it has no encrypted data key of
// 1 to 6,144 bytes in the one encoding of the format; or KMS cannot decrypt what it
// has under this KMS key, in this encryption context. What KMS has refused it is not
// asked again for the time of [EnvelopeConfig.MaxAge]; if KeyID is an alias, and the data
// key that of another KMS key, for a second.
//
// Any other error is an outage. It wraps [ErrBudget] if there were too many new data
// keys, and [keys.ErrMisconfigured] if no retry will help.
//
// A data key that KMS has decrypted is used for MaxAge. Then one request has it decrypted
// again, in half of the time that it has left at most, while the others use it as it is.
// If KMS fails they all do, for [EnvelopeConfig.Grace]. If KMS refuses instead it is given
// up at once: that is how a key is withdrawn. Requests that have the same new data key
// share one call, which goes on if the one that began it is cancelled.
//
// After two failures in a row KMS is not asked for a while, and requests that would need
// it get the error of the last: new data keys for a fifth of a second, and twice as long
// after every further failure, up to two seconds; those that have verified a token for one
// to thirty seconds.
func (v *EnvelopeVerifier) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	text := v.cfg.readHeader(h)
	if len(text) == 0 || len(text) > v.cfg.base64.EncodedLen(maxBlobSize) {
		return nil, errNoDataKey
	}
	// A text in the cache has been decoded before, and no two stand for the same bytes.
	id := digest(sha256.Sum256(text))
	c := v.dataKeys.find(id)
	switch {
	case c != nil:
	case v.refused.has(id):
		return nil, v.answer(ctx, answered{}, errRefusedDataKey)
	default:
		blob, err := v.decode(text)
		if err != nil {
			return nil, err
		}
		c = v.dataKeys.add(v.newCarried(id, blob))
	}
	got, err := c.key.Get(ctx)
	if err := v.answer(ctx, byValue(got), err); err != nil {
		return nil, err
	}
	return got.Value, nil
}

var (
	// errNoDataKey refuses a token whose header has not what a signer writes.
	errNoDataKey = fmt.Errorf("kmskeys: %w: no encrypted data key in its header", keys.ErrUnknownKey)

	errRefusedDataKey = fmt.Errorf("%w: KMS has refused its data key before", keys.ErrUnknownKey)
)

// Ready asks KMS, by a dry run, whether it would decrypt in this encryption context. An
// error that wraps [keys.ErrMisconfigured] says that it would not: for the key, its
// Region, state or usage, or because kms:Decrypt is not permitted. That a signer uses another
// encryption context shows only where a policy has a condition on it.
func (v *EnvelopeVerifier) Ready(ctx context.Context) error {
	if v == nil || v.client == nil {
		return errNotMade
	}
	dry := true
	_, err := v.decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob:  readyText, // which is no ciphertext, for a KMS that does not know the modifier
		DryRun:          &dry,
		DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
	}, func() {})
	return v.ready(err)
}

// decode returns the encrypted data key that a text stands for.
func (v *EnvelopeVerifier) decode(text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, errNoDataKey
	}
	blob, err := v.cfg.base64.AppendDecode(nil, text)
	if err != nil {
		return nil, errNoDataKey
	}
	return blob, nil
}

func (v *EnvelopeVerifier) newCarried(id digest, blob []byte) *carried {
	c := &carried{id: id, blob: blob}
	c.key = refresh.New(&v.refresh, func(ctx context.Context, _ *dataKey) (*dataKey, time.Duration, error) {
		key, err := v.open(ctx, c)
		switch {
		case isVerdict(err):
			v.refused.add(id, v.cfg.key.refusalAge(err, v.cfg.MaxAge))
			v.dataKeys.remove(id)
		case err != nil:
			v.dataKeys.drop(c)
		}
		return key, 0, err
	})
	return c
}

// open has KMS decrypt a data key, if it may be asked.
func (v *EnvelopeVerifier) open(ctx context.Context, c *carried) (*dataKey, error) {
	gate := v.unproven
	if c.proven.Load() {
		gate = v.proven
	}
	began, err := gate.enter()
	if err != nil {
		return nil, err
	}
	key, err := v.decrypt(ctx, &kms.DecryptInput{CiphertextBlob: c.blob}, func() { v.dataKeys.prove(c) })
	gate.leave(began, err)
	return key, err
}

func (v *EnvelopeVerifier) decrypt(ctx context.Context, in *kms.DecryptInput, verified func()) (*dataKey, error) {
	in.KeyId = &v.cfg.key.name // otherwise the ciphertext would choose
	in.EncryptionContext = v.cfg.EncryptionContext
	return call(ctx, &v.source, v.client.Decrypt, in, func(out *kms.DecryptOutput) (*dataKey, error) {
		defer clear(out.Plaintext)
		if err := v.cfg.key.checkAnswer(out.KeyId); err != nil {
			return nil, err
		}
		if err := v.cfg.checkPlaintext(out.Plaintext); err != nil {
			return nil, err
		}
		name := newLabel("dataKey", v.cfg.alg.name, v.cfg.key)
		return &dataKey{name, v.cfg.alg.name, v.cfg.hmacKey(out.Plaintext), verified}, nil
	})
}
