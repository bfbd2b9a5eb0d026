package observe

import (
	"errors"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// maxValues is how many values a line may have of one metric. Further ones are left out,
// and the counts beside them tell so.
const maxValues = 100

// keyCounts is what sources of keys have done. It takes no more memory as they do more.
type keyCounts struct {
	hits, grace, overBudget, rotations int
	fetches, fetchFailures             int
	kmsCalls, kmsFailures, kmsRefusals int
	fetchDurations, kmsDurations       []time.Duration
}

// count adds an event. One of a kind that is not known changes nothing.
func (k *keyCounts) count(e keys.Event) {
	switch e.Kind {
	case keys.EventHit:
		k.hits++
	case keys.EventGrace:
		k.grace++
	case keys.EventBudget:
		k.overBudget++
	case keys.EventRotated:
		k.rotations++
	case keys.EventCall:
		k.countCall(e)
	}
}

func (k *keyCounts) countCall(e keys.Event) {
	if e.Operation == "" {
		k.fetches++
		if e.Err != nil {
			k.fetchFailures++
		}
		k.fetchDurations = appendDuration(k.fetchDurations, e.Duration)
		return
	}
	k.kmsCalls++
	switch {
	case e.Err == nil:
	case errors.Is(e.Err, keys.ErrUnknownKey) || errors.Is(e.Err, keys.ErrSignature):
		k.kmsRefusals++
	default:
		k.kmsFailures++
	}
	k.kmsDurations = appendDuration(k.kmsDurations, e.Duration)
}

func appendDuration(to []time.Duration, d time.Duration) []time.Duration {
	if len(to) == maxValues {
		return to
	}
	return append(to, d)
}

// empty reports whether nothing was counted.
func (k *keyCounts) empty() bool {
	return k.hits+k.grace+k.overBudget+k.rotations+k.fetches+k.kmsCalls == 0
}

// reset forgets what was counted.
func (k *keyCounts) reset() {
	*k = keyCounts{fetchDurations: k.fetchDurations[:0], kmsDurations: k.kmsDurations[:0]}
}

// metrics returns what was counted, by name.
func (k *keyCounts) metrics() [11]metric {
	return [...]metric{
		{name: "KeyHits", count: k.hits},
		{name: "KeyFetches", count: k.fetches},
		{name: "KeyFetchFailures", count: k.fetchFailures},
		{name: "KeyFetchDuration", values: k.fetchDurations},
		{name: "KMSCalls", count: k.kmsCalls},
		{name: "KMSFailures", count: k.kmsFailures},
		{name: "KMSRefusals", count: k.kmsRefusals},
		{name: "KMSDuration", values: k.kmsDurations},
		{name: "KeysOnGrace", count: k.grace},
		{name: "OverBudget", count: k.overBudget},
		{name: "KeyRotations", count: k.rotations},
	}
}

// A metric is a count, or durations.
type metric struct {
	name   string
	count  int
	values []time.Duration
}

func (m *metric) empty() bool { return m.count == 0 && len(m.values) == 0 }
