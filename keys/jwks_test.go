package keys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func TestJWKSetGoesOutAndInAgain(t *testing.T) {
	set := newSet(t,
		privateKey(t, "r", "PS256", "a").Public(), privateKey(t, "", "ES384", "a").Public(), privateKey(t, "e", "Ed25519", "a").Public())
	again, err := keys.ParseJWKS(encode(t, set))
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range set.Keys() {
		other := again.Keys()[i]
		if key.Kid() != other.Kid() || key.Algorithm() != other.Algorithm() || key.Thumbprint() != other.Thumbprint() {
			t.Errorf("%v became %v", key, other)
		}
	}
	if len(again.Keys()) != 3 {
		t.Errorf("%d keys came back", len(again.Keys()))
	}
}

func TestSetsKeysCannotBeChangedFromOutside(t *testing.T) {
	given := []*keys.PublicKey{privateKey(t, "a", "ES256", "a").Public()}
	set := newSet(t, given...)
	want := given[0]
	given[0] = nil
	set.Keys()[0] = nil
	if set.Keys()[0] != want {
		t.Error("the set has changed")
	}
}

func TestParseJWKSPassesOverKeysThatAreNotForHere(t *testing.T) {
	good := publicJWK(t, "ES256", "a")
	rsa, ed := publicJWK(t, "RS256", "a"), publicJWK(t, "EdDSA", "a")
	for name, foreign := range map[string][]byte{
		"an unknown kty":                   []byte(`{"kty":"AKP","alg":"ML-DSA-65","pub":"AA","kid":"x"}`),
		"an unknown kty, no alg":           []byte(`{"kty":"AKP","pub":"AA"}`),
		"Ed448":                            edit(t, ed, map[string]any{"crv": "Ed448", "alg": nil}),
		"X25519":                           edit(t, ed, map[string]any{"crv": "X25519", "alg": nil}),
		"secp256k1":                        edit(t, good, map[string]any{"crv": "secp256k1", "alg": "ES256K"}),
		"P-224":                            edit(t, good, map[string]any{"crv": "P-224", "alg": nil}),
		"use enc":                          edit(t, rsa, map[string]any{"use": "enc", "alg": "RSA-OAEP-256"}),
		"use enc with the good kid":        edit(t, rsa, map[string]any{"use": "enc", "kid": object(t, good)["kid"]}),
		"an unknown alg":                   edit(t, rsa, map[string]any{"alg": "RSA-OAEP"}),
		"alg none":                         edit(t, rsa, map[string]any{"alg": "none"}),
		"another use":                      edit(t, rsa, map[string]any{"use": "jwt-svid"}),
		"key_ops without verify":           edit(t, rsa, map[string]any{"key_ops": []string{"wrapKey"}, "use": nil}),
		"an empty key":                     []byte("{}"),
		"a weak RSA key":                   edit(t, rsa, map[string]any{"n": base64url(fromBase64url(t, object(t, rsa)["n"])[:128])}),
		"a point off the curve":            edit(t, good, map[string]any{"x": object(t, good)["y"]}),
		"an alg that is not the key's":     edit(t, good, map[string]any{"alg": "ES512"}),
		"key_ops with a value twice":       edit(t, rsa, map[string]any{"key_ops": []string{"encrypt", "encrypt"}}),
		"a key that is null":               []byte("null"),
		"a private key":                    privateJWK(t, "RS256", "a"),
		"a private key for encryption":     edit(t, privateJWK(t, "RS256", "a"), map[string]any{"use": "enc"}),
		"a private key of an unknown type": []byte(`{"kty":"AKP","alg":"ML-DSA-65","pub":"AA","priv":"AA"}`),
		"a CRT value alone":                edit(t, rsa, map[string]any{"qi": "AA"}),
		"a secret":                         []byte(`{"kty":"oct","k":"` + base64url(secretBytes("s")) + `"}`),
		"a secret without its k":           []byte(`{"kty":"oct","kid":"s"}`),
		"a secret for encryption":          []byte(`{"kty":"oct","use":"enc","alg":"A128KW"}`),
		"a key of more than 64 KiB":        edit(t, rsa, map[string]any{"ext": strings.Repeat("x", 64<<10)}),
		"an encryption key too weak":       edit(t, rsa, map[string]any{"use": "enc", "n": base64url(fromBase64url(t, object(t, rsa)["n"])[:64])}),
	} {
		for _, text := range [][]byte{jwkSet(foreign, good), jwkSet(good, foreign)} {
			set, err := keys.ParseJWKS(text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if len(set.Keys()) != 1 || set.Keys()[0].Algorithm() != "ES256" {
				t.Errorf("%s: the set has %v", name, set.Keys())
			}
		}
		_, err := keys.ParseJWKS(jwkSet(foreign))
		wantError(t, err, "keys: JWK set: no key to verify signatures with: key 0: ")
	}
}

// Keycloak and others publish one kid under several algorithms (RFC 7517 section 4.5).
func TestASetFindsAKeyByKidAndAlgorithm(t *testing.T) {
	same := func(jwk []byte) []byte { return edit(t, jwk, map[string]any{"kid": "same"}) }
	rsa, pss, ec := privateKey(t, "", "RS256", "a"), privateKey(t, "", "PS256", "b"), privateKey(t, "", "ES256", "a")
	set, err := keys.ParseJWKS(jwkSet(same(encode(t, rsa.Public())), same(encode(t, pss.Public())), same(encode(t, ec.Public())), same(encode(t, ec.Public()))))
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Keys()) != 3 {
		t.Errorf("the set has %v", set.Keys())
	}
	for _, key := range []*keys.PrivateKey{rsa, pss, ec} {
		h, signature := sign(t, key.WithKid("same"), []byte("input"))
		if err := verify(set, h, []byte("input"), signature); err != nil {
			t.Errorf("%s: %v", key.Algorithm(), err)
		}
		h.Kid = ""
		if err := verify(set, h, []byte("input"), signature); err != nil {
			t.Errorf("%s without a kid: %v", key.Algorithm(), err)
		}
	}
	for alg, want := range map[string]error{"RS384": keys.ErrAlgorithm, "HS256": keys.ErrAlgorithm, "EdDSA": keys.ErrAlgorithm} {
		if _, err := set.VerificationKey(t.Context(), keys.Header{Algorithm: alg, Kid: "same"}); !errors.Is(err, want) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// A token cannot say which of two keys it means: neither serves, and all others do.
func TestOnlyWhatIsAmbiguousInASetIsOfNoUse(t *testing.T) {
	a, b, good := publicJWK(t, "RS256", "a"), publicJWK(t, "RS256", "b"), privateKey(t, "good", "ES256", "a")
	same := map[string]any{"kid": "same"}
	for name, text := range map[string][]byte{
		"first":  jwkSet(edit(t, a, same), edit(t, b, same), encode(t, good.Public())),
		"last":   jwkSet(encode(t, good.Public()), edit(t, a, same), edit(t, b, same), edit(t, a, same)),
		"no kid": jwkSet(edit(t, a, map[string]any{"kid": nil}), encode(t, good.Public()), edit(t, b, map[string]any{"kid": object(t, a)["kid"]})),
	} {
		set, err := keys.ParseJWKS(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Keys()) != 1 || set.Keys()[0].Kid() != "good" {
			t.Errorf("%s: the set has %v", name, set.Keys())
		}
		for _, kid := range []string{"same", "", object(t, a)["kid"].(string)} {
			if _, err := set.VerificationKey(t.Context(), keys.Header{Algorithm: "RS256", Kid: kid}); !errors.Is(err, keys.ErrUnknownKey) {
				t.Errorf("%s: kid %q: %v", name, kid, err)
			}
		}
	}
	_, err := keys.ParseJWKS(jwkSet(edit(t, a, same), edit(t, b, same)))
	wantError(t, err, `two keys of kid "same" and algorithm RS256`)
}

// The defaults of oidc-provider, ruby-jwt and others leave alg out.
func TestAKeyWithoutAlgServesWhatIsSaidAndNothingElse(t *testing.T) {
	bare := func(alg string) []byte {
		return edit(t, publicJWK(t, alg, "a"), map[string]any{"alg": nil, "kid": "k"})
	}
	for _, test := range []struct {
		jwk        []byte
		algorithms []string
		want       string
	}{
		{bare("RS256"), nil, "RS256"},
		{bare("ES256"), nil, "ES256"},
		{bare("ES384"), nil, "ES384"},
		{bare("ES512"), nil, "ES512"},
		{bare("EdDSA"), nil, "EdDSA Ed25519"},
		{bare("RS256"), []string{"PS256", "none", "HS256", "ES256", "RS512"}, "PS256 RS512"},
		{bare("ES256"), []string{"ES384", "ES256"}, "ES256"},
		{bare("EdDSA"), []string{"Ed25519"}, "Ed25519"},
		{bare("RS256"), []string{"ES256"}, ""},
		{edit(t, bare("RS256"), map[string]any{"alg": "RS384"}), []string{"RS256"}, "RS384"},
		{edit(t, bare("RS256"), map[string]any{"alg": json.RawMessage("null")}), nil, "RS256"},
	} {
		set, err := keys.ParseJWKS(jwkSet(test.jwk), test.algorithms...)
		if (err != nil) != (test.want == "") {
			t.Errorf("%s for %v: %v", test.jwk, test.algorithms, err)
			continue
		}
		var served []string
		for _, alg := range append(asymmetricAlgorithms, "HS256", "none") {
			if set == nil {
				continue
			}
			if key, err := set.VerificationKey(t.Context(), keys.Header{Algorithm: alg, Kid: "k"}); err == nil && key.Algorithm() == alg {
				served = append(served, alg)
			}
		}
		want := strings.Fields(test.want)
		slices.Sort(served)
		slices.Sort(want)
		if !slices.Equal(served, want) {
			t.Errorf("%s for %v serves %v, want %v", test.jwk, test.algorithms, served, want)
		}
	}
	_, err := keys.ParseJWKS(jwkSet(bare("RS256")), "ES256")
	wantError(t, err, "key 0: ", "it names no alg, and none of the algorithms in use fits")
}

// An issuer that adds an odd key must not take its users down.
func TestAnOddEntryOfASetIsPassedOver(t *testing.T) {
	good := publicJWK(t, "ES256", "a")
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, `,"x%d":%d`, i, i)
	}
	for name, odd := range map[string]string{
		"a string": `"x"`, "a number": "5", "a list": "[]", "true": "true", "null": "null", "an empty object": "{}",
		"300 members":          `{"kty":"RSA"` + many.String() + `}`,
		"nested deep":          `{"kty":"X","x":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`,
		"a kty of two":         `{"kty":["RSA","EC"]}`,
		"a kid of 513 bytes":   string(edit(t, good, map[string]any{"kid": strings.Repeat("k", 513)})),
		"use in capitals":      string(edit(t, good, map[string]any{"use": "SIG", "kid": "x"})),
		"more than 64 KiB":     `{"kty":"RSA","x":"` + strings.Repeat("x", 64<<10) + `"}`,
		"no operation":         string(edit(t, good, map[string]any{"key_ops": []string{}, "kid": "x"})),
		"an e of 10,000 bytes": string(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"e": base64url(bytes.Repeat([]byte{1}, 10_000))})),
	} {
		for _, set := range [][]byte{jwkSet([]byte(odd), good), jwkSet(good, []byte(odd))} {
			got, err := keys.ParseJWKS(set)
			if err != nil || len(got.Keys()) != 1 || got.Keys()[0].Algorithm() != "ES256" {
				t.Errorf("%s: got %v, %v", name, got, err)
			}
		}
	}
}

