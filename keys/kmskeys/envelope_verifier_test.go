package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestADataKeyIsDecryptedOnceWithinItsTime(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	for range 10 {
		wantVerified(t, b.verifies, s)
	}
	b.clock.Add(5*time.Minute - 1)
	wantVerified(t, b.verifies, s)
	wantCalls(t, b.KMS, "Decrypt", 1)
	b.clock.Add(1)
	wantVerified(t, b.verifies, s)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

func TestADisabledKMSKeyIsHonouredNoLongerThanTheCacheLasts(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.MaxAge = time.Minute })
	s := sign(t, b.signs)
	wantVerified(t, b.verifies, s)
	disable(t, b.KMS, b.cfg.KeyID)
	wantVerified(t, b.verifies, s)
	b.clock.Add(time.Minute)
	err := verify(context.Background(), b.verifies, s)
	wantOutage(t, err)
	wantError(t, err, keys.ErrMisconfigured)
}

func TestAnOutageOfFiftyMinutesRefusesNobodyWhoIsLoggedIn(t *testing.T) {
	b := newBench(t, nil)
	var tokens []signed
	for range 200 {
		s := sign(t, b.signs)
		wantVerified(t, b.verifies, s)
		tokens = append(tokens, s)
		b.clock.Add(time.Second)
	}
	b.Fail("Decrypt", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
	before := b.Calls("Decrypt")
	for range 50 * 6 {
		for _, s := range tokens {
			wantVerified(t, b.verifies, s)
		}
		b.clock.Add(10 * time.Second)
	}
	if calls := b.Calls("Decrypt") - before; calls > 50*6 {
		t.Errorf("%d calls in 50 minutes", calls)
	}
	b.Heal()
	b.clock.Add(time.Minute)
	before = b.Calls("Decrypt")
	for range 200 {
		for _, s := range tokens {
			wantVerified(t, b.verifies, s)
		}
		b.clock.Add(time.Second)
	}
	if calls := b.Calls("Decrypt") - before; calls != 200 {
		t.Errorf("once it is over %d calls, want one for each data key", calls)
	}
}

func TestGraceEndsAndGraceOfLessThanNothingIsNone(t *testing.T) {
	for grace, want := range map[time.Duration]time.Duration{0: time.Hour, time.Minute: time.Minute, -1: 0} {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.Grace = grace })
		s := sign(t, b.signs)
		wantVerified(t, b.verifies, s)
		b.Fail("Decrypt", kmstest.Forever, throttled())
		b.clock.Add(5*time.Minute + want - 1)
		wantVerified(t, b.verifies, s)
		b.clock.Add(1)
		wantOutage(t, verify(t.Context(), b.verifies, s))
	}
}

// Who is logged in when KMS begins to refuse is not for longer than MaxAge.
func TestADataKeyThatKMSRefusesIsGivenUpAtOnce(t *testing.T) {
	for _, code := range []string{"DisabledException", "KMSInvalidStateException", "NotFoundException", "AccessDeniedException"} {
		b := newBench(t, nil)
		s, other := sign(t, b.signs), sign(t, b.signs)
		wantVerified(t, b.verifies, s)
		wantVerified(t, b.verifies, other)
		b.Fail("Decrypt", kmstest.Forever, kmstest.Error(code, ""))
		b.clock.Add(kmskeys.DefaultMaxAge)
		for range 3 {
			for _, s := range []signed{s, other} {
				err := verify(t.Context(), b.verifies, s)
				wantOutage(t, err)
				wantError(t, err, keys.ErrMisconfigured)
			}
		}
		b.Heal()
		b.Fail("Decrypt", kmstest.Forever, throttled())
		b.clock.Add(time.Minute)
		wantOutage(t, verify(t.Context(), b.verifies, s)) // it has no grace left
		b.Heal()
		b.clock.Add(time.Minute)
		wantVerified(t, b.verifies, s)
	}
}

