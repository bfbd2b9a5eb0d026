package golangjwt_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
)

// orders are the claims of an application, as golang-jwt's own examples have them.
type orders struct {
	Tenant string `json:"tenant"`
	jwt.RegisteredClaims
}

func newClaims() *orders {
	return &orders{"acme", jwt.RegisteredClaims{
		Issuer: "https://login.example.com", Subject: "user-1", Audience: jwt.ClaimStrings{"orders"},
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}}
}

// sign returns a token of claims.
func sign(t testing.TB, source keys.SigningSource, claims jwt.Claims) string {
	t.Helper()
	token, key, err := golangjwt.NewWithClaims(t.Context(), source, claims)
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// parse has golang-jwt decide a token.
func parse(t testing.TB, source keys.VerificationSource, text string, options ...jwt.ParserOption) (*orders, error) {
	t.Helper()
	var claims orders
	token, err := jwt.ParseWithClaims(text, &claims, golangjwt.Keyfunc(t.Context(), source), options...)
	if err == nil && !token.Valid {
		t.Error("neither an error nor a valid token")
	}
	return &claims, err
}

// wantFault checks that an error of the parser puts the blame on the token, for this reason.
func wantFault(t *testing.T, err error, reasons ...error) {
	t.Helper()
	if errors.Is(err, golangjwt.ErrOutage) {
		t.Errorf("got an outage: %v", err)
	}
	for _, reason := range reasons {
		if !errors.Is(err, reason) {
			t.Errorf("got %v, want %v", err, reason)
		}
	}
}

// wantOutage checks that an error of the parser does not put the blame on the token.
func wantOutage(t *testing.T, err, cause error) {
	t.Helper()
	if !errors.Is(err, golangjwt.ErrOutage) || !errors.Is(err, cause) {
		t.Errorf("got %v, want an outage caused by %v", err, cause)
	}
	for _, fault := range []error{jwt.ErrTokenMalformed, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidClaims, keys.ErrUnknownKey, keys.ErrSignature} {
		if errors.Is(err, fault) {
			t.Errorf("an outage looks like a bad token: %v", err)
		}
	}
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any header and payload, whatever they say.
func forge(t testing.TB, key keys.SigningKey, header, payload string) string {
	t.Helper()
	input := encode(header) + "." + encode(payload)
	signature, err := key.Sign(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// flip changes a bit in the middle of the signature of a token.
func flip(t testing.TB, text string) string {
	t.Helper()
	i := strings.LastIndexByte(text, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(text[i:])
	if err != nil {
		t.Fatal(err)
	}
	signature[len(signature)/2] ^= 1
	return text[:i] + base64.RawURLEncoding.EncodeToString(signature)
}

var errDown = errors.New("connection refused")

// A source answers as a test says, in both directions.
type source struct {
	signing      keys.SigningKey
	verification keys.VerificationKey
	err          error
}

func (s source) SigningKey(context.Context) (keys.SigningKey, error) { return s.signing, s.err }

func (s source) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return s.verification, s.err
}

// A key answers as a test says.
type key struct {
	header    keys.Header
	signature []byte
	err       error
	contexts  *[]context.Context
}

func (k key) Header() keys.Header { return k.header }
func (k key) Algorithm() string   { return k.header.Algorithm }

func (k key) Sign(ctx context.Context, _ []byte) ([]byte, error) {
	k.note(ctx)
	return k.signature, k.err
}

func (k key) Verify(ctx context.Context, _, _ []byte) error {
	k.note(ctx)
	return k.err
}

func (k key) note(ctx context.Context) {
	if k.contexts != nil {
		*k.contexts = append(*k.contexts, ctx)
	}
}

func secret(t testing.TB) *keys.Secret { return testkeys.Secret(t, "", "HS256", "golangjwt") }
