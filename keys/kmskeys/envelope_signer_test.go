package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// slowKMS takes its time by the clock.
type slowKMS struct {
	*kmstest.KMS
	pass func()
}

func (s slowKMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, options ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	s.pass()
	return s.KMS.GenerateDataKey(ctx, in, options...)
}

func TestASlowAnswerOfKMSIsUsedAndNotAskedForAgain(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := kmskeys.EnvelopeConfig{
		KeyID: key, EncryptionContext: kmskeys.TokenContext("i", "a"), ReuseTokens: 10, ReuseFor: time.Second,
		Now: func() time.Time { return now },
	}
	s, err := kmskeys.NewEnvelopeSigner(slowKMS{k, func() { now = now.Add(5 * time.Second) }}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := s.SigningKey(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.Calls("GenerateDataKey"); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
	cfg.ReuseFor = time.Second - 1
	if _, err := kmskeys.NewEnvelopeSigner(k, cfg); err == nil || !strings.Contains(err.Error(), "ReuseFor") {
		t.Errorf("got %v", err)
	}
}

func TestWhatOneTokenPutsIntoItsHeaderIsNotInTheNext(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.ReuseTokens, cfg.ReuseFor = 10, time.Minute
	s := envelopeSigner(t, k, cfg)
	must(s.SigningKey(context.Background()))(t).Header().Params["cty"] = []byte(`"x"`)
	if got := must(s.SigningKey(context.Background()))(t).Header().Params["cty"]; got != nil {
		t.Errorf("got %s", got)
	}
}

func TestSigningEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, reuse := range []int{0, 2} {
			b := newBench(t, func(c *kmskeys.EnvelopeConfig) {
				c.ReuseTokens, c.ReuseFor = reuse, time.Duration(reuse)*time.Hour
			})
			b.Hang("GenerateDataKey", 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := b.signs.SigningKey(ctx)
			cancel()
			wantError(t, err, context.DeadlineExceeded)
			wantOutage(t, err)
			wantVerified(t, b.verifies, sign(t, b.signs))
		}
	})
}

// Whoever decrypts the data key can check the token without this library.
func TestATokenIsSignedWithTheDataKeyItselfOrInTheBlueprintsFormatWithItsText(t *testing.T) {
	for alg, size := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		for _, format := range []kmskeys.EnvelopeFormat{kmskeys.DefaultEnvelope, kmskeys.BlueprintEnvelope} {
			var given plaintexts
			k := kmstest.New(kmstest.Config{})
			watched := between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { given.add(out.Plaintext); return out }}
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			cfg.Algorithm = alg
			if format == kmskeys.BlueprintEnvelope {
				if alg != "HS256" {
					continue
				}
				blueprint(&cfg)
			}
			s := sign(t, envelopeSigner(t, watched, cfg))
			secret := given.copies[0]
			if len(secret) != size {
				t.Errorf("%s: a data key of %d bytes", alg, len(secret))
			}
			if format == kmskeys.BlueprintEnvelope {
				secret = []byte(base64.StdEncoding.EncodeToString(secret))
			}
			wantVerified(t, must(keys.HMAC(alg, secret))(t), s)
		}
	}
}

func TestByDefaultEachTokenHasADataKeyOfItsOwn(t *testing.T) {
	b := newBench(t, nil)
	seen := map[string]bool{}
	for range 10 {
		edk, _ := sign(t, b.signs).header.Param("edk")
		seen[edk] = true
	}
	if len(seen) != 10 {
		t.Errorf("10 tokens have %d data keys", len(seen))
	}
	wantCalls(t, b.KMS, "GenerateDataKey", 10)
}

// By a clock that was set back nobody knows how long a data key has been in use.
func TestADataKeyIsNotUsedAgainOnceTheClockIsSetBack(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 3, time.Minute })
	sign(t, b.signs)
	b.clock.Add(-time.Second)
	sign(t, b.signs)
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
}

