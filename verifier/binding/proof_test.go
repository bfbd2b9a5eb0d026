package binding_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestAProofThatIsNotWhatTheRFCAsksForIsRefused(t *testing.T) {
	c := newClient(t, "ES256", "a")
	secret := testkeys.Secret(t, "", "HS256", "binding")
	withHeader := func(changes object) string {
		header := c.header(t)
		maps.Copy(header, changes)
		maps.DeleteFunc(header, func(_ string, value any) bool { return value == nil })
		return c.sign(t, header, c.claims("1"))
	}
	withKey := func(changes object) string {
		jwk := c.jwk(t)
		maps.Copy(jwk, changes)
		maps.DeleteFunc(jwk, func(_ string, value any) bool { return value == nil })
		return withHeader(object{"jwk": jwk})
	}
	private, err := c.key.MarshalPrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(c.claims("1"))
	if err != nil {
		t.Fatal(err)
	}
	good := c.proof(t, "1", nil)
	parts := strings.Split(good, ".")
	bySecret := func() string {
		input := encode(t, object{"typ": "dpop+jwt", "alg": "HS256", "jwk": c.jwk(t)}) + "." + parts[1]
		mac, err := secret.Sign(t.Context(), []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return input + "." + base64.RawURLEncoding.EncodeToString(mac)
	}()
	k := base64.RawURLEncoding.EncodeToString(testkeys.SecretBytes("binding"))

	for name, proof := range map[string]string{
		"empty":                          "",
		"no JWT":                         "x",
		"two parts":                      parts[0] + "." + parts[1],
		"four parts":                     good + "." + parts[2],
		"without its signature":          parts[0] + "." + parts[1] + ".",
		"a line break at its end":        good + "\n",
		"a space before it":              " " + good,
		"padded":                         good + "==",
		"typ JWT":                        withHeader(object{"typ": "JWT"}),
		"typ in capitals":                withHeader(object{"typ": "DPOP+JWT"}),
		"no typ":                         withHeader(object{"typ": nil}),
		"a list for a typ":               withHeader(object{"typ": []string{"dpop+jwt"}}),
		"alg none":                       withHeader(object{"alg": "none"}),
		"alg none without a signature":   encode(t, object{"typ": "dpop+jwt", "alg": "none", "jwk": c.jwk(t)}) + "." + parts[1] + ".",
		"no alg":                         withHeader(object{"alg": nil}),
		"HS256 by a secret":              bySecret,
		"HS256 by a secret in the jwk":   withHeader(object{"alg": "HS256", "jwk": object{"kty": "oct", "k": k}}),
		"another alg of the key":         withHeader(object{"alg": "ES384"}),
		"an alg of another type of key":  withHeader(object{"alg": "RS256"}),
		"an alg that nobody knows":       withHeader(object{"alg": "ES256K"}),
		"crit":                           withHeader(object{"crit": []string{"exp"}}),
		"an empty crit":                  withHeader(object{"crit": []string{}}),
		"b64 false":                      withHeader(object{"b64": false}),
		"no jwk":                         withHeader(object{"jwk": nil}),
		"a jwk in text":                  withHeader(object{"jwk": "x"}),
		"an empty jwk":                   withHeader(object{"jwk": object{}}),
		"a private jwk":                  withHeader(object{"jwk": json.RawMessage(private)}),
		"a jwk with d":                   withKey(object{"d": "AQAB"}),
		"a jwk with an empty d":          withKey(object{"d": ""}),
		"a secret jwk":                   withHeader(object{"jwk": object{"kty": "oct", "k": k}}),
		"a jwk for another algorithm":    withKey(object{"alg": "ES384"}),
		"a jwk for encryption":           withKey(object{"use": "enc"}),
		"a jwk for signing":              withKey(object{"key_ops": []string{"sign"}}),
		"a jwk that is no point":         withKey(object{"x": c.jwk(t)["y"]}),
		"a jwk of another curve":         withKey(object{"crv": "P-384"}),
		"a jwk without its kty":          withKey(object{"kty": nil}),
		"a key by its address":           withHeader(object{"jwk": nil, "jku": "https://attacker.example/jwks"}),
		"a header member twice":          c.sign(t, `{"typ":"dpop+jwt","typ":"dpop+jwt","alg":"ES256"}`, c.claims("1")),
		"a header that is a list":        c.sign(t, `[]`, c.claims("1")),
		"claims that are a list":         c.sign(t, c.header(t), `[]`),
		"a claim twice":                  c.sign(t, c.header(t), `{"htm":"DELETE",`+string(claims[1:])),
		"claims with something behind":   c.sign(t, c.header(t), string(claims)+" x"),
		"claims that are not UTF-8":      c.sign(t, c.header(t), "{\"a\":\"\xff\","+string(claims[1:])),
		"more than 8 KiB":                c.proof(t, "1", object{"x": strings.Repeat("x", 6000)}),
		"more members than can be":       c.sign(t, c.header(t), manyMembers(claims)),
		"a jwk of more depth than it is": withKey(object{"x5c": json.RawMessage(strings.Repeat("[", 10) + strings.Repeat("]", 10))}),
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, newDPoP(t, c, nil).Check(t.Context(), request(proof), c.token(t)), verifier.WrongProof)
		})
	}
	for name, proof := range map[string]string{
		"as it is":                    good,
		"a long one":                  c.proof(t, "1", object{"x": strings.Repeat("x", 5000)}),
		"b64 true":                    withHeader(object{"b64": true}),
		"a jwk as browsers export it": withKey(object{"key_ops": []string{"verify"}, "ext": true}),
		"a jwk whose alg is null":     withKey(object{"alg": json.RawMessage("null")}),
		"a jwk with its use":          withKey(object{"use": "sig", "kid": "1", "x5c": []string{"MIIB"}}),
		"a kid beside the jwk":        withHeader(object{"kid": "1"}),
	} {
		t.Run(name+" is accepted", func(t *testing.T) {
			wantAccepted(t, newDPoP(t, c, nil).Check(t.Context(), request(proof), c.token(t)))
		})
	}
}

