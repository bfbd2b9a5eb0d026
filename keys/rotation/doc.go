// Package rotation replaces the keys of an issuer by a schedule, so that no good token
// is refused while verifiers still hold the keys that they read before.
//
// A [Schedule] is data. It says when each key is published, signs, retires and expires.
// A [Ring] follows it as the clock moves: it signs, verifies and publishes.
//
//	schedule, err := rotation.ParseSchedule(text)
//	ring, err := rotation.NewRing(rotation.RingConfig{
//		Schedule: schedule, Keys: []rotation.Pair{rotation.PairOf(current), rotation.PairOf(next)},
//	})
//
// [PairFrom] gives the pair of a key that KMS holds.
//
// To replace a key, put the next one into the schedule with [Schedule.Next], publish the
// keys, and give all who sign and verify the new schedule. [Schedule.Revoke] withdraws
// a key at once.
package rotation
