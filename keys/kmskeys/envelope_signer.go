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

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/keys"
)

// An EnvelopeSigner signs tokens with data keys of KMS, each of which goes along
// encrypted in the header of its tokens. It needs kms:GenerateDataKey and is safe
// for concurrent use. Make it with [NewEnvelopeSigner].
type EnvelopeSigner struct {
	source
	client GenerateDataKeyAPI
	cfg    envelope
	now    func() time.Time // by the wall clock

	mu     sync.Mutex
	latest *batch // nil unless data keys are used again
}

var _ keys.SigningSource = (*EnvelopeSigner)(nil)

// A batch is the tokens that share a data key, which is there or on its way.
type batch struct {
	left int           // how many more tokens it takes; guarded by EnvelopeSigner.mu
	done chan struct{} // closed once the data key is there, or will not come

	key  *signingDataKey
	made time.Time
	err  error // why there is no key
	cut  bool  // whether there is none since the time of the one who asked for it was up
}

// NewEnvelopeSigner returns a signer, or an error that says which setting to mend. It
// calls KMS only when asked for a key, or by Ready.
func NewEnvelopeSigner(client GenerateDataKeyAPI, cfg EnvelopeConfig) (*EnvelopeSigner, error) {
	e, err := newEnvelope(cfg)
	if err := errors.Join(checkClient(client), err); err != nil {
		return nil, fmt.Errorf("kmskeys: %w", err)
	}
	return &EnvelopeSigner{
		source: e.source("EnvelopeSigner", generateDataKeyOperation), client: client, cfg: e, now: clock.Wall(e.Now),
	}, nil
}

// SigningKey returns a key for one token: with a data key of its own, or with one that
// [EnvelopeConfig.ReuseTokens] lets it share. Every error is an outage, and wraps
// [keys.ErrMisconfigured] if no retry will help.
//
// Requests that need a shared data key at the same time make as many calls at once as
// their tokens need data keys. A call goes on if the request that began it is cancelled.
func (s *EnvelopeSigner) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	if s == nil || s.client == nil {
		return nil, errNotMade
	}
	var key *signingDataKey
	own, err := true, error(nil)
	if s.cfg.ReuseTokens > 1 {
		key, own, err = s.share(ctx)
	} else {
		key, err = s.generate(ctx)
	}
	if err := s.answer(ctx, answered{byCall: own}, err); err != nil {
		return nil, err
	}
	return key, nil
}

// Ready asks KMS, by a dry run, whether it would make data keys in this encryption
// context. An error that wraps [keys.ErrMisconfigured] says that it would not: for the
// key, its Region, state or usage, or because kms:GenerateDataKey is not permitted.
func (s *EnvelopeSigner) Ready(ctx context.Context) error {
	if s == nil || s.client == nil {
		return errNotMade
	}
	in, dry := s.request(), true
	in.DryRun = &dry
	_, err := call(ctx, &s.source, s.client.GenerateDataKey, in, s.read)
	return s.ready(err)
}

// share returns the data key of a batch that takes one more token, and whether it is by the
// caller's own call.
func (s *EnvelopeSigner) share(ctx context.Context) (key *signingDataKey, own bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		b, own := s.join()
		if own {
			s.fill(ctx, b)
			return b.key, true, b.err
		}
		select {
		case <-b.done:
			if !b.cut {
				return b.key, false, b.err
			}
		case <-ctx.Done():
			s.quit(b)
		}
	}
}

// join returns a batch with one more token in it, and whether the caller is to get its
// data key.
func (s *EnvelopeSigner) join() (b *batch, own bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b = s.latest
	if b == nil || b.left == 0 || b.key != nil && !clock.Within(s.now(), b.made, s.cfg.ReuseFor) {
		b = &batch{left: s.cfg.ReuseTokens - 1, done: make(chan struct{})}
		s.latest = b
		return b, true
	}
	b.left--
	return b, false
}

// errAborted is for those who wait for a data key that a panic keeps from coming.
var errAborted = errors.New("the call was left unfinished")

// quit takes a token out of a batch.
func (s *EnvelopeSigner) quit(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.left++
}

// fill gets the data key of a batch, even if ctx is cancelled meanwhile.
func (s *EnvelopeSigner) fill(caller context.Context, b *batch) {
	ctx := context.WithoutCancel(caller)
	if deadline, ok := caller.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	var key *signingDataKey
	err := errAborted
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		// Its time begins now: that of a slow answer must not be over before it is used.
		b.key, b.made, b.err, b.cut = key, s.now(), err, err != nil && ctx.Err() != nil
		if err != nil && s.latest == b {
			s.latest = nil
		}
		close(b.done)
	}()
	key, err = s.generate(ctx)
}

// generate has KMS make a data key.
func (s *EnvelopeSigner) generate(ctx context.Context) (*signingDataKey, error) {
	return call(ctx, &s.source, s.client.GenerateDataKey, s.request(), s.read)
}

// request asks for as many bytes as the hash has: by KeySpec or by NumberOfBytes,
// never both (API Reference, GenerateDataKey).
func (s *EnvelopeSigner) request() *kms.GenerateDataKeyInput {
	in := &kms.GenerateDataKeyInput{KeyId: &s.cfg.key.name, EncryptionContext: s.cfg.EncryptionContext}
	size := int32(s.cfg.alg.hash.Size())
	if size == 32 {
		in.KeySpec = types.DataKeySpecAes256
		return in
	}
	in.NumberOfBytes = &size
	return in
}

func (s *EnvelopeSigner) read(out *kms.GenerateDataKeyOutput) (*signingDataKey, error) {
	defer clear(out.Plaintext)
	if len(out.CiphertextBlob) == 0 || len(out.CiphertextBlob) > maxBlobSize {
		return nil, wrongAnswer("an encrypted data key of impossible length")
	}
	if err := s.cfg.key.checkAnswer(out.KeyId); err != nil {
		return nil, err
	}
	if err := s.cfg.checkPlaintext(out.Plaintext); err != nil {
		return nil, err
	}
	return &signingDataKey{s.label, s.header(out.CiphertextBlob), s.cfg.hmacKey(out.Plaintext)}, nil
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
