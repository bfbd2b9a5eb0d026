package rotation_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// A site is a transport that a publisher answers.
type site struct{ *jwks.Publisher }

func (s site) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	response := recorder.Result()
	response.Request = request
	return response, nil
}

// A vault is an issuer whose keys live in KMS, and verifiers elsewhere that read what it
// publishes, each at moments of its own.
type vault struct {
	t         *testing.T
	kms       *kmstest.KMS
	clock     *clocktest.Manual
	schedule  *rotation.Schedule
	pairs     map[string]rotation.Pair
	ring      *rotation.Ring
	verifiers [3]*jwks.Remote
	tokens    []issued
}

func newVault(t *testing.T) *vault {
	v := &vault{
		t: t, kms: kmstest.New(kmstest.Config{}), clock: clocktest.NewManual(),
		schedule: &rotation.Schedule{TokenLifetime: 15 * time.Minute}, pairs: map[string]rotation.Pair{},
	}
	v.add("1")
	var err error
	if v.ring, err = rotation.NewRing(rotation.RingConfig{Schedule: v.schedule, Keys: v.inUse(), Now: v.clock.Now}); err != nil {
		t.Fatal(err)
	}
	published := site{newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: v.ring})}
	for i := range v.verifiers {
		if v.verifiers[i], err = jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, Transport: published, Now: v.clock.Now}); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// add makes another key, and puts it into the schedule.
func (v *vault) add(kid string) {
	v.t.Helper()
	v.pairs[kid], _ = kmsPair(v.t, v.kms, kid)
	var err error
	if v.schedule, err = v.schedule.Next(v.clock.Now(), kid); err != nil {
		v.t.Fatal(err)
	}
	if v.ring != nil {
		if err := v.ring.Update(v.schedule, v.inUse()...); err != nil {
			v.t.Fatal(err)
		}
	}
}

// inUse are the pairs that the ring needs.
func (v *vault) inUse() (pairs []rotation.Pair) {
	for _, kid := range v.schedule.InUse(v.clock.Now()) {
		pairs = append(pairs, v.pairs[kid])
	}
	return pairs
}

// run lets time pass. A token is signed every minute, and each verifier decides all that are
// good, at another minute than the others.
func (v *vault) run(d time.Duration) {
	v.t.Helper()
	for n, end := 0, v.clock.Now().Add(d); v.clock.Now().Before(end); n++ {
		input := fmt.Append(nil, "a token of ", v.clock.Now())
		header, signature := sign(v.t, v.ring, input)
		v.tokens = append(v.tokens, issued{header, input, signature, v.clock.Now().Add(v.schedule.TokenLifetime)})
		for len(v.tokens) > 0 && !v.clock.Now().Before(v.tokens[0].expires) {
			v.tokens = v.tokens[1:]
		}
		if i := n % 4; i < len(v.verifiers) {
			for _, token := range v.tokens {
				if err := verify(v.verifiers[i], token.header, token.input, token.signature); err != nil {
					v.t.Fatalf("at %v: verifier %d refuses a good token of key %s: %v", v.clock.Now(), i, token.header.Kid, err)
				}
			}
		}
		v.clock.Add(time.Minute)
	}
}

func TestKeysThatLiveInKMSAreRotatedAndNoGoodTokenIsRefused(t *testing.T) {
	v := newVault(t)
	v.run(3 * time.Hour)
	for _, kid := range []string{"2", "3"} {
		v.add(kid)
		v.run(5 * time.Hour)
		wantSigns(t, v.ring, kid)
	}
	// Whoever can still have KMS sign with the first key comes too late.
	header, signature := sign(t, v.pairs["1"].Signing, []byte("late"))
	for i, verifier := range v.verifiers {
		if err := verify(verifier, header, []byte("late"), signature); !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("verifier %d: %v", i, err)
		}
	}
	if got := v.kms.Calls("GetPublicKey"); got != 3 {
		t.Errorf("%d public keys were fetched, want 3", got)
	}
}
