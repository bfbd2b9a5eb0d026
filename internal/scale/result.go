package main

import (
	"slices"
	"time"
)

// A Result is what has come of a scenario. Rates are by the second; shares are from 0 to 1.
type Result struct {
	// In the time in which all is as usual.
	Calls     float64 // of KMS, that it answered
	Logins    float64 // of those, by logins
	Throttled float64 // of KMS, that it refused
	Fetches   float64 // at the issuer or Secrets Manager, refused ones too
	Undecided float64 // share of all requests
	Failed    float64 // share of logins
	Crowded   float64 // share of all requests: undecided since no environment was free
	Missed    float64 // share of requests that the authorizer was asked about
	Peak      float64 // calls of KMS that it answered or refused, in the busiest second
	PeakFetch float64
	Quota     float64 // the largest share of a KMS quota that a second asked for; over 1 if more than all
	Wait      float64 // the longest, in seconds

	// In the first minute after a deployment.
	FirstPeak      float64
	FirstPeakFetch float64
	FirstQuota     float64
	FirstUndecided float64
	FirstWait      float64
	FirstFailed    float64

	// LastUndecided is the last second in which a request stayed undecided before all is
	// as usual, from 1; 0 if there was none.
	LastUndecided int

	// Of a million requests, in dollars, as usual.
	KMSCost, LambdaCost float64

	// Seconds are the calls of KMS, of the issuer and of Secrets Manager, answered or
	// refused, in each second of the first half minute.
	Seconds []float64 `json:",omitempty"`
}

func (f *fleet) result() Result {
	steady, first := f.backend.measured(), span{0, firstMinute}
	regions := append(f.near.quotas(), f.far.quotas()...)
	fetched := []*quota{f.issuer.quota, f.secrets}
	requests := sum(f.tally.requests, steady)
	var r Result
	for _, q := range regions {
		r.Calls += sum(q.taken, steady) / steady.seconds()
		r.Logins += sum(q.logins, steady) / steady.seconds()
		r.Throttled += sum(q.refused, steady) / steady.seconds()
		r.Quota = max(r.Quota, peak(steady, q)/q.rate)
		r.FirstQuota = max(r.FirstQuota, peak(first, q)/q.rate)
	}
	for _, q := range fetched {
		r.Fetches += (sum(q.taken, steady) + sum(q.refused, steady)) / steady.seconds()
	}
	r.Peak, r.PeakFetch = peak(steady, regions...), peak(steady, fetched...)
	r.FirstPeak, r.FirstPeakFetch = peak(first, regions...), peak(first, fetched...)
	r.Undecided = share(sum(f.tally.undecided, steady), requests)
	r.Crowded = share(sum(f.tally.crowded, steady), requests)
	r.FirstUndecided = share(sum(f.tally.undecided, first), sum(f.tally.requests, first))
	r.Failed = share(sum(f.tally.failed, steady), sum(f.tally.logins, steady))
	r.FirstFailed = share(sum(f.tally.failed, first), sum(f.tally.logins, first))
	r.Missed = share(sum(f.tally.misses, steady), requests)
	r.Wait, r.FirstWait = most(f.tally.waits, steady), most(f.tally.waits, first)
	for i, n := range cut(f.tally.undecided, span{0, steady.from}) {
		if n > 0 {
			r.LastUndecided = i + 1
		}
	}
	million := 1e6 / float64(f.Load)
	r.KMSCost = r.Calls*million*pricePerKMSCall + sum(f.secrets.taken, steady)/steady.seconds()*million*pricePerSecretCall
	r.LambdaCost = 1e6 * r.Missed * (pricePerInvocation + share(sum(f.tally.billed, steady), sum(f.tally.invoked, steady))*pricePerSecond)
	r.Seconds = make([]float64, int(firstMinute/2/time.Second))
	for i, n := range total(append(regions, fetched...)...)[:len(r.Seconds)] {
		r.Seconds[i] = n
	}
	return r.rounded()
}

// total returns the calls of services by the second, answered or refused, of an hour at
// least.
func total(services ...*quota) []float64 {
	all := make([]float64, int(time.Hour/time.Second))
	for _, q := range services {
		for _, seconds := range [][]float64{q.taken, q.refused} {
			for i, n := range seconds {
				count(&all, i, n)
			}
		}
	}
	return all
}

// peak returns how many calls there were in the busiest second.
func peak(s span, services ...*quota) float64 { return most(total(services...), s) }

func most(seconds []float64, s span) float64 {
	if seconds = cut(seconds, s); len(seconds) == 0 {
		return 0
	}
	return slices.Max(seconds)
}

func share(part, all float64) float64 {
	if all == 0 {
		return 0
	}
	return part / all
}

// rounded returns the result with four digits of each figure.
func (r Result) rounded() Result {
	for _, field := range []*float64{
		&r.Calls, &r.Logins, &r.Throttled, &r.Fetches, &r.Undecided, &r.Failed, &r.Crowded, &r.Missed, &r.Peak, &r.PeakFetch, &r.Quota, &r.Wait,
		&r.FirstPeak, &r.FirstPeakFetch, &r.FirstQuota, &r.FirstUndecided, &r.FirstWait, &r.FirstFailed, &r.KMSCost, &r.LambdaCost,
	} {
		*field = digits(*field)
	}
	for i := range r.Seconds {
		r.Seconds[i] = digits(r.Seconds[i])
	}
	return r
}

func digits(x float64) float64 { return significant(x, 4) }
