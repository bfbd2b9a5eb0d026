package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func TestHMACRefusesSecretsShorterThanTheHash(t *testing.T) {
	for alg, least := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		for _, size := range []int{0, 1, least / 2, least - 1} {
			_, err := keys.HMAC(alg, secretBytes("s")[:size])
			wantError(t, err, alg, "at least", "openssl rand -base64")
		}
		if _, err := keys.HMAC(alg, secretBytes("s")[:least]); err != nil {
			t.Errorf("%s with a secret of %d bytes: %v", alg, least, err)
		}
	}
}

func TestHMACErrorCountsBytesAndSaysWhatToDo(t *testing.T) {
	_, err := keys.HMAC("HS256", []byte("hunter2 hunter2"))
	const want = "keys: HS256 needs a secret of at least 32 bytes, got 15: generate one with openssl rand -base64 32"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestHMACRefusesASecretOfZeros(t *testing.T) {
	_, err := keys.HMAC("HS256", make([]byte, 32))
	wantError(t, err, "fewer than eight different bytes", "crypto/rand")
}

func TestHMACRefusesAlgorithmsThatAreNotItsOwn(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA", "none", "hs256", "HS256 ", "HS1", "HS224", "SHA256"} {
		if _, err := keys.HMAC(alg, secretBytes("s")); err == nil {
			t.Errorf("HMAC made a secret for %q", alg)
		}
	}
}

func TestHMACWithoutAnAlgorithmIsHS256(t *testing.T) {
	secret, err := keys.HMAC("", secretBytes("s"))
	if err != nil {
		t.Fatal(err)
	}
	secret = secret.WithKid("k")
	if secret.Algorithm() != "HS256" || secret.Kid() != "k" {
		t.Errorf("algorithm %q and kid %q, want HS256 and k", secret.Algorithm(), secret.Kid())
	}
}

func TestSecretIsACopy(t *testing.T) {
	given := secretBytes("s")
	secret, err := keys.HMAC("HS256", given)
	if err != nil {
		t.Fatal(err)
	}
	clear(given)
	h, signature := sign(t, secret, []byte("input"))
	if err := verify(hmacSecret(t, "", "HS256", "s"), h, []byte("input"), signature); err != nil {
		t.Errorf("after the given bytes were cleared: %v", err)
	}
}

func TestKidsThatDoNotFitAHeaderAreRefused(t *testing.T) {
	for name, kid := range map[string]string{
		"too long": strings.Repeat("k", 513), "not UTF-8": "k\xff",
	} {
		if _, err := keys.NewRing(hmacSecret(t, kid, "HS256", "s")); err == nil {
			t.Errorf("NewRing took a secret with a kid that is %s", name)
		}
		private := privateKey(t, kid, "EdDSA", "a")
		if _, err := keys.NewRing(private); err == nil {
			t.Errorf("NewRing took a private key with a kid that is %s", name)
		}
		if _, err := keys.NewSet(private.Public()); err == nil {
			t.Errorf("NewSet took a kid that is %s", name)
		}
		if text, err := json.Marshal(private.Public()); err == nil {
			t.Errorf("a public key with a kid that is %s marshals to %s", name, text)
		}
		if _, err := private.MarshalPrivateJWK(); err == nil {
			t.Errorf("a private key with a kid that is %s marshals", name)
		}
	}
	if _, err := keys.NewRing(hmacSecret(t, strings.Repeat("k", 512), "HS256", "s")); err != nil {
		t.Error(err)
	}
}