func TestADataKeyThatKMSNoLongerDecryptsIsRefusedAndRemembered(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	wantVerified(t, b.verifies, s)
	b.clock.Add(kmskeys.DefaultMaxAge)
	b.Fail("Decrypt", 1, kmstest.Error("InvalidCiphertextException", ""))
	for range 3 {
		wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
	}
	wantCalls(t, b.KMS, "Decrypt", 2)
}

// Whoever can log in has as many genuine data keys as they like.
func TestGenuineDataKeysWithWrongSignaturesPushNobodyOutOfASmallCache(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 2 })
	users := []signed{sign(t, b.signs), sign(t, b.signs)}
	for _, s := range users {
		wantVerified(t, b.verifies, s)
	}
	for range 20 {
		s := sign(t, b.signs)
		s.signature[0] ^= 1
		wantError(t, verify(t.Context(), b.verifies, s), keys.ErrSignature)
		wantError(t, verify(t.Context(), b.verifies, s), keys.ErrSignature)
	}
	wantCalls(t, b.KMS, "Decrypt", 2+20)
	for _, s := range users {
		wantVerified(t, b.verifies, s)
	}
	wantCalls(t, b.KMS, "Decrypt", 2+20)
	third := sign(t, b.signs) // by its first right signature it takes the place of one
	wantVerified(t, b.verifies, third)
	wantVerified(t, b.verifies, users[1])
	wantVerified(t, b.verifies, third)
	wantCalls(t, b.KMS, "Decrypt", 2+20+1)
	wantVerified(t, b.verifies, users[0])
	wantCalls(t, b.KMS, "Decrypt", 2+20+2)
}

// One cannot get a budget meant for users by a data key that never signed anything right.
func TestOnlyARightSignatureMakesADataKeyKnown(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst, c.Grace = 1, 2, -1 })
	wrong := sign(t, b.signs)
	right := signed{wrong.header, bytes.Clone(wrong.signature)}
	wrong.signature[0] ^= 1
	wantError(t, verify(t.Context(), b.verifies, wrong), keys.ErrSignature)
	exhaust := func() {
		b.clock.Add(kmskeys.DefaultMaxAge)
		for i := range 2 {
			wantError(t, verify(t.Context(), b.verifies, forged(i)), keys.ErrUnknownKey)
		}
	}
	exhaust()
	wantError(t, verify(t.Context(), b.verifies, wrong), kmskeys.ErrBudget)
	b.clock.Add(time.Second)
	wantVerified(t, b.verifies, right)
	exhaust()
	wantError(t, verify(t.Context(), b.verifies, wrong), keys.ErrSignature)
}

func TestTheCacheHoldsNoMoreDataKeysThanItMay(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 2 })
	first, second, third := sign(t, b.signs), sign(t, b.signs), sign(t, b.signs)
	for _, s := range []signed{first, second, first, third, first} {
		wantVerified(t, b.verifies, s)
	}
	wantCalls(t, b.KMS, "Decrypt", 3)
	wantVerified(t, b.verifies, second) // which was the least recently used
	wantCalls(t, b.KMS, "Decrypt", 4)
}

// Requests under way have their key, whatever becomes of it in the cache.
func TestAKeyThatIsPushedOutOfTheCacheGoesOnWorking(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) {
		c.CacheSize, c.DecryptRate, c.DecryptBurst = 1, 1_000_000, 1_000_000
	})
	tokens := []signed{sign(t, b.signs), sign(t, b.signs), sign(t, b.signs)}
	held, err := b.verifies.VerificationKey(context.Background(), tokens[0].header)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 6 {
		group.Go(func() {
			for range 50 {
				wantVerified(t, b.verifies, tokens[worker%len(tokens)])
				if err := held.Verify(context.Background(), input, tokens[0].signature); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantError(t, held.Verify(context.Background(), input, tokens[1].signature), keys.ErrSignature)
}

// KMS is slow here, so that all come while the first waits.
func TestAHundredSimultaneousRequestsWithOneNewKeyCostOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		b.Delay("Decrypt", kmstest.Forever, time.Second)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { wantVerified(t, b.verifies, s) })
		}
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	})
}

