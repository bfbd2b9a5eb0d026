package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/redact/redacttest"
	"github.com/lambdajwt/authorizer/keys"
)

// What holds keys in programs: fields of every kind, at some depth.
type (
	exported struct {
		Secret  keys.Secret
		Private keys.PrivateKey
		Ring    keys.Ring
		Pointer *keys.Secret
		Any     any
		List    []any
	}
	unexported struct {
		secret  keys.Secret
		private keys.PrivateKey
		ring    keys.Ring
		pointer *keys.Secret
		source  keys.SigningSource
		inner   *unexported
		byName  map[string]any
		array   [1]keys.Secret
	}
)

func TestNothingPrintsKeyMaterial(t *testing.T) {
	secret := hmacSecret(t, "the kid", "HS256", "s")
	rsaKey := privateKey(t, "the kid", "RS256", "a")
	ecKey, edKey := privateKey(t, "second", "ES256", "a"), privateKey(t, "third", "EdDSA", "a")
	rsaStandard := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
	ecBytes, err := standardKey(t, "ec-p256-a.pkcs8").(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	materials := [][]byte{
		secretBytes("s"), ecBytes, standardKey(t, "ed25519-a.pkcs8").(ed25519.PrivateKey).Seed(),
		rsaStandard.D.Bytes(), rsaStandard.Primes[0].Bytes(), rsaStandard.Primes[1].Bytes(), rsaStandard.Precomputed.Dp.Bytes(),
	}
	// A MAC is computed once, so that one is in the secret's pool of states, and RSA
	// keys keep what they have computed.
	for _, source := range []keys.SigningSource{secret, rsaKey, ecKey, edKey} {
		sign(t, source, []byte("input"))
	}
	secretRing, keyRing := newRing(t, secret, hmacSecret(t, "", "HS256", "other")), newRing(t, rsaKey, ecKey, edKey)

	for name, value := range map[string]any{
		"*Secret": secret, "Secret": *secret,
		"RSA *PrivateKey": rsaKey, "RSA PrivateKey": *rsaKey,
		"EC *PrivateKey": ecKey, "EC PrivateKey": *ecKey,
		"Ed25519 *PrivateKey": edKey, "Ed25519 PrivateKey": *edKey,
		"*Ring of secrets": secretRing, "Ring of secrets": *secretRing,
		"*Ring of keys": keyRing, "Ring of keys": *keyRing,
		"pointer to pointer": &secret,
		"exported fields": exported{
			Secret: *secret, Private: *rsaKey, Ring: *secretRing, Pointer: secret, Any: *edKey, List: []any{*secret, ecKey, secretRing},
		},
		"pointer to exported fields": &exported{Secret: *secret, Private: *edKey, Ring: *keyRing, Pointer: secret},
		"unexported fields": unexported{
			secret: *secret, private: *rsaKey, ring: *secretRing, pointer: secret, source: secret,
			inner:  &unexported{secret: *secret, private: *ecKey},
			byName: map[string]any{"a": *secret, "b": secret, "c": *edKey}, array: [1]keys.Secret{*secret},
		},
		"pointer to unexported fields": &unexported{secret: *secret, private: *edKey, ring: *keyRing, source: rsaKey},
		"slice of Secret":              []keys.Secret{*secret},
		"map of PrivateKey":            map[string]keys.PrivateKey{"k": *ecKey},
		"array of *Secret":             [2]*keys.Secret{secret, secret},
		"channel":                      make(chan *keys.Secret),
		"method":                       secret.Sign,
	} {
		t.Run(name, func(t *testing.T) {
			redacttest.WantNoTrace(t, name, redacttest.Printed(value), materials...)
		})
	}
}

// The test above is worth something only if it would see material that is there.
func TestTracesAreSeenWhereMaterialIsPrinted(t *testing.T) {
	material := secretBytes("s")
	type open struct{ material []byte }
	type hidden struct{ inner *open }
	for name, output := range map[string]string{
		"%s": string(material), "%x": fmt.Sprintf("%x", material), "%X": fmt.Sprintf("%X", material),
		"% x": fmt.Sprintf("% x", material), "%d": fmt.Sprint(material), "%v in a struct": fmt.Sprintf("%v", open{material}),
		"%#v in a struct": fmt.Sprintf("%#v", open{material}), "JSON": base64.StdEncoding.EncodeToString(material),
		"reflection": redacttest.Printed(hidden{&open{material}}),
	} {
		seen := false
		for _, trace := range redacttest.Traces(material) {
			seen = seen || strings.Contains(output, trace)
		}
		if !seen {
			t.Errorf("%s: not seen", name)
		}
	}
}

func TestKeysPrintAsAlgorithmAndKeyID(t *testing.T) {
	secret, unnamed := hmacSecret(t, "the kid", "HS256", "s"), hmacSecret(t, "", "HS512", "other")
	private := privateKey(t, "the kid", "ES256", "a")
	set, ring := newSet(t, private.Public()), newRing(t, secret, unnamed)
	loaded, _ := refreshing(t, new(store))
	for want, value := range map[string]any{
		`keys.Refreshing`:                   loaded,
		`keys.Secret(HS256, kid "the kid")`: secret, `keys.Secret(HS512)`: unnamed,
		`keys.PrivateKey(ES256, kid "the kid")`: private, `keys.PublicKey(ES256, kid "the kid")`: private.Public(),
		`keys.Set(1 keys)`: set, `keys.Ring(2 keys)`: ring, `keys.Ring(3 keys)`: newRing(t, private, elsewhere{private}, elsewhere{private}),
		`(zero)`: &keys.Secret{},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%50v"} {
			if got := fmt.Sprintf(format, value); got != want {
				t.Errorf("%s prints %s, want %s", format, got, want)
			}
		}
		if got := value.(slog.LogValuer).LogValue().String(); got != want {
			t.Errorf("LogValue is %s, want %s", got, want)
		}
	}
}

