package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

// All tests of this file run in bubbles: time is synctest's, and passes only while
// everybody waits.

// hang has a site answer no request until release is closed or the request ends.
func (s *site) hang() (release chan struct{}) {
	release = make(chan struct{})
	up := s.answer(nil)
	s.answer(func(w http.ResponseWriter, request *http.Request) {
		select {
		case <-release:
			up.ServeHTTP(w, request)
		case <-request.Context().Done():
		}
	})
	return release
}

// lookup has one more request look for a kid, and waits until it waits.
func lookup(ctx context.Context, r *jwks.Remote, kid string) <-chan error {
	verdict := make(chan error, 1)
	go func() {
		_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: kid})
		verdict <- err
	}()
	synctest.Wait()
	return verdict
}

func TestAHundredFirstRequestsShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		release := s.hang()
		r := newRemote(t, s, nil, nil)
		var verdicts []<-chan error
		for range 100 {
			verdicts = append(verdicts, lookup(t.Context(), r, "1"))
		}
		close(release)
		for _, verdict := range verdicts {
			if err := <-verdict; err != nil {
				t.Fatal(err)
			}
		}
		if s.total() != 2 {
			t.Errorf("requests: %v", s.requests)
		}
	})
}

func TestAFetchSurvivesTheRequestThatStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		release := s.hang()
		r := newRemote(t, s, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		first := lookup(ctx, r, "1")
		second := lookup(t.Context(), r, "1")
		cancel()
		synctest.Wait()
		close(release)
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		<-first // either way
		if s.total() != 2 {
			t.Errorf("requests: %v", s.requests)
		}
	})
}

func TestARequestThatGivesUpIsNoFailureOfTheIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		release := s.hang()
		r := newRemote(t, s, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		verdict := lookup(ctx, r, "1")
		cancel()
		err := <-verdict
		wantOutage(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(release)
		wantFound(t, r, "1") // at once
	})
}

func TestAnEndedContextFetchesNothing(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	r := newRemote(t, s, clocktest.NewManual(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: "1"})
	for _, err := range []error{err, r.Ready(ctx)} {
		if wantOutage(t, err); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if s.total() != 0 {
		t.Errorf("requests: %v", s.requests)
	}
}

func TestAnIssuerThatHangsIsAnOutageAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		s.hang()
		r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Timeout = 3 * time.Second })
		start := time.Now()
		wantOutage(t, find(r, "1"), "deadline exceeded")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestTheFirstFetchLeavesTheCallerTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		s.hang()
		r := newRemote(t, s, nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := <-lookup(ctx, r, "1")
		if wantOutage(t, err); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 900*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestARequestHasTimeLeftToGoOnWithTheOldSet(t *testing.T) {
	for kid, served := range map[string]bool{"1": true, "2": false} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, named(t, "1").Public())
			r := newRemote(t, s, nil, nil)
			wantFound(t, r, "1")
			s.hang()
			time.Sleep(time.Hour)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			start := time.Now()
			err := <-lookup(ctx, r, kid)
			if took := time.Since(start); took != time.Second {
				t.Errorf("kid %s took %v", kid, took)
			}
			if served && err != nil {
				t.Errorf("kid %s: %v", kid, err)
			}
			if !served {
				wantOutage(t, err)
			}
		})
	}
}

func TestKnownKidsDoNotWaitForAnUnknownOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(2 * time.Minute)
		s.publish(t, named(t, "1").Public(), named(t, "2").Public())
		release := s.hang()
		unknown, rotated := lookup(t.Context(), r, "no such key"), lookup(t.Context(), r, "2")
		start := time.Now()
		for range 100 {
			wantFound(t, r, "1")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("known kids waited %v", took)
		}
		close(release)
		if err := <-rotated; err != nil {
			t.Error(err)
		}
		if err := <-unknown; !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("got %v", err)
		}
		wantFetches(t, s, 2)
	})
}

func TestOneRequestRefreshesAnOldSetAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(time.Hour)
		release := s.hang()
		first := lookup(t.Context(), r, "1")
		start := time.Now()
		for range 100 {
			wantFound(t, r, "1")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the others waited %v", took)
		}
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
		wantFetches(t, s, 2)
	})
}

// A fetch begun before a rotation may bring the old set to one who needs the new: it
// must be an ErrUnknownKey for no longer than the cool-down.
func TestRotationWhileAFetchIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		up := s.handler
		r := newRemote(t, s, nil, nil)
		s.answer(func(w http.ResponseWriter, request *http.Request) {
			up.ServeHTTP(w, request) // what it reads is on its way for a second
			time.Sleep(time.Second)
		})
		first := lookup(t.Context(), r, "1")
		time.Sleep(1500 * time.Millisecond) // the set has been read
		s.publish(t, named(t, "1").Public(), named(t, "2").Public())
		second := lookup(t.Context(), r, "2")
		if err := <-first; err != nil {
			t.Error(err)
		}
		if err := <-second; !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("got %v", err)
		}
		time.Sleep(jwks.DefaultCooldown)
		wantFound(t, r, "2")
	})
}

