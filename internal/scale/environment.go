package main

import (
	"context"
	"errors"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// An environment is one of Lambda's, with a verifier of its own and all that this knows.
// It has one request at a time.
type environment struct {
	*actor
	fleet    *fleet
	requests chan request
	verifier verifier.Verifier // nil before the first request
	replaced time.Duration     // when Lambda replaces it
}

func newEnvironment(f *fleet, number int) *environment {
	return &environment{
		actor: newActor(assumed.Seed, int64(1+number), uint64(1+number), float64(f.weight())),
		fleet: f, requests: make(chan request, 1),
	}
}

func (e *environment) run() {
	for r := range e.requests {
		for ok := true; ok; {
			err := e.serve(r)
			r, ok = e.fleet.done(e, r, err)
		}
	}
}

// errNoEnvironment says that a request has waited for an environment for too long.
var errNoEnvironment = errors.New("no environment was free")

// serve verifies the token of a request.
func (e *environment) serve(r request) error {
	began := time.Now()
	if e.verifier == nil || e.fleet.backend.metered && e.fleet.now() >= e.replaced {
		if err := e.start(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(as(context.Background(), e.actor), assumed.Timeout)
	defer cancel()
	if err := e.sleep(ctx, assumed.Work); err != nil {
		return err
	}
	_, err := e.verifier.Verify(ctx, e.fleet.token(r.user))
	if err == nil {
		// What comes of it is known at this actor's own time, if it took none so far.
		err = e.sleep(ctx, 0)
	}
	e.fleet.worked(began)
	return err
}

// start makes the verifier anew.
func (e *environment) start() error {
	ctx, cancel := context.WithTimeout(as(context.Background(), e.actor), assumed.Timeout)
	defer cancel()
	if err := e.sleep(ctx, e.about(assumed.Start)); err != nil {
		return err
	}
	source, err := e.fleet.backend.verification(e.fleet.world)
	if err != nil {
		return err
	}
	v, err := e.fleet.newVerifier(source)
	if err != nil {
		return err
	}
	if ready, ok := v.(interface{ Ready(context.Context) error }); ok {
		// What fails here a function logs: the first request tries again.
		if err := ready.Ready(ctx); errors.Is(err, keys.ErrMisconfigured) {
			return err
		}
	}
	e.replaced = e.nextReplacement()
	e.verifier = v
	return nil
}

// nextReplacement returns when an environment that starts now is replaced.
func (e *environment) nextReplacement() time.Duration {
	f := e.fleet
	if f.Rollout > 0 && e.verifier == nil {
		return f.backend.measured().from + time.Duration(e.place-1)*f.Rollout/time.Duration(f.Simulated)
	}
	return f.now() + time.Duration(e.random.ExpFloat64()*float64(assumed.Stay))
}

func (f *fleet) newVerifier(source keys.VerificationSource) (verifier.Verifier, error) {
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: issuerName, Audience: []string{audience}})
	if err != nil || f.Remembered == 0 {
		return v, err
	}
	return verifier.Cached(v, verifier.CacheConfig{Size: f.Remembered})
}

// token returns the token that a user has.
func (f *fleet) token(number int) string {
	f.mu.Lock()
	user := &f.users.all[number]
	issued, dataKey := f.deployment.Add(user.issued()), user.dataKey
	f.mu.Unlock()
	return f.mint.token(number, issued, issued.Add(assumed.Lifetime), dataKey)
}

// worked takes note of the time that an environment has worked, which Lambda bills.
func (f *fleet) worked(began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally.work(began.Sub(f.deployment), time.Since(began), float64(f.weight()))
}
