package kmskeys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A remoteWalk has callers put signatures to a MACVerifier or an AsymmetricRemoteVerifier, and
// holds what they get to what KMS has said of that signature, and when.
type remoteWalk struct {
	t        *testing.T
	script   *walktest.Script
	clock    clocktest.Frozen
	verifier keys.VerificationKey
	isAlias  bool
	budget   *walktest.Budget

	mu      sync.Mutex
	mode    int                  // of KMS, 0 for one that accepts
	delay   time.Duration        // before it answers
	refused map[string]time.Time // when each signature was refused last, by the wall clock
}

// A remoteCall is what one caller sees of KMS. It goes with the caller's context.
type remoteCall struct {
	signature []byte
	calls     int
	answer    error // of KMS, by what it means; nil if it has accepted
}

type remoteCallKey struct{}

// FuzzRemoteVerifierWalk has a key that is named by its ARN or by an alias.
func FuzzRemoteVerifierWalk(f *testing.F) {
	walktest.Fuzz(f, 200, 200, func(t *testing.T, script *walktest.Script) {
		w := &remoteWalk{t: t, script: script, refused: map[string]time.Time{}}
		keyID := walkARN
		if w.isAlias = script.Next(2) == 1; w.isAlias {
			keyID = "alias/tokens"
		}
		rate, burst := walktest.Pick(script, 1, 5), walktest.Pick(script, 3, 1, 10)
		w.budget = walktest.NewBudget(rate, burst, &w.clock)
		if script.Next(2) == 0 {
			w.verifier = must(kmskeys.NewMACVerifier(w, kmskeys.MACConfig{
				KeyID: keyID, Kid: "1", MaxAge: walkMaxAge, VerifyRate: rate, VerifyBurst: burst, Now: w.clock.Now,
			}))(t)
		} else {
			w.verifier = must(kmskeys.NewAsymmetricRemoteVerifier(w, kmskeys.AsymmetricConfig{
				KeyID: keyID, Kid: "1", Algorithm: "EdDSA", MaxAge: walkMaxAge, VerifyRate: rate, VerifyBurst: burst, Now: w.clock.Now,
			}))(t)
		}
		w.run()
	})
}

func (w *remoteWalk) run() {
	var callers sync.WaitGroup
	for w.script.Left() {
		switch w.script.Next(8) {
		case 0, 1, 2, 3, 4:
			signature := bytes.Repeat([]byte{byte(w.script.Next(4))}, map[string]int{"HS256": 32, "EdDSA": 64}[w.verifier.Algorithm()])
			if w.script.Next(8) == 7 {
				signature = signature[1:]
			}
			ctx, cancel := w.script.Caller()
			callers.Go(func() {
				defer cancel()
				w.call(ctx, signature)
			})
			synctest.Wait()
		case 5:
			w.mu.Lock()
			w.mode, w.delay = w.script.Next(9), w.script.Delay()
			w.mu.Unlock()
		default:
			w.script.Pass(&w.clock)
		}
	}
	callers.Wait()
}

var errWalkOutage = errors.New("KMS decides nothing")

// ask is KMS. changed says that its answer is to be for another key.
func (w *remoteWalk) ask(ctx context.Context, signature []byte) (valid, changed bool, err error) {
	w.mu.Lock()
	mode, delay, now := w.mode, w.delay, w.wall()
	if age := now.Sub(w.refused[string(signature)]); age >= 0 && age < w.remembered() {
		w.t.Errorf("asked %v after KMS has refused it", age)
	}
	if !w.budget.Spend() {
		w.t.Error("asked beyond the budget")
	}
	w.mu.Unlock()
	seen := ctx.Value(remoteCallKey{}).(*remoteCall)
	if seen.calls++; seen.calls > 1 || !bytes.Equal(seen.signature, signature) {
		w.t.Errorf("call %d for one signature", seen.calls)
	}
	if err := w.script.Wait(ctx, delay); err != nil {
		seen.answer = errWalkOutage
		return false, false, err
	}
	seen.answer = errWalkOutage
	switch mode {
	case 3:
		return false, false, throttled()
	case 4:
		return true, true, nil
	case 5:
		return false, false, kmstest.Error("DisabledException", "The key is disabled")
	case 6, 7:
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused[string(signature)] = w.wall()
		seen.answer = keys.ErrSignature
		if mode == 7 {
			return false, false, nil
		}
		return false, false, errWalkRefused
	case 8: // the error of another operation
		return false, false, kmstest.Error("InvalidCiphertextException", "")
	}
	seen.answer = nil
	return true, false, nil
}

var errWalkRefused = errors.New("the error by which an operation says that a signature is wrong")

// VerifyMac makes a walk the client of KMS for MACs.
func (w *remoteWalk) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	valid, changed, err := w.ask(ctx, in.Mac)
	if err == errWalkRefused {
		err = kmstest.Error("KMSInvalidMacException", "")
	}
	if err != nil {
		return nil, err
	}
	arn, alg := walkARN, types.MacAlgorithmSpecHmacSha256
	if changed {
		alg = types.MacAlgorithmSpecHmacSha512
	}
	return &kms.VerifyMacOutput{KeyId: &arn, MacAlgorithm: alg, MacValid: valid}, nil
}

// Verify makes a walk the client of KMS for signatures.
func (w *remoteWalk) Verify(ctx context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	valid, changed, err := w.ask(ctx, in.Signature)
	if err == errWalkRefused {
		err = kmstest.Error("KMSInvalidSignatureException", "")
	}
	if err != nil {
		return nil, err
	}
	arn := walkARN
	if changed {
		arn = "no ARN"
	}
	return &kms.VerifyOutput{KeyId: &arn, SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512, SignatureValid: valid}, nil
}

func (w *remoteWalk) wall() time.Time { return w.clock.Now().Round(0) }

// remembered returns how long a refusal is.
func (w *remoteWalk) remembered() time.Duration {
	if w.isAlias {
		return time.Second
	}
	return walkMaxAge
}

// call puts a signature to the verifier.
func (w *remoteWalk) call(ctx context.Context, signature []byte) {
	seen := &remoteCall{signature: signature}
	w.mu.Lock()
	age := w.wall().Sub(w.refused[string(signature)])
	refused := age >= 0 && age < w.remembered() || len(signature)%2 == 1
	mayBeOver := w.budget.MayBeOver(0)
	w.mu.Unlock()
	err := w.verifier.Verify(context.WithValue(ctx, remoteCallKey{}, seen), input, signature)
	want := fmt.Sprint("after ", seen.calls, " calls, the last of which gave ", seen.answer)
	switch {
	case err == nil:
		if seen.calls == 0 || seen.answer != nil {
			w.t.Error("accepted ", want)
		}
	case errors.Is(err, keys.ErrSignature):
		if !(refused && seen.calls == 0) && seen.answer != keys.ErrSignature {
			w.t.Error("refused ", want)
		}
	case errors.Is(err, kmskeys.ErrBudget):
		if seen.calls > 0 || refused || !mayBeOver {
			w.t.Errorf("over the budget %v: %v", want, err)
		}
	case seen.answer != errWalkOutage:
		w.t.Errorf("an outage %v: %v", want, err)
	}
}
