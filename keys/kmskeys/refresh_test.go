package kmskeys_test

import (
	"context"
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

// A refreshing is a local verifier of an alias that can be pointed elsewhere.
type refreshing struct {
	*kmstest.KMS
	clock    *clock
	verifies *kmskeys.AsymmetricVerifier
	old, new signed // of the key behind the alias, and of that to come
	newKey   string
}

func newRefreshing(t testing.TB) *refreshing {
	t.Helper()
	r := &refreshing{KMS: kmstest.New(kmstest.Config{}), clock: newClock()}
	oldKey := newKey(t, r.KMS, types.KeySpecEccNistP256)
	r.newKey = newKey(t, r.KMS, types.KeySpecEccNistP256)
	alias := newAlias(t, r.KMS, "alias/login", oldKey)
	config := func(key string) kmskeys.AsymmetricConfig {
		return kmskeys.AsymmetricConfig{KeyID: key, Algorithm: "ES256", Kid: "login", Now: r.clock.Now}
	}
	r.old = sign(t, must(kmskeys.NewAsymmetricSigner(r.KMS, config(oldKey)))(t))
	r.new = sign(t, must(kmskeys.NewAsymmetricSigner(r.KMS, config(r.newKey)))(t))
	r.verifies = must(kmskeys.NewAsymmetricVerifier(r.KMS, config(alias)))(t)
	return r
}

func (r *refreshing) repoint(t testing.TB) {
	t.Helper()
	repoint(t, r.KMS, "alias/login", r.newKey)
}

func TestThePublicKeyIsFetchedOnceForAllTokens(t *testing.T) {
	r := newRefreshing(t)
	wantCalls(t, r.KMS, "GetPublicKey", 0)
	for range 1000 {
		wantVerified(t, r.verifies, r.old)
	}
	r.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantVerified(t, r.verifies, r.old)
	wantCalls(t, r.KMS, "GetPublicKey", 1)
	r.clock.Add(1)
	wantVerified(t, r.verifies, r.old)
	wantVerified(t, r.verifies, r.old)
	wantCalls(t, r.KMS, "GetPublicKey", 2)
}

func TestAHundredRequestsAtAColdStartFetchThePublicKeyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		r.Delay("GetPublicKey", kmstest.Forever, time.Second)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { wantVerified(t, r.verifies, r.old) })
		}
		group.Wait()
		wantCalls(t, r.KMS, "GetPublicKey", 1)
	})
}

func TestTheFirstFetchSurvivesTheRequestThatStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		r.Delay("GetPublicKey", 1, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _ = verify(ctx, r.verifies, r.old) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, r.verifies, r.old) })
		synctest.Wait()
		cancel()
		group.Wait()
		wantCalls(t, r.KMS, "GetPublicKey", 1)
	})
}

func TestAnAliasPointedElsewhereIsNoticedAfterTheTTL(t *testing.T) {
	ctx := context.Background()
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	r.repoint(t)
	wantVerified(t, r.verifies, r.old)
	wantError(t, verify(ctx, r.verifies, r.new), keys.ErrSignature)
	r.clock.Add(kmskeys.DefaultMaxAge)
	wantVerified(t, r.verifies, r.new)
	wantError(t, verify(ctx, r.verifies, r.old), keys.ErrSignature)
}

func TestAnOldPublicKeyServesWhileKMSFailsAndNoLongerThanItsGrace(t *testing.T) {
	ctx := context.Background()
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	r.Fail("GetPublicKey", kmstest.Forever, throttled())
	r.clock.Add(kmskeys.DefaultMaxAge)
	wantVerified(t, r.verifies, r.old)
	r.clock.Add(kmskeys.DefaultGrace - 1)
	wantVerified(t, r.verifies, r.old)
	r.clock.Add(1)
	wantOutage(t, verify(ctx, r.verifies, r.old))
	wantOutage(t, verify(ctx, r.verifies, r.new))
	r.Heal()
	wantVerified(t, r.verifies, r.old)
}

