package keys_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
	"github.com/lambdajwt/authorizer/keys"
)

// A walk has callers use a Refreshing in a story that bytes tell, and holds what they get to
// what its Load has returned, and when.
type walk struct {
	t      *testing.T
	script *walktest.Script
	clock  clocktest.Frozen
	source *keys.Refreshing
	known  map[walkSecret]*keys.Secret
	rings  *walktest.Origin[walkRing]

	mu    sync.Mutex
	mode  int           // of Load, below 4 for good
	delay time.Duration // before it returns
	ring  walkRing
}

// A walkSecret is a secret by its kid and instance.
type walkSecret struct{ kid, instance string }

// A walkRing is what a ring holds, the secret that signs first.
type walkRing []walkSecret

// What one caller brings: a token that this secret has signed, or a wrong signature.
type walkToken struct {
	secret walkSecret
	wrong  bool
}

const (
	walkMaxAge, walkGrace = 10 * time.Minute, 5 * time.Minute
	walkCooldown          = time.Minute
)

func FuzzRefreshingWalk(f *testing.F) {
	known := map[walkSecret]*keys.Secret{}
	for _, kid := range []string{"", "1", "2"} {
		for _, instance := range []string{"a", "b"} {
			known[walkSecret{kid, instance}] = hmacSecret(f, kid, "HS256", kid+instance)
		}
	}
	walktest.Fuzz(f, 150, 200, func(t *testing.T, script *walktest.Script) {
		w := &walk{t: t, script: script, known: known, ring: walkRing{{"1", "a"}}}
		w.rings = walktest.NewOrigin[walkRing](t, &w.clock)
		source, err := keys.NewRefreshing(keys.RefreshingConfig{
			Load: w.load, MaxAge: walkMaxAge, Grace: walkGrace, Cooldown: walkCooldown, Now: w.clock.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.source = source
		w.run()
	})
}

func (w *walk) run() {
	var callers sync.WaitGroup
	for w.script.Left() {
		switch w.script.Next(8) {
		case 0, 1, 2, 3, 4:
			calls := []func(context.Context){w.sign, w.ready}
			token := walkToken{w.secret(), w.script.Next(4) == 3}
			call := walktest.Pick(w.script, append(calls, func(ctx context.Context) { w.verify(ctx, token) },
				func(ctx context.Context) { w.verify(ctx, token) }, func(ctx context.Context) { w.verify(ctx, token) })...)
			ctx, cancel := w.script.Caller()
			callers.Go(func() {
				defer cancel()
				call(ctx)
			})
			synctest.Wait()
		case 5:
			w.mu.Lock()
			w.mode, w.delay = w.script.Next(8), w.script.Delay()
			w.mu.Unlock()
		case 6:
			var ring walkRing
			for _, kid := range []string{"1", "2", ""} {
				if instance := walktest.Pick(w.script, "", "a", "b"); instance != "" {
					ring = append(ring, walkSecret{kid, instance})
				}
			}
			if len(ring) == 0 {
				ring = walkRing{w.secret()}
			}
			w.mu.Lock()
			w.ring = ring
			w.mu.Unlock()
		default:
			w.script.Pass(&w.clock)
		}
	}
	callers.Wait()
}

func (w *walk) secret() walkSecret {
	return walkSecret{walktest.Pick(w.script, "1", "2", ""), walktest.Pick(w.script, "a", "b")}
}

// load is the user's function.
func (w *walk) load(ctx context.Context) (*keys.Ring, error) {
	w.mu.Lock()
	mode, delay, holds := w.mode, w.delay, w.ring
	w.mu.Unlock()
	request := w.rings.Ask(ctx)
	request.WantAlone()
	request.WantRested()
	if token, ok := ctx.Value(walkToken{}).(walkToken); ok && !request.Last.Value.verifies(token) {
		request.WantNeeded(walkCooldown)
	} else {
		request.WantNeeded(walkMaxAge)
	}
	var ring *keys.Ring
	err := w.script.Wait(ctx, delay)
	switch {
	case err != nil:
	case mode == 4:
		err = errStore
	case mode == 5:
		err = fmt.Errorf("the store says: %w", keys.ErrUnknownKey)
	case mode == 6:
		ring = new(keys.Ring)
	case mode == 7:
	default:
		var others []keys.VerificationSource
		for _, secret := range holds[1:] {
			others = append(others, w.known[secret])
		}
		request.Good(holds, walkMaxAge)
		return newRing(w.t, w.known[holds[0]], others...), nil
	}
	request.Fail()
	return ring, err
}

// sign asks for the key that signs.
func (w *walk) sign(ctx context.Context) {
	ctx, visit := w.rings.Visit(ctx)
	key, err := w.source.SigningKey(ctx)
	if err != nil {
		w.wantOutage(ctx, visit, err)
		return
	}
	signature, err := key.Sign(ctx, []byte("input"))
	if err != nil || !visit.Usable(walkGrace, func(ring walkRing) bool {
		return key.Header().Kid == ring[0].kid && w.known[ring[0]].Verify(ctx, []byte("input"), signature) == nil
	}) {
		w.t.Errorf("signed with a key with which no ring that counts signs: %v", err)
	}
}

// ready asks whether there are keys that are fresh.
func (w *walk) ready(ctx context.Context) {
	ctx, visit := w.rings.Visit(ctx)
	err := w.source.Ready(ctx)
	switch {
	case err != nil:
		w.wantOutage(ctx, visit, err)
	case !visit.Fresh(walkMaxAge, func(walkRing) bool { return true }):
		w.t.Error("ready, and no ring is fresh")
	}
}

// verify brings a token.
func (w *walk) verify(ctx context.Context, token walkToken) {
	ctx, visit := w.rings.Visit(context.WithValue(ctx, walkToken{}, token))
	header, signature := w.token(ctx, token)
	key, err := w.source.VerificationKey(ctx, header)
	if err == nil {
		err = key.Verify(ctx, []byte("input"), signature)
	}
	switch {
	case err == nil:
		if !visit.Usable(walkGrace, func(ring walkRing) bool { return ring.verifies(token) }) {
			w.t.Errorf("%v was verified, and by no ring that counts", token)
		}
	case errors.Is(err, keys.ErrUnknownKey), errors.Is(err, keys.ErrSignature):
		if !visit.Fresh(walkCooldown, func(ring walkRing) bool {
			return !ring.verifies(token) && (errors.Is(err, keys.ErrSignature) || !ring.names(token.secret.kid))
		}) {
			w.t.Errorf("%v was refused, and every ring that counts verifies it: %v", token, err)
		}
	default:
		w.wantOutage(ctx, visit, err)
	}
}

// wantOutage fails the test if no failure is a reason for this error.
func (w *walk) wantOutage(ctx context.Context, visit *walktest.Visit[walkRing], err error) {
	switch {
	case errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature):
		w.t.Errorf("it should be an outage: %v", err)
	case ctx.Err() == nil && !visit.MayFail(walkGrace):
		w.t.Errorf("an outage while the keys can be loaded: %v", err)
	}
}

// token returns the header and the signature of a token.
func (w *walk) token(ctx context.Context, token walkToken) (keys.Header, []byte) {
	key, err := w.known[token.secret].SigningKey(ctx)
	if err != nil {
		w.t.Error(err)
	}
	signature, err := key.Sign(ctx, []byte("input"))
	if err != nil {
		w.t.Error(err)
	}
	if token.wrong {
		signature[0] ^= 1
	}
	return key.Header(), signature
}

// verifies reports whether a ring verifies a token.
func (r walkRing) verifies(token walkToken) bool {
	for _, secret := range r {
		if secret == token.secret {
			return !token.wrong
		}
	}
	return false
}

// names reports whether a ring has a secret for tokens of a kid: that of the kid, or one
// without, which also serves tokens whose kid is that of none.
func (r walkRing) names(kid string) bool {
	for _, secret := range r {
		if secret.kid == kid || secret.kid == "" {
			return true
		}
	}
	return kid == "" && len(r) == 1
}
