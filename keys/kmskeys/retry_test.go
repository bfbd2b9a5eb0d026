package kmskeys_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A signing is a source, through a client of the SDK, and how it stands with its KMS.
type signing struct {
	*kmstest.KMS
	source *kmskeys.AsymmetricSigner
}

func newSigning(t *testing.T, options ...func(*kms.Options)) signing {
	t.Helper()
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", CallTimeout: time.Minute}
	return signing{k, must(kmskeys.NewAsymmetricSigner(client(k, options...), cfg))(t)}
}

// sign returns how often KMS was called for a signature, and how long that took.
func (s signing) sign(ctx context.Context) (calls int, took time.Duration, err error) {
	before, start := s.Calls("Sign"), time.Now()
	_, err = s.source.Sign(ctx, input)
	return s.Calls("Sign") - before, time.Since(start), err
}

func TestACallIsTriedASecondTimeSoonWhereThatMayHelp(t *testing.T) {
	for _, c := range codes {
		synctest.Test(t, func(t *testing.T) {
			want := 1
			if c.class == outage && c.code != "ExpiredTokenException" {
				want = 2
			}
			s := newSigning(t)
			s.Fail("Sign", kmstest.Forever, kmstest.Error(c.code, ""))
			calls, took, err := s.sign(t.Context())
			if wantOutage(t, err); calls != want || took > 100*time.Millisecond || calls == 2 && took < 50*time.Millisecond {
				t.Errorf("%s: %d calls in %v, want %d", c.code, calls, took, want)
			}
			s.Heal()
			s.Fail("Sign", 1, kmstest.Error(c.code, ""))
			if _, _, err := s.sign(t.Context()); (err == nil) != (want == 2) {
				t.Errorf("%s, once: %v", c.code, err)
			}
		})
	}
}

// The SDK's own retryer stops trying again when many calls fail.
func TestEveryCallIsTriedASecondTimeHoweverManyFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigning(t)
		s.Fail("Sign", kmstest.Forever, throttled())
		for i := range 500 {
			if calls, _, _ := s.sign(t.Context()); calls != 2 {
				t.Fatalf("call %d was made %d times", i, calls)
			}
		}
	})
}

func TestPausesDifferSoThatCallersDoNotComeBackTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigning(t)
		s.Fail("Sign", kmstest.Forever, throttled())
		pauses := map[time.Duration]bool{}
		for range 20 {
			_, took, _ := s.sign(t.Context())
			pauses[took] = true
		}
		if len(pauses) < 10 {
			t.Errorf("20 pauses of %d lengths", len(pauses))
		}
	})
}

func TestABrokenConnectionIsTriedASecondTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigning(t)
		s.Fail("Sign", kmstest.Forever, io.ErrUnexpectedEOF)
		calls, _, err := s.sign(t.Context())
		wantOutage(t, err)
		wantError(t, err, io.ErrUnexpectedEOF)
		if calls != 2 {
			t.Errorf("%d calls, want 2", calls)
		}
	})
}

func TestNothingIsTriedAgainForACallerWhoseTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigning(t)
		s.Hang("Sign", kmstest.Forever)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		calls, took, err := s.sign(ctx)
		if wantOutage(t, err); calls != 1 || took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d calls in %v: %v", calls, took, err)
		}
	})
}

func TestAClientThatIsSetToOneAttemptKeepsToThat(t *testing.T) {
	for attempts, want := range map[int]int{0: 2, 1: 1, 2: 2, 5: 2} {
		synctest.Test(t, func(t *testing.T) {
			s := newSigning(t, func(o *kms.Options) { o.RetryMaxAttempts = attempts })
			s.Fail("Sign", kmstest.Forever, throttled())
			if calls, _, _ := s.sign(t.Context()); calls != want {
				t.Errorf("RetryMaxAttempts %d: %d calls, want %d", attempts, calls, want)
			}
		})
	}
}

func TestRetryIsAnOptionForClientsOfTheUsersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kmstest.New(kmstest.Config{})
		key := newKey(t, k, types.KeySpecEccNistP256)
		k.Fail("DescribeKey", kmstest.Forever, throttled())
		for name, test := range map[string]struct {
			client *kms.Client
			calls  int
			most   time.Duration
		}{
			"with it":    {client(k, kmskeys.Retry), 2, 100 * time.Millisecond},
			"without it": {client(k), 3, time.Minute}, // the SDK's own default
		} {
			before, start := k.Calls("DescribeKey"), time.Now()
			if _, err := test.client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &key}); err == nil {
				t.Error("no error")
			}
			if calls, took := k.Calls("DescribeKey")-before, time.Since(start); calls != test.calls || took > test.most {
				t.Errorf("%s: %d calls in %v", name, calls, took)
			}
		}
	})
}

// skewed is what the SDK makes of an error once it has found that clocks differ.
type skewed struct {
	error
	again bool
}

func (s skewed) RetryableError() bool { return s.again }
func (s skewed) Unwrap() error        { return s.error }

func TestTheSDKsOwnWordOnAnErrorGoesBeforeItsCode(t *testing.T) {
	var o kms.Options
	kmskeys.Retry(&o)
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"clocks that differed":       {skewed{kmstest.Error("InvalidSignatureException", ""), true}, true},
		"what the SDK gives up":      {skewed{throttled(), false}, false},
		"throttling":                 {throttled(), true},
		"a wrong signature":          {kmstest.Error("InvalidSignatureException", ""), false},
		"what no network has done":   {errors.New("a request that cannot be written"), false},
		"what looks like a network":  {notConnected{true}, true},
		"what says that it was none": {notConnected{false}, false},
	} {
		if got := o.Retryer.IsErrorRetryable(test.err); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

type notConnected struct{ yes bool }

func (notConnected) Error() string           { return "connection" }
func (n notConnected) ConnectionError() bool { return n.yes }

func TestThePauseBeforeASecondAttemptIsFrom50To100Milliseconds(t *testing.T) {
	var o kms.Options
	kmskeys.Retry(&o)
	shortest, longest := time.Hour, time.Duration(0)
	for range 10_000 {
		pause := must(o.Retryer.RetryDelay(1, throttled()))(t)
		shortest, longest = min(shortest, pause), max(longest, pause)
	}
	if shortest < 50*time.Millisecond || shortest > 55*time.Millisecond || longest < 95*time.Millisecond || longest >= 100*time.Millisecond {
		t.Errorf("from %v to %v", shortest, longest)
	}
}