// An issuer's list of algorithms is as long as it likes.
func TestAnAlgorithmThatIsNamedAgainAndAgainIsServedOnce(t *testing.T) {
	jwk := edit(t, publicJWK(t, "RS256", "a"), map[string]any{"alg": nil})
	set, err := keys.ParseJWKS(jwkSet(jwk), slices.Repeat([]string{"RS256", "PS256"}, 100_000)...)
	if err != nil || len(set.Keys()) != 2 {
		t.Errorf("got %v, %v", set, err)
	}
}

func TestParseJWKSRefusesTheWholeSet(t *testing.T) {
	good := publicJWK(t, "ES256", "a")
	tests := []struct {
		name string
		text []byte
		want string
	}{
		{"empty", nil, "not a strict JSON object"},
		{"no keys member", []byte(`{}`), "no keys"},
		{"no keys", []byte(`{"keys":[]}`), "no keys"},
		{"keys that are null", []byte(`{"keys":null}`), "not an array"},
		{"keys in an object", []byte(`{"keys":{"a":` + string(good) + `}}`), "not an array"},
		{"KEYS", []byte(`{"KEYS":[` + string(good) + `]}`), "no keys"},
		{"a single JWK", good, "ParsePublicJWK"},
		{"an array", []byte(`[` + string(good) + `]`), "not a strict JSON object"},
		{"a key that is a string", []byte(`{"keys":["x"]}`), "no key to verify signatures with"},
		{"a duplicate member in the set", []byte(`{"keys":[` + string(good) + `],"keys":[` + string(good) + `]}`), "duplicate member"},
		{"a duplicate member in a key", jwkSet([]byte(strings.Replace(string(good), `"kty"`, `"kty":"EC","kty"`, 1))), "duplicate member"},
		{"a duplicate member in a foreign key", jwkSet(good, []byte(`{"kty":"AKP","pub":"AA","pub":"AA"}`)), "duplicate member"},
		{"trailing data", append(jwkSet(good), 'x'), "trailing data"},
		{"more than 1 MiB", append(jwkSet(good), bytes.Repeat([]byte(" "), 1<<20)...), "at most 1048576"},
		{"257 keys", jwkSet(bytes.Split(bytes.Repeat([]byte(`{"kty":"AKP"} `), 257)[:257*14-1], []byte(" "))...), "more than 256 keys"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set, err := keys.ParseJWKS(test.text)
			wantError(t, err, "keys: JWK set: ", test.want)
			if set != nil {
				t.Error("a set came with the error")
			}
		})
	}
}

