package jose

import (
	"encoding/base64"
	"errors"
	"strings"
)

// ErrBase64 says that a text is not base64url as RFC 7515 section 2 defines it.
var ErrBase64 = errors.New("not unpadded canonical base64url")

// base64url refuses trailing bits that are not zero, so that no two texts stand
// for the same bytes. It still skips line breaks: see hasLineBreak.
var base64url = base64.RawURLEncoding.Strict()

// padded is standard base64. Some signers write signatures in it, against RFC 7515. It
// is read only where a user asks for it.
var padded = base64.StdEncoding.Strict()

// DecodeBase64URL returns the bytes that s stands for. Padding, line breaks,
// another alphabet and non-canonical trailing bits give [ErrBase64].
func DecodeBase64URL(s string) ([]byte, error) {
	if hasLineBreak(s) {
		return nil, ErrBase64
	}
	decoded, err := base64url.DecodeString(s)
	if err != nil {
		return nil, ErrBase64
	}
	return decoded, nil
}

// EncodeBase64URL returns the one text that stands for data.
func EncodeBase64URL(data []byte) string {
	return base64url.EncodeToString(data)
}

func hasLineBreak(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0
}
