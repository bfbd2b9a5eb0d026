package kmskeys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/flight"
	"github.com/lambdajwt/authorizer/keys"
)

// An EnvelopeSigner signs tokens with data keys of KMS, each of which goes along
// encrypted in the header of its tokens. It needs kms:GenerateDataKey and is safe
// for concurrent use. Make it with [NewEnvelopeSigner].
type EnvelopeSigner struct {
	label
	client GenerateDataKeyAPI
	cfg    envelope
	flight *flight.Group[struct{}, *signingDataKey]

	mu      sync.Mutex
	current *signingDataKey // nil unless data keys are used again
	uses    int             // how many tokens it has signed
	until   time.Time       // when it has had its time
}

var _ keys.SigningSource = (*EnvelopeSigner)(nil)

// NewEnvelopeSigner returns a signer, or an error that says which setting to mend. It
// calls KMS only when asked for a key.
func NewEnvelopeSigner(client GenerateDataKeyAPI, cfg EnvelopeConfig) (*EnvelopeSigner, error) {
	e, err := newEnvelope(cfg)
	if err := errors.Join(checkClient(client), err, checkReuse(cfg)); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &EnvelopeSigner{
		label:  newLabel("EnvelopeSigner", e.alg.name, e.key),
		client: client,
		cfg:    e,
		flight: flight.NewGroup[struct{}, *signingDataKey](callTimeout),
	}, nil
}

// checkReuse refuses a time in which a data key could be over before it is used.
func checkReuse(cfg EnvelopeConfig) error {
	if cfg.ReuseFor > 0 && cfg.ReuseFor < time.Second {
		return fmt.Errorf("ReuseFor is %v: set it to a second or more", cfg.ReuseFor)
	}
	return nil
}

// SigningKey returns a key for one token: with a data key of its own, or with one
// that [EnvelopeConfig.ReuseTokens] lets it share. Every error is an outage, and
// wraps [ErrMisconfigured] if no retry will help.
func (s *EnvelopeSigner) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	get := s.generate
	if s.cfg.ReuseTokens > 1 {
		get = s.share
	}
	key, err := get(ctx)
	if err != nil {
		return nil, err
	}
	return key, nil
}

// share returns the current key if it may sign one more token, and else a new one,
// which a single call to KMS gets for all who want it.
func (s *EnvelopeSigner) share(ctx context.Context) (*signingDataKey, error) {
	for {
		if key := s.use(); key != nil {
			return key, nil
		}
		if _, err := s.flight.Do(ctx, struct{}{}, s.renew); err != nil {
			return nil, err
		}
	}
}

// use counts one more token of the current key, and returns nil if that is one too
// many.
func (s *EnvelopeSigner) use() *signingDataKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.usable() {
		s.current = nil
		return nil
	}
	s.uses++
	return s.current
}

// usable tells whether the current key may sign one more token. The caller holds s.mu.
func (s *EnvelopeSigner) usable() bool {
	return s.current != nil && s.uses < s.cfg.ReuseTokens && s.cfg.Now().Before(s.until)
}

// renew makes a new key the current one, unless somebody has done so in between.
func (s *EnvelopeSigner) renew(ctx context.Context) (*signingDataKey, error) {
	s.mu.Lock()
	usable := s.usable()
	s.mu.Unlock()
	if usable {
		return nil, nil
	}
	key, err := s.generate(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Its time begins now: a slow answer of KMS must not be over before it is used.
	s.current, s.uses, s.until = key, 0, s.cfg.Now().Add(s.cfg.ReuseFor)
	return key, nil
}

// generate has KMS make a data key.
func (s *EnvelopeSigner) generate(ctx context.Context) (*signingDataKey, error) {
	out, err := s.client.GenerateDataKey(ctx, s.request())
	if err != nil {
		return nil, failed(generateDataKeyOperation, err)
	}
	if out == nil {
		return nil, wrongAnswer(generateDataKeyOperation, "nothing")
	}
	defer clear(out.Plaintext)
	if err := s.check(out); err != nil {
		return nil, err
	}
	mac, err := s.cfg.hmacKey(out.Plaintext)
	if err != nil {
		return nil, err
	}
	return &signingDataKey{label: s.label, header: s.header(out.CiphertextBlob), mac: mac}, nil
}

// request asks for as many bytes as the hash has: by KeySpec or by NumberOfBytes,
// never both (API Reference, GenerateDataKey).
func (s *EnvelopeSigner) request() *kms.GenerateDataKeyInput {
	in := &kms.GenerateDataKeyInput{KeyId: &s.cfg.key.name, EncryptionContext: s.cfg.EncryptionContext}
	if s.cfg.alg.size == 32 {
		in.KeySpec = types.DataKeySpecAes256
		return in
	}
	size := int32(s.cfg.alg.size)
	in.NumberOfBytes = &size
	return in
}

func (s *EnvelopeSigner) check(out *kms.GenerateDataKeyOutput) error {
	if len(out.CiphertextBlob) == 0 || len(out.CiphertextBlob) > maxBlobSize {
		return wrongAnswer(generateDataKeyOperation, "an encrypted data key of impossible length")
	}
	if err := s.cfg.key.checkAnswer(generateDataKeyOperation, out.KeyId); err != nil {
		return err
	}
	return s.cfg.checkPlaintext(generateDataKeyOperation, out.Plaintext)
}

func (s *EnvelopeSigner) header(blob []byte) keys.Header {
	return keys.Header{
		Algorithm: s.cfg.alg.name,
		Kid:       s.cfg.Kid,
		Params: map[string]json.RawMessage{
			s.cfg.Header: json.RawMessage(`"` + s.cfg.base64.EncodeToString(blob) + `"`),
		},
	}
}