// The algorithm is that of the header, and a key that names another one does not serve it,
// even if it has made the signature.
func TestAKeyThatNamesAnotherAlgorithmThanTheHeaderIsRefused(t *testing.T) {
	for named, header := range map[string]string{"PS256": "RS256", "RS384": "RS256", "Ed25519": "EdDSA", "EdDSA": "Ed25519"} {
		c := newClient(t, named, "a")
		proof := c.sign(t, object{"typ": "dpop+jwt", "alg": header, "jwk": c.key.Public()}, c.claims("1"))
		wantRefused(t, newDPoP(t, c, nil).Check(t.Context(), request(proof), c.token(t)), verifier.WrongProof)
	}
}

// Whatever comes behind it, a header is read to its end.
func TestAHeaderIsReadToItsEnd(t *testing.T) {
	c := newClient(t, "ES256", "a")
	header, err := json.Marshal(c.header(t))
	if err != nil {
		t.Fatal(err)
	}
	good := string(header[:len(header)-1])
	wantAccepted(t, newDPoP(t, c, nil).Check(t.Context(), request(c.sign(t, good+"}", c.claims("1"))), c.token(t)))
	for _, end := range []string{`,"z":1,"z":1}`, `,"crit":["exp"]}`, `,"b64":false}`, `}x`, ``} {
		proof := c.sign(t, good+end, c.claims("1"))
		wantRefused(t, newDPoP(t, c, nil).Check(t.Context(), request(proof), c.token(t)), verifier.WrongProof)
	}
}

