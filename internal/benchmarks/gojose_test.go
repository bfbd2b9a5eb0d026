package benchmarks_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/lambdajwt/authorizer/internal/benchmarks"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// now is the time of both libraries, in seconds since 1970.
const now = 1_700_000_000

const goodClaims = `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1700000060,"nbf":1699999990,"iat":1700000000,"jti":"1"}`

// A difference is something in a token that go-jose refuses it for and this library does
// not.
type difference struct {
	why  string
	take func(header map[string]json.RawMessage) // it out
}

// differences are all that there may be.
var differences = map[string]difference{
	"a jwk or x5c that is none": {
		"Keys in a header are not looked at (RFC 8725 section 3.10): Config.Keys has the only ones.",
		func(header map[string]json.RawMessage) { delete(header, "jwk"); delete(header, "x5c") },
	},
	"a nonce that is no string": {
		"It is ACME's (RFC 8555 section 6.5.2) and means nothing in a JWT; what is not understood is ignored (RFC 7515 section 4).",
		func(header map[string]json.RawMessage) { delete(header, "nonce") },
	},
	"a number in the header beyond a float64": {
		"It is JSON all the same (RFC 8259 section 6), in a member that nobody looks at.",
		func(header map[string]json.RawMessage) {
			for name, value := range header {
				var v any
				if json.Unmarshal(value, &v) != nil {
					delete(header, name)
				}
			}
		},
	},
}

// A duel holds the two libraries against each other with one key.
type duel struct {
	key  *benchmarks.Key
	ours *verifier.Local
}

func newDuel(tb testing.TB, algorithm string) duel {
	tb.Helper()
	key := newKey(tb, algorithm)
	var source keys.VerificationSource
	var err error
	if secret, ok := key.Public.([]byte); ok {
		source, err = keys.HMAC(algorithm, secret)
	} else {
		source, err = keys.NewPublicKey(algorithm, key.Public)
	}
	if err != nil {
		tb.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Keys: source, Issuer: benchmarks.Issuer, Audience: []string{benchmarks.Audience},
		Leeway: -1, // as go-jose is told below
		Now:    func() time.Time { return time.Unix(now, 0) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	return duel{key, v}
}

func (d duel) sign(tb testing.TB, header, payload string) string {
	tb.Helper()
	token, err := d.key.SignText(header, payload)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// theirs is go-jose's verdict under the same rules.
func (d duel) theirs(token string) (jwt.Claims, error) {
	var claims jwt.Claims
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(d.key.Algorithm)})
	if err != nil {
		return claims, err
	}
	if err := parsed.Claims(d.key.Public, &claims); err != nil {
		return claims, err
	}
	if claims.Expiry == nil {
		return claims, errors.New("no exp")
	}
	expected := jwt.Expected{Issuer: benchmarks.Issuer, AnyAudience: jwt.Audience{benchmarks.Audience}, Time: time.Unix(now, 0)}
	return claims, claims.ValidateWithLeeway(expected, 0)
}

// check fails if a token passes here and not there, or is read otherwise.
func (d duel) check(t *testing.T, token string) {
	t.Helper()
	got, err := d.ours.Verify(context.Background(), token)
	if err != nil {
		if got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Fatalf("got %v, %v", got, err)
		}
		return
	}
	want, err := d.theirs(token)
	if err != nil {
		want, err = d.theirs(d.without(t, token, err))
	}
	if err != nil {
		t.Fatalf("accepted what go-jose refuses (%v): %s", err, token)
	}
	same := got.Issuer == want.Issuer && got.Subject == want.Subject && got.ID == want.ID && slices.Equal(got.Audience, want.Audience) &&
		sameTime(got.ExpiresAt, want.Expiry) && sameTime(got.NotBefore, want.NotBefore) && sameTime(got.IssuedAt, want.IssuedAt)
	if !same {
		t.Fatalf("reads %v, and go-jose %v: %s", got, want, token)
	}
}

// sameTime compares to the second, as go-jose reads times.
func sameTime(ours time.Time, theirs *jwt.NumericDate) bool {
	return ours.IsZero() == (theirs == nil) && (theirs == nil || ours.Unix() == int64(*theirs))
}

