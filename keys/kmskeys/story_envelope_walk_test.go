package kmskeys_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// An envelopeWalk has callers bring tokens of a few data keys to an EnvelopeVerifier, and holds
// what they get to what KMS has answered of that data key, and when.
type envelopeWalk struct {
	t        *testing.T
	script   *walktest.Script
	clock    clocktest.Frozen
	verifier *kmskeys.EnvelopeVerifier
	isAlias  bool
	roomy    bool // no data key pushes another one out

	mu       sync.Mutex
	mode     int           // of KMS, below 4 for one that is in order
	delay    time.Duration // before it answers
	dataKeys [6]*walkDataKey
	calls    int
	failures int // calls that KMS did not decide
	proven   walkGate
	unproven walkGate
	all      *walktest.Budget // of both gates
}

// A walkDataKey is one of the data keys that tokens carry.
type walkDataKey struct {
	header    keys.Header
	blob      []byte
	plaintext []byte
	verdict   string // the error code by which KMS refuses it, if it does
	answers   *walktest.Origin[struct{}]
	refused   time.Time     // when KMS refused it last, by the wall clock
	remember  time.Duration // for how long the verifier does
	refusals  int
	decrypted bool         // since it was refused
	asking    int          // calls under way
	proven    bool         // a token was verified, and it was not refused since
	failed    [2]time.Time // when somebody met with a failure last
	dropped   time.Time    // when it may have been given up, in the bubble; zero if it is in the cache
	here      []time.Time  // when the callers came who are with it, in the bubble
}

// A walkGate is what there is to know of the calls for proven data keys, or for others.
type walkGate struct {
	budget *walktest.Budget
	row    int           // failures, of calls that were not under way together
	closed [2]time.Time  // when it was closed last, by the wall clock and in the bubble
	opened [2]time.Time  // when it was opened again
	least  time.Duration // for which a gate closes
	most   time.Duration // until KMS has been asked again, and has answered
}

func FuzzEnvelopeVerifierWalk(f *testing.F) {
	walktest.Fuzz(f, 200, 200, func(t *testing.T, script *walktest.Script) {
		w := &envelopeWalk{t: t, script: script}
		cfg := envelopeConfig(walkARN)
		if w.isAlias = script.Next(2) == 1; w.isAlias {
			cfg.KeyID = "alias/tokens"
		}
		rate, burst := walktest.Pick(script, 1, 5), walktest.Pick(script, 3, 1, 20)
		w.proven = walkGate{budget: walktest.NewBudget(rate, burst, &w.clock), least: time.Second, most: 40 * time.Second}
		w.unproven = walkGate{budget: walktest.NewBudget(rate, burst, &w.clock), least: 200 * time.Millisecond, most: 7 * time.Second}
		w.all = walktest.NewBudget(2*rate, 2*burst, &w.clock)
		cfg.CacheSize = walktest.Pick(script, len(w.dataKeys), len(w.dataKeys), len(w.dataKeys), len(w.dataKeys), 1, 2)
		w.roomy = cfg.CacheSize == len(w.dataKeys)
		cfg.MaxAge, cfg.Grace, cfg.DecryptRate, cfg.DecryptBurst, cfg.Now = walkMaxAge, walkGrace, rate, burst, w.clock.Now
		for i := range w.dataKeys {
			w.dataKeys[i] = newWalkDataKey(walktest.NewOrigin[struct{}](t, &w.clock), byte(i))
			w.dataKeys[i].answers.Several = !w.roomy
		}
		w.verifier = envelopeVerifier(t, w, cfg)
		w.run()
	})
}

func newWalkDataKey(answers *walktest.Origin[struct{}], number byte) *walkDataKey {
	k := &walkDataKey{blob: bytes.Repeat([]byte{number}, 50), plaintext: bytes.Repeat([]byte{'a' + number}, 32), answers: answers}
	text := `"` + base64.RawURLEncoding.EncodeToString(k.blob) + `"`
	k.header = keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": json.RawMessage(text)}}
	return k
}

