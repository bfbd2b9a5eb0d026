package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// play plays a scenario, in a bubble of simulated time, and returns what has come of it.
func play(t *testing.T, s Scenario) (result Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f, err := newFleet(t, s)
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		f.play()
		if f.fault != nil {
			t.Fatalf("%+v: %v", s, f.fault)
		}
		result = f.result()
	})
	return result
}

// A fleet is all the environments of an authorizer, those who send it requests, and API
// Gateway in between. Times are counted from the deployment.
type fleet struct {
	*world
	backend    backend
	deployment time.Time
	traffic    []span
	end        time.Duration
	mint       *mint
	logins     []keys.SigningSource
	random     *rand.Rand // of requests

	// One goroutine acts at a time (see actor), so that mu is for the race detector. Who
	// sleeps does not hold it.
	mu       sync.Mutex
	users    *users
	idle     []*environment
	queue    []request // for an environment
	renewals uint64
	trouble  float64 // the share of requests undecided lately
	running  sync.WaitGroup
	tally    tally
	fault    error // of the simulation
}

// A request is one that API Gateway asks the authorizer about.
type request struct {
	user    int
	arrived time.Duration
}

func newFleet(t testing.TB, s Scenario) (*fleet, error) {
	b, err := s.find()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	f := &fleet{backend: b, deployment: start.Add(assumed.Lifetime), traffic: b.traffic(), random: rand.New(rand.NewPCG(assumed.Seed, 0))}
	f.end = f.traffic[len(f.traffic)-1].to
	if f.world, err = newWorld(t, s, f.deployment); err != nil {
		return nil, err
	}
	if f.mint, err = newMint(f.world, b, start, f.deployment.Add(f.end+assumed.Lifetime)); err != nil {
		return nil, err
	}
	f.users = newUsers(s)
	f.users.settle(0, f.random)
	for range max(1, s.Environments/assumed.LoginFleet) {
		if b.login == nil {
			break
		}
		source, err := b.login(f.world)
		if err != nil {
			return nil, err
		}
		f.logins = append(f.logins, source)
	}
	return f, nil
}

// now returns the time that has passed since the deployment.
func (f *fleet) now() time.Duration { return time.Since(f.deployment) }

// play plays what was before the deployment, and then what is after it.
func (f *fleet) play() {
	f.signIn()
	f.mu.Lock()
	defer f.mu.Unlock()
	var environments []*environment
	for i := range f.Simulated {
		e := newEnvironment(f, i)
		environments = append(environments, e)
		go e.run()
	}
	f.idle = slices.Clone(environments)
	f.sendAll()
	f.mu.Unlock()
	f.running.Wait()
	f.mu.Lock()
	for _, e := range environments {
		close(e.requests)
	}
}

// signIn has the data keys made, in the order of their time, that the tokens have which
// users have at the deployment.
func (f *fleet) signIn() {
	if f.Backend == kmsEnvelope {
		for _, user := range f.users.inOrder() {
			if wait := user.issued() - f.now(); wait > 0 {
				time.Sleep(wait)
			}
			dataKey, err := f.signInBefore()
			user.dataKey = dataKey
			f.fail(err)
		}
	}
	sleepUntil(placeOfRequests, f.deployment)
}

// signInBefore returns the number of the data key of a new token. Where none is used again
// there is no need to ask a signer.
func (f *fleet) signInBefore() (uint64, error) {
	if f.ReuseTokens == 0 {
		return f.near.dataKeys.Add(1), nil
	}
	key, err := f.logins[f.random.IntN(len(f.logins))].SigningKey(context.Background())
	if err != nil {
		return 0, err
	}
	return dataKeyOf(key.Header())
}

// gap returns the time from one request to the next.
func (f *fleet) gap() time.Duration {
	return time.Duration(f.random.ExpFloat64() / float64(f.Load) * float64(time.Second))
}

// sendAll sends all requests after the deployment.
func (f *fleet) sendAll() {
	for at := f.gap(); at < f.end; at += f.gap() {
		at = f.skip(at)
		f.send(at, f.users.draw(f.random), f.random.Float64())
	}
	f.until(f.end)
}

// skip returns the time of the next request that matters. Where no login is counted that
// is none in a time in which no request is verified.
func (f *fleet) skip(at time.Duration) time.Duration {
	if len(f.logins) > 0 || f.verifies(at) {
		return at
	}
	for _, s := range f.traffic {
		if at < s.from {
			f.users.settle(s.from, f.random)
			return s.from
		}
	}
	return at
}

