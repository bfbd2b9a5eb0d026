package jwks_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

// A walk has callers use a Remote in a story that bytes tell, and holds what they get to
// what the issuer has answered, and when.
type walk struct {
	t      *testing.T
	script []byte
	clock  clocktest.Frozen
	remote *jwks.Remote
	kinds  map[string]*keys.PublicKey // by kid and instance

	mu       sync.Mutex
	mode     int               // of the issuer, 0 for good
	delay    time.Duration     // before it answers
	served   map[string]string // instances by kid
	answers  []walkAnswer
	failed   bool // the last fetch
	failures int  // of all fetches
	underWay int
}

// A walkAnswer is a good answer of the issuer.
type walkAnswer struct {
	asked time.Time // on the wall clock
	keys  map[string]string
}

const (
	walkMaxAge, walkGrace = 10 * time.Minute, 5 * time.Minute
	walkCooldown          = time.Minute
)

func FuzzRemoteWalk(f *testing.F) {
	for seed := range uint64(30) {
		random, script := rand.New(rand.NewPCG(seed, 3)), make([]byte, 200)
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		f.Add(script)
	}
	kinds := map[string]*keys.PublicKey{}
	for _, kid := range []string{"0", "1", "2"} {
		for _, instance := range []string{"a", "b"} {
			kinds[kid+instance] = privateKey(f, kid, "EdDSA", instance).Public()
		}
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 1000 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			w := &walk{t: t, script: script, kinds: kinds, served: map[string]string{"0": "a"}}
			w.remote = newRemote(t, transport(w.answer), nil, func(c *jwks.RemoteConfig) {
				c.Issuer, c.URL, c.Now = "", jwksURL, w.clock.Now
				c.MaxAge, c.Grace, c.Cooldown = walkMaxAge, walkGrace, walkCooldown
			})
			w.run()
		})
	})
}

// next returns a number below n.
func (w *walk) next(n int) int {
	if len(w.script) == 0 {
		return 0
	}
	b := w.script[0]
	w.script = w.script[1:]
	return int(b) % n
}

func (w *walk) wall() time.Time { return w.clock.Now().Round(0) }

func (w *walk) run() {
	var callers sync.WaitGroup
	for len(w.script) > 0 {
		switch w.next(8) {
		case 0, 1, 2:
			kid := []string{"0", "1", "2", "none"}[w.next(4)]
			ctx, cancel := context.WithCancel(context.Background())
			if d := w.next(4); d > 0 { // no two events have one time
				time.AfterFunc([]time.Duration{0, 30, 700, 4000}[d]*time.Millisecond+333*time.Nanosecond, cancel)
			}
			if w.next(3) == 0 {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(1+w.next(50))*100*time.Millisecond+777*time.Nanosecond)
			}
			callers.Go(func() {
				defer cancel()
				w.call(ctx, kid)
			})
			synctest.Wait()
		case 3:
			w.mu.Lock()
			w.mode, w.delay = w.next(6), []time.Duration{0, 0, 20, 900, 3000, 100_000}[w.next(6)]*time.Millisecond
			w.mu.Unlock()
		case 4:
			served := map[string]string{"0": "a"} // a set has a key
			for _, kid := range []string{"0", "1", "2"} {
				if i := w.next(3); i > 0 {
					served[kid] = []string{"", "a", "b"}[i]
				}
			}
			w.mu.Lock()
			w.served = served
			w.mu.Unlock()
		case 5:
			time.Sleep([]time.Duration{50, 500, 5000, 30_000}[w.next(4)] * time.Millisecond)
		case 6:
			time.Sleep([]time.Duration{time.Minute, 4 * time.Minute, 11 * time.Minute, time.Hour}[w.next(4)])
		case 7:
			w.clock.Freeze([]time.Duration{time.Second, time.Minute, 11 * time.Minute, time.Hour, -time.Second, -2 * time.Minute, -time.Hour}[w.next(7)])
		}
	}
	callers.Wait()
}

// answer is the issuer.
func (w *walk) answer(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	asked, mode, delay, served := w.wall(), w.mode, w.delay, w.served
	// Where the clock has been set back between two answers, one who waited for the newer
	// takes it for the older and asks once more.
	if n := len(w.answers); n > 0 && (n == 1 || w.answers[n-2].asked.Before(w.answers[n-1].asked)) {
		if age := asked.Sub(w.answers[n-1].asked); age >= 0 && age < walkCooldown {
			w.t.Errorf("asked %v after a good answer", age)
		}
	}
	if w.underWay++; w.underWay > 1 {
		w.t.Error("asked twice at once")
	}
	w.mu.Unlock()
	err := request.Context().Err()
	if delay > 0 {
		select {
		case <-time.After(delay + 111*time.Nanosecond):
		case <-request.Context().Done():
			err = request.Context().Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underWay--
	if w.failed = err != nil || mode >= 3; w.failed {
		w.failures++
	}
	code, text := http.StatusOK, ""
	switch {
	case err != nil:
		return nil, err
	case mode == 3:
		return nil, errors.New("no route to the host")
	case mode == 4:
		code = http.StatusServiceUnavailable
	case mode == 5:
		text = `{"keys":[{"kty":`
	default:
		var members [][]byte
		for kid, instance := range served {
			members = append(members, encode(w.t, w.kinds[kid+instance]))
		}
		text = string(jwkSet(members...))
		w.answers = append(w.answers, walkAnswer{asked, served})
	}
	return &http.Response{
		StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

// call asks for a key, and compares what comes of it with the answers that can be the
// reason: the last before the call, unless it was too old, and all during it.
func (w *walk) call(ctx context.Context, kid string) {
	w.mu.Lock()
	before, began, failedBefore, failures := len(w.answers), w.wall(), w.failed, w.failures
	w.mu.Unlock()
	key, err := w.remote.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: kid})
	w.mu.Lock()
	defer w.mu.Unlock()
	within := func(a walkAnswer, early, late time.Duration) bool {
		for _, now := range []time.Time{began, w.wall()} {
			if age := now.Sub(a.asked); age >= -early && age < late {
				return true
			}
		}
		return false
	}
	fits := func(early, late time.Duration, good func(walkAnswer) bool) bool {
		for i := max(0, before-1); i < len(w.answers); i++ {
			if a := w.answers[i]; good(a) && (i >= before || within(a, early, late)) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil:
		public, ok := key.(*keys.PublicKey)
		if !ok || !fits(walkGrace, walkMaxAge+walkGrace, func(a walkAnswer) bool {
			instance, has := a.keys[kid]
			return has && public.Thumbprint() == w.kinds[kid+instance].Thumbprint()
		}) {
			w.t.Errorf("got a key %q that no answer which counts has: %v", kid, w.answers)
		}
	case errors.Is(err, keys.ErrUnknownKey):
		if !fits(0, walkMaxAge, func(a walkAnswer) bool { return a.keys[kid] == "" }) {
			w.t.Errorf("the key %q is unknown, and every answer that counts has it: %v", kid, w.answers)
		}
	case ctx.Err() == nil && !failedBefore && w.failures == failures:
		w.t.Errorf("an outage while the issuer answers: %v", err)
	}
}