func (w *envelopeWalk) run() {
	var callers sync.WaitGroup
	for w.script.Left() {
		switch w.script.Next(10) {
		case 0, 1, 2, 3, 4, 5:
			k, right := walktest.Pick(w.script, w.dataKeys[:]...), w.script.Next(3) > 0
			ctx, cancel := w.script.Caller()
			callers.Go(func() {
				defer cancel()
				w.call(ctx, k, right)
			})
			synctest.Wait()
		case 6:
			w.mu.Lock()
			w.mode, w.delay = w.script.Next(9), w.script.Delay()
			w.mu.Unlock()
		case 7:
			w.mu.Lock()
			walktest.Pick(w.script, w.dataKeys[:]...).verdict = walktest.Pick(w.script, "", "InvalidCiphertextException", "IncorrectKeyException")
			w.mu.Unlock()
		default:
			w.script.Pass(&w.clock)
		}
	}
	callers.Wait()
	if got := w.verifier.Stats(); got.Calls != uint64(w.calls) || got.Failures != uint64(w.failures) {
		w.t.Errorf("it counts %+v, and KMS %d calls and %d failures", got, w.calls, w.failures)
	}
}

func (w *envelopeWalk) wall() time.Time { return w.clock.Now().Round(0) }

// Decrypt makes a walk the client of KMS.
func (w *envelopeWalk) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	k := w.dataKeys[in.CiphertextBlob[0]]
	request := k.answers.Ask(ctx)
	w.mu.Lock()
	mode, delay, verdict, gate := w.mode, w.delay, k.verdict, w.gate(k)
	w.calls++
	k.asking++
	caller := ctx.Value(walkCaller{}).(walkCaller)
	w.wantPermitted(k, gate, request, caller)
	began := w.wall()
	if gate.row >= 2 || !w.roomy { // this call finds out, and no other
		gate.closed = [2]time.Time{began, time.Now()}
	}
	w.mu.Unlock()
	err := w.script.Wait(ctx, delay)
	arn := walkARN
	out := &kms.DecryptOutput{KeyId: &arn, Plaintext: bytes.Clone(k.plaintext)}
	w.mu.Lock()
	defer w.mu.Unlock()
	k.asking--
	switch {
	case err != nil:
	case mode == 4:
		err = throttled()
	case mode == 5:
		out = nil
	case mode == 6:
		out.Plaintext = out.Plaintext[1:]
	case mode == 7:
		*out.KeyId = "no ARN"
	case mode == 8:
		request.Withdraw()
		w.fail(k, gate, began)
		return nil, kmstest.Error("DisabledException", "The key is disabled")
	case verdict != "":
		request.Withdraw()
		w.refuse(k, verdict)
		w.open(gate)
		return nil, kmstest.Error(verdict, "")
	default:
		request.Good(struct{}{}, walkMaxAge)
		k.decrypted = true
		if !slices.ContainsFunc(k.here, func(came time.Time) bool { return !came.After(k.dropped) }) {
			k.dropped = time.Time{} // otherwise it may be for those alone who came before
		}
		w.open(gate)
		return out, nil
	}
	request.Fail()
	w.fail(k, gate, began)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// wantPermitted fails the test if this call should not be made. What is pushed out may be asked
// for again, together with what is on its way, and so may what was dropped for a failure.
func (w *envelopeWalk) wantPermitted(k *walkDataKey, gate *walkGate, request *walktest.Request[struct{}], caller walkCaller) {
	if !w.roomy {
		if !w.all.Spend() {
			w.t.Error("asked beyond both budgets")
		}
		return
	}
	if !gate.budget.Spend() {
		w.t.Error("asked beyond the budget")
	}
	if age := request.Asked.Sub(gate.closed[0]); gate.row >= 2 && age >= 0 && age < gate.least {
		w.t.Errorf("asked %v after failure %d in a row", age, gate.row)
	}
	if caller.remembered && k.remembered(request.Asked) && !k.decrypted {
		w.t.Errorf("asked %v after it was refused", request.Asked.Sub(k.refused))
	}
	if !k.dropped.IsZero() {
		return
	}
	request.WantAlone()
	request.WantNeeded(walkMaxAge)
	if k.proven {
		request.WantRested()
	}
}

// gate returns the gate for a data key.
func (w *envelopeWalk) gate(k *walkDataKey) *walkGate {
	if k.proven {
		return &w.proven
	}
	return &w.unproven
}

// open takes note that KMS has decided something.
func (w *envelopeWalk) open(gate *walkGate) {
	if gate.row > 0 {
		gate.row, gate.opened = 0, [2]time.Time{w.wall(), time.Now()}
	}
}

func (w *envelopeWalk) fail(k *walkDataKey, gate *walkGate, began time.Time) {
	w.failures++
	if now, closed := w.wall(), gate.closed[0]; gate.row == 0 || !began.Before(closed) || now.Before(closed) {
		gate.row++
		gate.closed = [2]time.Time{now, time.Now()}
	}
	w.drop(k, !k.proven)
}

// drop takes note that a data key may not be in the cache any more.
func (w *envelopeWalk) drop(k *walkDataKey, may bool) {
	if may {
		k.dropped = time.Now()
	}
}

