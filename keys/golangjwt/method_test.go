package golangjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
)

func TestCodeThatMakesItsTokensItselfSignsWithOurKeys(t *testing.T) {
	secret := testkeys.Secret(t, "2026-01", "HS256", "golangjwt")
	token := jwt.NewWithClaims(golangjwt.Method(t.Context(), "HS256"), newClaims())
	token.Header["kid"] = "2026-01"
	text, err := token.SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse(t, secret, text); err != nil {
		t.Error(err)
	}
}

func TestATokenThatNobodyCouldVerifyIsNotSigned(t *testing.T) {
	envelope := func(params map[string]json.RawMessage) key {
		return key{header: keys.Header{Algorithm: "HS256", Kid: "k", Params: params}, signature: []byte("s")}
	}
	edk := map[string]json.RawMessage{"edk": json.RawMessage(`"a<b"`)}
	for name, test := range map[string]struct {
		key    keys.SigningKey
		header map[string]any
		want   string // in the error; empty: signed
	}{
		"as the key needs it":      {envelope(edk), map[string]any{"kid": "k", "edk": "a<b"}, ""},
		"with members of its own":  {envelope(nil), map[string]any{"kid": "k", "typ": "at+jwt", "x": 1}, ""},
		"a key that needs nothing": {testkeys.Secret(t, "", "HS256", "x"), map[string]any{"kid": "whatever"}, ""},
		"without the kid":          {envelope(nil), nil, "does not have the key's kid"},
		"with another kid":         {envelope(nil), map[string]any{"kid": "other"}, "does not have the key's kid"},
		"without the data key":     {envelope(edk), map[string]any{"kid": "k"}, `does not have the key's member "edk"`},
		"with another data key":    {envelope(edk), map[string]any{"kid": "k", "edk": "a<c"}, `does not have the key's member "edk"`},
		"a member of no JSON": {
			envelope(map[string]json.RawMessage{"edk": json.RawMessage(`"`)}), map[string]any{"kid": "k", "edk": "a"}, `does not have the key's member "edk"`,
		},
		"a member of no JSON, left out": {
			envelope(map[string]json.RawMessage{"edk": json.RawMessage(`"`)}), map[string]any{"kid": "k"}, `does not have the key's member "edk"`,
		},
		"a number with other digits": {
			envelope(map[string]json.RawMessage{"v": json.RawMessage("9007199254740993")}), map[string]any{"kid": "k", "v": 9007199254740992}, `does not have the key's member "v"`,
		},
		"another alg":         {envelope(nil), map[string]any{"kid": "k", "alg": "none"}, "does not have the key's alg"},
		"with crit":           {envelope(nil), map[string]any{"kid": "k", "crit": []string{"x"}}, "crit in it"},
		"an empty signature":  {key{header: keys.Header{Algorithm: "HS256"}}, nil, "an empty signature"},
		"a key that is down":  {key{header: keys.Header{Algorithm: "HS256"}, err: errDown}, nil, "connection refused"},
		"another algorithm":   {key{header: keys.Header{Algorithm: "RS256"}}, nil, `it is of "RS256", and the token of "HS256"`},
		"a key of golang-jwt": {nil, nil, "is no keys.SigningKey"},
		"a nil key":           {(*keys.Secret)(nil), nil, "is no keys.SigningKey"},
	} {
		t.Run(name, func(t *testing.T) {
			token := jwt.NewWithClaims(golangjwt.Method(t.Context(), "HS256"), newClaims())
			for name, value := range test.header {
				token.Header[name] = value
			}
			var k any = test.key
			if test.key == nil {
				k = []byte("a secret of golang-jwt's kind, which is long")
			}
			text, err := token.SignedString(k)
			if test.want == "" {
				if err != nil || strings.Count(text, ".") != 2 {
					t.Errorf("got %q, %v", text, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || text != "" {
				t.Errorf("got %q, %v, want %q", text, err, test.want)
			}
		})
	}
}

func TestSigningStringsThatAreNoTokensAreNotSigned(t *testing.T) {
	m := golangjwt.Method(t.Context(), "HS256")
	for _, text := range []string{"", ".", "*.e30", encode("[]") + ".e30", encode(`{"kid":"k"}`) + ".e30"} {
		if signature, err := m.Sign(text, secret(t)); err == nil || signature != nil {
			t.Errorf("%q: signed", text)
		}
	}
	if _, err := m.Sign("*.e30", secret(t)); !errors.Is(err, jose.ErrBase64) {
		t.Errorf("a header that is no base64url: %v", err)
	}
}

func TestMethodVerifiesWithKeysOfItsAlgorithmAlone(t *testing.T) {
	input := encode(`{"alg":"HS256"}`) + "." + encode(`{}`)
	signature, err := secret(t).Sign(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	m := golangjwt.Method(t.Context(), "HS256")
	if m.Alg() != "HS256" {
		t.Errorf("got %q", m.Alg())
	}
	if err := m.Verify(input, signature, secret(t)); err != nil {
		t.Error(err)
	}
	if err := m.Verify(input, signature[1:], secret(t)); !errors.Is(err, jwt.ErrSignatureInvalid) || errors.Is(err, golangjwt.ErrOutage) {
		t.Errorf("a wrong signature: %v", err)
	}
	if err := golangjwt.Method(t.Context(), "HS384").Verify(input, signature, secret(t)); !errors.Is(err, jwt.ErrSignatureInvalid) || !errors.Is(err, keys.ErrAlgorithm) {
		t.Errorf("another algorithm: %v", err)
	}
	for _, k := range []any{nil, []byte("secret"), (*keys.Secret)(nil)} {
		if err := m.Verify(input, signature, k); !errors.Is(err, golangjwt.ErrOutage) || !errors.Is(err, jwt.ErrInvalidKeyType) {
			t.Errorf("%T: %v", k, err)
		}
	}
	down := key{header: keys.Header{Algorithm: "HS256"}, err: errDown}
	wantOutage(t, m.Verify(input, signature, down), errDown)
}

func TestTheContextOfTheMethodReachesTheKey(t *testing.T) {
	type name struct{}
	ctx := context.WithValue(t.Context(), name{}, "request 1")
	var contexts []context.Context
	k := key{header: keys.Header{Algorithm: "HS256"}, signature: []byte("s"), contexts: &contexts}
	m := golangjwt.Method(ctx, "HS256")
	if _, err := m.Sign(encode(`{"alg":"HS256"}`)+".e30", k); err != nil {
		t.Fatal(err)
	}
	if err := m.Verify("a.b", nil, k); err != nil {
		t.Fatal(err)
	}
	if len(contexts) != 2 || contexts[0] != ctx || contexts[1] != ctx {
		t.Errorf("got %v", contexts)
	}
}