func TestFailedRefreshesAreHalfAMinuteApart(t *testing.T) {
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	r.Fail("GetPublicKey", kmstest.Forever, throttled())
	r.clock.Add(kmskeys.DefaultMaxAge)
	for range 120 { // two minutes, ten requests a second
		for range 10 {
			wantVerified(t, r.verifies, r.old)
		}
		r.clock.Add(time.Second)
	}
	wantCalls(t, r.KMS, "GetPublicKey", 1+4)
	r.Heal()
	r.repoint(t)
	wantVerified(t, r.verifies, r.new)
	wantVerified(t, r.verifies, r.new)
	wantCalls(t, r.KMS, "GetPublicKey", 1+5)
	r.clock.Add(kmskeys.DefaultMaxAge)
	wantVerified(t, r.verifies, r.new) // which is no failure's aftermath
	wantCalls(t, r.KMS, "GetPublicKey", 1+6)
}

func TestOneRequestRefreshesWhileTheOthersUseTheOldKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		wantVerified(t, r.verifies, r.old)
		r.clock.Add(kmskeys.DefaultMaxAge)
		r.Delay("GetPublicKey", 1, time.Second)
		r.repoint(t)
		var group sync.WaitGroup
		group.Go(func() { wantVerified(t, r.verifies, r.new) })
		synctest.Wait()
		start := time.Now()
		for range 100 {
			wantVerified(t, r.verifies, r.old)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("they waited for %v", waited)
		}
		group.Wait()
		wantVerified(t, r.verifies, r.new)
		wantCalls(t, r.KMS, "GetPublicKey", 2)
	})
}

func TestAKMSThatHangsHoldsARefreshUpForTwoSecondsAndOneRequestOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		wantVerified(t, r.verifies, r.old)
		r.clock.Add(kmskeys.DefaultMaxAge)
		r.Hang("GetPublicKey", kmstest.Forever)
		start := time.Now()
		for range 100 {
			wantVerified(t, r.verifies, r.old)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("it took %v", waited)
		}
		wantCalls(t, r.KMS, "GetPublicKey", 2)
	})
}

func TestWithoutAnyKeyAFailureIsAnOutageUntilKMSIsBack(t *testing.T) {
	r := newRefreshing(t)
	r.Fail("GetPublicKey", 2, throttled())
	wantOutage(t, verify(context.Background(), r.verifies, r.old))
	_, err := r.verifies.PublicKey(context.Background())
	wantOutage(t, err)
	wantVerified(t, r.verifies, r.old)
}

func TestWithoutAnyKeyARequestWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		r.Hang("GetPublicKey", 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := verify(ctx, r.verifies, r.old)
		wantError(t, err, context.DeadlineExceeded)
		wantOutage(t, err)
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("it took %v", waited)
		}
		err = verify(t.Context(), r.verifies, r.old) // whose context has no end
		wantError(t, err, context.DeadlineExceeded)
		if waited := time.Since(start); waited != 11*time.Second {
			t.Errorf("it took %v", waited)
		}
	})
}

// A key is withdrawn by disabling it, scheduling its deletion or taking a permission
// away: KMS does answer then.
func TestAKeyThatKMSRefusesIsGivenUpAtOnce(t *testing.T) {
	for _, code := range []string{"DisabledException", "KMSInvalidStateException", "NotFoundException", "AccessDeniedException"} {
		t.Run(code, func(t *testing.T) {
			ctx := context.Background()
			r := newRefreshing(t)
			wantVerified(t, r.verifies, r.old)
			r.Fail("GetPublicKey", 1, kmstest.Error(code, ""))
			r.Fail("GetPublicKey", 1, throttled())
			r.clock.Add(kmskeys.DefaultMaxAge)
			err := verify(ctx, r.verifies, r.old)
			wantOutage(t, err)
			wantError(t, err, kmskeys.ErrMisconfigured)
			wantOutage(t, verify(ctx, r.verifies, r.old)) // throttled, and the old key is gone
			wantVerified(t, r.verifies, r.old)
		})
	}
}

// Credentials that have expired are the caller's, and say nothing about the key.
func TestExpiredCredentialsLeaveTheOldKeyInUse(t *testing.T) {
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	r.Fail("GetPublicKey", 1, kmstest.Error("ExpiredTokenException", ""))
	r.clock.Add(kmskeys.DefaultMaxAge)
	wantVerified(t, r.verifies, r.old)
}

