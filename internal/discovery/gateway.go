package discovery

import "strings"

// What API Gateway's own JWT authorizer takes (developer guide, "Control access to HTTP
// APIs with JWT authorizers", and its quotas).
const (
	MaxGatewayJWKS      = 150_000 // bytes
	MaxGatewayAudiences = 50
	MaxGatewayScopes    = 10 // of one route
)

// IsScope reports whether text is a scope-token (RFC 6749 section 3.3).
func IsScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || c == '"' || c == '\\'
	})
}
