package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Document is an IAM policy.
type Document struct {
	Version   string
	Statement []Statement
}

// UnmarshalJSON reads a policy, whose single statement need not be in a list.
func (d *Document) UnmarshalJSON(data []byte) error {
	var raw struct {
		Version   string
		Statement oneOrMore[Statement]
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*d = Document{Version: raw.Version, Statement: raw.Statement}
	return nil
}

// A Statement allows or denies actions on resources, under conditions. It has
// either Action or NotAction, and either Resource or NotResource. The policies that
// this package makes have Action and Resource.
type Statement struct {
	Sid         string     `json:",omitempty"`
	Action      actions    `json:",omitempty"` // a list, of one for nearly every policy
	NotAction   actions    `json:",omitempty"` // all actions but these
	Effect      string     // "Allow" or "Deny"
	Resource    []string   `json:",omitempty"`
	NotResource []string   `json:",omitempty"` // all resources but these
	Condition   Conditions `json:",omitempty"`
}

// statement returns a statement without conditions.
func statement(effect string, resources ...string) Statement {
	return Statement{Action: actions{invoke}, Effect: effect, Resource: resources}
}

// UnmarshalJSON reads a statement as other authorizers write it: a single Action or
// Resource need not be in a list. An element that is none of Statement's, such as
// Principal, is an error.
func (s *Statement) UnmarshalJSON(data []byte) error {
	var raw struct {
		Sid                   string
		Action, NotAction     oneOrMore[string]
		Effect                string
		Resource, NotResource oneOrMore[string]
		Condition             Conditions
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&raw); err != nil {
		return fmt.Errorf("policy: a statement cannot be read: %w", err)
	}
	*s = Statement{
		Sid: raw.Sid, Action: actions(raw.Action), NotAction: actions(raw.NotAction), Effect: raw.Effect,
		Resource: raw.Resource, NotResource: raw.NotResource, Condition: raw.Condition,
	}
	return nil
}

// actions are written as the blueprint does: a single one is not in a list.
type actions []string

func (a actions) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// oneOrMore reads a JSON value, or a list of them.
type oneOrMore[T any] []T

func (l *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(data, &(*l)[0])
}

// matches reports whether the statement applies to a request.
func (s *Statement) matches(target string, req *ConditionKeys) (truth, error) {
	if s.Effect != allow && s.Effect != deny {
		return no, fmt.Errorf("policy: unknown effect %q: want Allow or Deny", s.Effect)
	}
	action, err := s.matchesAction()
	if err != nil {
		return no, err
	}
	resource, err := s.matchesResource(target)
	if err != nil {
		return no, err
	}
	conditions, err := s.Condition.hold(req)
	if err != nil {
		return no, err
	}
	return min(action, resource, conditions), nil
}

func (s *Statement) matchesAction() (truth, error) {
	list, negated, err := either("action", s.Action, s.NotAction)
	if err != nil {
		return no, err
	}
	isInvoke := func(a string) bool {
		return a == invoke || match(strings.ToLower(a), strings.ToLower(invoke))
	}
	return truthOf(slices.ContainsFunc(list, isInvoke) != negated), nil
}

// matchesResource reports whether one of the statement's resources matches. One that
// holds a policy variable may do so.
func (s *Statement) matchesResource(target string) (truth, error) {
	list, negated, err := either("resource", s.Resource, s.NotResource)
	if err != nil {
		return no, err
	}
	var found truth
	for _, r := range list {
		switch {
		case r != "*" && !strings.HasPrefix(r, "arn:"):
			return no, fmt.Errorf(`policy: the resource %q is neither "*" nor an ARN`, r)
		case found == yes: // what is left has only to be well-formed
		case strings.Contains(r, "${"):
			found = unknown
		case match(r, target):
			found = yes
		}
	}
	if negated {
		return yes - found, nil
	}
	return found, nil
}

// either returns the list that a statement has of two, and whether it is the second.
func either(what string, list, negated []string) ([]string, bool, error) {
	switch {
	case len(list) == 0 && len(negated) == 0:
		return nil, false, fmt.Errorf("policy: a statement has no %s", what)
	case len(list) > 0 && len(negated) > 0:
		return nil, false, fmt.Errorf("policy: a statement has both this %s and all but some %s", what, what)
	}
	if len(negated) > 0 {
		return negated, true, nil
	}
	return list, false, nil
}
