package verifier_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestATokenWithoutASignatureIsRefusedUnderEverySpellingOfNone(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", " none", "none\u0000", "", "\u006eone"} {
		quoted, _ := json.Marshal(alg)
		head := encode(`{"alg":`+string(quoted)+`}`) + "." + encode(good)
		want := verifier.WrongAlgorithm
		if alg == "" {
			want = verifier.Malformed
		}
		t.Run(fmt.Sprintf("%q", alg), func(t *testing.T) {
			wantRefused(t, v, head+".", verifier.Malformed)
			wantRefused(t, v, head+"."+encode("anything"), want)
			wantRefused(t, v, forge(t, key, `{"alg":`+string(quoted)+`}`, good), want)
		})
	}
}

func TestAPublicKeyUsedAsASecretIsRefusedInEveryEncoding(t *testing.T) {
	private := rsaKeys()[0]
	ec, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := keys.NewPublicKey("RS256", &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	pkix, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})
	jwk, err := json.Marshal(rsaPublic)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(&private.PublicKey)
	secrets := map[string][]byte{
		"PEM":                             block,
		"PEM without the last line break": block[:len(block)-1],
		"PEM with CRLF":                   []byte(strings.ReplaceAll(string(block), "\n", "\r\n")),
		"the base64 inside the PEM":       []byte(base64.StdEncoding.EncodeToString(pkix)),
		"DER":                             pkix,
		"PKCS#1 DER":                      pkcs1,
		"PKCS#1 PEM":                      pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"JWK":                             jwk,
		"the modulus":                     private.N.Bytes(),
		"the modulus in base64url":        []byte(base64.RawURLEncoding.EncodeToString(private.N.Bytes())),
		"the modulus in decimal":          []byte(private.N.String()),
		"nothing":                         {},
		"the key ID":                      []byte(rsaPublic.Kid()),
	}
	sources := map[string]keys.VerificationSource{"an RSA key": rsaPublic, "an EC key": ec.Public()}
	set, err := keys.NewSet(rsaPublic, ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	sources["a set of both"] = set
	for sourceName, source := range sources {
		v := newVerifier(t, source, nil)
		for name, k := range secrets {
			for kidName, kid := range map[string]string{"without kid": "", "kid of the RSA key": rsaPublic.Kid(), "kid of the EC key": ec.Public().Kid()} {
				input := encode(fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid)) + "." + encode(good)
				mac := hmac.New(sha256.New, k)
				mac.Write([]byte(input))
				token := input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
				t.Run(sourceName+"/"+name+"/"+kidName, func(t *testing.T) {
					if got, err := v.Verify(context.Background(), token); got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
						t.Errorf("got %v, %v", got, err)
					}
				})
			}
		}
	}
}

// Every algorithm's signature under every other algorithm's name, for a key of
// the former and one of the latter.
func TestASignatureIsRefusedUnderTheNameOfAnotherAlgorithm(t *testing.T) {
	signers := everyAlgorithm(t)
	for _, signing := range signers {
		for _, named := range signers {
			if named.Algorithm() == signing.Algorithm() {
				continue
			}
			t.Run(signing.Algorithm()+" as "+named.Algorithm(), func(t *testing.T) {
				token := forge(t, signing, fmt.Sprintf(`{"alg":%q}`, named.Algorithm()), good)
				wantRefused(t, newVerifier(t, signing, nil), token, verifier.WrongAlgorithm)
				v := newVerifier(t, named, nil)
				if got, err := v.Verify(context.Background(), token); got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
					t.Errorf("the key of %s: got %v, %v", named.Algorithm(), got, err)
				}
			})
		}
	}
}

func TestASignatureOfTheWrongFormIsRefused(t *testing.T) {
	for _, key := range everyAlgorithm(t) {
		t.Run(key.Algorithm(), func(t *testing.T) {
			v := newVerifier(t, key, nil)
			token := forge(t, key, header(key), good)
			if _, err := v.Verify(context.Background(), token); err != nil {
				t.Fatal(err)
			}
			dot := strings.LastIndexByte(token, '.')
			signature, _ := base64.RawURLEncoding.DecodeString(token[dot+1:])
			with := func(signature []byte) string {
				return token[:dot+1] + base64.RawURLEncoding.EncodeToString(signature)
			}
			wantRefused(t, v, token[:dot+1], verifier.Malformed)
			wantRefused(t, v, with(signature[:1]), verifier.WrongSignature)
			wantRefused(t, v, with(signature[:len(signature)-1]), verifier.WrongSignature)
			wantRefused(t, v, with(signature[:len(signature)/2]), verifier.WrongSignature)
			wantRefused(t, v, with(append([]byte{0}, signature...)), verifier.WrongSignature)
			wantRefused(t, v, with(append(signature[:len(signature):len(signature)], 0)), verifier.WrongSignature)
			wantRefused(t, v, with(append(signature[:len(signature):len(signature)], signature...)), verifier.WrongSignature)
			wantRefused(t, v, with(make([]byte, len(signature))), verifier.WrongSignature)
			for i := range signature {
				flipped := append([]byte(nil), signature...)
				flipped[i] ^= 1 << (i % 8)
				wantRefused(t, v, with(flipped), verifier.WrongSignature)
			}
		})
	}
}