func TestSingleKeyServesItsKidAndNone(t *testing.T) {
	secret := hmacSecret(t, "own", "HS256", "s")
	private := privateKey(t, "own", "ES256", "a")
	unnamedSecret := hmacSecret(t, "", "HS256", "s")
	unnamedPrivate := privateKey(t, "", "ES256", "a")
	tests := []struct {
		name   string
		source keys.VerificationSource
		header keys.Header
		want   error
	}{
		{"secret, its kid", secret, keys.Header{Algorithm: "HS256", Kid: "own"}, nil},
		{"secret, no kid", secret, keys.Header{Algorithm: "HS256"}, nil},
		{"secret, another kid", secret, keys.Header{Algorithm: "HS256", Kid: "other"}, keys.ErrUnknownKey},
		{"secret, its kid in capitals", secret, keys.Header{Algorithm: "HS256", Kid: "OWN"}, keys.ErrUnknownKey},
		{"secret, another algorithm", secret, keys.Header{Algorithm: "HS384", Kid: "own"}, keys.ErrAlgorithm},
		{"secret, another algorithm and kid", secret, keys.Header{Algorithm: "HS384", Kid: "other"}, keys.ErrAlgorithm},
		{"secret, none", secret, keys.Header{Algorithm: "none", Kid: "own"}, keys.ErrAlgorithm},
		{"secret, no algorithm", secret, keys.Header{Kid: "own"}, keys.ErrAlgorithm},
		{"unnamed secret, any kid", unnamedSecret, keys.Header{Algorithm: "HS256", Kid: "any"}, nil},
		{"unnamed secret, no kid", unnamedSecret, keys.Header{Algorithm: "HS256"}, nil},
		{"unnamed secret, another algorithm", unnamedSecret, keys.Header{Algorithm: "HS512"}, keys.ErrAlgorithm},
		{"private key, its kid", private, keys.Header{Algorithm: "ES256", Kid: "own"}, nil},
		{"private key, no kid", private, keys.Header{Algorithm: "ES256"}, nil},
		{"private key, another kid", private, keys.Header{Algorithm: "ES256", Kid: "other"}, keys.ErrUnknownKey},
		{"private key, its thumbprint instead of its kid", private, keys.Header{Algorithm: "ES256", Kid: private.Public().Thumbprint()}, keys.ErrUnknownKey},
		{"public key, its kid", private.Public(), keys.Header{Algorithm: "ES256", Kid: "own"}, nil},
		{"public key, no kid", private.Public(), keys.Header{Algorithm: "ES256"}, nil},
		{"public key, another kid", private.Public(), keys.Header{Algorithm: "ES256", Kid: "other"}, keys.ErrUnknownKey},
		{"public key, HMAC", private.Public(), keys.Header{Algorithm: "HS256", Kid: "own"}, keys.ErrAlgorithm},
		{"unnamed private key, any kid", unnamedPrivate, keys.Header{Algorithm: "ES256", Kid: "any"}, nil},
		{"unnamed public key, any kid", unnamedPrivate.Public(), keys.Header{Algorithm: "ES256", Kid: "any"}, nil},
		{"unnamed public key, no kid", unnamedPrivate.Public(), keys.Header{Algorithm: "ES256"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := test.source.VerificationKey(context.Background(), test.header)
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if (key == nil) != (test.want != nil) {
				t.Errorf("key %v with error %v", key, err)
			}
			if test.want == keys.ErrUnknownKey && errors.Is(err, keys.ErrAlgorithm) {
				t.Errorf("error %v says that the algorithm is wrong", err)
			}
		})
	}
}

func TestErrAlgorithmIsAnUnknownKey(t *testing.T) {
	if !errors.Is(keys.ErrAlgorithm, keys.ErrUnknownKey) {
		t.Error("ErrAlgorithm does not wrap ErrUnknownKey")
	}
	if errors.Is(keys.ErrUnknownKey, keys.ErrAlgorithm) {
		t.Error("ErrUnknownKey is ErrAlgorithm")
	}
}