// slow has a site answer after a while, or not at all if the request ends before.
func (s *site) slow(after time.Duration) {
	up := s.answer(nil)
	s.answer(func(w http.ResponseWriter, request *http.Request) {
		select {
		case <-time.After(after):
			up.ServeHTTP(w, request)
		case <-request.Context().Done():
		}
	})
}

func TestARequestThatHasTimeDoesNotFailForOneThatHasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(2 * time.Minute)
		s.publish(t, named(t, "1").Public(), named(t, "2").Public())
		s.slow(50 * time.Millisecond)
		hasted, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		first, second := lookup(hasted, r, "forged"), lookup(t.Context(), r, "2")
		wantOutage(t, <-first)
		if err := <-second; err != nil {
			t.Error(err)
		}
	})
}

// Requests with no time at all, one after the other, must not keep those that have time
// from a new key, nor a withdrawn key in use.
func TestRequestsWithoutTimeDoNotHoldUpARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(time.Hour)
		s.publish(t, named(t, "2").Public())
		s.slow(50 * time.Millisecond)
		for i := range 100 {
			hasted, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			<-lookup(hasted, r, fmt.Sprint("forged ", i))
			cancel()
			time.Sleep(7 * time.Millisecond)
		}
		wantFound(t, r, "2")
		wantUnknown(t, r, "1")
	})
}

func TestAFloodOfCancelledRequestsCostsOneFetchASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(2 * time.Minute)
		release := s.hang()
		for second := range 3 {
			for i := range 1000 {
				ctx, cancel := context.WithCancel(t.Context())
				verdict := lookup(ctx, r, fmt.Sprint("forged ", i))
				cancel()
				wantOutage(t, <-verdict)
			}
			wantFetches(t, s, 2+second)
			wantFound(t, r, "1")
			time.Sleep(time.Second)
		}
		close(release)
		wantUnknown(t, r, "2")
	})
}

func TestAFetchThatOutlastsTheGraceEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		s.answer(withCacheControl(s.handler, ""))
		r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Timeout, c.Grace = time.Minute, time.Second })
		wantFound(t, r, "1")
		s.hang()
		time.Sleep(time.Hour + 900*time.Millisecond)
		wantOutage(t, find(r, "1"), "deadline exceeded")
	})
}

// A transport that does not heed contexts brings an old set long after another fetch has
// brought a new one.
func TestAFetchThatWasGivenUpDoesNotBringAnOldSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		release := make(chan struct{})
		slowly := true
		r := newRemote(t, transport(func(request *http.Request) (*http.Response, error) {
			first := slowly && request.URL.String() == jwksURL
			slowly = slowly && !first
			response, err := s.RoundTrip(request.WithContext(context.Background()))
			if first {
				<-release
			}
			return response, err
		}), nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		given := lookup(ctx, r, "1")
		cancel()
		time.Sleep(time.Second)
		s.publish(t, named(t, "2").Public())
		wantFound(t, r, "2")
		wantUnknown(t, r, "1")
		close(release)
		<-given
		wantFound(t, r, "2")
		wantUnknown(t, r, "1")
	})
}

func TestAPanicOfTheTransportIsNobodyElsesAndLeavesTheRemoteInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		up := s.answer(func(http.ResponseWriter, *http.Request) { panic("transport") })
		r := newRemote(t, s, nil, nil)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is gone")
				}
			}()
			_ = find(r, "1")
		}()
		s.restore(up)
		wantFound(t, r, "1")
	})
}

// Requests of all sorts at once, while keys rotate and the issuer comes and goes: who
// holds a key that is published all the time always gets it, and nobody is told of a
// key that was never there.
func TestRemoteUnderLoadWhileKeysRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stays := named(t, "stays").Public()
		s := newSite(t, stays)
		up := s.handler
		r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Grace = 24 * time.Hour })
		wantFound(t, r, "stays")
		stop := make(chan struct{})
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() { hammer(t, r, worker, stop) })
		}
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 200 {
			s.publish(t, stays, named(t, "rotating "+strconv.Itoa(i)).Public())
			s.restore(up)
			if random.IntN(3) == 0 {
				s.answer(status(500))
			}
			time.Sleep(time.Duration(random.IntN(600)) * time.Second)
		}
		close(stop)
		group.Wait()
		if n := s.fetches(); n > 3000 {
			t.Errorf("%d fetches", n)
		}
	})
}

func hammer(t *testing.T, r *jwks.Remote, worker int, stop chan struct{}) {
	random := rand.New(rand.NewPCG(uint64(worker), 3))
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1+random.IntN(20)) * time.Second):
		}
		if err := find(r, "stays"); err != nil {
			t.Error(err)
		}
		if err := find(r, fmt.Sprint("never ", random.Uint64())); err == nil {
			t.Error("a key that was never there")
		}
	}
}