func TestAnECDSASignatureOutsideItsRangeOrEncodingIsRefused(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		key, err := keys.GeneratePrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		key = key.WithKid("k")
		v := newVerifier(t, key, nil)
		token := forge(t, key, header(key), good)
		dot := strings.LastIndexByte(token, '.')
		signature, _ := base64.RawURLEncoding.DecodeString(token[dot+1:])
		width := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:width]), new(big.Int).SetBytes(signature[width:])
		order := map[string]*big.Int{
			"ES256": curveOrder("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
			"ES384": curveOrder("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
			"ES512": curveOrder("01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"),
		}[alg]
		fixed := func(r, s *big.Int) []byte {
			if r.BitLen() > 8*width || s.BitLen() > 8*width {
				return append(r.Bytes(), s.Bytes()...)
			}
			return append(r.FillBytes(make([]byte, width)), s.FillBytes(make([]byte, width))...)
		}
		zero := new(big.Int)
		for name, forged := range map[string][]byte{
			"r is zero":               fixed(zero, s),
			"s is zero":               fixed(r, zero),
			"both are zero":           fixed(zero, zero),
			"r is the order":          fixed(order, s),
			"s is the order":          fixed(r, order),
			"r is beyond the order":   fixed(new(big.Int).Add(r, order), s),
			"s is beyond the order":   fixed(r, new(big.Int).Add(s, order)),
			"r and s are swapped":     fixed(s, r),
			"r without leading zeros": append(r.Bytes()[1:], signature[width:]...),
			"DER":                     der(t, r, s),
			"a byte too wide each":    append(append([]byte{0}, signature[:width]...), append([]byte{0}, signature[width:]...)...),
		} {
			t.Run(alg+"/"+name, func(t *testing.T) {
				wantRefused(t, v, token[:dot+1]+base64.RawURLEncoding.EncodeToString(forged), verifier.WrongSignature)
			})
		}
	}
}

func curveOrder(hex string) *big.Int {
	n, _ := new(big.Int).SetString(hex, 16)
	return n
}