func (w *envelopeWalk) refuse(k *walkDataKey, verdict string) {
	k.refusals++
	k.proven, k.decrypted = false, false
	k.refused, k.remember = w.wall(), walkMaxAge
	if w.isAlias && verdict == "IncorrectKeyException" {
		k.remember = time.Second
	}
}

// A walkCaller is what a context knows of its caller, under a zero one.
type walkCaller struct {
	remembered bool // that KMS has refused its data key, for which nobody asks just now
}

// remembered reports whether the verifier remembers at that time that KMS has refused it.
func (k *walkDataKey) remembered(now time.Time) bool {
	age := now.Sub(k.refused)
	return age >= 0 && age < k.remember
}

// call brings a token with a right or a wrong signature.
func (w *envelopeWalk) call(ctx context.Context, k *walkDataKey, right bool) {
	ctx, visit := k.answers.Visit(ctx)
	w.mu.Lock()
	refusals, failures, remembered := k.refusals, w.failures, k.remembered(w.wall())
	came := time.Now()
	k.here = append(k.here, came)
	ctx = context.WithValue(ctx, walkCaller{}, walkCaller{remembered && k.asking == 0})
	mayFail := w.mayFail(k)
	w.mayBeOver(k) // which has the budgets see the clock
	w.mu.Unlock()
	key, err := w.verifier.VerificationKey(ctx, k.header)
	w.mu.Lock()
	defer w.mu.Unlock()
	k.here = slices.DeleteFunc(k.here, came.Equal)
	switch {
	case err == nil:
		if !visit.Usable(walkGrace, func(struct{}) bool { return true }) {
			w.t.Errorf("got data key %d, and no answer which counts has it", k.blob[0])
		}
		w.verify(ctx, k, key, right)
		// It may have been used on grace, and given up since no call could be made.
		w.drop(k, !k.proven && !visit.Fresh(walkMaxAge, func(struct{}) bool { return true }))
	case errors.Is(err, keys.ErrUnknownKey):
		if !remembered && k.refusals == refusals {
			w.t.Errorf("data key %d is refused, and not by KMS: %v", k.blob[0], err)
		}
	case errors.Is(err, kmskeys.ErrBudget):
		if !w.mayBeOver(k) {
			w.t.Errorf("the budget for data key %d is not used up", k.blob[0])
		}
		w.drop(k, !k.proven)
	default:
		if ctx.Err() == nil && !mayFail && w.failures == failures {
			w.t.Errorf("an outage while KMS answers: %v", err)
		}
		// That KMS refuses the key or the caller counts for all data keys.
		w.drop(k, !k.proven || errors.Is(err, keys.ErrMisconfigured))
		k.failed = [2]time.Time{w.wall(), time.Now()}
	}
}

func (w *envelopeWalk) verify(ctx context.Context, k *walkDataKey, key keys.VerificationKey, right bool) {
	mac := hmac.New(sha256.New, k.plaintext)
	mac.Write(input)
	signature := mac.Sum(nil)
	if !right {
		signature[0] ^= 1
	}
	err := key.Verify(ctx, input, signature)
	if right && err != nil || !right && !errors.Is(err, keys.ErrSignature) {
		w.t.Errorf("a signature that is right: %v; its verdict: %v", right, err)
	}
	k.proven = k.proven || right
}

// mayFail reports whether KMS has failed so lately that it is not asked. A proven data key that
// was turned away for that rests for a second at most.
func (w *envelopeWalk) mayFail(k *walkDataKey) bool {
	if !w.roomy { // nobody knows which gate it comes to
		return w.failures > 0
	}
	g := w.gate(k)
	return g.row >= 2 && w.within(g.closed, g.most) || k.proven && (w.within(g.opened, time.Second) || w.within(k.failed, time.Second))
}

// within reports whether less than d has passed since then, by either clock.
func (w *envelopeWalk) within(then [2]time.Time, d time.Duration) bool {
	wall, bubble := w.wall().Sub(then[0]), time.Since(then[1])
	return wall >= 0 && wall < d || bubble < d
}

// mayBeOver reports whether there may have been no call left for a data key. One that is proven
// rests for a second at most after it has found that out.
func (w *envelopeWalk) mayBeOver(k *walkDataKey) bool {
	w.all.MayBeOver(0)
	proven, unproven := w.proven.budget.MayBeOver(time.Second), w.unproven.budget.MayBeOver(0)
	switch {
	case !w.roomy:
		return true
	case k.proven:
		return proven
	}
	return unproven
}
