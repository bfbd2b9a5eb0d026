package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// Coordinates have the full width of their curve (RFC 7518 section 6.2.1.2). These
// peers leave leading zeros out, in one of 128 keys on P-256 and P-384 and three of
// four on P-521. The numbers are the same, and so they are read.
func (b *bench) testShortCoordinates(t *testing.T) {
	t.Run("leaves the leading zeros of a point out, which is read", func(t *testing.T) {
		key := newKeyWithLeadingZero(t)
		private, err := key.MarshalPrivatePEM()
		if err != nil {
			t.Fatal(err)
		}
		var theirs json.RawMessage
		b.must(t, "export", request{"algorithm": "ES512", "key": string(private)}, &theirs)
		if len(decodeX(t, theirs)) >= 66 {
			t.Fatalf("got x at full width: take the peer's JWK of EC keys, too")
		}
		if got, err := keys.ParsePublicJWK(theirs); err != nil || got.Thumbprint() != key.Public().Thumbprint() {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// newKeyWithLeadingZero makes a key on P-521 whose x begins with a byte of zero, as
// every second does.
func newKeyWithLeadingZero(t *testing.T) *keys.PrivateKey {
	t.Helper()
	for range 100 {
		key := newPrivateKey(t, "ES512")
		if decodeX(t, marshal(t, key.Public()))[0] == 0 {
			return key
		}
	}
	t.Fatal("no x of 100 keys begins with a zero")
	return nil
}

func decodeX(t *testing.T, jwk []byte) []byte {
	t.Helper()
	var point struct{ X string }
	if err := json.Unmarshal(jwk, &point); err != nil {
		t.Fatal(err)
	}
	x, err := base64.RawURLEncoding.DecodeString(point.X)
	if err != nil || len(x) == 0 {
		t.Fatalf("no x in %s: %v", jwk, err)
	}
	return x
}