func der(t *testing.T, r, s *big.Int) []byte {
	t.Helper()
	integer := func(n *big.Int) []byte {
		b := n.Bytes()
		if b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	body := append(integer(r), integer(s)...)
	if len(body) >= 0x80 {
		return append([]byte{0x30, 0x81, byte(len(body))}, body...)
	}
	out := append([]byte{0x30, byte(len(body))}, body...)
	return out
}

// digestSigner signs with a key in a way that our own keys never would.
type digestSigner struct {
	alg  string
	sign func(digest []byte) ([]byte, error)
}

func (d digestSigner) Header() keys.Header { return keys.Header{Algorithm: d.alg} }
func (d digestSigner) Sign(_ context.Context, input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	return d.sign(digest[:])
}

func TestAPSSSignatureWithAnotherSaltLengthIsRefused(t *testing.T) {
	private := rsaKeys()[0]
	public, err := keys.NewPublicKey("PS256", &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, public, nil)
	for _, salt := range []int{0, 1, 20, 31, 32, 33, 64, rsa.PSSSaltLengthAuto} {
		t.Run(fmt.Sprint(salt), func(t *testing.T) {
			token := forge(t, digestSigner{"PS256", func(digest []byte) ([]byte, error) {
				return rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: salt})
			}}, `{"alg":"PS256"}`, good)
			if salt != 32 {
				wantRefused(t, v, token, verifier.WrongSignature)
			} else if _, err := v.Verify(context.Background(), token); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestATokenCannotBringTheKeyThatProvesIt(t *testing.T) {
	ours := secret(t, "", "HS256")
	attacker, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	attacker = attacker.WithKid("attacker")
	jwk, err := json.Marshal(attacker.Public())
	if err != nil {
		t.Fatal(err)
	}
	ourEC, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	ourEC = ourEC.WithKid("attacker")
	strict := func(c *verifier.Config) { c.RefuseKeyHeaders = true }
	for name, member := range map[string]string{
		"jwk": string(jwk),
		"jku": `"https://attacker.example/jwks.json"`,
		"x5u": `"https://attacker.example/cert.pem"`,
		"x5c": `["MIIB"]`,
	} {
		t.Run(name, func(t *testing.T) {
			forged := forge(t, attacker, fmt.Sprintf(`{"alg":"ES256","kid":"attacker",%q:%s}`, name, member), good)
			wantRefused(t, newVerifier(t, ourEC.Public(), nil), forged, verifier.WrongSignature)
			wantRefused(t, newVerifier(t, ourEC.Public(), strict), forged, verifier.ForbiddenHeader)
			signed := forge(t, ours, fmt.Sprintf(`{"alg":"HS256",%q:%s}`, name, member), good)
			wantRefused(t, newVerifier(t, ours, strict), signed, verifier.ForbiddenHeader)
			// UAA and others always write such a member, which nobody looks at: no source
			// gets to see it.
			seen := &source{key: ours}
			token, err := newVerifier(t, seen, nil).Verify(context.Background(), signed)
			if err != nil {
				t.Fatal(err)
			}
			if len(token.Header.Params) != 0 {
				t.Errorf("the header has %v", token.Header.Params)
			}
		})
	}
}

func TestARefusalSaysWhatWasExpectedAndWhichFormIsWrong(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, func(c *verifier.Config) { c.Audience = []string{"orders", "billing"} })
	token := forge(t, key, header(key), good)
	parts := strings.Split(token, ".")
	for _, test := range []struct {
		name, token string
		want        verifier.Error
	}{
		{"nothing", "", verifier.Error{Reason: verifier.Malformed, Detail: verifier.NotThreeParts}},
		{"an opaque token", "2YotnFZFEjr1zCsicMWpAA", verifier.Error{Reason: verifier.Malformed, Detail: verifier.NotThreeParts}},
		{"five parts", token + ".a.b", verifier.Error{Reason: verifier.Malformed, Detail: verifier.NotThreeParts}},
		{"Bearer left on", "bearer " + token, verifier.Error{Reason: verifier.Malformed, Detail: verifier.BearerLeftOn}},
		{"Bearer and one character", "Bearer x", verifier.Error{Reason: verifier.Malformed, Detail: verifier.BearerLeftOn}},
		{"Bearer and nothing", "Bearer ", verifier.Error{Reason: verifier.Malformed, Detail: verifier.WhiteSpace}},
		{"an alg that is a number", forge(t, key, `{"alg":1}`, good), verifier.Error{Reason: verifier.Malformed, Detail: verifier.HeaderType}},
		{"a crit before alg", forge(t, key, `{"crit":["x"],"alg":"HS256"}`, good), verifier.Error{Reason: verifier.ForbiddenHeader}},
		{"a line break", token + "\n", verifier.Error{Reason: verifier.Malformed, Detail: verifier.WhiteSpace}},
		{"a space", " " + token, verifier.Error{Reason: verifier.Malformed, Detail: verifier.WhiteSpace}},
		{"padding", token + "=", verifier.Error{Reason: verifier.Malformed, Detail: verifier.NotBase64}},
		{"no JSON", "AAAA." + parts[1] + "." + parts[2], verifier.Error{Reason: verifier.Malformed, Detail: verifier.HeaderJSON}},
		{"no alg", forge(t, key, `{}`, good), verifier.Error{Reason: verifier.Malformed, Detail: verifier.HeaderJSON}},
		{"a kid that is a number", forge(t, key, `{"alg":"HS256","kid":1}`, good), verifier.Error{Reason: verifier.Malformed, Detail: verifier.HeaderType}},
		{"two claims of the wrong type", forge(t, key, header(key), `{"exp":"1","nbf":"2"}`), verifier.Error{Reason: verifier.Malformed, Detail: verifier.ClaimType, Claim: "exp"}},
		{"claims twice", forge(t, key, header(key), `{"exp":1,"exp":2}`), verifier.Error{Reason: verifier.Malformed, Detail: verifier.ClaimsJSON}},
		{"an exp in text", forge(t, key, header(key), `{"exp":"1"}`), verifier.Error{Reason: verifier.Malformed, Detail: verifier.ClaimType, Claim: "exp"}},
		{"another issuer", forge(t, key, header(key), strings.Replace(good, issuer, "https://evil.example", 1)),
			verifier.Error{Reason: verifier.WrongIssuer, Expected: []string{issuer}}},
		{"another audience", forge(t, key, header(key), strings.Replace(good, `"orders"`, `"x"`, 1)),
			verifier.Error{Reason: verifier.WrongAudience, Expected: []string{"orders", "billing"}}},
		{"another type", forge(t, key, `{"alg":"HS256","typ":"at+jwt"}`, good), verifier.Error{Reason: verifier.WrongType, Expected: []string{"JWT"}}},
	} {
		_, err := v.Verify(context.Background(), test.token)
		var got *verifier.Error
		if !errors.As(err, &got) || got.Reason != test.want.Reason || got.Detail != test.want.Detail || got.Claim != test.want.Claim || !slices.Equal(got.Expected, test.want.Expected) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
		for _, said := range append(test.want.Expected, string(test.want.Detail)) {
			if !strings.Contains(err.Error(), said) {
				t.Errorf("%s: %q lacks %q", test.name, err, said)
			}
		}
	}
	metered := newVerifier(t, &source{key: key, metered: true}, nil)
	_, err := metered.Verify(context.Background(), forge(t, key, header(key), `{"exp":1}`))
	var got *verifier.Error
	if !errors.As(err, &got) || got.Reason != verifier.Unproven || got.Detail != "expired" || errors.Is(err, jwt.ErrTokenExpired) {
		t.Errorf("an unproven token: %+v", got)
	}
}

func TestClocksMayBeAFewSecondsApart(t *testing.T) {
	key := secret(t, "", "HS256")
	at := func(nbf, iat, exp int) string {
		return forge(t, key, header(key), fmt.Sprintf(`{"iss":%q,"aud":"orders","nbf":%d,"iat":%d,"exp":%d}`, issuer, now+nbf, now+iat, now+exp))
	}
	for _, test := range []struct {
		name          string
		leeway        time.Duration
		nbf, iat, exp int
		want          verifier.Reason
	}{
		{"by default, five seconds ahead", 0, 5, 5, 9, ""},
		{"by default, nbf six", 0, 6, 0, 9, verifier.NotYetValid},
		{"by default, iat six", 0, 0, 6, 9, verifier.IssuedInFuture},
		{"by default, exp not a moment past", 0, 0, 0, 0, verifier.Expired},
		{"a leeway of one second", time.Second, 1, 1, 0, ""},
		{"a leeway of one second, nbf two", time.Second, 2, 1, 9, verifier.NotYetValid},
		{"a leeway of one second, exp", time.Second, 0, 0, -1, verifier.Expired},
		{"none", -1, 0, 0, 1, ""},
		{"none, nbf", -1, 1, 0, 9, verifier.NotYetValid},
		{"none, iat", -1, 0, 1, 9, verifier.IssuedInFuture},
		{"none, exp", -1, 0, 0, 0, verifier.Expired},
	} {
		v := newVerifier(t, key, func(c *verifier.Config) { c.Leeway = test.leeway })
		if _, err := v.Verify(context.Background(), at(test.nbf, test.iat, test.exp)); verifier.ReasonOf(err) != test.want {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}

func TestAnEmptyAudienceIsNone(t *testing.T) {
	key := secret(t, "", "HS256")
	token := forge(t, key, header(key), strings.Replace(good, `"orders"`, `[]`, 1))
	wantRefused(t, newVerifier(t, key, nil), token, verifier.WrongAudience)
	got, err := newVerifier(t, key, func(c *verifier.Config) { c.Audience, c.SkipAudienceCheck = nil, true }).Verify(context.Background(), token)
	if err != nil || len(got.Audience) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestScopesAreReadFromTheClaimsThatAreNamed(t *testing.T) {
	key := secret(t, "", "HS256")
	token := forge(t, key, header(key), strings.TrimSuffix(good, "}")+
		`,"permissions":["read:orders","a b"],"roles":["admin"],"text":"c d","cognito:groups":["ops"],"groups":["x"],"scp":["from:scp"],"scope":"from:scope"}`)
	for names, want := range map[string][]string{
		"":                     {"from:scope", "from:scp"},
		"permissions":          {"from:scope", "from:scp", "read:orders", "a b"}, // who may name a group "x admin" is no admin
		"text":                 {"from:scope", "from:scp", "c", "d"},
		"roles cognito:groups": {"from:scope", "from:scp", "admin", "ops"},
		"none":                 {"from:scope", "from:scp"},
	} {
		got, err := newVerifier(t, key, func(c *verifier.Config) { c.ScopeClaims = strings.Fields(names) }).Verify(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Scopes(), want) {
			t.Errorf("%s: got %q, want %q", names, got.Scopes(), want)
		}
	}
}

func TestRefuseMakesARefusalOfAnError(t *testing.T) {
	cause := errors.New("the tenant is closed")
	err := verifier.Refuse(fmt.Errorf("Check: %w", cause))
	if !errors.Is(err, verifier.ErrInvalidToken) || !errors.Is(err, cause) || verifier.ReasonOf(err) != verifier.RefusedByCheck || err.Error() != "Check: the tenant is closed" {
		t.Errorf("got %v", err)
	}
	already := &verifier.Error{Reason: verifier.MissingClaim, Claim: "tenant"}
	if got := verifier.Refuse(already); got != error(already) {
		t.Errorf("of a refusal: %v", got)
	}
	if got := verifier.Refuse(nil); got != nil {
		t.Errorf("of nil: %v", got)
	}
}

func TestClaimsShowsNoValue(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(`{"card":4111111111111111,"when":"hunter2","deep":{"n":"hunter2"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]any{
		"card is not of type uint8": &struct {
			Card uint8 `json:"card"`
		}{},
		"when is not of type int": &struct {
			When int `json:"when"`
		}{},
		"deep.n is not of type bool": &struct {
			Deep struct {
				N bool `json:"n"`
			} `json:"deep"`
		}{},
		"an error of type *time.Parse": &struct {
			When time.Time `json:"when"`
		}{},
	} {
		err := token.Claims(v)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "4111") || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAHeaderIsRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	for _, test := range []struct {
		name, header string
		want         verifier.Reason
	}{
		{"an unknown critical extension", `{"alg":"HS256","crit":["x"],"x":1}`, verifier.ForbiddenHeader},
		{"an empty crit", `{"alg":"HS256","crit":[]}`, verifier.ForbiddenHeader},
		{"crit of the wrong type", `{"alg":"HS256","crit":"exp"}`, verifier.ForbiddenHeader},
		{"a critical member that is registered", `{"alg":"HS256","crit":["alg"]}`, verifier.ForbiddenHeader},
		{"b64 false and critical", `{"alg":"HS256","crit":["b64"],"b64":false}`, verifier.ForbiddenHeader},
		{"b64 false", `{"alg":"HS256","b64":false}`, verifier.ForbiddenHeader},
		{"b64 of the wrong type", `{"alg":"HS256","b64":"true"}`, verifier.ForbiddenHeader},
		{"a token in a token", `{"alg":"HS256","cty":"JWT"}`, verifier.ForbiddenHeader},
		{"a token in a token, in lower case", `{"alg":"HS256","cty":"jwt"}`, verifier.ForbiddenHeader},
		{"a token in a token, in full", `{"alg":"HS256","cty":"application/jwt"}`, verifier.ForbiddenHeader},
		{"cty of the wrong type", `{"alg":"HS256","cty":["JWT"]}`, verifier.Malformed},
		{"no alg", `{"typ":"JWT"}`, verifier.Malformed},
		{"alg in capitals", `{"ALG":"HS256"}`, verifier.Malformed},
		{"alg null", `{"alg":null}`, verifier.Malformed},
		{"alg as a list", `{"alg":["HS256"]}`, verifier.Malformed},
		{"alg in lower case", `{"alg":"hs256"}`, verifier.WrongAlgorithm},
		{"another alg", `{"alg":"HS512"}`, verifier.WrongAlgorithm},
		{"two algs", `{"alg":"none","alg":"HS256"}`, verifier.Malformed},
		{"two algs, one escaped", `{"alg":"none","\u0061lg":"HS256"}`, verifier.Malformed},
		{"kid as a number", `{"alg":"HS256","kid":1}`, verifier.Malformed},
		{"kid null", `{"alg":"HS256","kid":null}`, verifier.Malformed},
		{"typ as a number", `{"alg":"HS256","typ":1}`, verifier.Malformed},
		{"an access token's typ", `{"alg":"HS256","typ":"at+jwt"}`, verifier.WrongType},
		{"a logout token's typ", `{"alg":"HS256","typ":"logout+jwt"}`, verifier.WrongType},
		{"a security event's typ", `{"alg":"HS256","typ":"secevent+jwt"}`, verifier.WrongType},
		{"a typ of another tree", `{"alg":"HS256","typ":"text/JWT"}`, verifier.WrongType},
		{"a typ of a tree whose name is as long", `{"alg":"HS256","typ":"superhero/12JWT"}`, verifier.WrongType},
		{"a typ of a tree and nothing else", `{"alg":"HS256","typ":"application/"}`, verifier.WrongType},
		{"a typ with two slashes", `{"alg":"HS256","typ":"application/x/JWT"}`, verifier.WrongType},
		{"a typ that begins with JWT", `{"alg":"HS256","typ":"JWTX"}`, verifier.WrongType},
		{"a typ in application twice", `{"alg":"HS256","typ":"application/application/JWT"}`, verifier.WrongType},
		{"a duplicate deep inside", `{"alg":"HS256","x":[{"a":1,"a":2}]}`, verifier.Malformed},
		{"invalid UTF-8", "{\"alg\":\"HS256\",\"x\":\"\xff\"}", verifier.Malformed},
		{"trailing data", `{"alg":"HS256"}{}`, verifier.Malformed},
		{"a list", `["HS256"]`, verifier.Malformed},
		{"null", `null`, verifier.Malformed},
		{"too many members", `{"alg":"HS256",` + manyMembers(64) + `}`, verifier.Malformed},
		{"too deep", `{"alg":"HS256","x":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + `}`, verifier.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantRefused(t, v, forge(t, key, test.header, good), test.want)
		})
	}
}

// manyMembers returns n members of an object.
func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	return strings.Join(members, ",")
}

func TestATokenOfTheWrongFormIsRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	valid := forge(t, key, header(key), good)
	parts := strings.Split(valid, ".")
	for _, test := range []struct {
		name, token string
		want        verifier.Reason
	}{
		{"nothing", "", verifier.Malformed},
		{"a word", "abc", verifier.Malformed},
		{"no signature", parts[0] + "." + parts[1], verifier.Malformed},
		{"five segments", valid + ".a.b", verifier.Malformed},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "=", verifier.Malformed},
		{"a line feed at the end", valid + "\n", verifier.Malformed},
		{"a carriage return in the signature", valid[:len(valid)-4] + "\r" + valid[len(valid)-4:], verifier.Malformed},
		{"a line feed in the header", valid[:4] + "\n" + valid[4:], verifier.Malformed},
		{"a space in front", " " + valid, verifier.Malformed},
		{"the scheme in front", "Bearer " + valid, verifier.Malformed},
		{"the standard alphabet", parts[0] + "." + parts[1] + ".+/+/", verifier.Malformed},
		{"bits that are not canonical", valid[:len(valid)-1] + nextInAlphabet(valid[len(valid)-1]), verifier.Malformed},
		{"flattened JSON serialization", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]), verifier.Malformed},
		{"general JSON serialization", fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2]), verifier.Malformed},
		{"a detached payload", parts[0] + ".." + parts[2], verifier.Malformed},
		{"a megabyte", strings.Repeat("A", 1<<20), verifier.TooLarge},
		{"a megabyte that begins well", valid + strings.Repeat("A", 1<<20), verifier.TooLarge},
		{"ten thousand dots", strings.Repeat(".", 10_000), verifier.Malformed},
		{"a byte over the limit", strings.Repeat("A", verifier.DefaultMaxTokenSize+1), verifier.TooLarge},
	} {
		t.Run(test.name, func(t *testing.T) { wantRefused(t, v, test.token, test.want) })
	}
}