func TestADataKeyIsUsedAgainForSoManyTokensAndSoLong(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 3, time.Minute })
	for range 3 {
		wantVerified(t, b.verifies, sign(t, b.signs))
	}
	wantCalls(t, b.KMS, "GenerateDataKey", 1)
	wantVerified(t, b.verifies, sign(t, b.signs)) // the fourth has the second
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
	b.clock.Add(time.Minute - 1)
	wantVerified(t, b.verifies, sign(t, b.signs))
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
	b.clock.Add(1)
	wantVerified(t, b.verifies, sign(t, b.signs)) // whose time is over
	wantCalls(t, b.KMS, "GenerateDataKey", 3)
	wantCalls(t, b.KMS, "Decrypt", 3)
}

func TestSimultaneousSignersShareDataKeysToTheLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", kmstest.Forever, time.Second)
		var mu sync.Mutex
		uses := map[string]int{}
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				s := sign(t, b.signs)
				wantVerified(t, b.verifies, s)
				edk, _ := s.header.Param("edk")
				mu.Lock()
				defer mu.Unlock()
				uses[edk]++
			})
		}
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 10)
		for _, n := range uses {
			if n != 10 {
				t.Errorf("a data key signed %d tokens", n)
			}
		}
	})
}

func TestASharedDataKeySurvivesTheRequestThatAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", 1, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _, _ = b.signs.SigningKey(ctx) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		synctest.Wait()
		cancel()
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 1)
	})
}

// There is nobody else for whom it could go on.
func TestACallForADataKeyOfOneTokenEndsWithItsRequest(t *testing.T) {
	for _, reuse := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = reuse, time.Duration(reuse)*time.Hour })
			b.Hang("GenerateDataKey", 1)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			start := time.Now()
			_, err := b.signs.SigningKey(ctx)
			wantOutage(t, err)
			wantError(t, err, context.Canceled)
			if took := time.Since(start); took != time.Second {
				t.Errorf("with ReuseTokens of %d it took %v", reuse, took)
			}
		})
	}
}

func TestUnlessDataKeysAreUsedAgainRequestsAtOnceHaveOneEach(t *testing.T) {
	for _, reuse := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = reuse, time.Duration(reuse)*time.Hour })
			b.Delay("GenerateDataKey", kmstest.Forever, time.Second)
			var group sync.WaitGroup
			for range 10 {
				group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
			}
			group.Wait()
			wantCalls(t, b.KMS, "GenerateDataKey", 10)
			wantCalls(t, b.KMS, "Decrypt", 10)
		})
	}
}

func TestAFailedGenerationIsNotKept(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
	b.Fail("GenerateDataKey", 1, throttled())
	_, err := b.signs.SigningKey(context.Background())
	wantOutage(t, err)
	wantVerified(t, b.verifies, sign(t, b.signs))
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
}

func TestTheHeaderCarriesTheEncryptedDataKey(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*kmskeys.EnvelopeConfig)
		member   string
		encoding *base64.Encoding
		kid      string
	}{
		"by default":                 {func(*kmskeys.EnvelopeConfig) {}, "edk", base64.RawURLEncoding, ""},
		"under another name":         {func(c *kmskeys.EnvelopeConfig) { c.Header = "data-key_1" }, "data-key_1", base64.RawURLEncoding, ""},
		"beside a kid":               {func(c *kmskeys.EnvelopeConfig) { c.Kid = "é" }, "edk", base64.RawURLEncoding, "é"},
		"in the blueprint's format":  {blueprint, "KID", base64.StdEncoding, ""},
		"the blueprint's, elsewhere": {func(c *kmskeys.EnvelopeConfig) { blueprint(c); c.Header = "EDK" }, "EDK", base64.StdEncoding, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			test.change(&cfg)
			var blob []byte
			s := sign(t, envelopeSigner(t, between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
				blob = bytes.Clone(out.CiphertextBlob)
				return out
			}}, cfg))
			want := keys.Header{Algorithm: "HS256", Kid: test.kid, Params: map[string]json.RawMessage{
				test.member: json.RawMessage(`"` + test.encoding.EncodeToString(blob) + `"`),
			}}
			if s.header.Algorithm != want.Algorithm || s.header.Kid != want.Kid || s.header.Type != "" ||
				len(s.header.Params) != 1 || string(s.header.Params[test.member]) != string(want.Params[test.member]) {
				t.Errorf("got %v, want %v", s.header, want)
			}
			wantVerified(t, envelopeVerifier(t, k, cfg), s)
		})
	}
}

