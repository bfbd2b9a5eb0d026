// Command scale plays fleets of Lambda environments, each with caches of its own, in front
// of one account's quotas, and writes what it finds into docs/scale.md and docs/scale. Run
// it from the root of the repository:
//
//	go run ./internal/scale
//
// It takes some minutes. With -keep it plays only what docs/scale/figures.json has no
// figures of, and draws everything from there.
//
// # What is real, and what is played
//
// Every environment has a verifier and key sources of this library, and every login a
// signer of it; both run as they are, with their contexts, deadlines and clocks, in the
// simulated time of [testing/synctest]. Played are the callers, API Gateway's cache,
// Lambda, KMS, Secrets Manager and the issuer that publishes keys: [Assumptions] says how.
//
// # What is simulated whole, and what by a sample
//
// Requests, users, their logins and API Gateway's cache are simulated whole. Of a fleet of
// more than ten environments ten are: every call that one of them makes stands for as many
// as there are environments for each one that is simulated, also when it is counted against
// a quota. Environments have nothing in common but quotas and API
// Gateway's cache, and requests choose among them at random, so each of them has the life
// that it would have in the whole fleet. A test holds samples against whole fleets.
//
// What a sample makes worse than it is: calls come in lumps, so that the busiest second of
// a sample is busier than that of the fleet, and a quota that is nearly used up refuses
// some more.
//
// Where verification changes nothing between two fetches of keys, the time in between is
// left out.
package main