// nextInAlphabet returns the character whose last bit is another one.
func nextInAlphabet(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

func TestHugeTokensAreRefusedInConstantMemory(t *testing.T) {
	v := newVerifier(t, secret(t, "", "HS256"), nil)
	for name, token := range map[string]string{
		"a megabyte":        strings.Repeat("A", 1<<20),
		"ten thousand dots": strings.Repeat(".", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			if n := testing.AllocsPerRun(10, func() { _, _ = v.Verify(context.Background(), token) }); n > 2 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func TestAPayloadIsRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, func(c *verifier.Config) { c.RequiredClaims = []string{"tenant"} })
	with := func(members string) string {
		return strings.TrimSuffix(good, "}") + `,"tenant":"t"` + members + "}"
	}
	without := func(old, replacement string) string {
		return strings.Replace(with(""), old, replacement, 1)
	}
	const exp, aud, iss = `"exp":1700000060`, `"aud":"orders"`, `"iss":"https://login.example.com"`
	if got, err := v.Verify(context.Background(), forge(t, key, header(key), with(""))); err != nil {
		t.Fatal(got, err)
	}
	for _, test := range []struct {
		name, payload string
		want          verifier.Reason
	}{
		{"null", "null", verifier.Malformed},
		{"a list", "[" + good + "]", verifier.Malformed},
		{"prose", "Payload", verifier.Malformed},
		{"a nested token", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", verifier.Malformed},
		{"trailing data", with("") + "x", verifier.Malformed},
		{"a byte order mark", "\ufeff" + with(""), verifier.Malformed},
		{"two exps", with(`,"exp":9999999999`), verifier.Malformed},
		{"two exps, one escaped", with(`,"\u0065xp":9999999999`), verifier.Malformed},
		{"a duplicate of the user's", with(`,"role":"user","role":"admin"`), verifier.Malformed},
		{"a duplicate deep inside", with(`,"x":{"y":[{"role":1,"role":2}]}`), verifier.Malformed},
		{"invalid UTF-8", with(",\"name\":\"\xff\""), verifier.Malformed},
		{"a lone surrogate", with(`,"name":"\ud800"`), verifier.Malformed},
		{"NaN", without(exp, `"exp":NaN`), verifier.Malformed},
		{"too many members", with("," + manyMembers(512)), verifier.Malformed},
		{"nested arrays to exhaust the stack", with(`,"x":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000)), verifier.Malformed},

		{"no exp", without(exp+",", ""), verifier.MissingClaim},
		{"EXP for exp", without(`"exp"`, `"EXP"`), verifier.MissingClaim},
		{"exp null", without(exp, `"exp":null`), verifier.Malformed},
		{"exp as a string", without(exp, `"exp":"1700000060"`), verifier.Malformed},
		{"exp as a list", without(exp, `"exp":[1700000060]`), verifier.Malformed},
		{"exp true", without(exp, `"exp":true`), verifier.Malformed},
		{"exp now", without(exp, `"exp":1700000000`), verifier.Expired},
		{"exp a moment ago", without(exp, `"exp":1699999999.999`), verifier.Expired},
		{"exp long ago", without(exp, `"exp":0`), verifier.Expired},
		{"exp before 1970", without(exp, `"exp":-1`), verifier.Malformed},
		{"exp infinite", without(exp, `"exp":1e400`), verifier.Malformed},
		{"exp in milliseconds", without(exp, `"exp":1700000060000`), verifier.Malformed},
		{"exp of 2^63", without(exp, `"exp":9223372036854775808`), verifier.Malformed},
		{"exp that wraps round 2^64", without(exp, `"exp":18446744075409551676`), verifier.Malformed},
		{"exp of 1e300", without(exp, `"exp":1e300`), verifier.Malformed},
		{"nbf ahead", with(`,"nbf":1700000006`), verifier.NotYetValid},
		{"nbf that wraps round", with(`,"nbf":1e300`), verifier.Malformed},
		{"nbf as a string", with(`,"nbf":"0"`), verifier.Malformed},
		{"iat ahead", without(`"iat":1700000000`, `"iat":1700000006`), verifier.IssuedInFuture},
		{"iat as a string", without(`"iat":1700000000`, `"iat":"now"`), verifier.Malformed},

		{"no iss", without(iss+",", ""), verifier.WrongIssuer},
		{"another iss", without(iss, `"iss":"https://login.example.org"`), verifier.WrongIssuer},
		{"iss with a slash behind it", without(iss, `"iss":"https://login.example.com/"`), verifier.WrongIssuer},
		{"iss in capitals", without(iss, `"iss":"HTTPS://LOGIN.EXAMPLE.COM"`), verifier.WrongIssuer},
		{"ISS for iss", without(`"iss"`, `"ISS"`), verifier.WrongIssuer},
		{"iſs for iss", without(`"iss"`, `"iſs"`), verifier.WrongIssuer},
		{"iss null", without(iss, `"iss":null`), verifier.Malformed},
		{"iss as a list", without(iss, `"iss":["https://login.example.com"]`), verifier.Malformed},
		{"sub as a number", without(`"sub":"user-1"`, `"sub":1`), verifier.Malformed},
		{"jti as a number", with(`,"jti":1`), verifier.Malformed},

		{"no aud", without(aud+",", ""), verifier.WrongAudience},
		{"another aud", without(aud, `"aud":"billing"`), verifier.WrongAudience},
		{"our aud in capitals", without(aud, `"aud":"ORDERS"`), verifier.WrongAudience},
		{"an aud that begins with ours", without(aud, `"aud":"orders-admin"`), verifier.WrongAudience},
		{"an aud that ours begins with", without(aud, `"aud":"order"`), verifier.WrongAudience},
		{"an aud that lists ours in one string", without(aud, `"aud":"billing orders"`), verifier.WrongAudience},
		{"an empty aud", without(aud, `"aud":""`), verifier.WrongAudience},
		{"AUD for aud", without(`"aud"`, `"AUD"`), verifier.WrongAudience},
		{"aud []", without(aud, `"aud":[]`), verifier.WrongAudience},
		{"aud of others", without(aud, `"aud":["a","b"]`), verifier.WrongAudience},
		{"aud with a number in the list", without(aud, `"aud":["orders",1]`), verifier.Malformed},
		{"aud with a list in the list", without(aud, `"aud":[["orders"]]`), verifier.Malformed},
		{"aud with null in the list", without(aud, `"aud":["orders",null]`), verifier.Malformed},
		{"aud as a number", without(aud, `"aud":1`), verifier.Malformed},
		{"aud as an object", without(aud, `"aud":{"orders":true}`), verifier.Malformed},
		{"aud true", without(aud, `"aud":true`), verifier.Malformed},
		{"aud null", without(aud, `"aud":null`), verifier.Malformed},

		{"no tenant", good, verifier.MissingClaim},
		{"TENANT for tenant", strings.Replace(with(""), "tenant", "TENANT", 1), verifier.MissingClaim},
		{"tenant null", strings.Replace(with(""), `"t"`, "null", 1), verifier.MissingClaim},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantRefused(t, v, forge(t, key, header(key), test.payload), test.want)
		})
	}
}

func TestNothingIsReadFromAPayloadWhoseSignatureIsWrong(t *testing.T) {
	key, other := secret(t, "", "HS256"), secret(t, "", "HS512")
	v := newVerifier(t, key, nil)
	for _, payload := range []string{"null", `{"exp":0}`, `{"iss":"x"}`, "\xff"} {
		token := forge(t, other, header(key), payload)
		wantRefused(t, v, token, verifier.WrongSignature)
		if _, err := v.Verify(context.Background(), token); errors.Is(err, jwt.ErrTokenExpired) || errors.Is(err, jwt.ErrTokenInvalidClaims) {
			t.Errorf("an unproven claim left the verifier: %v", err)
		}
	}
}

func TestRefusalsMatchTheErrorsOfGolangJWT(t *testing.T) {
	key := secret(t, "k", "HS256")
	v := newVerifier(t, key, nil)
	for _, test := range []struct {
		name, token string
		want        []error
	}{
		{"malformed", "abc", []error{jwt.ErrTokenMalformed}},
		{"too large", strings.Repeat("A", 20_000), []error{jwt.ErrTokenMalformed}},
		{"unknown kid", forge(t, key, `{"alg":"HS256","kid":"other"}`, good), []error{jwt.ErrTokenUnverifiable}},
		{"forbidden header", forge(t, key, `{"alg":"HS256","crit":["x"]}`, good), []error{jwt.ErrTokenUnverifiable}},
		{"wrong type", forge(t, key, `{"alg":"HS256","typ":"x"}`, good), []error{jwt.ErrTokenUnverifiable}},
		{"wrong algorithm", forge(t, key, `{"alg":"HS384","kid":"k"}`, good), []error{jwt.ErrTokenSignatureInvalid}},
		{"wrong signature", forge(t, secret(t, "k", "HS512"), header(key), good), []error{jwt.ErrTokenSignatureInvalid}},
		{"expired", forge(t, key, header(key), `{"exp":1}`), []error{jwt.ErrTokenExpired, jwt.ErrTokenInvalidClaims}},
		{"not yet valid", forge(t, key, header(key), `{"exp":2e9,"nbf":2e9}`), []error{jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidClaims}},
		{"issued in the future", forge(t, key, header(key), `{"exp":2e9,"iat":2e9}`), []error{jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenInvalidClaims}},
		{"wrong issuer", forge(t, key, header(key), `{"exp":2e9}`), []error{jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidClaims}},
		{"wrong audience", forge(t, key, header(key), `{"exp":2e9,"iss":"https://login.example.com"}`), []error{jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidClaims}},
		{"missing claim", forge(t, key, header(key), `{}`), []error{jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenInvalidClaims}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := v.Verify(context.Background(), test.token)
			for _, want := range append(test.want, verifier.ErrInvalidToken) {
				if !errors.Is(err, want) {
					t.Errorf("%v does not match %v", err, want)
				}
			}
		})
	}
}

func TestARefusalNamesTheClaimThatIsMissing(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, func(c *verifier.Config) { c.RequiredClaims, c.MaxTokenAge = []string{"sub", "tenant"}, time.Hour })
	for claim, payload := range map[string]string{"exp": `{"sub":"a","tenant":"b"}`, "iat": `{"sub":"a","tenant":"b","exp":2e9}`, "tenant": good} {
		_, err := v.Verify(context.Background(), forge(t, key, header(key), payload))
		var refusal *verifier.Error
		if !errors.As(err, &refusal) || refusal.Claim != claim || err.Error() != "token is invalid: missing_claim "+claim {
			t.Errorf("without %s: got %v", claim, err)
		}
	}
}

func TestAnErrorHoldsNothingOfTheToken(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	const marker = "c0ffee"
	for _, token := range []string{
		marker, forge(t, key, `{"alg":"c0ffee"}`, good), forge(t, key, `{"alg":"HS256","typ":"c0ffee"}`, good),
		forge(t, key, `{"alg":"HS256","c0ffee":1,"c0ffee":2}`, good), forge(t, key, header(key), `{"exp":2e9,"iss":"c0ffee"}`),
		forge(t, key, header(key), `{"exp":2e9,"iss":"https://login.example.com","aud":"c0ffee"}`), forge(t, key, header(key), `{"exp":"c0ffee"}`),
	} {
		_, err := v.Verify(context.Background(), token)
		if err == nil || strings.Contains(err.Error(), marker) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), marker) {
			t.Errorf("%s: %v", token, err)
		}
	}
}

// everyAlgorithm returns one key for each algorithm.
func everyAlgorithm(t testing.TB) []algorithmKey {
	t.Helper()
	list := []algorithmKey{secret(t, "", "HS256"), secret(t, "", "HS384"), secret(t, "", "HS512")}
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		der, err := x509.MarshalPKCS8PrivateKey(rsaKeys()[0])
		if err != nil {
			t.Fatal(err)
		}
		key, err := keys.ParsePrivatePEM(alg, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	for _, alg := range []string{"ES256", "ES384", "ES512", "EdDSA", "Ed25519"} {
		key, err := keys.GeneratePrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	return list
}

// algorithmKey is a key that signs and verifies.
type algorithmKey interface {
	keys.SigningKey
	keys.SigningSource
	keys.VerificationSource
	keys.VerificationKey
}

func TestWhatACallerDoesToARefusalChangesNoVerifier(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	other := forge(t, key, header(key), swap(t, good, `"orders"`, `"other"`))
	for range 2 {
		_, err := v.Verify(context.Background(), other)
		var refusal *verifier.Error
		if !errors.As(err, &refusal) || refusal.Reason != verifier.WrongAudience || !slices.Equal(refusal.Expected, []string{audience}) {
			t.Fatalf("got %v, want that the token is for another audience than orders", err)
		}
		refusal.Expected[0] = "other"
	}
}
