package keys

import "time"

// An EventKind is what a source of keys has done. The list is fixed, so that a kind can be
// the label of a metric; later versions may add to it.
type EventKind string

// The kinds of events.
const (
	// EventCall: the source has asked those who hold the keys: an issuer, KMS, or the
	// function of a [Refreshing]. Err is nil if it got an answer. It wraps ErrUnknownKey or
	// ErrSignature if KMS has refused a token; any other is an outage.
	EventCall EventKind = "call"

	// EventHit: a request got what was there or on its way, without a call of its own. A
	// token that these keys do not verify may then cause one. Err is nil, or what KMS has
	// said before against the same token.
	EventHit EventKind = "hit"

	// EventGrace: a request got keys that are too old, since they cannot be had anew. Err
	// says why.
	EventGrace EventKind = "grace"

	// EventBudget: a request was not answered, since the budget of calls is used up.
	EventBudget EventKind = "budget"

	// EventRotated: the keys are others than before. Kid is that of the key which signs
	// from now on, if the source signs and the key has one.
	EventRotated EventKind = "rotated"
)

// An Event tells what a source of keys has done, for metrics. It holds no key and no token;
// the text of Err is as discreet as who made the error.
type Event struct {
	Kind EventKind

	// Source is the type of the source, such as "jwks.Remote". The list is fixed.
	Source string

	// Name is whose keys they are, as the program has set it: an issuer, the address of a
	// JWK set, or the KeyID of a KMS key. Empty for a Refreshing and a rotation.Ring.
	Name string

	Operation string        // of a call to KMS, such as "Decrypt"; otherwise empty
	Duration  time.Duration // of a call
	Kid       string        // see EventRotated
	Err       error         // see the kinds
}