// And here it is fast, so that some come just when the first is done.
func TestRequestsAtAnyMomentWithOneNewKeyCostOneCall(t *testing.T) {
	for range 20 {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() { wantVerified(t, b.verifies, s) })
		}
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	}
}

func TestASharedCallSurvivesTheRequestThatStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		b.Delay("Decrypt", 1, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _ = verify(ctx, b.verifies, s) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, s) })
		synctest.Wait()
		cancel()
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	})
}

func TestACallEndsWithCallTimeoutOrALittleBeforeItsCallersTime(t *testing.T) {
	for name, test := range map[string]struct{ callTimeout, deadline, want time.Duration }{
		"by default":                   {0, 0, kmskeys.DefaultCallTimeout},
		"as it is set":                 {2 * time.Second, 0, 2 * time.Second},
		"whose caller has less time":   {0, time.Second, 900 * time.Millisecond},
		"whose caller has no patience": {0, 50 * time.Millisecond, 25 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CallTimeout = test.callTimeout })
				s := sign(t, b.signs)
				b.Hang("Decrypt", 1)
				ctx := t.Context()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				start := time.Now()
				err := verify(ctx, b.verifies, s)
				wantError(t, err, context.DeadlineExceeded)
				wantOutage(t, err)
				if took := time.Since(start); took != test.want {
					t.Errorf("it took %v, want %v", took, test.want)
				}
				b.clock.Add(time.Second)
				wantVerified(t, b.verifies, s) // nothing has stayed behind
			})
		})
	}
}

func TestWhatKMSRefusedIsRefusedAgainWithoutACallForAWhile(t *testing.T) {
	b := newBench(t, nil)
	bad := forged(1)
	for range 10 {
		wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	}
	b.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 1)
	b.clock.Add(1)
	wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

func TestRefusedDataKeysPushNoGoodOnesOut(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 2 })
	good := sign(t, b.signs)
	wantVerified(t, b.verifies, good)
	for i := range 20 {
		wantError(t, verify(context.Background(), b.verifies, forged(i)), keys.ErrUnknownKey)
	}
	wantCalls(t, b.KMS, "Decrypt", 21)
	wantVerified(t, b.verifies, good)
	wantError(t, verify(context.Background(), b.verifies, forged(19)), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 21)
	wantError(t, verify(context.Background(), b.verifies, forged(0)), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 22) // the first is forgotten, and room for two there is
}

// What an alias stands for changes, and for a while not everywhere at once.
func TestADataKeyOfAnotherKeyIsRememberedOnlyWhereTheKeyIsNamedForGood(t *testing.T) {
	for name, test := range map[string]struct {
		alias bool
		calls int
	}{
		"key ARN": {false, 1}, "alias": {true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c := clocktest.NewManual()
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			cfg.Now = c.Now
			next := newKey(t, k, types.KeySpecSymmetricDefault)
			s := sign(t, envelopeSigner(t, k, envelopeConfig(next)))
			if test.alias {
				cfg.KeyID = newAlias(t, k, "alias/login", cfg.KeyID)
			}
			v := envelopeVerifier(t, k, cfg)
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
			if test.alias {
				repoint(t, k, cfg.KeyID, next)
				c.Add(time.Second)
				wantVerified(t, v, s)
			}
			wantCalls(t, k, "Decrypt", test.calls)
		})
	}
}

// A data key that has verified tokens and is then refused is forgotten as any other is.
func TestAProvenDataKeyThatIsRefusedIsNotAskedForAgain(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	wantVerified(t, b.verifies, s)
	b.clock.Add(kmskeys.DefaultMaxAge)
	b.Fail("Decrypt", 1, kmstest.Error("InvalidCiphertextException", ""))
	for range 5 {
		wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
	}
	wantCalls(t, b.KMS, "Decrypt", 2)
	b.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 2)
	b.clock.Add(1)
	wantVerified(t, b.verifies, s)
	wantCalls(t, b.KMS, "Decrypt", 3)
}