// without returns the token without what go-jose may refuse it for, signed anew.
func (d duel) without(t *testing.T, token string, err error) string {
	t.Helper()
	header, payload := parts(t, token)
	members := map[string]json.RawMessage{}
	if failure := json.Unmarshal([]byte(header), &members); failure != nil {
		t.Fatalf("accepted what go-jose refuses (%v), with a header that is no JSON: %v", err, failure)
	}
	before := len(members)
	for _, difference := range differences {
		difference.take(members)
	}
	if len(members) == before {
		t.Fatalf("accepted what go-jose refuses (%v): %s . %s", err, header, payload)
	}
	mended, failure := json.Marshal(members)
	if failure != nil {
		t.Fatal(failure)
	}
	return d.sign(t, string(mended), payload)
}

// FuzzSignedAgainstGoJOSE feeds headers and payloads that the right key has signed, and
// spoils one byte of the token unless at is beyond it: nothing passes here that go-jose
// refuses, but for the differences.
func FuzzSignedAgainstGoJOSE(f *testing.F) {
	var duels []duel
	for _, algorithm := range []string{"HS256", "RS256", "PS256", "ES256", "EdDSA"} {
		duels = append(duels, newDuel(f, algorithm))
	}
	const nowhere = 1 << 20
	for i, d := range duels {
		header := fmt.Sprintf(`{"alg":%q,"typ":"JWT","kid":"1"}`, d.key.Algorithm)
		f.Add(byte(i), header, goodClaims, uint(nowhere))
		f.Add(byte(i), header, goodClaims, uint(40))
		for _, members := range []string{
			`"crit":["b64"],"b64":true`, `"crit":["exp"]`, `"crit":[]`, `"crit":null`, `"b64":false`, `"b64":true`, `"jwk":{"kty":"RSA"}`, `"x5c":["AA"]`, `"nonce":5`,
			`"x":1e400`, `"jku":"https://evil.example/keys"`, `"cty":"JWT"`, `"typ":"at+jwt"`, `"alg":"none"`, `"x":{"a":[1,{"b":null}]}`, `"zip":"DEF"`, `"ALG":"none"`, `"kid":null`,
		} {
			f.Add(byte(i), strings.TrimSuffix(header, "}")+","+members+"}", goodClaims, uint(nowhere))
		}
	}
	for _, replace := range [][2]string{
		{`"exp":`, `"EXP":`}, {`"exp":1700000060`, `"exp":"1700000060"`}, {`"exp":1700000060`, `"exp":1.70000006e9`}, {`"exp":1700000060`, `"exp":1e400`},
		{`"exp":1700000060`, `"exp":1700000060,"exp":1`}, {`"exp":1700000060`, `"exp":1700000000.5`}, {`"exp":1700000060`, `"exp":null`},
		{`"nbf":1699999990`, `"nbf":1700000000.9`}, {`"nbf":1699999990`, `"nbf":-1`}, {`"nbf":1699999990`, `"nbf":null`}, {`"iat":1700000000`, `"iat":1700000001`},
		{`"orders"`, `["x","orders"]`}, {`"orders"`, `["orders",1]`}, {`"orders"`, `[]`}, {`"orders"`, `"ord\u0065rs"`}, {`"user-1"`, `null`}, {`"user-1"`, `"\ud83d\ude00"`},
		{`"user-1"`, `"\ud800"`}, {`"user-1"`, `5`}, {`"jti":"1"`, `"jti":1`}, {`"iss":`, `"i\u0073s":`}, {`"iss":`, "\n\t\"iss\" :"}, {`"jti":"1"`, `"x":1e999,"y":[[[[]]]]`},
	} {
		f.Add(byte(0), `{"alg":"HS256"}`, strings.Replace(goodClaims, replace[0], replace[1], 1), uint(nowhere))
	}
	f.Fuzz(func(t *testing.T, which byte, header, payload string, at uint) {
		d := duels[int(which)%len(duels)]
		token := []byte(d.sign(t, header, payload))
		if at < uint(len(token)) {
			token[at] ^= 1
		}
		d.check(t, string(token))
	})
}

