package kmskeys_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A walk has callers use an AsymmetricVerifier in a story that bytes tell, and holds what
// they get to what KMS has answered, and when.
type walk struct {
	t        *testing.T
	script   []byte
	clock    clocktest.Frozen
	verifier *kmskeys.AsymmetricVerifier
	public   [2][]byte

	mu       sync.Mutex
	mode     int           // of KMS, below 3 for good
	delay    time.Duration // before it answers
	key      int           // the alias stands for
	answers  []walkAnswer
	failed   bool // the last call
	underWay int
}

// A walkAnswer is an answer of KMS: a key, or that there is none to use.
type walkAnswer struct {
	asked time.Time // on the wall clock
	key   int
}

const (
	noKey                 = -1
	walkMaxAge, walkGrace = 10 * time.Minute, 5 * time.Minute
)

func FuzzAsymmetricVerifierWalk(f *testing.F) {
	f.Add([]byte{0, 0, 0, 5, 2, 3, 6, 0, 0, 0, 0, 0, 0, 0, 0}) // a key gets old and is disabled
	for seed := range uint64(30) {
		random, script := rand.New(rand.NewPCG(seed, 4)), make([]byte, 200)
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		f.Add(script)
	}
	k := kmstest.New(kmstest.Config{})
	var public [2][]byte
	for i := range public {
		arn := newKey(f, k, types.KeySpecEccNistP256)
		out, err := k.GetPublicKey(context.Background(), &kms.GetPublicKeyInput{KeyId: &arn})
		if err != nil {
			f.Fatal(err)
		}
		public[i] = out.PublicKey
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 1000 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			w := &walk{t: t, script: script, public: public}
			v, err := kmskeys.NewAsymmetricVerifier(w, kmskeys.AsymmetricConfig{
				KeyID: "alias/tokens", Algorithm: "ES256", Kid: "1", MaxAge: walkMaxAge, Grace: walkGrace, Now: w.clock.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			w.verifier = v
			w.run()
		})
	})
}

// next returns a number below n.
func (w *walk) next(n int) int {
	if len(w.script) == 0 {
		return 0
	}
	b := w.script[0]
	w.script = w.script[1:]
	return int(b) % n
}

func (w *walk) wall() time.Time { return w.clock.Now().Round(0) }

func (w *walk) run() {
	var callers sync.WaitGroup
	for len(w.script) > 0 {
		switch w.next(7) {
		case 0, 1, 2:
			kid := []string{"1", "1", "", "none"}[w.next(4)]
			ctx, cancel := context.WithCancel(context.Background())
			if d := w.next(4); d > 0 { // no two events have one time
				time.AfterFunc([]time.Duration{0, 30, 700, 4000}[d]*time.Millisecond+333*time.Nanosecond, cancel)
			}
			callers.Go(func() {
				defer cancel()
				w.call(ctx, kid)
			})
			synctest.Wait()
		case 3:
			w.mu.Lock()
			w.mode, w.delay = w.next(7), []time.Duration{0, 0, 20, 900, 3000, 100_000}[w.next(6)]*time.Millisecond
			w.key = w.next(2)
			w.mu.Unlock()
		case 4:
			time.Sleep([]time.Duration{50, 500, 5000, 30_000}[w.next(4)] * time.Millisecond)
		case 5:
			time.Sleep([]time.Duration{time.Minute, 4 * time.Minute, 11 * time.Minute, time.Hour}[w.next(4)])
		case 6:
			w.clock.Freeze([]time.Duration{time.Second, time.Minute, 11 * time.Minute, time.Hour, -time.Second, -2 * time.Minute, -time.Hour}[w.next(7)])
		}
	}
	callers.Wait()
}

// GetPublicKey makes a walk the client of KMS.
func (w *walk) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	w.mu.Lock()
	asked, mode, delay, key := w.wall(), w.mode, w.delay, w.key
	if n := len(w.answers); n > 0 && w.answers[n-1].key != noKey {
		if age := asked.Sub(w.answers[n-1].asked); age >= 0 && age < walkMaxAge {
			w.t.Errorf("asked %v after a good answer", age)
		}
	}
	if w.underWay++; w.underWay > 1 {
		w.t.Error("asked twice at once")
	}
	w.mu.Unlock()
	err := ctx.Err()
	if delay > 0 {
		select {
		case <-time.After(delay + 111*time.Nanosecond):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underWay--
	w.failed = err != nil || mode >= 3
	arn := "arn:aws:kms:eu-central-1:210987654321:key/" + someKey
	out := &kms.GetPublicKeyOutput{
		KeyId: &arn, KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify,
		SigningAlgorithms: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256}, PublicKey: bytes.Clone(w.public[key]),
	}
	switch {
	case err != nil:
		return nil, err
	case mode == 3:
		return nil, throttled()
	case mode == 4:
		out.PublicKey = out.PublicKey[:20]
	case mode == 5:
		return nil, nil
	case mode == 6:
		w.answers = append(w.answers, walkAnswer{asked, noKey})
		return nil, kmstest.Error("DisabledException", "The key is disabled")
	default:
		w.answers = append(w.answers, walkAnswer{asked, key})
	}
	return out, nil
}

// call asks for the key, and compares what comes of it with the answers that can be the
// reason: the last before the call, unless it was too old, and all during it.
func (w *walk) call(ctx context.Context, kid string) {
	w.mu.Lock()
	before, began, failedBefore := len(w.answers), w.wall(), w.failed
	w.mu.Unlock()
	got, err := w.verifier.VerificationKey(ctx, keys.Header{Algorithm: "ES256", Kid: kid})
	w.mu.Lock()
	defer w.mu.Unlock()
	if unknown := kid == "none"; unknown || errors.Is(err, keys.ErrUnknownKey) {
		if !unknown || !errors.Is(err, keys.ErrUnknownKey) {
			w.t.Errorf("the key %q: %v", kid, err)
		}
		return
	}
	if err != nil {
		if ctx.Err() == nil && !failedBefore && !w.failed {
			w.t.Errorf("an outage while KMS answers: %v", err)
		}
		return
	}
	public, ok := got.(*keys.PublicKey)
	if !ok {
		w.t.Errorf("got a %T", got)
		return
	}
	for i := max(0, before-1); i < len(w.answers); i++ {
		a := w.answers[i]
		counts := i >= before
		for _, now := range []time.Time{began, w.wall()} {
			age := now.Sub(a.asked)
			counts = counts || age >= -walkGrace && age < walkMaxAge+walkGrace
		}
		if counts && a.key != noKey && public.Thumbprint() == thumbprint(w.t, w.public[a.key]) {
			return
		}
	}
	w.t.Errorf("got a key that no answer which counts has: %v", w.answers)
}

// thumbprint returns the thumbprint of a key as KMS sends it.
func thumbprint(t *testing.T, der []byte) string {
	t.Helper()
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Error(err)
		return ""
	}
	key, err := keys.NewPublicKey("ES256", parsed)
	if err != nil {
		t.Error(err)
		return ""
	}
	return key.Thumbprint()
}