// A request may have had it from before KMS refused it.
func TestARefusedDataKeyThatSomebodyStillUsesDoesNotComeBack(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	held := must(b.verifies.VerificationKey(t.Context(), s.header))(t)
	if err := held.Verify(t.Context(), input, s.signature); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(kmskeys.DefaultMaxAge)
	b.Fail("Decrypt", 1, kmstest.Error("InvalidCiphertextException", ""))
	wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
	if err := held.Verify(t.Context(), input, s.signature); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(time.Minute)
	wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

// What is no ciphertext of any key stays so, whatever an alias stands for. That a data key
// is another KMS key's can change.
func TestHowLongAnAliasRemembersWhatItHasRefused(t *testing.T) {
	for name, test := range map[string]struct {
		blob func(*testing.T, *kmstest.KMS) signed
		stay time.Duration
	}{
		"no ciphertext": {func(*testing.T, *kmstest.KMS) signed { return forged(1) }, kmskeys.DefaultMaxAge},
		"another key's": {func(t *testing.T, k *kmstest.KMS) signed {
			return sign(t, envelopeSigner(t, k, envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))))
		}, time.Second},
	} {
		for _, alias := range []bool{true, false} {
			stay := test.stay
			b := newBench(t, nil)
			if alias {
				cfg := b.cfg
				cfg.KeyID = newAlias(t, b.KMS, "alias/login", cfg.KeyID)
				b.verifies = envelopeVerifier(t, b, cfg)
			} else {
				stay = kmskeys.DefaultMaxAge
			}
			s := test.blob(t, b.KMS)
			for _, step := range []struct {
				wait  time.Duration
				calls int
			}{{0, 1}, {0, 1}, {stay - 1, 1}, {1, 2}, {stay - 1, 2}, {1, 3}} {
				b.clock.Add(step.wait)
				wantError(t, verify(t.Context(), b.verifies, s), keys.ErrUnknownKey)
				if calls := b.Calls("Decrypt"); calls != step.calls {
					t.Errorf("%s, alias %v: %d calls, want %d", name, alias, calls, step.calls)
				}
			}
		}
	}
}

// A data key of anybody's own makes tokens that only its KMS key would vouch for.
func TestADataKeyFromElsewhereIsTheTokensFault(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	other := newKey(t, k, types.KeySpecSymmetricDefault)
	for name, signs := range map[string]func(*testing.T) keys.SigningSource{
		"of another KMS key": func(t *testing.T) keys.SigningSource { return envelopeSigner(t, k, envelopeConfig(other)) },
		"of another audience": func(t *testing.T) keys.SigningSource {
			c := cfg
			c.EncryptionContext = kmskeys.TokenContext(issuer, "billing")
			return envelopeSigner(t, k, c)
		},
		"of no context at all": func(t *testing.T) keys.SigningSource {
			c := cfg
			blueprint(&c)
			c.Header = "edk"
			return reencoded{envelopeSigner(t, k, c)}
		},
		"of another account": func(t *testing.T) keys.SigningSource {
			far := kmstest.New(kmstest.Config{Account: "999988887777"})
			return envelopeSigner(t, far, envelopeConfig(newKey(t, far, types.KeySpecSymmetricDefault)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := envelopeVerifier(t, k, cfg)
			s := sign(t, signs(t))
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
		})
	}
}

// reencoded writes what a blueprint's signer does in base64url.
type reencoded struct{ keys.SigningSource }

func (r reencoded) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	key, err := r.SigningSource.SigningKey(ctx)
	return reencodedKey{key}, err
}

type reencodedKey struct{ keys.SigningKey }

func (k reencodedKey) Header() keys.Header {
	h := k.SigningKey.Header()
	text, _ := h.Param("edk")
	blob, _ := base64.StdEncoding.DecodeString(text)
	h.Params = map[string]json.RawMessage{"edk": json.RawMessage(`"` + base64.RawURLEncoding.EncodeToString(blob) + `"`)}
	return h
}