// verifies reports whether requests of a time are verified.
func (f *fleet) verifies(at time.Duration) bool {
	return slices.ContainsFunc(f.traffic, func(s span) bool { return s.has(at) })
}

// until lets the time pass until then. The caller holds f.mu.
func (f *fleet) until(at time.Duration) {
	if f.now() >= at {
		return
	}
	f.mu.Unlock()
	defer f.mu.Lock()
	sleepUntil(placeOfRequests, f.deployment.Add(at))
}

// send sends a request of a user, who gets a new token first if it is time. luck, from 0
// to 1, decides what is left to chance.
func (f *fleet) send(at time.Duration, number int, luck float64) {
	f.tally.request(at)
	user := &f.users.all[number]
	switch {
	case user.away:
		return // the client waits for its new token
	case user.renews > at:
		f.ask(at, number, luck)
	case len(f.logins) == 0:
		user.renew(at, 0)
		f.ask(at, number, luck)
	default:
		f.until(at)
		user.away = true
		f.renewals++
		renewal := f.renewals
		f.running.Go(func() { f.renew(renewal, number, luck) })
	}
}

// renew gets a user a new token, and sends the request that needs it.
func (f *fleet) renew(renewal uint64, number int, luck float64) {
	a := newActor(assumed.Seed, firstLogin+int64(renewal%(tick-firstLogin)), 1<<32+renewal, 1)
	ctx, cancel := context.WithTimeout(as(context.Background(), a), assumed.Timeout)
	defer cancel()
	source := f.logins[a.random.IntN(len(f.logins))]
	_ = a.sleep(ctx, assumed.Work)
	dataKey, err := login(ctx, source)
	_ = a.sleep(context.Background(), assumed.Work)

	f.mu.Lock()
	defer f.mu.Unlock()
	user := &f.users.all[number]
	user.away = false
	f.tally.login(f.now(), err)
	if err == nil {
		user.renew(f.now(), dataKey)
		f.ask(f.now(), number, luck)
	}
}

// login signs a token and returns the number of its data key.
func login(ctx context.Context, source keys.SigningSource) (uint64, error) {
	key, err := source.SigningKey(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := key.Sign(ctx, []byte("what a token says")); err != nil {
		return 0, err
	}
	return dataKeyOf(key.Header())
}

// ask has API Gateway decide a request: by what it remembers, or by the authorizer.
func (f *fleet) ask(at time.Duration, number int, luck float64) {
	user := &f.users.all[number]
	if f.TTL > 0 {
		if user.waiting > 0 {
			f.until(at) // for what comes of those under way
		}
		if user.cached > at {
			return
		}
	}
	f.tally.miss(at)
	if !f.verifies(at) {
		user.cached = at + f.TTL // all that is needed is there
		return
	}
	if simulated := 1 / float64(f.weight()); luck >= simulated {
		// The others have the luck of those that are simulated.
		if (luck-simulated)/(1-simulated) >= f.trouble {
			user.cached = at + f.TTL
		}
		return
	}
	f.until(at)
	user.waiting++
	f.running.Add(1)
	r := request{number, at}
	if len(f.idle) == 0 {
		f.queue = append(f.queue, r)
		return
	}
	i := f.random.IntN(len(f.idle))
	e := f.idle[i]
	f.idle = slices.Delete(f.idle, i, i+1)
	e.requests <- r
}

// done takes note of what has come of a request, and returns the next one for the
// environment that had it, if there is one.
func (f *fleet) done(e *environment, r request, err error) (next request, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.close(r, err)
	for len(f.queue) > 0 {
		next, f.queue = f.queue[0], f.queue[1:]
		if f.now()-next.arrived <= assumed.Patience {
			return next, true
		}
		f.close(next, errNoEnvironment)
	}
	f.idle = append(f.idle, e)
	return request{}, false
}

// close takes note of what has come of a request.
func (f *fleet) close(r request, err error) {
	defer f.running.Done()
	user := &f.users.all[r.user]
	user.waiting--
	f.fail(f.tally.answer(r.arrived, f.now(), err, float64(f.weight())))
	const lately = 0.02
	f.trouble *= 1 - lately
	switch {
	case err != nil:
		f.trouble += lately
	case r.arrived >= user.issued(): // a token that has not been renewed meanwhile
		user.cached = r.arrived + f.TTL
	}
}

// fail takes note of an error that the simulation must not have.
func (f *fleet) fail(err error) {
	if f.fault == nil {
		f.fault = err
	}
}
