package main

import (
	"slices"
	"time"
)

// A row is a backend with settings, under a name.
type row struct {
	name string
	Scenario
}

// at returns the scenario of the row for a load, in a fleet as large as that asks for.
func (r row) at(load int) Scenario {
	s, size := r.Scenario, usual(r.Backend, load)
	s.Load, s.Users, s.Environments, s.Simulated = size.Load, size.Users, size.Environments, size.Simulated
	return s
}

// The loads of the tables, in requests a second, and the two in detail.
var loads = []int{10, 100, 1_000, 10_000, 50_000}

const (
	high    = 10_000
	highest = 50_000
)

// gatewayTTL is the default of API Gateway's cache, on REST APIs.
const gatewayTTL = 5 * time.Minute

// holdings are the ways to hold keys that the tables compare.
func holdings() []row {
	var rows []row
	for _, b := range []string{staticSecret, loadedSecret, staticPEM, remoteJWKS, kmsLocal, kmsRemote, kmsMAC} {
		rows = append(rows, row{b, Scenario{Backend: b}})
	}
	return append(rows,
		row{"KMS envelope, a data key for each token", Scenario{Backend: kmsEnvelope}},
		row{"KMS envelope, 100 tokens to a data key", reusing(100)},
		row{"KMS envelope, 10,000 tokens to a data key", reusing(10_000)},
	)
}

// reusing returns envelopes with so many tokens to a data key.
func reusing(tokens int) Scenario {
	s := Scenario{Backend: kmsEnvelope}
	if tokens > 1 {
		s.ReuseTokens, s.ReuseFor = tokens, time.Hour
	}
	return s
}

// cached returns the row with API Gateway's cache.
func (r row) cached() row { r.TTL = gatewayTTL; return r }

// tokensOfDataKey are how many tokens share a data key in the curve of it.
var tokensOfDataKey = []int{1, 10, 100, 1_000, 10_000}

// fleets are how many environments there are in the curve of them.
var fleets = []int{200, 400, 1_000, 2_000}

// reusesOfFleets are how many tokens share a data key in the curve of fleets.
var reusesOfFleets = []int{1, 1_000, 10_000}

// settings are what is tried with loads at which a data key for each token has come to its
// end.
func settings() []row {
	of := func(name string, s Scenario, load int, change func(*Scenario)) row {
		s = row{name, s}.at(load)
		change(&s)
		return row{name, s}
	}
	nothing := func(*Scenario) {}
	oneToOne := reusing(1)
	return []row{
		of("a data key for each token", oneToOne, high, nothing),
		of("`MaxAge` 15 min, `CacheSize` 50,000", oneToOne, high, func(s *Scenario) { s.MaxAge, s.CacheSize = 15*time.Minute, 50_000 }),
		of("`ReuseTokens` 10", reusing(10), high, nothing),
		of("`ReuseTokens` 100", reusing(100), high, nothing),
		of("`ReuseTokens` 1,000", reusing(1_000), high, nothing),
		of("`ReuseTokens` 1,000, while a deployment replaces one environment after the other in 5 min", reusing(1_000), high, func(s *Scenario) { s.Rollout = 5 * time.Minute }),
		of("`ReuseTokens` 10,000", reusing(10_000), high, nothing),
		of("API Gateway's cache, 60 s", oneToOne, high, func(s *Scenario) { s.TTL = time.Minute }),
		of("API Gateway's cache, 300 s", oneToOne, high, func(s *Scenario) { s.TTL = gatewayTTL }),
		of("API Gateway's cache, 300 s, `ReuseTokens` 100", reusing(100), high, func(s *Scenario) { s.TTL = gatewayTTL }),
		of("a Region with a quota of 100,000", oneToOne, high, func(s *Scenario) { s.Symmetric = 100_000 }),
		of("a few users send most requests (Zipf)", oneToOne, high, func(s *Scenario) { s.Zipf = true }),
		of("the same, `ReuseTokens` 100", reusing(100), high, func(s *Scenario) { s.Zipf = true }),
		of("150 environments", oneToOne, high, func(s *Scenario) { *s = s.fleet(150) }),
		of("150 environments, `DecryptRate` 200", oneToOne, high, func(s *Scenario) { *s = s.fleet(150); s.Budget = 200 }),
		of("20,000 requests a second", oneToOne, 2*high, nothing),
		of("20,000 requests a second, 2,000 environments, two Regions in a ring", oneToOne, 2*high, func(s *Scenario) { *s = s.fleet(2_000); s.TwoRegions = true }),
		of("50,000 requests a second, `ReuseTokens` 10,000", reusing(10_000), highest, nothing),
		of("the same, while a deployment replaces one environment after the other in 5 min", reusing(10_000), highest, func(s *Scenario) { s.Rollout = 5 * time.Minute }),
		of("KMS MAC", Scenario{Backend: kmsMAC}, high, nothing),
		of("KMS MAC, `verifier.Cached` of 10,000", Scenario{Backend: kmsMAC}, high, func(s *Scenario) { s.Remembered = 10_000 }),
		of("JWKS, 50,000 requests a second", Scenario{Backend: remoteJWKS}, highest, nothing),
		of("JWKS, 50,000 requests a second, `Preloaded`", Scenario{Backend: remoteJWKS}, highest, func(s *Scenario) { s.Preloaded = true }),
	}
}

// scenarios returns all that is played, each once.
func scenarios() []Scenario {
	var all []Scenario
	add := func(s Scenario) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, load := range loads {
		for _, r := range holdings() {
			add(r.cached().at(load))
			add(r.at(load))
		}
	}
	for _, s := range settings() {
		add(s.Scenario)
	}
	for _, n := range tokensOfDataKey {
		r := row{Scenario: reusing(n)}
		add(r.cached().at(high))
		add(r.at(high))
	}
	for _, n := range reusesOfFleets {
		for _, environments := range fleets {
			add(row{Scenario: reusing(n)}.at(high).fleet(environments))
		}
	}
	return all
}
