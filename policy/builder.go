package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Builder puts a policy together from single permissions: the AuthPolicy
// blueprint under its own method names. The calls can be chained; what is wrong
// with any of them is reported by [Builder.Build].
//
// API Gateway caches a policy for every method that the token is used on, so a
// policy made of the requested method alone answers 403 to the next method.
// Allow all that the caller may do, or use [Routes].
//
// A Builder is for one goroutine at a time.
type Builder struct {
	principal   string
	api         ARN
	requested   string // the path of the ARN that New was given
	blueprint   bool   // accept only the blueprint's paths
	allow, deny grants
	context     map[string]any
	usageKey    string
	errs        []error
}

// grants holds what was allowed, or what was denied.
type grants struct {
	plain       []string // resources without conditions: one statement in all
	conditional []Statement
}

// New begins a policy for a principal, on one stage of one API. Of the ARN, its
// verb and path are not part of the policy; every field before them must be set.
//
// A region, API or stage may be "*", which stands for any run of characters. That
// of an API or a stage crosses slashes: with the stage "*", allowing GET /pets also
// allows GET /users/GET/pets and DELETE /users/GET/pets of every stage, since their
// ARNs end in /GET/pets too. Allow or deny all methods with it, or give the stage.
//
// With the ARN of a WebSocket API only all methods can be allowed or denied.
func New(principal string, api ARN) *Builder {
	b := &Builder{principal: principal, api: api, requested: api.Path}
	if err := api.check(true); err != nil {
		b.errs = append(b.errs, err)
	}
	if err := checkPrincipal(principal); err != nil {
		b.errs = append(b.errs, err)
	}
	return b
}

// BlueprintPaths makes the calls after it accept only the paths that the original
// AuthPolicy does: letters, digits, ".", "-", "/" and "*". Path parameters such as
// {id} are refused too.
func (b *Builder) BlueprintPaths() *Builder {
	b.blueprint = true
	return b
}

// AllowAllMethods allows every method of the API.
func (b *Builder) AllowAllMethods() *Builder { return b.AllowMethod("*", "*") }

// DenyAllMethods denies every method of the API.
func (b *Builder) DenyAllMethods() *Builder { return b.DenyMethod("*", "*") }

// AllowMethod allows one method. The verb is GET, POST, PUT, PATCH, HEAD, DELETE
// or OPTIONS, or "*" or ANY for all of them. In the path, "*" stands for any run
// of characters, across slashes too, and so do {id} and {proxy+}; the first
// slash may be left out.
//
// The path is text of the program. A part of it that is data has to go through
// [PathValue]. The path of the request, that of the ARN given to [New], is the
// caller's text: a path that equals it is an error if it holds a wildcard or a
// brace.
func (b *Builder) AllowMethod(verb, path string) *Builder {
	return b.AllowMethodWithConditions(verb, path, nil)
}

// DenyMethod denies one method, as AllowMethod allows it. A denied method stays
// denied whatever else is allowed.
func (b *Builder) DenyMethod(verb, path string) *Builder {
	return b.DenyMethodWithConditions(verb, path, nil)
}

// AllowMethodWithConditions allows one method as AllowMethod does, to requests
// that meet all the conditions. [Conditions] says which there are.
func (b *Builder) AllowMethodWithConditions(verb, path string, c Conditions) *Builder {
	b.add(&b.allow, allow, verb, path, c)
	return b
}

// DenyMethodWithConditions denies one method as DenyMethod does, to requests
// that meet all the conditions. [Conditions] says which there are.
func (b *Builder) DenyMethodWithConditions(verb, path string, c Conditions) *Builder {
	b.add(&b.deny, deny, verb, path, c)
	return b
}

// Context passes a value on to the backend: a string, a number or a boolean,
// which every kind of API takes. HTTP APIs also take lists and maps; set those
// in the Context of the built [Response].
func (b *Builder) Context(key string, value any) *Builder {
	if err := checkContext(key, value); err != nil {
		b.errs = append(b.errs, err)
		return b
	}
	if b.context == nil {
		b.context = make(map[string]any)
	}
	b.context[key] = value
	return b
}

// UsageIdentifierKey sets the API key whose usage plan the request counts against.
func (b *Builder) UsageIdentifierKey(key string) *Builder {
	b.usageKey = key
	return b
}