func TestARefusalSaysWhatIsWrongWithTheProof(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for want, proof := range map[string]string{
		"the proof is not a JWS in compact serialization":        "x",
		"the proof is not unpadded canonical base64url":          "e30=.e30.c2ln",
		"the proof is too large":                                 strings.Repeat("x", 8193),
		"the header of the proof: its typ is not dpop+jwt":       c.sign(t, `{"typ":"JWT"}`, c.claims("1")),
		"the header of the proof: its alg is not accepted":       c.sign(t, `{"typ":"dpop+jwt","alg":"none"}`, c.claims("1")),
		"the header of the proof: its jwk is not a key":          c.sign(t, `{"typ":"dpop+jwt","alg":"ES256"}`, c.claims("1")),
		"the header of the proof: its jwk is not a public key":   c.sign(t, `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC"}}`, c.claims("1")),
		"the claims of the proof: no jti":                        c.proof(t, "1", object{"jti": nil}),
		"the claims of the proof: no iat":                        c.proof(t, "1", object{"iat": nil}),
		"the claims of the proof: not a strict JSON object":      c.sign(t, c.header(t), `[]`),
		"the proof is too old":                                   c.proof(t, "1", object{"iat": 1}),
		"the signature of the proof is wrong":                    c.proof(t, "1", nil)[:len(c.proof(t, "1", nil))-86] + strings.Repeat("A", 86),
		"the token is bound to a key, and the request has no pr": "",
	} {
		r := request(proof)
		if proof == "" {
			r = request()
		}
		err := newDPoP(t, c, nil).Check(t.Context(), r, c.token(t))
		wantRefused(t, err, verifier.WrongProof)
		if err == nil || !strings.HasPrefix(err.Error(), "binding: "+want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAProofIsOfEightKiBAtMost(t *testing.T) {
	c := newClient(t, "ES256", "a")
	// sized returns a proof of so many bytes. Base64url has no text of some lengths, but the
	// header and the claims together have all.
	sized := func(size int) string {
		for kid := range 3 {
			header := c.header(t)
			header["kid"] = strings.Repeat("k", kid)
			empty := c.sign(t, header, c.claims("1"))
			for fill := (size-len(empty))*3/4 - 12; ; fill++ {
				claims := c.claims("1")
				claims["x"] = strings.Repeat("x", fill)
				proof := c.sign(t, header, claims)
				if len(proof) == size {
					return proof
				}
				if len(proof) > size {
					break
				}
			}
		}
		t.Fatalf("no proof has %d bytes", size)
		return ""
	}
	for size, good := range map[int]bool{8190: true, 8191: true, 8192: true, 8193: false, 8194: false} {
		err := newDPoP(t, c, nil).Check(t.Context(), request(sized(size)), c.token(t))
		if good != (err == nil) || !good && verifier.ReasonOf(err) != verifier.WrongProof {
			t.Errorf("a proof of %d bytes: %v", size, err)
		}
	}
}

func manyMembers(claims []byte) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range 520 {
		b.WriteString(`"` + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + `":0,`)
	}
	return b.String() + string(claims[1:])
}

// Nothing that a caller sends gets past the check or brings it down, unless it is the
// proof that the token's owner has signed, where that is for.
func FuzzProof(f *testing.F) {
	c := newClient(f, "EdDSA", "a") // whose signature is the same in every process
	good := c.proof(f, "1", nil)
	f.Add(good, target)
	f.Add(rfc9449Proof, "https://resource.example.org/protectedresource")
	f.Add(c.sign(f, object{"typ": "dpop+jwt", "alg": "EdDSA", "jwk": object{}}, `{}`), "https://a")
	f.Add("..", "https://[::1]:443/%7e/../..")
	f.Add(good, "HTTPS://api.EXAMPLE.com:443/x/%2e%2e/%6Frders/./1?x#y")
	for _, other := range []string{"http://api.example.com/orders/1", "https://api.example.com:80/orders/1", "https://api.example.com/orders%2F1"} {
		f.Add(good, other)
	}
	f.Fuzz(func(t *testing.T, proof, text string) {
		d := newDPoP(t, c, nil)
		r := request(proof)
		r.URL = text
		err := d.Check(t.Context(), r, c.token(t))
		if err == nil && (proof != good || !mayBeTarget(text)) {
			t.Errorf("accepted %q at %q", proof, text)
		}
	})
}

// mayBeTarget reports whether a URL leads to the target once all that is escaped and each dot
// is taken out of its path.
func mayBeTarget(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Hostname(), "api.example.com") && (u.Port() == "" || u.Port() == "443") &&
		path.Clean("/"+u.Path) == "/orders/1" && !strings.Contains(strings.ToUpper(u.EscapedPath()), "%2F")
}
