package tell

import (
	"encoding/base64"
	"strings"
)

// Tamper returns a token with another text in its header and claims, and the
// signature as it was. The story tells what becomes of it.
func Tamper(token, old, new string) string {
	parts := strings.Split(token, ".")
	for i := range len(parts) - 1 {
		text, _ := base64.RawURLEncoding.DecodeString(parts[i])
		changed := strings.ReplaceAll(string(text), old, new)
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(changed))
	}
	return strings.Join(parts, ".")
}