// What costs nothing to see is seen before KMS is asked.
func TestAHeaderThatNoSignerWritesCostsNoCall(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.Kid = "login"
	good := sign(t, envelopeSigner(t, k, cfg))
	edk, _ := good.header.Param("edk")
	blob := must(base64.RawURLEncoding.DecodeString(edk))(t)
	quoted := func(s string) json.RawMessage { return must(json.Marshal(s))(t) }
	raw := func(size int) json.RawMessage {
		return quoted(base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, size)))
	}
	notCanonical := edk[:len(edk)-1] + string(edk[len(edk)-1]+1)
	for name, test := range map[string]struct {
		edk  json.RawMessage
		want error
	}{
		"missing":                      {nil, keys.ErrUnknownKey},
		"empty":                        {quoted(""), keys.ErrUnknownKey},
		"a number":                     {json.RawMessage("7"), keys.ErrUnknownKey},
		"null":                         {json.RawMessage("null"), keys.ErrUnknownKey},
		"an array":                     {json.RawMessage("[" + string(quoted(edk)) + "]"), keys.ErrUnknownKey},
		"an object":                    {json.RawMessage(`{"edk":` + string(quoted(edk)) + "}"), keys.ErrUnknownKey},
		"without its last quote":       {json.RawMessage(`"` + edk), keys.ErrUnknownKey},
		"without its first quote":      {json.RawMessage(edk + `"`), keys.ErrUnknownKey},
		"another letter for a quote":   {json.RawMessage("x" + edk + `"`), keys.ErrUnknownKey},
		"without quotes":               {json.RawMessage(edk), keys.ErrUnknownKey},
		"a quote alone":                {json.RawMessage(`"`), keys.ErrUnknownKey},
		"no JSON":                      {json.RawMessage(`""` + edk + `""`), keys.ErrUnknownKey},
		"in standard base64":           {quoted(base64.StdEncoding.EncodeToString(append(blob, 0xff, 0xff, 0xff))), keys.ErrUnknownKey},
		"padded":                       {quoted(base64.URLEncoding.EncodeToString(blob)), keys.ErrUnknownKey},
		"with bits left over":          {quoted(notCanonical), keys.ErrUnknownKey},
		"with a line break":            {quoted(edk[:8] + "\n" + edk[8:]), keys.ErrUnknownKey},
		"with a carriage return":       {quoted(edk + "\r"), keys.ErrUnknownKey},
		"with a space":                 {quoted(" " + edk), keys.ErrUnknownKey},
		"with a foreign character":     {quoted(edk[:8] + "é" + edk[8:]), keys.ErrUnknownKey},
		"a byte longer than KMS takes": {raw(6145), keys.ErrUnknownKey},
		"of a megabyte":                {raw(1 << 20), keys.ErrUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			h := good.header
			h.Params = map[string]json.RawMessage{}
			if test.edk != nil {
				h.Params["edk"] = test.edk
			}
			_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
			wantError(t, err, test.want)
			wantCalls(t, k, "Decrypt", 0)
		})
	}
	t.Run("another algorithm", func(t *testing.T) {
		h := good.header
		h.Algorithm = "HS512"
		_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
		wantError(t, err, keys.ErrAlgorithm)
		wantCalls(t, k, "Decrypt", 0)
	})
	t.Run("another kid", func(t *testing.T) {
		h := good.header
		h.Kid = "logout"
		_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
		wantError(t, err, keys.ErrUnknownKey)
		wantCalls(t, k, "Decrypt", 0)
	})
}

// The longest blob there can be is one for KMS to decide.
func TestTheLongestDataKeyIsPutToKMS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	text := base64.RawURLEncoding.EncodeToString(make([]byte, 6144))
	h := keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": json.RawMessage(`"` + text + `"`)}}
	_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
	wantError(t, err, keys.ErrUnknownKey)
	wantCalls(t, k, "Decrypt", 1)
}

// The text of a JSON string can be written in many ways.
func TestADataKeyWrittenWithEscapesIsTheSameDataKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	v := envelopeVerifier(t, k, cfg)
	s := sign(t, envelopeSigner(t, k, cfg))
	wantVerified(t, v, s)
	raw := string(s.header.Params["edk"])
	s.header.Params["edk"] = json.RawMessage(fmt.Sprintf(`"\u%04X%s`, raw[1], raw[2:]))
	wantVerified(t, v, s)
	wantCalls(t, k, "Decrypt", 1)
}

