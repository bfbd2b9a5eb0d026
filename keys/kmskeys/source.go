package kmskeys

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// A source is what the sources of this package have in common: a name, the one operation
// of KMS that they call, and what they have counted.
type source struct {
	label
	operation string
	kid       string
	timeout   time.Duration // of a call

	calls, failures, answers, refusals, overBudget atomic.Uint64
}

// A label is what a source or a key of this package prints as, whatever the verb: its
// type, algorithm and KMS key, and never what is in it.
type label = redact.Label

func newSource(kind, operation, algorithm string, key kmsKey, kid string, timeout time.Duration) source {
	return source{label: newLabel(kind, algorithm, key), operation: operation, kid: kid, timeout: timeout}
}

func newLabel(kind, algorithm string, key kmsKey) label {
	return redact.NewLabel("kmskeys." + kind + "(" + algorithm + ", " + key.name + ")")
}

// Kid returns the kid of tokens, empty if they have none.
func (s *source) Kid() string { return s.kid }

// Stats is what a source has done since it was made.
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
	if err == nil {
		return value, nil
	}
	if !isVerdict(err) && codeOf(err) != wouldSucceed {
		s.failures.Add(1)
	}
	var none T
	return none, err
}

// answer counts what has become of a request, and returns err as wrap does.
func (s *source) answer(err error) error {
	switch {
	case err == nil:
		s.answers.Add(1)
		return nil
	case isVerdict(err):
		s.answers.Add(1)
		s.refusals.Add(1)
	case errors.Is(err, ErrBudget):
		s.overBudget.Add(1)
	}
	return s.wrap(err)
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
