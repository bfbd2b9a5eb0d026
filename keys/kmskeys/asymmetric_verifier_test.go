package kmskeys_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A refreshing is a local verifier of an alias that can be pointed elsewhere.
type refreshing struct {
	*kmstest.KMS
	clock    *clocktest.Manual
	verifies *kmskeys.AsymmetricVerifier
	old, new signed // of the key behind the alias, and of that to come
	newKey   string
}

func newRefreshing(t testing.TB) *refreshing {
	t.Helper()
	r := &refreshing{KMS: kmstest.New(kmstest.Config{}), clock: clocktest.NewManual()}
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

func TestThePublicKeyIsFetchedOnceForAllTokensWithinItsAge(t *testing.T) {
	r := newRefreshing(t)
	wantCalls(t, r.KMS, "GetPublicKey", 0)
	for range 1000 {
		wantVerified(t, r.verifies, r.old)
	}
	r.clock.Add(5*time.Minute - 1)
	wantVerified(t, r.verifies, r.old)
	wantCalls(t, r.KMS, "GetPublicKey", 1)
	r.clock.Add(1)
	wantVerified(t, r.verifies, r.old)
	wantVerified(t, r.verifies, r.old)
	wantCalls(t, r.KMS, "GetPublicKey", 2)
}

func TestAnAliasPointedElsewhereIsNoticedAfterMaxAge(t *testing.T) {
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
	r.clock.Add(time.Hour - 1)
	wantVerified(t, r.verifies, r.old)
	r.clock.Add(1)
	wantOutage(t, verify(ctx, r.verifies, r.old))
	wantOutage(t, verify(ctx, r.verifies, r.new))
	r.Heal()
	r.clock.Add(time.Second)
	wantVerified(t, r.verifies, r.old)
}

func TestGraceOfLessThanNothingIsNone(t *testing.T) {
	r := newRefreshing(t)
	r.verifies = must(kmskeys.NewAsymmetricVerifier(r.KMS, kmskeys.AsymmetricConfig{
		KeyID: "alias/login", Algorithm: "ES256", Kid: "login", Grace: -1, Now: r.clock.Now,
	}))(t)
	wantVerified(t, r.verifies, r.old)
	r.Fail("GetPublicKey", kmstest.Forever, throttled())
	r.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantVerified(t, r.verifies, r.old)
	r.clock.Add(1)
	wantOutage(t, verify(context.Background(), r.verifies, r.old))
}

func TestWithoutAnyKeyAFailureIsAnOutageUntilKMSIsBack(t *testing.T) {
	r := newRefreshing(t)
	r.Fail("GetPublicKey", 1, throttled())
	wantOutage(t, verify(context.Background(), r.verifies, r.old))
	_, err := r.verifies.PublicSet(context.Background())
	wantOutage(t, err)
	wantText(t, err, "kmskeys: kms:GetPublicKey: ")
	r.clock.Add(time.Second)
	wantVerified(t, r.verifies, r.old)
	wantCalls(t, r.KMS, "GetPublicKey", 2)
}

func TestAThousandRequestsInFiveSecondsWithoutAKeyMakeNoMoreThanTenCalls(t *testing.T) {
	for _, code := range []string{"AccessDeniedException", "KMSInternalException"} {
		r := newRefreshing(t)
		r.Fail("GetPublicKey", kmstest.Forever, kmstest.Error(code, ""))
		for range 1000 {
			wantOutage(t, verify(context.Background(), r.verifies, r.old))
			r.clock.Add(5 * time.Millisecond)
		}
		if calls := r.Calls("GetPublicKey"); calls > 10 {
			t.Errorf("%s: %d calls", code, calls)
		}
	}
}

func TestTheFetchOfAPublicKeyEndsWithCallTimeout(t *testing.T) {
	for configured, want := range map[time.Duration]time.Duration{0: kmskeys.DefaultCallTimeout, 2 * time.Second: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := newRefreshing(t)
			r.verifies = must(kmskeys.NewAsymmetricVerifier(r.KMS, kmskeys.AsymmetricConfig{
				KeyID: "alias/login", Algorithm: "ES256", Kid: "login", CallTimeout: configured, Now: r.clock.Now,
			}))(t)
			r.Hang("GetPublicKey", 1)
			start := time.Now()
			err := verify(t.Context(), r.verifies, r.old)
			wantError(t, err, context.DeadlineExceeded)
			wantOutage(t, err)
			if took := time.Since(start); took != want {
				t.Errorf("it took %v, want %v", took, want)
			}
		})
	}
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
			wantError(t, err, keys.ErrMisconfigured)
			wantText(t, err, "allow kms:GetPublicKey", code)
			r.clock.Add(time.Second)
			wantOutage(t, verify(ctx, r.verifies, r.old)) // throttled, and the old key is gone
			r.clock.Add(time.Second)
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

func TestAnAliasPointedAtAKeyOfAnotherKindIsAnOutageAtOnce(t *testing.T) {
	r := newRefreshing(t)
	wantVerified(t, r.verifies, r.old)
	other := newKey(t, r.KMS, types.KeySpecEccNistP384)
	repoint(t, r.KMS, "alias/login", other)
	r.clock.Add(kmskeys.DefaultMaxAge)
	err := verify(context.Background(), r.verifies, r.old)
	wantOutage(t, err)
	wantError(t, err, keys.ErrMisconfigured)
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

// API Gateway's own JWT authorizer verifies with such a set.
func TestARingOfPublicKeysOfKMSIsPublishedAsAJWKSet(t *testing.T) {
	ctx := context.Background()
	current, previous := newTrio(t, "RS256"), newTrio(t, "ES256")
	ring := must(keys.NewRing(current.signs, current.local, previous.local))(t)
	set := must(ring.PublicSet(ctx))(t)
	published := must(json.Marshal(set))(t)
	read := must(keys.ParseJWKS(published))(t)
	for _, s := range []signed{sign(t, ring), sign(t, previous.signs)} {
		wantVerified(t, read, s)
		wantVerified(t, ring, s)
	}
	if ring.Metered() {
		t.Error("a ring of local verifiers is metered")
	}
	foreign := sign(t, newTrio(t, "RS256").signs)
	wantError(t, verify(ctx, ring, foreign), keys.ErrUnknownKey)
}
