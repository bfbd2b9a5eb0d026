package main

import "time"

// Assumptions are what is played here and hangs on no scenario. What they do not say:
//
//   - Requests come by a Poisson process, and any user may send the next one, all alike or
//     by Zipf's law with exponent 1. An environment that is idle gets it, any of them
//     alike. Where all are busy a request waits, in the order in which they came: the
//     number of environments is fixed, while Lambda would start more.
//   - A deployment replaces all environments at once, and each starts when it gets its
//     first request. It calls Ready before it answers.
//   - No token is at fault, nobody tries again after an error, and nothing else in the
//     account calls KMS.
//   - API Gateway has room for the answers of all tokens. It has been asked since long
//     before the deployment, which it does not notice.
type Assumptions struct {
	// Quotas are calls a second of an account in one Region, where they are lowest
	// (KMS Developer Guide, "Request quotas"; Secrets Manager User Guide, "Quotas"). KMS
	// does not say how it measures them: here by a token bucket that holds one second's.
	Symmetric, RSA, PublicKey, Secrets float64

	// Issuer is how many requests a second the issuer answers that publishes keys.
	Issuer float64

	// Latencies, of KMS in the near and in another Region, of Secrets Manager and of the
	// issuer, are medians of a log-normal distribution whose longest hundredth is 3.2
	// times as long and more. AWS publishes none.
	Region, OtherRegion, SecretsManager, Fetch time.Duration

	// Start is the median of what Lambda and Go take to start an environment, without
	// Ready; Work what a request takes in it, without what the library waits for.
	Start, Work time.Duration

	// Stay is for how long Lambda keeps an environment on average, exponentially.
	Stay time.Duration

	// Timeout is that of the function, and Patience how long a request waits for an
	// environment before it is given up as undecided.
	Timeout, Patience time.Duration

	// Lifetime is that of tokens. Their users renew them Margin before it ends.
	Lifetime, Margin time.Duration

	// LoginFleet is for how many environments of the authorizer there is one of the login.
	LoginFleet int

	// Seed is that of all random numbers.
	Seed uint64
}

var assumed = Assumptions{
	Symmetric: 10_000, RSA: 1_000, PublicKey: 2_000, Secrets: 10_000, Issuer: 1_000,
	Region: 8 * time.Millisecond, OtherRegion: 70 * time.Millisecond, SecretsManager: 20 * time.Millisecond, Fetch: 50 * time.Millisecond,
	Start: 150 * time.Millisecond, Work: time.Millisecond, Stay: 2 * time.Hour,
	Timeout: 10 * time.Second, Patience: 10 * time.Second,
	Lifetime: time.Hour, Margin: 30 * time.Second,
	LoginFleet: 50, Seed: 2026,
}