func TestKeyIDCannotForgeALine(t *testing.T) {
	secret := hmacSecret(t, "a\nlevel=ERROR msg=\"forged\" \x1b[31m", "HS256", "s")
	if text := secret.String(); strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("%q", text)
	}
	long := privateKey(t, strings.Repeat("k", 500), "ES256", "a")
	if text := long.String(); len(text) > 200 {
		t.Errorf("%d bytes", len(text))
	}
}

// A pointer that is nil prints as fmt prints any, and breaks no logger.
func TestNilKeysPrint(t *testing.T) {
	var all bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&all, nil))
	for _, value := range []any{
		(*keys.Secret)(nil), (*keys.PrivateKey)(nil), (*keys.PublicKey)(nil), (*keys.Set)(nil), (*keys.Ring)(nil),
	} {
		if got := fmt.Sprintf("%v", value); got != "<nil>" {
			t.Errorf("%T prints %s", value, got)
		}
		logger.Info("message", "value", value)
	}
}

func TestErrorsOfConstructorsShowNoMaterial(t *testing.T) {
	private := privateJWK(t, "RS256", "a")
	d := object(t, private)["d"].(string)
	short := []byte("hunter2-hunter2-hunter2")
	pemText := pemFile(t, "rsa2048-a.pkcs8")
	_, errShort := keys.HMAC("HS512", short)
	_, errPEM := keys.HMAC("", pemText)
	_, errBroken := keys.ParsePrivatePEM("", append(bytes.Clone(pemText), "x"...))
	_, errDamaged := keys.ParsePrivatePEM("", bytes.Replace(pemText, []byte("\n"), []byte("\n*"), 2))
	_, errPublic := keys.ParsePublicJWK(private)
	_, errSet := keys.ParseJWKS(jwkSet(private))
	_, errPadded := keys.ParsePrivateJWK(edit(t, private, map[string]any{"d": d + "="}))
	_, errOther := keys.ParsePrivateJWK(edit(t, private, map[string]any{"n": object(t, privateJWK(t, "RS256", "b"))["n"]}))
	_, errTrailing := keys.ParsePrivateJWK(append(bytes.Clone(private), "x"...))
	for name, err := range map[string]error{
		"short": errShort, "PEM": errPEM, "broken": errBroken, "damaged": errDamaged, "public": errPublic,
		"set": errSet, "padded": errPadded, "other": errOther, "trailing": errTrailing,
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		redacttest.WantNoTrace(t, name, fmt.Sprintf("%v %+v %#v", err, err, err), short, pemText[40:], []byte(d), fromBase64url(t, d))
	}
}
