package authorizertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/policy"
)

// granted is an authorizer's answer, read, or what a JWT authorizer hands on. It does
// not change any more.
type granted struct {
	answer    json.RawMessage
	policy    *policy.Response // nil if the answer is isAuthorized
	allowed   bool             // isAuthorized
	principal string
	usageKey  string
	context   map[string]any
	madeFor   string // the ID of the request that it was made for
	route     string // and the key of its route
	jwt       object // what a JWT authorizer hands on; nil if the authorizer is a function
}

var errMalformed = errors.New("the authorizer's answer is malformed")

// answerLimits bound nothing that fits into the limit on an answer's size.
var answerLimits = jose.Limits{Depth: 64, Members: policy.MaxResponse}

// readAnswer reads an authorizer's answer, and refuses what API Gateway would fail
// on: it is an error, and a 500, that no principal is named, that the policy is no
// policy, that the context holds what the kind of API does not take. The limit of 8
// KB is documented for WebSocket APIs, and kept to for all.
func (g *Gateway) readAnswer(answer []byte) (*granted, error) {
	if len(answer) > policy.MaxResponse {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", errMalformed, len(answer), policy.MaxResponse)
	}
	// Strictly, since a member of another spelling is another member to AWS.
	if err := jose.Members(string(answer), answerLimits, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	said, err := g.readGrant(string(answer))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	said.answer = answer
	for name, value := range said.context {
		if value == nil {
			delete(said.context, name)
		} else if !isHTTP(g.cfg.Kind) && !isScalar(value) {
			return nil, fmt.Errorf("%w: the context value %q is no string, number or boolean", errMalformed, name)
		}
	}
	return said, nil
}

func (g *Gateway) readGrant(answer string) (*granted, error) {
	if g.cfg.EnableSimpleResponses {
		var simple struct {
			IsAuthorized *bool          `json:"isAuthorized"`
			Context      map[string]any `json:"context"`
		}
		if err := jose.Unmarshal(answer, &simple); err != nil {
			return nil, err
		}
		if simple.IsAuthorized == nil {
			return nil, errors.New("it has no isAuthorized")
		}
		return &granted{allowed: *simple.IsAuthorized, context: simple.Context}, nil
	}
	var p policy.Response
	if err := jose.Unmarshal(answer, &p); err != nil {
		return nil, err
	}
	if p.PrincipalID == "" {
		return nil, errors.New("it has no principalId")
	}
	return &granted{policy: &p, principal: p.PrincipalID, usageKey: p.UsageIdentifierKey, context: p.Context}, nil
}

// decide says what the answer means for a request. It is an error if the policy is
// none that can be read.
func (s *granted) decide(x *exchange) (policy.Decision, error) {
	if s.policy == nil {
		if s.allowed {
			return policy.Allowed, nil
		}
		return policy.ImplicitlyDenied, nil
	}
	decision, err := s.policy.Evaluate(x.arn, x.conditionKeys())
	if err != nil {
		return decision, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return decision, nil
}

// conditionKeys are what a request brings to the conditions of a policy.
func (x *exchange) conditionKeys() policy.ConditionKeys {
	return policy.ConditionKeys{
		Time: x.now, SourceIP: parseIP(x.sourceIP), UserAgent: x.userAgent,
		Referer: x.http.Referer(), SecureTransport: true,
	}
}

// authorizerContext returns what the function behind the authorizer gets to know of
// its answer: on REST and WebSocket APIs the values as strings, and the principal
// beside them; of a JWT authorizer, claims and scopes.
func (g *Gateway) authorizerContext(x *exchange) map[string]any {
	if x.granted == nil {
		return nil
	}
	if x.granted.jwt != nil {
		return x.granted.jwt
	}
	if isHTTP(g.cfg.Kind) {
		return x.granted.context
	}
	values := map[string]any{}
	for name, value := range x.granted.context {
		values[name] = fmt.Sprint(value)
	}
	values["principalId"] = x.granted.principal
	values["integrationLatency"] = 0
	return values
}

// holdsJSON reports whether a context value is itself the JSON of an object, a list or a
// text.
func (s *granted) holdsJSON() bool {
	for _, value := range s.context {
		text, _ := value.(string)
		if strings.ContainsAny(text, `{["`) && json.Valid([]byte(text)) {
			return true
		}
	}
	return false
}

func isScalar(value any) bool {
	switch value.(type) {
	case string, bool, json.Number:
		return true
	}
	return false
}

// parseIP returns the zero Addr, which is no address to any condition, for a text
// that is none.
func parseIP(text string) netip.Addr {
	addr, _ := netip.ParseAddr(text)
	return addr.Unmap()
}