// Build returns the policy: first a statement for each allowed method with
// conditions, then one for all other allowed methods, then the denied ones in
// the same way. Each list is in the order of the calls.
//
// It is an error if nothing was allowed or denied, if any call before was wrong,
// and, as a [*LimitError], if the policy is too large. Build may be called more
// than once; the answers share nothing.
func (b *Builder) Build() (*Response, error) {
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	statements := b.deny.appendTo(b.allow.appendTo(nil, allow), deny)
	if len(statements) == 0 {
		return nil, errors.New("policy: nothing was allowed or denied: call AllowAllMethods, DenyAllMethods or AllowMethod before Build")
	}
	r := &Response{
		PrincipalID:        b.principal,
		PolicyDocument:     Document{Version: version, Statement: statements},
		Context:            maps.Clone(b.context),
		UsageIdentifierKey: b.usageKey,
	}
	if err := r.CheckLimits(); err != nil {
		return nil, err
	}
	return r, nil
}

// add appends one permission to g, or its error to the builder's.
func (b *Builder) add(g *grants, effect, verb, path string, c Conditions) {
	suffix, err := b.suffix(verb, path)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%w (%s %s %s)", err, effect, verb, path))
		return
	}
	resource := b.api.resource(suffix)
	if len(c) == 0 {
		g.plain = append(g.plain, resource)
		return
	}
	g.conditional = append(g.conditional, Statement{
		Action: actions{invoke}, Effect: effect, Resource: []string{resource}, Condition: c.clone(),
	})
}

// suffix returns what follows the stage in the resource for a verb and a path.
func (b *Builder) suffix(verb, path string) (string, error) {
	verb, err := checkVerb(verb)
	if err != nil {
		return "", err
	}
	if verb == "*" && path == "*" {
		return b.everything(), nil
	}
	if b.api.isWebSocket() {
		return "", errors.New("policy: a WebSocket API has no verbs and paths: allow or deny all methods")
	}
	if path == "" {
		return "", errors.New(`policy: the path is empty: the root path is "/"`)
	}
	if b.blueprint && strings.ContainsFunc(path, notInBlueprint) {
		return "", fmt.Errorf("policy: the path %q does not match ^[/.a-zA-Z0-9-\\*]+$", path)
	}
	if strings.TrimPrefix(path, "/") == strings.TrimPrefix(b.requested, "/") && strings.ContainsAny(path, "*?{}") {
		return "", errors.New("policy: the requested path holds a wildcard, which would allow or deny more than that path")
	}
	translated, err := translatePath(path)
	if err != nil {
		return "", err
	}
	return verb + "/" + strings.TrimPrefix(translated, "/"), nil
}

// everything returns the suffix that matches all methods. The blueprint's */*
// would not match a WebSocket API's route key, which holds no slash.
func (b *Builder) everything() string {
	if b.api.isWebSocket() {
		return "*"
	}
	return "*/*"
}

// appendTo appends copies of the statements, those with conditions first.
func (g *grants) appendTo(to []Statement, effect string) []Statement {
	for _, s := range g.conditional {
		s.Resource = slices.Clone(s.Resource)
		s.Condition = s.Condition.clone()
		to = append(to, s)
	}
	if len(g.plain) == 0 {
		return to
	}
	return append(to, Statement{Action: actions{invoke}, Effect: effect, Resource: slices.Clone(g.plain)})
}

// verbs are the HTTP methods that API Gateway routes.
var verbs = [...]string{"GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "OPTIONS"}

// checkVerb returns the verb as it stands in a resource.
func checkVerb(verb string) (string, error) {
	if verb == "*" || verb == "ANY" {
		return "*", nil
	}
	if slices.Contains(verbs[:], verb) {
		return verb, nil
	}
	return "", fmt.Errorf(`policy: invalid HTTP verb %q: want one of %s, or "*" for all`, verb, strings.Join(verbs[:], ", "))
}

// checkContext refuses what some kind of API would fail on.
func checkContext(key string, value any) error {
	if key == "" {
		return errors.New("policy: a context key is empty")
	}
	switch v := value.(type) {
	case string, bool, json.Number,
		int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return nil
	case float32:
		return checkFinite(key, float64(v))
	case float64:
		return checkFinite(key, v)
	case nil:
		return fmt.Errorf("policy: the context value of %q is nil: leave it out", key)
	}
	return fmt.Errorf("policy: the context value of %q is a %T: REST and WebSocket APIs take strings, numbers and booleans only", key, value)
}

func checkFinite(key string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("policy: the context value of %q is not a finite number", key)
	}
	return nil
}
