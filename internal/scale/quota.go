package main

import (
	"context"
	"sync"
	"time"
)

// A quota is what a service takes of an account: so many calls a second, by a token bucket
// that holds those of one second. What it refuses takes nothing from the bucket. A call that
// stands for many has the chance of a single one: it is taken whole where that is, and the
// bucket owes the rest. It counts by the second. It is safe for concurrent use.
type quota struct {
	rate    float64
	latency time.Duration // median of an answer
	start   time.Time     // of the seconds

	mu      sync.Mutex
	left    float64
	counted time.Time // when left was right
	taken   []float64 // by second
	refused []float64
	logins  []float64 // of those taken
}

func newQuota(rate float64, latency time.Duration, start time.Time) *quota {
	return &quota{rate: rate, latency: latency, start: start, left: rate, counted: start}
}

// throttling is what KMS says of a call beyond its quota.
type throttling struct{}

func (throttling) Error() string     { return "ThrottlingException: the rate of calls is exceeded" }
func (throttling) ErrorCode() string { return "ThrottlingException" }

// call makes one call, which takes a while.
func (q *quota) call(ctx context.Context) error {
	a := actorOf(ctx)
	if a == nil {
		return nil
	}
	ok := q.take(a.weight, a.place >= firstLogin)
	if err := a.sleep(ctx, a.about(q.latency)); err != nil {
		return err
	}
	if !ok {
		return throttling{}
	}
	return nil
}

func (q *quota) take(weight float64, login bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.left = min(q.rate, q.left+now.Sub(q.counted).Seconds()*q.rate)
	q.counted = now
	second := int(now.Sub(q.start) / time.Second)
	if q.left < 1 {
		count(&q.refused, second, weight)
		return false
	}
	q.left -= weight
	count(&q.taken, second, weight)
	if login {
		count(&q.logins, second, weight)
	}
	return true
}

// count adds to the count of a second.
func count(seconds *[]float64, second int, weight float64) {
	for len(*seconds) <= second {
		*seconds = append(*seconds, 0)
	}
	(*seconds)[second] += weight
}

// sum returns the sum of the counts of a span.
func sum(seconds []float64, s span) (total float64) {
	for _, n := range cut(seconds, s) {
		total += n
	}
	return total
}

// cut returns the counts of a span.
func cut(seconds []float64, s span) []float64 {
	from, to := int(s.from/time.Second), int(s.to/time.Second)
	return seconds[min(from, len(seconds)):min(to, len(seconds))]
}

// A span is a time, counted from the deployment.
type span struct{ from, to time.Duration }

func (s span) has(t time.Duration) bool { return s.from <= t && t < s.to }

func (s span) seconds() float64 { return (s.to - s.from).Seconds() }
