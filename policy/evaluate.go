package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
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
	SecureTransport bool       // aws:SecureTransport
}

// Evaluate returns what IAM would decide on a request for a method. An explicit
// Deny wins over every Allow, and what nothing allows is denied. Effects, paths
// and stages are compared with case, actions and condition keys without; "*"
// stands for any run of characters, across "/" and ":" too, and "?" for one.
// IAM's documents promise this of "*" at the end of a pattern; that one in the
// middle crosses a ":" too is inferred.
//
// Every statement is read, also after a Deny: one that IAM or API Gateway would
// refuse, or that holds a condition operator, key or value which this package
// does not know, is an error, with the decision ImplicitlyDenied.
func (r *Response) Evaluate(method ARN, req ConditionKeys) (Decision, error) {
	if v := r.PolicyDocument.Version; v != version && v != "2008-10-17" {
		return ImplicitlyDenied, fmt.Errorf("policy: unknown policy version %q: want %s", v, version)
	}
	if len(r.PolicyDocument.Statement) == 0 {
		return ImplicitlyDenied, errors.New("policy: the policy has no statement")
	}
	target := method.String()
	decision := ImplicitlyDenied
	for i := range r.PolicyDocument.Statement {
		s := &r.PolicyDocument.Statement[i]
		matches, err := s.matches(target, &req)
		if err != nil {
			return ImplicitlyDenied, fmt.Errorf("%w (statement %d)", err, i)
		}
		switch {
		case !matches || decision == ExplicitlyDenied:
		case s.Effect == deny:
			decision = ExplicitlyDenied
		default:
			decision = Allowed
		}
	}
	return decision, nil
}

// matches reports whether the statement applies to a request.
func (s *Statement) matches(target string, req *ConditionKeys) (bool, error) {
	if s.Effect != allow && s.Effect != deny {
		return false, fmt.Errorf("policy: unknown effect %q: want Allow or Deny", s.Effect)
	}
	if s.Action == "" {
		return false, errors.New("policy: a statement has no action")
	}
	resource, err := s.matchesResource(target)
	if err != nil {
		return false, err
	}
	tests, err := s.Condition.parse()
	if err != nil {
		return false, err
	}
	conditions := true
	for _, t := range tests {
		ok, err := t.holds(req)
		if err != nil {
			return false, err
		}
		conditions = conditions && ok
	}
	action := s.Action == invoke || match(strings.ToLower(s.Action), strings.ToLower(invoke))
	return action && resource && conditions, nil
}

// matchesResource reports whether one of the statement's resources matches.
func (s *Statement) matchesResource(target string) (bool, error) {
	if len(s.Resource) == 0 {
		return false, errors.New("policy: a statement has no resource")
	}
	found := false
	for _, r := range s.Resource {
		if r != "*" && !strings.HasPrefix(r, "arn:") {
			return false, fmt.Errorf(`policy: the resource %q is neither "*" nor an ARN`, r)
		}
		if strings.Contains(r, "${") {
			return false, fmt.Errorf("policy: the resource %q holds a policy variable, which is not evaluated", r)
		}
		found = found || match(r, target)
	}
	return found, nil
}
