package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/internal/walktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

const (
	walkMaxAge, walkGrace = 10 * time.Minute, 5 * time.Minute
	walkARN               = "arn:aws:kms:eu-central-1:210987654321:key/" + someKey
)

// A publicKeyWalk has callers use an AsymmetricVerifier, and holds what they get to what KMS
// has answered, and when.
type publicKeyWalk struct {
	t        *testing.T
	script   *walktest.Script
	clock    clocktest.Frozen
	verifier *kmskeys.AsymmetricVerifier
	public   [2]*keys.PublicKey
	der      [2][]byte
	keys     *walktest.Origin[int] // indices of public

	mu    sync.Mutex
	mode  int           // of KMS, below 3 for good
	delay time.Duration // before it answers
	key   int           // the alias stands for
}

func FuzzAsymmetricVerifierWalk(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 4, 1, 2, 3, 6, 0, 0, 0, 0, 0, 1}) // a key gets old and is disabled
	var public [2]*keys.PublicKey
	var der [2][]byte
	for i, instance := range []string{"a", "b"} {
		public[i] = testkeys.Private(f, "1", "ES256", instance).Public()
		block, _ := pem.Decode(must(public[i].MarshalPEM())(f))
		der[i] = block.Bytes
	}
	walktest.Fuzz(f, 200, 200, func(t *testing.T, script *walktest.Script) {
		w := &publicKeyWalk{t: t, script: script, public: public, der: der}
		w.keys = walktest.NewOrigin[int](t, &w.clock)
		w.verifier = must(kmskeys.NewAsymmetricVerifier(w, kmskeys.AsymmetricConfig{
			KeyID: "alias/tokens", Algorithm: "ES256", Kid: "1", MaxAge: walkMaxAge, Grace: walkGrace, Now: w.clock.Now,
		}))(t)
		w.run()
	})
}

func (w *publicKeyWalk) run() {
	var callers sync.WaitGroup
	for w.script.Left() {
		switch w.script.Next(7) {
		case 0, 1, 2:
			kid := walktest.Pick(w.script, "1", "1", "", "none")
			ctx, cancel := w.script.Caller()
			callers.Go(func() {
				defer cancel()
				w.call(ctx, kid)
			})
			synctest.Wait()
		case 3:
			w.mu.Lock()
			w.mode, w.delay, w.key = w.script.Next(7), w.script.Delay(), w.script.Next(2)
			w.mu.Unlock()
		default:
			w.script.Pass(&w.clock)
		}
	}
	callers.Wait()
}

// GetPublicKey makes a walk the client of KMS.
func (w *publicKeyWalk) GetPublicKey(ctx context.Context, _ *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	w.mu.Lock()
	mode, delay, key := w.mode, w.delay, w.key
	w.mu.Unlock()
	request := w.keys.Ask(ctx)
	request.WantAlone()
	request.WantRested()
	request.WantNeeded(walkMaxAge)
	err := w.script.Wait(ctx, delay)
	arn := walkARN
	out := &kms.GetPublicKeyOutput{
		KeyId: &arn, KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify,
		SigningAlgorithms: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256}, PublicKey: bytes.Clone(w.der[key]),
	}
	switch {
	case err != nil:
	case mode == 3:
		err = throttled()
	case mode == 4:
		out.PublicKey = out.PublicKey[:20]
	case mode == 5:
		out = nil
	case mode == 6:
		request.Withdraw()
		return nil, kmstest.Error("DisabledException", "The key is disabled")
	default:
		request.Good(key, walkMaxAge)
		return out, nil
	}
	request.Fail()
	if err != nil {
		return nil, err
	}
	return out, nil
}

// call asks for the key, and compares what comes of it with the answers that can be the reason.
func (w *publicKeyWalk) call(ctx context.Context, kid string) {
	ctx, visit := w.keys.Visit(ctx)
	got, err := w.verifier.VerificationKey(ctx, keys.Header{Algorithm: "ES256", Kid: kid})
	switch unknown := errors.Is(err, keys.ErrUnknownKey); {
	case unknown != (kid == "none"):
		w.t.Errorf("the key %q: %v", kid, err)
	case unknown:
	case err != nil:
		if ctx.Err() == nil && !visit.MayFail(walkGrace) {
			w.t.Errorf("an outage while KMS answers: %v", err)
		}
	case !visit.Usable(walkGrace, func(key int) bool { return w.public[key].Thumbprint() == got.(*keys.PublicKey).Thumbprint() }):
		w.t.Errorf("got a key that no answer which counts has: %v", got)
	}
}
