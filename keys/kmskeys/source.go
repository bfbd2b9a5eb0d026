package kmskeys

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/refresh"
	"github.com/lambdajwt/authorizer/keys"
)

// A source is what the sources of this package have in common: a name, the one operation
// of KMS that they call, and what they have counted.
type source struct {
	label
	kind      string // the type
	keyID     string // as it was set
	operation string
	kid       string
	timeout   time.Duration // of a call
	observer  observer

	calls, failures, answers, refusals, overBudget atomic.Uint64
}

// A label is what a source or a key of this package prints as, whatever the verb: its
// type, algorithm and KMS key, and never what is in it.
type label = redact.Label

func newSource(kind, operation, algorithm string, key kmsKey, kid string, timeout time.Duration, o observer) source {
	return source{
		label: newLabel(kind, algorithm, key), kind: "kmskeys." + kind, keyID: key.name,
		operation: operation, kid: kid, timeout: timeout, observer: o,
	}
}

// An observer is told what a source does, by a clock.
type observer struct {
	told func(context.Context, keys.Event) // nil if nobody wants to know
	now  func() time.Time
}

func newLabel(kind, algorithm string, key kmsKey) label {
	return redact.NewLabel("kmskeys." + kind + "(" + algorithm + ", " + key.name + ")")
}

// Kid returns the kid of tokens, empty if they have none.
func (s *source) Kid() string { return s.kid }

// Stats is what a source has done since it was made. The Observer in its configuration is
// told of it as it happens.
type Stats struct {
	// Calls is how many calls of KMS there were, for tokens and by Ready. A call has
	// one attempt or two: see [Retry].
	Calls uint64

	// Failures is how many of these KMS did not decide: outages and misconfigurations.
	Failures uint64

	// Hits is how many requests were answered without a call of their own: with a
	// public key or a data key that was there or on its way, or with what KMS has said
	// of the same token before.
	Hits uint64

	// Refusals is how many requests were answered by a refusal of KMS, now or before.
	// What is refused without KMS is not counted: another algorithm, another kid, a
	// signature that the public key or the data key shows to be wrong.
	Refusals uint64

	// OverBudget is how many requests gave [ErrBudget].
	OverBudget uint64
}

// Stats returns what the source has done since it was made.
func (s *source) Stats() Stats {
	failures, calls := s.failures.Load(), s.calls.Load() // in this order, since a failure is a call
	decided, answers := calls-failures, s.answers.Load()
	return Stats{
		Calls: calls, Failures: failures,
		Hits:     answers - min(answers, decided), // a call may be under way
		Refusals: s.refusals.Load(), OverBudget: s.overBudget.Load(),
	}
}

// call calls KMS and reads its answer. It is the one way to do that: it bounds the time,
// says how to retry, counts, and gives errors their meaning.
func call[In, Out, T any](
	ctx context.Context, s *source, do func(context.Context, *In, ...func(*kms.Options)) (*Out, error), in *In, read func(*Out) (T, error),
) (value T, err error) {
	if err := ctx.Err(); err != nil {
		return value, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	elapsed := clock.Start(s.observer.now)
	s.calls.Add(1)
	out, err := do(ctx, in, Retry)
	switch {
	case err != nil:
		err = judge(s.operation, err)
	case out == nil:
		err = wrongAnswer("nothing")
	default:
		value, err = read(out)
	}
	event := keys.Event{Kind: keys.EventCall, Duration: elapsed(), Err: err}
	if codeOf(err) == wouldSucceed {
		event.Err = nil
	}
	s.tell(ctx, event)
	if err == nil {
		return value, nil
	}
	if !isVerdict(err) && codeOf(err) != wouldSucceed {
		s.failures.Add(1)
	}
	var none T
	return none, err
}

// answer counts what has become of a request, and returns err as wrap does. how says how the
// request came to its answer.
func (s *source) answer(ctx context.Context, how answered, err error) error {
	switch {
	case err == nil:
		s.answers.Add(1)
	case isVerdict(err):
		s.answers.Add(1)
		s.refusals.Add(1)
	case errors.Is(err, ErrBudget):
		s.overBudget.Add(1)
		s.tell(ctx, keys.Event{Kind: keys.EventBudget})
		return s.wrap(err)
	default:
		return s.wrap(err)
	}
	switch {
	case how.byCall:
		// call has told of it.
	case how.stale != nil:
		s.tell(ctx, keys.Event{Kind: keys.EventGrace, Err: how.stale})
	default:
		s.tell(ctx, keys.Event{Kind: keys.EventHit, Err: err})
	}
	return s.wrap(err)
}

// answered says how a request came to its answer: by a call of its own, or by what was
// there. stale is why that could not be had anew, nil if it need not be.
type answered struct {
	byCall bool
	stale  error
}

// byCall is the answer to a request that has called KMS itself.
var byCall = answered{byCall: true}

// byValue is the answer to a request that got a value which is fetched now and then.
func byValue[T any](got refresh.Got[T]) answered {
	if got.OnGrace() {
		return answered{stale: got.Stale}
	}
	return answered{byCall: got.Own}
}

// tell tells the observer, if there is one.
func (s *source) tell(ctx context.Context, e keys.Event) {
	if s.observer.told == nil {
		return
	}
	e.Source, e.Name = s.kind, s.keyID
	if e.Kind == keys.EventCall {
		e.Operation = s.operation
	}
	s.observer.told(ctx, e)
}

// wrap returns err with the operation that it is about.
func (s *source) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("kmskeys: kms:%s: %w", s.operation, err)
}

// ready returns nil for the answer to a dry run if the operation can be used. A KMS in
// memory that knows no dry run does what it is asked to, and may find that the
// signature or the ciphertext is none: then the key has been found, too.
func (s *source) ready(err error) error {
	if err == nil || codeOf(err) == wouldSucceed || isVerdict(err) {
		s.answers.Add(1) // by a call that Hits must not subtract from requests
		return nil
	}
	return s.wrap(err)
}