func TestExpiredAndForeignTokensCostNoCall(t *testing.T) {
	c := clocktest.NewManual()
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	signs := envelopeSigner(t, k, cfg)
	v := tokenVerifier(t, envelopeVerifier(t, k, cfg), c.Now)
	for name, change := range map[string]func(jwt.MapClaims){
		"expired":             func(m jwt.MapClaims) { m["exp"] = c.Now().Unix() },
		"without exp":         func(m jwt.MapClaims) { delete(m, "exp") },
		"not yet valid":       func(m jwt.MapClaims) { m["nbf"] = c.Now().Unix() + 60 },
		"of another issuer":   func(m jwt.MapClaims) { m["iss"] = "https://elsewhere.example" },
		"for another service": func(m jwt.MapClaims) { m["aud"] = "billing" },
	} {
		t.Run(name, func(t *testing.T) {
			m := claims(c.Now())
			change(m)
			_, err := v.Verify(context.Background(), token(t, signs, m))
			wantError(t, err, verifier.ErrInvalidToken)
			wantCalls(t, k, "Decrypt", 0)
		})
	}
	if _, err := v.Verify(context.Background(), token(t, signs, claims(c.Now()))); err != nil {
		t.Error(err)
	}
	wantCalls(t, k, "Decrypt", 1)
}

// Whatever stands in the header, KMS is asked about 1 to 6,144 bytes that the text
// stands for and that stand for the text, or not at all; and the answer is a key only
// for the data key that there is.
func FuzzEncryptedDataKey(f *testing.F) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(f, k, types.KeySpecSymmetricDefault))
	cfg.DecryptRate, cfg.DecryptBurst = 1_000_000, 1_000_000
	s := sign(f, envelopeSigner(f, k, cfg))
	good := s.header.Params["edk"]
	edk, _ := s.header.Param("edk")
	blob, err := base64.RawURLEncoding.DecodeString(edk)
	if err != nil {
		f.Fatal(err)
	}
	quoted := func(text string) []byte { return []byte(`"` + text + `"`) }
	for _, seed := range [][]byte{
		good, good[1:], quoted(""), quoted("A"), quoted("AA"), quoted("AB"), quoted("AA=="), quoted("+/+/"), quoted("-_-_"), quoted("AA\\nAA"),
		quoted("AA\nAA"), quoted("\\u0041A"), quoted(edk + "="), quoted(edk + "AAAA"), quoted(edk[4:]), []byte("7"), []byte("null"), []byte("[]"), nil,
		quoted(base64.RawURLEncoding.EncodeToString(make([]byte, 6144))), quoted(base64.RawURLEncoding.EncodeToString(make([]byte, 6145))),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var sent [][]byte
		watched := between{KMS: k, decryptRequest: func(in *kms.DecryptInput) { sent = append(sent, in.CiphertextBlob) }}
		h := keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": raw}}
		key, err := envelopeVerifier(t, watched, cfg).VerificationKey(context.Background(), h)
		want := expected(raw)
		switch {
		case len(sent) > 1 || (len(sent) == 1) != (want != nil):
			t.Fatalf("%q: %d calls", raw, len(sent))
		case want != nil && !bytes.Equal(sent[0], want):
			t.Fatalf("%q: KMS was sent %x", raw, sent[0])
		case (err == nil) != bytes.Equal(want, blob):
			t.Fatalf("%q: %v", raw, err)
		case err != nil && !errors.Is(err, keys.ErrUnknownKey):
			t.Fatalf("%q: an outage: %v", raw, err)
		case err == nil && key.Verify(context.Background(), input, s.signature) != nil:
			t.Fatalf("%q: another key", raw)
		}
	})
}

// expected returns what is to be put to KMS for a header member, nil if nothing.
func expected(raw []byte) []byte {
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return nil
	}
	blob, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(blob) == 0 || len(blob) > 6144 || base64.RawURLEncoding.EncodeToString(blob) != text {
		return nil
	}
	return blob
}
