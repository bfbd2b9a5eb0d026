package kmskeys

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/flight"
	"github.com/lambdajwt/authorizer/keys"
)

// An EnvelopeVerifier finds the data key that a token carries, and has KMS decrypt
// it if that has not been done lately. It needs kms:Decrypt and is safe for
// concurrent use. Make it with [NewEnvelopeVerifier].
type EnvelopeVerifier struct {
	label
	client DecryptAPI
	cfg    envelope
	cache  *cache
	budget *budget
	flight *flight.Group[blobID, *dataKey]
}

var (
	_ keys.VerificationSource = (*EnvelopeVerifier)(nil)
	_ keys.Metered            = (*EnvelopeVerifier)(nil)
)

// NewEnvelopeVerifier returns a verifier, or an error that says which setting to
// mend. It calls KMS only when asked for a key.
func NewEnvelopeVerifier(client DecryptAPI, cfg EnvelopeConfig) (*EnvelopeVerifier, error) {
	e, err := newEnvelope(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &EnvelopeVerifier{
		label:  newLabel("EnvelopeVerifier", e.alg.name, e.key),
		client: client,
		cfg:    e,
		cache:  newCache(e.EnvelopeConfig),
		budget: newBudget(e.DecryptRate, e.DecryptBurst, e.Now),
		flight: flight.NewGroup[blobID, *dataKey](callTimeout),
	}, nil
}

// Metered returns true: a new data key costs a call.
func (v *EnvelopeVerifier) Metered() bool { return true }

// VerificationKey returns the data key that a token carries in its header.
//
// An error that wraps [keys.ErrUnknownKey] says that it carries none of these: it
// has another algorithm ([keys.ErrAlgorithm]) or kid; it has no encrypted data key of
// 1 to 6,144 bytes in the one encoding of the format; or KMS cannot decrypt what it
// has under this KMS key, in this encryption context. What KMS has refused once it is
// not asked again for the time of [EnvelopeConfig.MaxAge].
//
// Any other error is an outage, of which nothing is remembered. It wraps [ErrBudget]
// if there were too many new data keys, and [ErrMisconfigured] if no retry will help.
//
// Requests that have the same new data key share one call, which ends when all of
// them have, or after 10 s.
func (v *EnvelopeVerifier) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if v == nil || v.client == nil {
		return nil, errNotMade
	}
	if err := h.Match(v.cfg.alg.name, v.cfg.Kid); err != nil {
		return nil, err
	}
	text, ok := v.cfg.readHeader(h)
	if !ok || len(text) == 0 || len(text) > v.cfg.base64.EncodedLen(maxBlobSize) {
		return nil, errNoDataKey
	}
	// A text in the cache has been decoded before, and no two stand for the same bytes.
	id := v.cache.identify(text)
	key, err := v.cache.find(id)
	if key == nil && err == nil {
		key, err = v.decode(ctx, id, text)
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// errNoDataKey refuses a token whose header has not what a signer writes.
var errNoDataKey = fmt.Errorf("kmskeys: %w: no encrypted data key in its header", keys.ErrUnknownKey)

// decode gets a data key that is not in the cache.
func (v *EnvelopeVerifier) decode(ctx context.Context, id blobID, text []byte) (*dataKey, error) {
	if bytes.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, errNoDataKey
	}
	blob, err := v.cfg.base64.AppendDecode(nil, text)
	if err != nil {
		return nil, errNoDataKey
	}
	return v.flight.Do(ctx, id, func(ctx context.Context) (*dataKey, error) {
		return v.decrypt(ctx, id, blob)
	})
}

// decrypt has KMS decrypt a data key, and remembers its answer.
func (v *EnvelopeVerifier) decrypt(ctx context.Context, id blobID, blob []byte) (*dataKey, error) {
	if key, err := v.cache.find(id); key != nil || err != nil {
		return key, err // another flight has brought it in between
	}
	if !v.budget.take() {
		return nil, fmt.Errorf("kmskeys: %w", ErrBudget)
	}
	out, err := v.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId:             &v.cfg.key.name, // or else the blob would choose
		CiphertextBlob:    blob,
		EncryptionContext: v.cfg.EncryptionContext,
	})
	if err != nil {
		err = failed(decryptOperation, err)
		if v.isFinal(err) {
			v.cache.refuse(id)
		}
		return nil, err
	}
	key, err := v.open(out)
	if err != nil {
		return nil, err
	}
	v.cache.keep(id, key)
	return key, nil
}

// isFinal tells whether KMS would give the same answer again: that a blob is invalid,
// or of another key than one which is named by its ID. What an alias stands for can
// change, and takes its time to get about in KMS.
func (v *EnvelopeVerifier) isFinal(err error) bool {
	return errors.Is(err, keys.ErrUnknownKey) && !(codeOf(err) == "IncorrectKeyException" && v.cfg.key.isAlias())
}

// open makes a key of KMS's answer.
func (v *EnvelopeVerifier) open(out *kms.DecryptOutput) (*dataKey, error) {
	if out == nil {
		return nil, wrongAnswer(decryptOperation, "nothing")
	}
	defer clear(out.Plaintext)
	if err := v.cfg.key.checkAnswer(decryptOperation, out.KeyId); err != nil {
		return nil, err
	}
	if err := v.cfg.checkPlaintext(decryptOperation, out.Plaintext); err != nil {
		return nil, err
	}
	mac, err := v.cfg.hmacKey(out.Plaintext)
	if err != nil {
		return nil, err
	}
	return &dataKey{label: newLabel("dataKey", v.cfg.alg.name, v.cfg.key), algorithm: v.cfg.alg.name, mac: mac}, nil
}
