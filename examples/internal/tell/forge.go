package tell

import (
	"crypto/hmac"
	"crypto/sha256"
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

// Confuse returns a token with the claims of another, signed by HS256 with a secret: the
// text of a public key, in the hope that a verifier takes that for one.
func Confuse(token, secret string) string {
	b64 := base64.RawURLEncoding
	_, rest, _ := strings.Cut(token, ".")
	claims, _, _ := strings.Cut(rest, ".")
	input := b64.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + claims
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(input))
	return input + "." + b64.EncodeToString(mac.Sum(nil))
}
