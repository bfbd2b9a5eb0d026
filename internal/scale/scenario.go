package main

import "time"

// A Scenario is a fleet, its load and its settings. The zero value of a setting is the
// library's default.
type Scenario struct {
	Backend      string
	Load         int // requests a second
	Environments int
	Simulated    int // of the environments; a divisor of their number
	Users        int
	Zipf         bool          `json:",omitempty"` // whether a few users send most requests
	TTL          time.Duration `json:",omitempty"` // of API Gateway's cache; 0 for none

	ReuseTokens int           `json:",omitempty"` // of the envelope's signer
	ReuseFor    time.Duration `json:",omitempty"`
	MaxAge      time.Duration `json:",omitempty"` // of keys
	CacheSize   int           `json:",omitempty"` // of the envelope's verifier
	Budget      int           `json:",omitempty"` // DecryptRate of the envelope's verifier, and half of DecryptBurst
	Remembered  int           `json:",omitempty"` // tokens that verifier.Cached remembers
	Preloaded   bool          `json:",omitempty"` // a key set, for while the issuer does not answer
	TwoRegions  bool          `json:",omitempty"` // a ring of a near and a far one
	Symmetric   float64       `json:",omitempty"` // quota, where it is not the lowest

	// Rollout is for how long a second deployment takes, which begins when all is as
	// usual and replaces one environment after the other.
	Rollout time.Duration `json:",omitempty"`
}

// Per user and environment, for fleets that are as large as their load asks for.
const (
	secondsBetweenRequests = 20 // of one user
	loadOfEnvironment      = 25 // requests a second
)

// usual returns a scenario for a load: a request of each user every 20 seconds, and an
// environment for each 25 requests a second.
func usual(backend string, load int) Scenario {
	s := Scenario{Backend: backend, Load: load, Users: load * secondsBetweenRequests}
	return s.fleet(max(1, load/loadOfEnvironment))
}

// mostSimulated is how many environments are simulated of a larger fleet at most.
const mostSimulated = 10

// fleet sets the number of environments, and how many of them are simulated: the largest
// divisor that is small enough.
func (s Scenario) fleet(environments int) Scenario {
	s.Environments, s.Simulated = environments, environments
	for each := 1; s.Simulated > mostSimulated || environments%s.Simulated != 0; each++ {
		s.Simulated = environments / each
	}
	return s
}

// weight is how many environments each simulated one stands for.
func (s Scenario) weight() int { return s.Environments / s.Simulated }