// What stands in a token where the libraries may see it differently.
var (
	headerNames = []string{"typ", "kid", "jwk", "jku", "x5c", "x5u", "crit", "b64", "nonce", "cty", "zip", "enc", "epk", "ALG", "", "x"}
	claimNames  = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "EXP", "", "x"}
	values      = []string{
		`null`, `true`, `false`, `0`, `-0`, `-1`, `1e400`, `1.5`, `1e1`, `1700000000`, `1700000001`, `1699999999.5`, `1700000000.5`, `1.7e9`, `17000000600e-1`,
		`253402300799`, `253402300800`, `1e18`, `9223372036854775808`, `""`, `"JWT"`, `"orders"`, `"1700000060"`, `"\ud83d\ude00"`, `"\ud800"`, `"a\u0000b"`,
		`"https:\/\/login.example.com"`, `"HTTPS://login.example.com"`, `[]`, `[null]`, `["orders"]`, `["x","orders"]`, `["orders",1]`, `[["orders"]]`, `["b64"]`, `["exp"]`,
		`{}`, `{"a":1}`, `{"a":1,"a":2}`, `{"kty":"RSA"}`, `{"kty":"oct","k":"AA"}`, `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
	}
)

// Every value in every member of the header, with every value in every claim.
func TestNothingPassesHereThatGoJOSERefusesButForTheDifferences(t *testing.T) {
	d := newDuel(t, "HS256")
	var headers, payloads []string
	for _, value := range values {
		for _, name := range headerNames {
			headers = append(headers, fmt.Sprintf(`{"alg":"HS256",%q:%s}`, name, value))
		}
		for _, name := range claimNames {
			payloads = append(payloads, with(t, name, value))
		}
	}
	headers = append(headers, `{"alg":"HS256"}`)
	for _, header := range headers {
		for _, payload := range payloads {
			d.check(t, d.sign(t, header, payload))
		}
	}
}

// with returns good claims of which one has another value.
func with(t *testing.T, name, value string) string {
	t.Helper()
	var claims map[string]json.RawMessage
	if err := json.Unmarshal([]byte(goodClaims), &claims); err != nil {
		t.Fatal(err)
	}
	var members []string
	for _, own := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
		if own != name {
			members = append(members, fmt.Sprintf("%q:%s", own, claims[own]))
		}
	}
	return "{" + strings.Join(append(members, fmt.Sprintf("%q:%s", name, value)), ",") + "}"
}

// parts returns header and payload of a token.
func parts(t *testing.T, token string) (header, payload string) {
	t.Helper()
	var texts []string
	for _, part := range strings.Split(token, ".") {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts[0], texts[1]
}

// Each entry of the list is one: this library accepts the token, and go-jose refuses it for
// just that.
func TestTheDifferencesToGoJOSEAreWhatTheySay(t *testing.T) {
	d := newDuel(t, "HS256")
	for name, members := range map[string]string{
		"a jwk or x5c that is none":               `"jwk":{"kty":"RSA"}`,
		"a nonce that is no string":               `"nonce":5`,
		"a number in the header beyond a float64": `"x":[{"y":1e400}]`,
	} {
		token := d.sign(t, `{"alg":"HS256",`+members+`}`, goodClaims)
		if _, err := d.ours.Verify(t.Context(), token); err != nil {
			t.Errorf("%s: refused here: %v", name, err)
		}
		_, refused := d.theirs(token)
		header := map[string]json.RawMessage{"alg": json.RawMessage(`"HS256"`)}
		if err := json.Unmarshal([]byte(`{`+members+`}`), &header); err != nil {
			t.Fatal(err)
		}
		differences[name].take(header)
		if _, err := d.theirs(d.sign(t, string(marshal(t, header)), goodClaims)); refused == nil || err != nil || len(header) != 1 {
			t.Errorf("%s: go-jose says %v, and %v without it", name, refused, err)
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
