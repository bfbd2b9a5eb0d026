package credentials

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/verifier"
)

// Ways returns the names of the ways by which a token's cnf confirms its owner (RFC 7800),
// none if there is no cnf. A cnf that names nothing is refused as [verifier.WrongBinding].
func Ways(t *verifier.Token) ([]string, error) {
	text := t.Confirmation()
	if text == nil {
		return nil, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || len(members) == 0 {
		return nil, fmt.Errorf("cnf names nothing: %w", &verifier.Error{Reason: verifier.WrongBinding})
	}
	ways := make([]string, 0, len(members))
	for name := range members {
		ways = append(ways, name)
	}
	return ways, nil
}

// CheckScheme refuses a token, whose cnf names these ways, behind the scheme of others, as
// [verifier.WrongBinding]: DPoP is that of tokens bound to a key, and Bearer of all others
// (RFC 9449 sections 7.1 and 7.2). Any other scheme, and none, is that of both.
func CheckScheme(scheme string, ways []string) error {
	proven := slices.Contains(ways, "jkt")
	if strings.EqualFold(scheme, "Bearer") && proven || strings.EqualFold(scheme, "DPoP") && !proven {
		return fmt.Errorf("the scheme of the header Authorization is that of other tokens: %w", &verifier.Error{Reason: verifier.WrongBinding})
	}
	return nil
}