// A client that does not heed contexts brings an old key long after another call has
// brought a new one.
func TestACallThatWasGivenUpDoesNotBringAnOldKeyBack(t *testing.T) {
	for name, late := range map[string]func(*kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput{
		"an old key": func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { return out },
		"a key for something else": func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput {
			other := *out
			other.KeyUsage = types.KeyUsageTypeEncryptDecrypt
			return &other
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRefreshing(t)
				release := make(chan struct{})
				slowly := true
				client := between{KMS: r.KMS, publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput {
					if !slowly {
						return out
					}
					slowly = false
					<-release
					return late(out)
				}}
				r.verifies = must(kmskeys.NewAsymmetricVerifier(client, kmskeys.AsymmetricConfig{
					KeyID: "alias/login", Algorithm: "ES256", Kid: "login", Now: r.clock.Now,
				}))(t)
				ctx, cancel := context.WithCancel(t.Context())
				given := make(chan error)
				go func() { given <- verify(ctx, r.verifies, r.old) }()
				synctest.Wait()
				cancel()
				synctest.Wait()
				r.repoint(t)
				wantVerified(t, r.verifies, r.new)
				close(release)
				<-given
				wantVerified(t, r.verifies, r.new)
				wantError(t, verify(t.Context(), r.verifies, r.old), keys.ErrSignature)
				wantCalls(t, r.KMS, "GetPublicKey", 2)
			})
		})
	}
}

func TestRequestsThatAreGivenUpDoNotKeepAWithdrawnKeyInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		wantVerified(t, r.verifies, r.old)
		r.Fail("GetPublicKey", kmstest.Forever, kmstest.Error("DisabledException", ""))
		r.clock.Add(kmskeys.DefaultMaxAge)

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, verify(gone, r.verifies, r.old), context.Canceled)
		wantOutage(t, verify(t.Context(), r.verifies, r.old)) // at once

		r = newRefreshing(t)
		wantVerified(t, r.verifies, r.old)
		r.clock.Add(kmskeys.DefaultMaxAge)
		r.Hang("GetPublicKey", 1)
		going, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- verify(going, r.verifies, r.old) }()
		synctest.Wait()
		cancel()
		<-done
		r.Fail("GetPublicKey", kmstest.Forever, kmstest.Error("DisabledException", ""))
		wantVerified(t, r.verifies, r.old) // for a second
		r.clock.Add(time.Second)
		wantOutage(t, verify(t.Context(), r.verifies, r.old))
	})
}

func TestAKMSThatHangsHoldsUpOneRequestInHalfAMinuteThoughTheirTimeIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		wantVerified(t, r.verifies, r.old)
		r.clock.Add(kmskeys.DefaultMaxAge)
		r.Hang("GetPublicKey", kmstest.Forever)
		start := time.Now()
		for range 58 {
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			_ = verify(ctx, r.verifies, r.old)
			cancel()
			r.clock.Add(500 * time.Millisecond)
		}
		if waited := time.Since(start); waited != 1500*time.Millisecond {
			t.Errorf("they waited %v", waited)
		}
	})
}

func TestARefreshThatOutlastsTheGraceEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshing(t)
		start := time.Now()
		base := r.clock.Now()
		now := func() time.Time { return base.Add(time.Since(start)) } // goes on while KMS hangs
		r.verifies = must(kmskeys.NewAsymmetricVerifier(r.KMS, kmskeys.AsymmetricConfig{
			KeyID: "alias/login", Algorithm: "ES256", Kid: "login", Grace: time.Second, Now: now,
		}))(t)
		wantVerified(t, r.verifies, r.old)
		r.Hang("GetPublicKey", kmstest.Forever)
		time.Sleep(kmskeys.DefaultMaxAge + 500*time.Millisecond)
		wantOutage(t, verify(t.Context(), r.verifies, r.old))
	})
}

func TestAnAliasPointedAtAKeyOfAnotherKindIsAnOutageAtOnce(t *testing.T) {
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	other := newKey(t, r.KMS, types.KeySpecEccNistP384)
	repoint(t, r.KMS, "alias/login", other)
	r.clock.Add(kmskeys.DefaultMaxAge)
	err := verify(context.Background(), r.verifies, r.old)
	wantOutage(t, err)
	wantError(t, err, kmskeys.ErrMisconfigured)
}

func TestRequestsAndRefreshesAtOnce(t *testing.T) {
	r := newRefreshing(t)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for round := range 100 {
				wantVerified(t, r.verifies, r.old)
				if worker == 0 && round%10 == 0 {
					r.clock.Add(kmskeys.DefaultMaxAge)
				}
			}
		})
	}
	group.Wait()
}