// A nil pointer in an interface is what is left when nobody looks at the error of
// a constructor. It must not panic, nor put the blame on a token.
func TestNilAndZeroKeysFailWithoutBlame(t *testing.T) {
	type signing interface {
		keys.SigningSource
		Sign(context.Context, []byte) ([]byte, error)
	}
	ctx := context.Background()
	blames := func(err error) bool {
		return err == nil || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature)
	}
	for _, source := range []keys.VerificationSource{
		(*keys.Secret)(nil), &keys.Secret{}, (*keys.PrivateKey)(nil), &keys.PrivateKey{},
		(*keys.PublicKey)(nil), &keys.PublicKey{}, (*keys.Set)(nil), &keys.Set{}, (*keys.Ring)(nil), &keys.Ring{},
	} {
		for _, h := range []keys.Header{{}, {Algorithm: "none"}, {Algorithm: "HS256"}, {Algorithm: "ES256", Kid: "k"}} {
			if key, err := source.VerificationKey(ctx, h); key != nil || blames(err) {
				t.Errorf("%T: key %v, error %v for %v", source, key, err, h)
			}
		}
		if s, ok := source.(keys.SigningSource); ok {
			if key, err := s.SigningKey(ctx); key != nil || blames(err) {
				t.Errorf("%T: signing key %v, error %v", source, key, err)
			}
		}
		if s, ok := source.(signing); ok {
			if signature, err := s.Sign(ctx, []byte("x")); signature != nil || blames(err) {
				t.Errorf("%T: signature %x, error %v", source, signature, err)
			}
		}
		if v, ok := source.(interface {
			Verify(context.Context, []byte, []byte) error
		}); ok {
			if err := v.Verify(ctx, []byte("x"), nil); blames(err) {
				t.Errorf("%T: Verify says %v", source, err)
			}
		}
	}
}

func TestZeroKeysDoNotMarshal(t *testing.T) {
	marshal := func(value any) func() ([]byte, error) {
		return func() ([]byte, error) { return json.Marshal(value) }
	}
	for name, marshal := range map[string]func() ([]byte, error){
		"PublicKey as JSON":             marshal(keys.PublicKey{}),
		"*PublicKey as JSON":            marshal(&keys.PublicKey{}),
		"Set as JSON":                   marshal(keys.Set{}),
		"*Set as JSON":                  marshal(&keys.Set{}),
		"PublicKey's own JSON":          keys.PublicKey{}.MarshalJSON,
		"Set's own JSON":                keys.Set{}.MarshalJSON,
		"JSON of a kid that is no kid":  privateKey(t, "k\xff", "EdDSA", "a").Public().MarshalJSON,
		"PublicKey as PEM":              (&keys.PublicKey{}).MarshalPEM,
		"nil *PublicKey as PEM":         (*keys.PublicKey)(nil).MarshalPEM,
		"PrivateKey as PEM":             (&keys.PrivateKey{}).MarshalPrivatePEM,
		"nil *PrivateKey as PEM":        (*keys.PrivateKey)(nil).MarshalPrivatePEM,
		"PrivateKey as JWK":             (&keys.PrivateKey{}).MarshalPrivateJWK,
		"nil *PrivateKey as JWK":        (*keys.PrivateKey)(nil).MarshalPrivateJWK,
		"what a zero Ring publishes":    func() ([]byte, error) { _, err := (&keys.Ring{}).PublicSet(t.Context()); return nil, err },
		"what a nil *Ring publishes":    func() ([]byte, error) { _, err := (*keys.Ring)(nil).PublicSet(t.Context()); return nil, err },
		"a set of a zero key's Public":  func() ([]byte, error) { _, err := keys.NewSet((&keys.PrivateKey{}).Public()); return nil, err },
		"a ring of a zero key's Public": func() ([]byte, error) { _, err := keys.NewRing(nil, (&keys.PrivateKey{}).Public()); return nil, err },
	} {
		if out, err := marshal(); err == nil || out != nil {
			t.Errorf("%s: %s, %v", name, out, err)
		}
	}
	zero := &keys.PrivateKey{}
	if zero.Kid() != "" || zero.Algorithm() != "" || zero.Header().Algorithm != "" {
		t.Errorf("a zero PrivateKey has the header %v", zero.Header())
	}
}

func TestHeaderParamIsAStringOrNone(t *testing.T) {
	h := keys.Header{Params: map[string]json.RawMessage{
		"text": json.RawMessage(`"a\u00e9"`), "number": json.RawMessage(`1`), "null": json.RawMessage(`null`),
		"object": json.RawMessage(`{"a":"b"}`), "empty": nil, "broken": json.RawMessage(`"`),
	}}
	for name, want := range map[string]string{"text": "aé"} {
		if value, ok := h.Param(name); !ok || value != want {
			t.Errorf("%s: %q, %v", name, value, ok)
		}
	}
	for _, name := range []string{"number", "null", "object", "empty", "broken", "missing", "TEXT"} {
		if value, ok := h.Param(name); ok || value != "" {
			t.Errorf("%s: %q, %v", name, value, ok)
		}
	}
}
