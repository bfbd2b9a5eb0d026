package authorizertest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fill has every gateway's cache hold as much as it can, of all kinds of tokens.
func (c *city) fill(unit time.Duration) {
	rng := rand.New(rand.NewPCG(1, 2026))
	for i, d := range c.doors {
		for n, tries := 0, 0; d.cached && n < 1000 && !c.t.Failed(); tries++ {
			if tries == 100_000 {
				c.t.Fatalf("%s: %d answers of %d may be cached", d.name, n, tries)
			}
			if status := c.visit(rng, c.mint(rng), i); status == 200 || status == 403 {
				n++
			}
			time.Sleep(unit / 20) // the budget for KMS is to last
		}
	}
}

// live sends so many requests, so many at a time, and returns how much memory was in use
// after a tenth and at the end.
func (c *city) live(requests, workers int, unit time.Duration) (early, late uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, o := range c.origins { // each works before it fails
		token, err := o.issuer.Issue(ctx, "user-1", nil)
		if err != nil {
			c.t.Fatal(err)
		}
		if status, _ := ask(c.gateways[0], "GET", "/me", "Bearer "+token, evidence{}); status != http.StatusOK {
			c.t.Fatalf("%s: %d before anything fails", o.name, status)
		}
	}
	var around, visitors sync.WaitGroup
	for i, o := range c.origins {
		around.Go(func() { o.depends.play(ctx, rand.New(rand.NewPCG(uint64(i), 2026)), unit) })
	}
	var done atomic.Int64
	for w := range workers {
		visitors.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), uint64(requests)))
			for n := done.Add(1); n <= int64(requests) && !c.t.Failed(); n = done.Add(1) {
				time.Sleep(time.Duration(workers) * time.Duration(rng.Int64N(int64(unit)/5)))
				c.visit(rng, c.ticket(rng), rng.IntN(len(c.gateways)))
				if n == int64(requests)/10 {
					early = inUse()
				}
			}
		})
	}
	visitors.Wait()
	late = inUse()
	cancel()
	around.Wait()
	return early, late
}

// wholeStories reports whether long stories are to be told whole.
func wholeStories() bool { return os.Getenv("STORIES") == "whole" }

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// report looks at whether everything has happened that the story is about, or all that a short
// one comes to.
func (c *city) report(t *testing.T) {
	t.Helper()
	for _, status := range []string{"200", "401", "403", "500"} {
		if c.statuses[status] == 0 {
			t.Errorf("no answer was %s: the story no longer looks at it", status)
		}
	}
	for _, o := range c.origins {
		if c.undone[o.depends.name] == 0 && (wholeStories() || o.asked != nil) {
			t.Errorf("nobody asked for what only %s knows while it was down", o.depends.name)
		}
	}
	for _, d := range c.doors {
		if c.statuses[fmt.Sprint(d.kind, ": 200")] == 0 || c.statuses[fmt.Sprint(d.kind, ": 401")] == 0 {
			t.Errorf("%s: nobody was let in, or nobody was refused", d.kind)
		}
	}
	const keyed = " where the cache goes by it"
	kinds := []string{
		"its proof: 200", "its proof: 403", "no proof: 401", "a used proof: 401",
		"a proof of another key: 401", "a proof for another path: 401", "a proof for another token: 401", "a proof for another method: 401",
		"a proof that is too old: 401", "its proof as a bearer token: 401",
		"its proof" + keyed + ": 200", "a used proof" + keyed + ": 200",
		"its certificate: 200", "its certificate: 403", "no certificate: 401", "the certificate of another: 401", "a proof instead of a certificate: 401",
		"its certificate" + keyed + ": 200", "the certificate of another" + keyed + ": 401", "no certificate" + keyed + ": 401",
		"expired, cached false: 401", "expired, cached true: 401", "expired, cached true: 403", "for another audience: 401",
		"no token: 401", "of another key: 401", "with a wrong bit: 401",
		"nothing: 401", "a proof: 200", "a certificate: 200",
	}
	if wholeStories() {
		for _, what := range []string{"of another key", "for another path", "for another token", "for another method", "that is too old"} {
			kinds = append(kinds, "a proof "+what+keyed+": 401")
		}
	}
	for _, kind := range kinds {
		if c.bound[kind] == 0 {
			t.Errorf("no request had %s: the story no longer looks at it", kind)
		}
	}
	for _, o := range c.origins {
		if o.depends.calls.Load() < 2 {
			t.Errorf("%s was called %d times", o.depends.name, o.depends.calls.Load())
		}
	}
}

// play fills the caches and sends the requests. Whole, the memory in use is to be after a
// tenth what it is at the end.
func (c *city) play(t *testing.T, requests, workers int, unit time.Duration) {
	t.Helper()
	if wholeStories() {
		c.fill(unit)
	}
	early, late := c.live(requests, workers, unit)
	t.Logf("answers %v, 500 for certain %v; %d kB in use after a tenth, %d kB at the end", c.statuses, c.undone, early>>10, late>>10)
	t.Logf("by what came with them %v", c.bound)
	if wholeStories() && late > early+1<<20 {
		t.Errorf("memory in use grew from %d to %d bytes", early, late)
	}
}

// Good, expired, forged, malformed and bound tokens, through every form of event, with the caches
// on, while KMS, an issuer and a store of secrets fail and recover: every answer is right.
func TestEveryAnswerIsRightWhateverFailsAndRecovers(t *testing.T) {
	requests := 6_000
	if wholeStories() {
		requests = 100_000
	}
	for _, workers := range []int{2, 16} {
		t.Run(fmt.Sprint(workers, " at a time"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCity(t, time.Now, 0)
				c.play(t, requests, workers, time.Second)
				c.report(t)
			})
		})
	}
}

// The same in real time, for what simulated time does not show, and no goroutine is left.
// The city's clock is as much faster as the outages are shorter, so that the pauses after an
// outage end with it and tokens expire.
func TestEveryAnswerIsRightInRealTime(t *testing.T) {
	requests := 6_000
	if wholeStories() {
		requests = 20_000
	}
	before := runtime.NumGoroutine()
	const unit = 2 * time.Millisecond
	start := time.Now()
	now := func() time.Time { return start.Add(time.Since(start) * (time.Second / unit)) }
	c := newCity(t, now, time.Minute)
	c.play(t, requests, 16, unit)
	if wholeStories() { // in a short one nobody knows what comes together with what
		c.report(t)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}