// Both sides of each limit of the text of a set.
func TestAJWKSetIsReadUpToItsLimits(t *testing.T) {
	good := string(publicJWK(t, "EdDSA", "a"))
	own := len(object(t, []byte(good)))
	size := func(n int) string { text := `{"keys":[` + good + `]}`; return text + strings.Repeat(" ", n-len(text)) }
	count := func(n int) string { return `{"keys":[` + good + strings.Repeat(`,{}`, n-1) + `]}` }
	members := func(n int) string { return `{"keys":[` + good + `]` + manyMembers(n-1-own) + "}" }
	deep := func(n int) string {
		return `{"keys":[` + good + `],"x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
	}
	for name, test := range map[string]struct {
		text string
		want string // part of the error; empty: read
	}{
		"1 MiB":            {size(1 << 20), ""},
		"1 MiB and a byte": {size(1<<20 + 1), "a text of 1048577 bytes: it may have at most 1048576"},
		"256 entries":      {count(256), ""},
		"257 entries":      {count(257), "more than 256 keys"},
		"4096 members":     {members(4096), ""},
		"4097 members":     {members(4097), "too many members"},
		"64 levels":        {deep(64), ""},
		"65 levels":        {deep(65), "nested too deep"},
	} {
		set, err := keys.ParseJWKS([]byte(test.text))
		if (err == nil) != (test.want == "") || (set == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", name, set, err)
		}
	}
	_, err := keys.ParseJWKS(jwkSet([]byte("{}"), []byte(`{"kty":"AKP"}`)))
	wantError(t, err, `no key to verify signatures with: key 0: the member "kty" is missing`)
}

func TestSetChoosesByKeyID(t *testing.T) {
	r, e, unnamed := privateKey(t, "r", "RS256", "a").Public(), privateKey(t, "e", "ES256", "a").Public(), privateKey(t, "", "RS256", "b").Public()
	tests := []struct {
		name   string
		set    *keys.Set
		header keys.Header
		want   *keys.PublicKey
		err    error
	}{
		{"by kid", newSet(t, r, e), keys.Header{Algorithm: "RS256", Kid: "r"}, r, nil},
		{"by kid, second", newSet(t, r, e), keys.Header{Algorithm: "ES256", Kid: "e"}, e, nil},
		{"by kid, another algorithm", newSet(t, r, e), keys.Header{Algorithm: "ES256", Kid: "r"}, nil, keys.ErrAlgorithm},
		{"by kid, HMAC", newSet(t, r, e), keys.Header{Algorithm: "HS256", Kid: "r"}, nil, keys.ErrAlgorithm},
		{"by kid, none", newSet(t, r, e), keys.Header{Algorithm: "none", Kid: "r"}, nil, keys.ErrAlgorithm},
		{"unknown kid", newSet(t, r, e), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey},
		{"unknown kid, unknown algorithm", newSet(t, r, e), keys.Header{Algorithm: "PS256", Kid: "x"}, nil, keys.ErrAlgorithm},
		{"unknown kid, one key", newSet(t, r), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey},
		{"no kid, one key", newSet(t, r), keys.Header{Algorithm: "RS256"}, r, nil},
		{"no kid, one key of the algorithm", newSet(t, r, e), keys.Header{Algorithm: "ES256"}, e, nil},
		{"no kid, two keys of the algorithm", newSet(t, r, e, unnamed), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey},
		{"no kid, another algorithm", newSet(t, r, e), keys.Header{Algorithm: "PS256"}, nil, keys.ErrAlgorithm},
		{"no kid, no algorithm", newSet(t, r), keys.Header{}, nil, keys.ErrAlgorithm},
		{"by thumbprint", newSet(t, r, unnamed), keys.Header{Algorithm: "RS256", Kid: unnamed.Thumbprint()}, unnamed, nil},
		{"by thumbprint of a key that has a kid", newSet(t, r), keys.Header{Algorithm: "RS256", Kid: r.Thumbprint()}, nil, keys.ErrUnknownKey},
		{"a key without a kid, another kid", newSet(t, unnamed), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := test.set.VerificationKey(context.Background(), test.header)
			if !errors.Is(err, test.err) || test.err == keys.ErrUnknownKey && errors.Is(err, keys.ErrAlgorithm) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if test.want != nil && key != keys.VerificationKey(test.want) || test.want == nil && key != nil {
				t.Errorf("key %v, want %v", key, test.want)
			}
		})
	}
}

// Identity providers publish one key under two names or algorithms.
func TestASetTakesOneKeyUnderTwoKidsAndAlgorithms(t *testing.T) {
	key := publicJWK(t, "RS256", "a")
	set, err := keys.ParseJWKS(jwkSet(key, edit(t, key, map[string]any{"kid": "x"}), edit(t, key, map[string]any{"kid": "y", "alg": "PS256"})))
	if err != nil {
		t.Fatal(err)
	}
	for kid, alg := range map[string]string{"x": "RS256", "y": "PS256"} {
		got, err := set.VerificationKey(context.Background(), keys.Header{Algorithm: alg, Kid: kid})
		if err != nil || got.Algorithm() != alg {
			t.Errorf("%s: got %v, %v", kid, got, err)
		}
	}
	if _, err := set.VerificationKey(context.Background(), keys.Header{Algorithm: "RS256", Kid: "y"}); !errors.Is(err, keys.ErrAlgorithm) {
		t.Errorf("under the other's algorithm: %v", err)
	}
}

func TestNewSetRefuses(t *testing.T) {
	key := privateKey(t, "a", "ES256", "a").Public()
	many := make([]*keys.PublicKey, 0, 257)
	for i := range 257 {
		many = append(many, edKey(t, i).Public())
	}
	for name, test := range map[string]struct {
		keys []*keys.PublicKey
		want string
	}{
		"nothing":       {nil, "no keys"},
		"a nil key":     {[]*keys.PublicKey{key, nil}, "key 1 is nil or zero"},
		"a zero key":    {[]*keys.PublicKey{{}}, "key 0 is nil or zero"},
		"one key twice": {[]*keys.PublicKey{key, key}, "two keys of kid"},
		"one kid twice": {[]*keys.PublicKey{key, privateKey(t, "a", "RS256", "a").Public()}, `two keys of kid "a"`},
		"too many keys": {many, "more than 256 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := keys.NewSet(test.keys...)
			wantError(t, err, "keys: set: ", test.want)
		})
	}
	if _, err := keys.NewSet(many[:256]...); err != nil {
		t.Error(err)
	}
}

// edKey returns a key that is another for every number.
func edKey(t testing.TB, number int) *keys.PrivateKey {
	t.Helper()
	text := encode(t, ed25519JWK(fmt.Appendf(nil, "key %028d", number)))
	private, err := keys.ParsePrivateJWK(text)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// A published set can never hold anything secret, whatever it is made from. There
// are no other ways to make a Set than these.
func TestPublishedSetsHoldNothingPrivate(t *testing.T) {
	var published [][]byte
	var secrets []any
	for _, alg := range asymmetricAlgorithms {
		private := privateKey(t, "", alg, "a")
		text := privateJWK(t, alg, "a")
		members := object(t, text)
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
			if value, found := members[name]; found {
				secrets = append(secrets, value)
			}
		}
		fromRing, err := newRing(t, private).PublicSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		parsedRing, err := keys.ParsePrivateJWKS(jwkSet(text))
		if err != nil {
			t.Fatal(err)
		}
		fromParsedRing, err := parsedRing.PublicSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fromOwn, err := keys.ParseJWKS(encode(t, newSet(t, private.Public())))
		if err != nil {
			t.Fatal(err)
		}
		nested, err := newRing(t, newRing(t, private)).PublicSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		published = append(published,
			encode(t, newSet(t, private.Public())), encode(t, fromRing), encode(t, *fromRing), encode(t, fromParsedRing),
			encode(t, fromOwn), encode(t, nested), encode(t, private.Public()), encode(t, *private.Public()),
			encode(t, private), encode(t, *private), encode(t, newRing(t, private)), encode(t, parsedRing))
		if _, err := keys.ParseJWKS(jwkSet(text)); err == nil {
			t.Errorf("%s: a set of private keys was read as one of public keys", alg)
		}
	}
	secret := hmacSecret(t, "s", "HS256", "s")
	secrets = append(secrets, base64url(secretBytes("s")))
	published = append(published, encode(t, secret), encode(t, *secret), encode(t, newRing(t, secret)))
	if _, err := newRing(t, secret).PublicSet(t.Context()); err == nil || !strings.Contains(err.Error(), "never published") {
		t.Errorf("a ring of secrets was published: %v", err)
	}

	for _, text := range published {
		for _, value := range secrets {
			if bytes.Contains(text, []byte(value.(string))) {
				t.Errorf("%s holds a private value", text)
			}
		}
		eachObject(t, text, func(members map[string]any) {
			for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
				if _, found := members[name]; found {
					t.Errorf("%s has the member %q", text, name)
				}
			}
		})
	}
}

// eachObject calls visit for every object in a JSON text, at any depth.
func eachObject(t testing.TB, text []byte, visit func(map[string]any)) {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			visit(v)
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
}

func TestParseRingSignsWithItsFirstKey(t *testing.T) {
	ring, err := keys.ParsePrivateJWKS(jwkSet(privateJWK(t, "ES256", "b"), privateJWK(t, "RS256", "a"), privateJWK(t, "ES256", "a")))
	if err != nil {
		t.Fatal(err)
	}
	h, signature := sign(t, ring, []byte("input"))
	if h.Algorithm != "ES256" || h.Kid != privateKey(t, "", "ES256", "b").Kid() {
		t.Errorf("header %v", h)
	}
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
	for _, old := range []*keys.PrivateKey{privateKey(t, "", "RS256", "a"), privateKey(t, "", "ES256", "a")} {
		h, signature := sign(t, old, []byte("input"))
		if err := verify(ring, h, []byte("input"), signature); err != nil {
			t.Errorf("%v: %v", old, err)
		}
	}
	secrets, err := keys.ParsePrivateJWKS([]byte(`{"keys":[
		{"kty":"oct","kid":"2","k":"` + base64url(secretBytes("2")) + `"},
		{"kty":"oct","k":"` + base64url(secretBytes("1")) + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if h, _ := sign(t, secrets, []byte("input")); h.Algorithm != "HS256" || h.Kid != "2" {
		t.Errorf("header %v", h)
	}
	h, signature = sign(t, hmacSecret(t, "", "HS256", "1"), []byte("input"))
	if err := verify(secrets, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
}

func TestParseRingRefuses(t *testing.T) {
	private := privateJWK(t, "ES256", "a")
	secret := []byte(`{"kty":"oct","k":"` + base64url(secretBytes("s")) + `"}`)
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"no keys":                     {[]byte(`{"keys":[]}`), "no keys"},
		"a public key":                {jwkSet(private, publicJWK(t, "RS256", "a")), "key 1: a public key"},
		"a private key and a secret":  {jwkSet(private, secret), "a secret beside an asymmetric key"},
		"a secret and a private key":  {jwkSet(secret, private), "a secret beside an asymmetric key"},
		"an encryption key":           {jwkSet(private, edit(t, privateJWK(t, "RS256", "a"), map[string]any{"use": "enc"})), `key 1: `},
		"an unknown type":             {jwkSet(private, []byte(`{"kty":"AKP","d":""}`)), `key 1: `},
		"one private key twice":       {jwkSet(private, private), "two keys of kid"},
		"one secret twice":            {jwkSet(secret, secret), "in the ring already"},
		"one kid twice":               {jwkSet(private, edit(t, privateJWK(t, "RS256", "a"), map[string]any{"kid": object(t, private)["kid"]})), "two keys of kid"},
		"a single JWK":                {private, "ParsePrivateJWK"},
		"a secret that is a PEM file": {jwkSet([]byte(`{"kty":"oct","k":"` + base64url(pemFile(t, "ec-p256-a.spki")) + `"}`)), "PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := keys.ParsePrivateJWKS(test.text)
			wantError(t, err, "keys: JWK set: ", test.want)
		})
	}
}

func TestASetMayHaveMembersOfAKey(t *testing.T) {
	key := publicJWK(t, "EdDSA", "a")
	set, err := keys.ParseJWKS([]byte(`{"kty":"set","keys":[` + string(key) + `]}`))
	if err != nil || len(set.Keys()) != 1 {
		t.Errorf("got %v, %v", set, err)
	}
	_, err = keys.ParseJWKS(key)
	wantError(t, err, "a single JWK: use ParsePublicJWK")
	_, err = keys.ParseJWKS([]byte(`{"kty":"OKP","keys":[]}`))
	wantError(t, err, "a single JWK")
	_, err = keys.ParseJWKS([]byte(`{"keys":[]}`))
	wantError(t, err, "no keys in the member")
}
