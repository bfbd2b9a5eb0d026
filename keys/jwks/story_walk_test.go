package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

// A walk has callers use a Remote in a story that bytes tell, and holds what they get to
// what the issuer has answered, and when.
type walk struct {
	t         *testing.T
	script    *walktest.Script
	clock     clocktest.Frozen
	remote    *jwks.Remote
	discovers bool
	kinds     map[string]*keys.PublicKey // by kid and instance
	sets      *walktest.Origin[walkSet]

	mu    sync.Mutex
	is    walkIssuer
	found walkFound                  // by the last document
	begun *walktest.Request[walkSet] // by a document, and its set is not asked for yet
}

// A walkIssuer is how the issuer answers now.
type walkIssuer struct {
	mode, documentMode   int // 0 to 2 for good
	delay, documentDelay time.Duration
	lifetime             time.Duration // in Cache-Control; less than 0 for none
	path                 string        // of the set
	served               walkSet
}

// A walkSet is a set that the issuer has served: the instances by kid.
type walkSet map[string]string

// A walkFound is what discovery has found, and when it asked for it, by the wall clock. It is
// zero after a failure.
type walkFound struct {
	path  string
	asked time.Time
}

const (
	walkMaxAge, walkGrace = 10 * time.Minute, 5 * time.Minute
	walkCooldown          = time.Minute
)

func FuzzRemoteWalk(f *testing.F) { fuzzWalk(f, false) }

// A Remote that goes by discovery asks for two documents, within one fetch.
func FuzzDiscoveryWalk(f *testing.F) { fuzzWalk(f, true) }

func fuzzWalk(f *testing.F, discovers bool) {
	kinds := map[string]*keys.PublicKey{}
	for _, kid := range []string{"0", "1", "2"} {
		for _, instance := range []string{"a", "b"} {
			kinds[kid+instance] = privateKey(f, kid, "EdDSA", instance).Public()
		}
	}
	// The clock is set back, one caller has an old set fetched again, and one needs a newer set.
	f.Add([]byte{0, 0, 0, 0, 0, 1, 4, 0, 3, 0, 0, 6, 2, 4, 0, 0, 0, 0, 1, 0, 4, 0, 0, 1, 6, 0, 2})
	walktest.Fuzz(f, 150, 200, func(t *testing.T, script *walktest.Script) {
		w := &walk{t: t, script: script, kinds: kinds, discovers: discovers}
		w.is = walkIssuer{path: "/a", lifetime: -1, served: walkSet{"0": "a"}}
		w.sets = walktest.NewOrigin[walkSet](t, &w.clock)
		w.remote = newRemote(t, transport(w.answer), nil, func(c *jwks.RemoteConfig) {
			if c.Now = w.clock.Now; !discovers {
				c.Issuer, c.URL = "", issuer+"/a"
			}
			c.MaxAge, c.Grace, c.Cooldown = walkMaxAge, walkGrace, walkCooldown
			if script.Next(4) == 3 {
				c.Preloaded = w.encode(w.is.served)
				w.sets.Ask(t.Context()).Good(w.is.served, 0)
			}
		})
		w.run()
	})
}

func (w *walk) run() {
	var callers sync.WaitGroup
	for w.script.Left() {
		switch w.script.Next(8) {
		case 0, 1, 2, 3:
			h := keys.Header{
				Kid:       walktest.Pick(w.script, "0", "0", "1", "2", "none", ""),
				Algorithm: walktest.Pick(w.script, "EdDSA", "EdDSA", "EdDSA", "ES256"),
			}
			ctx, cancel := w.script.Caller()
			callers.Go(func() {
				defer cancel()
				w.call(ctx, h)
			})
			synctest.Wait()
		case 4:
			w.change(func(is *walkIssuer) {
				is.mode, is.delay = w.script.Next(6), w.script.Delay()
				is.documentMode, is.documentDelay = w.script.Next(8), w.script.Delay()
			})
		case 5:
			served := walkSet{"0": "a"} // a set has a key
			for _, kid := range []string{"0", "1", "2"} {
				if instance := walktest.Pick(w.script, "", "a", "b"); instance != "" {
					served[kid] = instance
				}
			}
			w.change(func(is *walkIssuer) {
				is.served, is.path = served, walktest.Pick(w.script, "/a", "/b")
				is.lifetime = walktest.Pick(w.script, -1, 0, 2*time.Minute, time.Hour)
			})
		default:
			w.script.Pass(&w.clock)
		}
	}
	callers.Wait()
}

func (w *walk) change(change func(*walkIssuer)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.is)
}

