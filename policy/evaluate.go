package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// A Decision is what a policy says about one request.
type Decision int

const (
	// ImplicitlyDenied: nothing allows the request. It is the zero value.
	ImplicitlyDenied Decision = iota
	// ExplicitlyDenied: a Deny statement matches, whatever else does.
	ExplicitlyDenied
	// Allowed: an Allow statement matches, and no Deny statement does.
	Allowed
	// Undecided: the request is allowed or denied, and this package cannot say
	// which, since it depends on what it does not evaluate.
	Undecided
)

// String returns the decision's name.
func (d Decision) String() string {
	switch d {
	case ImplicitlyDenied:
		return "ImplicitlyDenied"
	case ExplicitlyDenied:
		return "ExplicitlyDenied"
	case Allowed:
		return "Allowed"
	case Undecided:
		return "Undecided"
	}
	return fmt.Sprintf("Decision(%d)", int(d))
}

// ConditionKeys is what a request brings to the conditions of a policy. A zero field
// stands for a condition key that the request does not have, with two
// exceptions that every request has: a condition on the time is an error when
// Time is zero, and SecureTransport false means a request without TLS.
type ConditionKeys struct {
	Time            time.Time  // aws:CurrentTime and aws:EpochTime, in whole seconds
	SourceIP        netip.Addr // aws:SourceIp
	UserAgent       string     // aws:UserAgent
	Referer         string     // aws:Referer
	SourceARN       string     // aws:SourceArn
	SourceVPC       string     // aws:SourceVpc, on private APIs
	SourceVPCE      string     // aws:SourceVpce, on private APIs
	VPCSourceIP     netip.Addr // aws:VpcSourceIp, on private APIs
	SecureTransport bool       // aws:SecureTransport
}

// Evaluate returns what IAM would decide on a request for a method. An explicit
// Deny wins over every Allow, and what nothing allows is denied. Effects, paths
// and stages are compared with case, actions and condition keys without; "*"
// stands for any run of characters, across "/" and ":" too, and "?" for one.
// IAM's documents promise this of "*" at the end of a pattern; that one in the
// middle crosses a ":" too is inferred.
//
// What IAM may read and this package does not is neither true nor false: condition
// operators and keys that [Conditions] does not list, an operator on a key that it
// does not fit, and policy variables. If the decision depends on it, it is Undecided.
//
// Every statement is read, also after a Deny: one that IAM or API Gateway would
// refuse is an error, with the decision ImplicitlyDenied.
func (r *Response) Evaluate(method ARN, req ConditionKeys) (Decision, error) {
	if v := r.PolicyDocument.Version; v != version && v != "2008-10-17" {
		return ImplicitlyDenied, fmt.Errorf("policy: unknown policy version %q: want %s", v, version)
	}
	if len(r.PolicyDocument.Statement) == 0 {
		return ImplicitlyDenied, errors.New("policy: the policy has no statement")
	}
	target := method.String()
	var allowed, denied truth
	for i := range r.PolicyDocument.Statement {
		s := &r.PolicyDocument.Statement[i]
		matches, err := s.matches(target, &req)
		if err != nil {
			return ImplicitlyDenied, fmt.Errorf("%w (statement %d)", err, i)
		}
		if s.Effect == deny {
			denied = max(denied, matches)
		} else {
			allowed = max(allowed, matches)
		}
	}
	return decide(allowed, denied), nil
}

// decide says what follows from whether an Allow and a Deny match.
func decide(allowed, denied truth) Decision {
	switch {
	case denied == yes:
		return ExplicitlyDenied
	case allowed == no: // whatever becomes of a Deny
		return ImplicitlyDenied
	case allowed == unknown || denied == unknown:
		return Undecided
	}
	return Allowed
}

// A truth is a value of three-valued logic: min is and, max is or, and yes minus it
// is not.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
