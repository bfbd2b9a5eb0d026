package doctest_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

var migratingSecret = []byte("an example's secret, and not yours!")

// signedText returns the token of a header and claims as they stand.
func signedText(header, claims string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, migratingSecret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const (
	plainHeader = `{"alg":"HS256","typ":"JWT"}`
	plainClaims = `{"iss":"login","aud":"orders","sub":"user-1","exp":4000000000}`
)

// A newlyRefused is a token that golang-jwt accepts by default.
type newlyRefused struct {
	token  string
	bare   bool       // it is sent without "Bearer "
	claims jwt.Claims // what the parser fills; nil means jwt.MapClaims
	key    any        // that it is given; nil means the secret
	source keys.VerificationSource
}

func newlyRefusedTokens(t *testing.T) map[string]newlyRefused {
	t.Helper()
	with := func(from, to string) newlyRefused {
		claims := strings.Replace(plainClaims, from, to, 1)
		if claims == plainClaims {
			t.Fatalf("no %s in the claims", from)
		}
		return newlyRefused{token: signedText(plainHeader, claims)}
	}
	header := func(members string) newlyRefused {
		return newlyRefused{token: signedText(`{"alg":"HS256",`+members+`}`, plainClaims)}
	}
	misspelt := with(`"exp"`, `"EXP"`)
	misspelt.claims = new(jwt.RegisteredClaims)
	broken := signedText(plainHeader, plainClaims)
	named := header(`"kid":"2026-02"`)
	named.source = ringOfTwo(t)
	return map[string]newlyRefused{
		"no `exp`":                       with(`,"exp":4000000000`, ``),
		"no `sub`":                       with(`"sub":"user-1",`, ``),
		"no `Bearer ` in front":          {token: signedText(plainHeader, plainClaims), bare: true},
		"another issuer":                 with(`"iss":"login"`, `"iss":"elsewhere"`),
		"another audience":               with(`"aud":"orders"`, `"aud":"invoices"`),
		"`iat` an hour ahead":            with(`"exp"`, `"iat":3999999000,"exp"`),
		"`typ` of a logout token":        header(`"typ":"logout+jwt"`),
		"`crit` that nobody knows":       header(`"crit":["x"],"x":1`),
		"`b64` false":                    header(`"b64":false`),
		"two members of one name":        with(`"sub":"user-1"`, `"sub":"user-2","sub":"user-1"`),
		"`EXP` for `exp`":                misspelt,
		"a line break inside":            {token: broken[:len(broken)-10] + "\n" + broken[len(broken)-10:]},
		"`nbf` of 1e300":                 with(`"exp"`, `"nbf":1e300,"exp"`),
		"claims that are null":           {token: signedText(plainHeader, `null`)},
		"invalid UTF-8":                  with(`user-1`, "user-\xff"),
		"PS256 with another salt length": withAnotherSalt(t),
		"a kid of no key":                named,
	}
}

// ringOfTwo has two secrets of one kid each.
func ringOfTwo(t *testing.T) *keys.Ring {
	t.Helper()
	first, err := keys.HMAC("HS256", migratingSecret)
	if err != nil {
		t.Fatal(err)
	}
	second, err := keys.HMAC("HS256", []byte("another secret of this example, longer"))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.NewRing(first.WithKid("2026-01"), second.WithKid("2025-12"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func withAnotherSalt(t *testing.T) newlyRefused {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.NewPublicKey("PS256", &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	input, _, _ := strings.Cut(signedText(`{"alg":"PS256","typ":"JWT"}`, plainClaims), "=")
	input = input[:strings.LastIndex(input, ".")]
	hash := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, hash[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto})
	if err != nil {
		t.Fatal(err)
	}
	return newlyRefused{token: input + "." + base64.RawURLEncoding.EncodeToString(signature), key: &private.PublicKey, source: public}
}

func TestTheTokensOfTheMigrationGuideAreAcceptedByGolangJWTAndRefusedHere(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| (.+?) \\| `(\\w+)` \\|").FindAllStringSubmatch(section(t, "docs/migrating.md", "Tokens that are refused from now on"), -1)
	made := newlyRefusedTokens(t)
	if len(rows) != len(made) {
		t.Errorf("%d rows for %d tokens", len(rows), len(made))
	}
	secret, err := keys.HMAC("HS256", migratingSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			test, there := made[row[1]]
			if !there {
				t.Fatal("nobody makes this token")
			}
			if test.claims == nil {
				test.claims = jwt.MapClaims{}
			}
			if test.key == nil {
				test.key = migratingSecret
			}
			if test.source == nil {
				test.source = secret
			}
			if _, err := jwt.ParseWithClaims(test.token, test.claims, func(*jwt.Token) (any, error) { return test.key, nil }); err != nil {
				t.Errorf("golang-jwt: %v", err)
			}
			v, err := verifier.New(verifier.Config{Keys: test.source, Issuer: "login", Audience: []string{"orders"}, Now: func() time.Time { return time.Unix(3_000_000_000, 0) }})
			if err != nil {
				t.Fatal(err)
			}
			if err := invoke(t, v, test.token, test.bare); string(verifier.ReasonOf(err)) != row[2] {
				t.Errorf("got %v", err)
			}
		})
	}
}

// invoke returns the error of an authorizer, with the settings that it has by itself, to a
// token in the header.
func invoke(t *testing.T, v verifier.Verifier, token string, bare bool) error {
	t.Helper()
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
	if err != nil {
		t.Fatal(err)
	}
	if !bare {
		token = "Bearer " + token
	}
	event, err := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": token,
		"methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Invoke(t.Context(), event)
	return err
}

func TestThePlainTokenOfTheMigrationGuideIsGood(t *testing.T) {
	secret, err := keys.HMAC("HS256", migratingSecret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: secret, Issuer: "login", Audience: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := invoke(t, v, signedText(plainHeader, plainClaims), false); err != nil {
		t.Error(err)
	}
}