// Two hundred people log in at once, with two tokens to a data key and 50 ms to a call.
func TestManyLoginsAtOnceAreServedByManyCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, time.Hour })
		b.Delay("GenerateDataKey", kmstest.Forever, 50*time.Millisecond)
		start := time.Now()
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		}
		group.Wait()
		if took := time.Since(start); took >= 500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		wantCalls(t, b.KMS, "GenerateDataKey", 100)
	})
}

func TestWhoNoLongerWaitsForASharedDataKeyLeavesTheirPartOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, time.Hour })
		b.Delay("GenerateDataKey", kmstest.Forever, time.Second)
		var group sync.WaitGroup
		group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		group.Go(func() {
			_, err := b.signs.SigningKey(ctx)
			wantOutage(t, err)
			wantError(t, err, context.Canceled)
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 1)
	})
}

func TestAFailedCallFailsThoseWhoWaitForItAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", 1, time.Second)
		slow := between{KMS: b.KMS, dataKey: func(*kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { return nil }}
		b.signs = envelopeSigner(t, slow, b.cfg)
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := b.signs.SigningKey(t.Context())
				wantOutage(t, err)
			})
		}
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 1)
		_, err := b.signs.SigningKey(t.Context())
		wantOutage(t, err)
		wantCalls(t, b.KMS, "GenerateDataKey", 2)
	})
}

// A data key that is on its way is of use, whatever became of the one before.
func TestAFailedCallTakesNothingFromTheDataKeyAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, time.Hour })
		b.Delay("GenerateDataKey", 1, time.Second)
		b.Delay("GenerateDataKey", 1, 2*time.Second)
		start := time.Now()
		first := between{KMS: b.KMS, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
			if time.Since(start) == time.Second {
				return nil
			}
			return out
		}}
		b.signs = envelopeSigner(t, first, b.cfg)
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				_, err := b.signs.SigningKey(t.Context())
				wantOutage(t, err)
			})
		}
		synctest.Wait()
		for range 2 {
			group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
			time.Sleep(1500 * time.Millisecond)
		}
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 2)
	})
}

// One request has no time left, which says nothing to those who have.
func TestThoseWhoHaveTimeBeginAnewAfterACallThatEndedForWantOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", kmstest.Forever, time.Second)
		hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := b.signs.SigningKey(hurried)
			wantError(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		for range 9 {
			group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		}
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 2)
	})
}

func TestAnAnswerThatIsLateForWhoAskedIsOfUseToWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, time.Hour })
		late := between{KMS: b.KMS, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { time.Sleep(time.Second); return out }}
		b.signs = envelopeSigner(t, late, b.cfg)
		hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() { _, _ = b.signs.SigningKey(hurried) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 1)
	})
}

// panicking is a client with a fault.
type panicking struct{ *kmstest.KMS }

func (p panicking) GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	time.Sleep(time.Second)
	panic("a fault of the client")
}

func TestAClientThatPanicsLeavesNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.signs = envelopeSigner(t, panicking{b.KMS}, b.cfg)
		var group sync.WaitGroup
		group.Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not reach the request")
				}
			}()
			_, _ = b.signs.SigningKey(t.Context())
		})
		synctest.Wait()
		group.Go(func() {
			_, err := b.signs.SigningKey(t.Context())
			wantOutage(t, err)
		})
		group.Wait()
	})
}