// answer is the issuer. With discovery it has a document, which says where the set is: there
// the set stays when a later document names another place.
func (w *walk) answer(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	is, begun := w.is, w.begun
	w.begun = nil
	w.mu.Unlock()
	isDocument := request.URL.String() == discoveryURL
	if begun == nil {
		begun = w.begin(request, isDocument)
	}
	if isDocument {
		return w.document(request, begun, is)
	}
	err := w.script.Wait(request.Context(), is.delay)
	code, text := http.StatusOK, string(w.encode(is.served))
	switch {
	case err != nil:
	case is.mode == 3:
		err = errors.New("no route to the host")
	case is.mode == 4:
		code = http.StatusServiceUnavailable
	case is.mode == 5:
		text = `{"keys":[{"kty":`
	default:
		maxAge := walkMaxAge
		if is.lifetime >= 0 {
			maxAge = min(maxAge, max(is.lifetime, walkCooldown))
		}
		begun.Good(is.served, maxAge)
		return response(request, code, text, is.lifetime)
	}
	w.fail(begun)
	if err != nil {
		return nil, err
	}
	return response(request, code, text, -1)
}

// begin takes note that a fetch begins, and fails the test if it should not.
func (w *walk) begin(request *http.Request, isDocument bool) *walktest.Request[walkSet] {
	begun := w.sets.Ask(request.Context())
	begun.WantAlone()
	begun.WantRested()
	if begun.Last.Value.knows(request.Context().Value(walkHeader{}).(keys.Header)) {
		begun.WantNeeded(walkMaxAge)
	} else {
		begun.WantNeeded(walkCooldown)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	age := begun.Asked.Sub(w.found.asked)
	if known := w.found.path != "" && age >= 0 && age < walkMaxAge; w.discovers && known == isDocument {
		w.t.Errorf("discovery is known: %v; asked for %v", known, request.URL)
	}
	return begun
}

func (w *walk) document(request *http.Request, begun *walktest.Request[walkSet], is walkIssuer) (*http.Response, error) {
	err := w.script.Wait(request.Context(), is.documentDelay)
	named, at, code := issuer, issuer+is.path, http.StatusOK
	switch {
	case err != nil:
	case is.documentMode == 3:
		err = errors.New("no route to the host")
	case is.documentMode == 4:
		code = http.StatusNotFound
	case is.documentMode == 5:
		named = issuer + "/other"
	case is.documentMode == 6:
		at = "https://evil.example/a"
	case is.documentMode == 7:
		at = ""
	default:
		w.mu.Lock()
		w.begun, w.found = begun, walkFound{is.path, begun.Asked}
		w.mu.Unlock()
		return response(request, code, fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, named, at), -1)
	}
	w.fail(begun)
	if err != nil {
		return nil, err
	}
	return response(request, code, fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, named, at), -1)
}

// fail takes note that a fetch has failed.
func (w *walk) fail(begun *walktest.Request[walkSet]) {
	begun.Fail()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = walkFound{}
}

func (w *walk) encode(set walkSet) []byte {
	var members [][]byte
	for _, kid := range []string{"0", "1", "2"} {
		if instance := set[kid]; instance != "" {
			members = append(members, encode(w.t, w.kinds[kid+instance]))
		}
	}
	return jwkSet(members...)
}

func response(request *http.Request, code int, text string, lifetime time.Duration) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	if lifetime >= 0 {
		header.Set("Cache-Control", fmt.Sprintf("max-age=%d", int(lifetime.Seconds())))
	}
	return &http.Response{
		StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: header, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

// A walkHeader is the key under which a context has what its caller asks about.
type walkHeader struct{}

// call asks for a key, and compares what comes of it with the answers that can be the reason.
func (w *walk) call(ctx context.Context, h keys.Header) {
	ctx, visit := w.sets.Visit(context.WithValue(ctx, walkHeader{}, h))
	key, err := w.remote.VerificationKey(ctx, h)
	switch {
	case err == nil:
		public, ok := key.(*keys.PublicKey)
		if !ok || h.Algorithm != "EdDSA" || !visit.Usable(walkGrace, func(set walkSet) bool { return w.has(set, h.Kid, public) }) {
			w.t.Errorf("got a key for %v that no answer which counts has", h)
		}
	case errors.Is(err, keys.ErrUnknownKey):
		if !visit.Fresh(walkCooldown, func(set walkSet) bool { return set.lacks(h) }) &&
			!visit.Fresh(walkMaxAge, func(set walkSet) bool { return set.lacks(h) && set.knows(h) }) {
			w.t.Errorf("the key of %v is unknown, and every answer that counts has it", h)
		}
	case ctx.Err() == nil && !visit.MayFail(walkGrace):
		w.t.Errorf("an outage while the issuer answers: %v", err)
	}
}

// has reports whether a set has a key for a kid or, if that is empty, has this key alone.
func (w *walk) has(set walkSet, kid string, key *keys.PublicKey) bool {
	if kid == "" {
		kid = "0"
		if len(set) > 1 {
			return false
		}
	}
	instance := set[kid]
	return instance != "" && key.Thumbprint() == w.kinds[kid+instance].Thumbprint()
}

// knows reports whether another set has no more to say of a kid, or there is none.
func (s walkSet) knows(h keys.Header) bool { return h.Kid == "" || s[h.Kid] != "" }

// lacks reports whether a set has no key for a header.
func (s walkSet) lacks(h keys.Header) bool {
	return h.Algorithm != "EdDSA" || h.Kid == "" && len(s) > 1 || h.Kid != "" && s[h.Kid] == ""
}
