package verifier_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func readTestdata(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		zipped, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(zipped); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// witness passes a source on and notes whether a signature was found to be right.
type witness struct {
	keys.VerificationSource
	proven bool
}

type witnessKey struct {
	keys.VerificationKey
	witness *witness
}

func (w *witness) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	key, err := w.VerificationSource.VerificationKey(ctx, h)
	if err != nil {
		return nil, err
	}
	return witnessKey{key, w}, nil
}

func (k witnessKey) Verify(ctx context.Context, input, signature []byte) error {
	err := k.VerificationKey.Verify(ctx, input, signature)
	k.witness.proven = err == nil
	return err
}

// proves reports whether the token's signature is right, whatever its claims say.
func proves(t *testing.T, source keys.VerificationSource, token string) bool {
	t.Helper()
	w := &witness{VerificationSource: source}
	v := newVerifier(t, w, func(c *verifier.Config) {
		c.Issuer, c.Audience, c.SkipIssuerCheck, c.SkipAudienceCheck, c.AllowMissingExpiry = "", nil, true, true, true
	})
	got, err := v.Verify(context.Background(), token)
	if err != nil && !errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("an outage: %v", err)
	}
	if got != nil && !w.proven {
		t.Error("accepted without proof")
	}
	return w.proven
}

// parseJWK returns a verifying key of any kind, bound to alg if that is given.
func parseJWK(t *testing.T, raw json.RawMessage, alg string) (keys.VerificationSource, error) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	if alg != "" {
		members["alg"] = alg
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case members["kty"] == "oct":
		return keys.ParseSecretJWK(text)
	case members["d"] != nil:
		return keys.ParsePrivateJWK(text)
	}
	return keys.ParsePublicJWK(text)
}

func TestTheVectorsOfTheRFCs(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name, Alg, Token, Expect string
			JWK                      json.RawMessage
		}
	}
	readTestdata(t, "rfc.json", &file)
	accepted := 0
	for _, vector := range file.Vectors {
		t.Run(vector.Name, func(t *testing.T) {
			var source keys.VerificationSource
			var err error
			switch {
			case vector.Alg == "RS256+ES256": // a set of private keys, one of which would do
				source, err = keys.ParsePrivateJWKS(vector.JWK)
			case string(vector.JWK) == "null":
				source = secret(t, "", "HS256")
			default:
				source, err = parseJWK(t, vector.JWK, vector.Alg)
			}
			if err != nil {
				t.Fatal(err)
			}
			want := vector.Expect == "signature-valid"
			if got := proves(t, source, vector.Token); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if want {
				accepted++
			}
		})
	}
	if accepted != 14 || len(file.Vectors) != 31 {
		t.Errorf("%d of %d accepted, want 14 of 31", accepted, len(file.Vectors))
	}
}

// Wycheproof's own results stand, but for the eight that testdata overrides and
// for the differences listed here with their reasons.
func TestWycheproofJSONWebSignature(t *testing.T) {
	type testCase struct {
		ID      int    `json:"tcId"`
		Comment string `json:"comment"`
		JWS     string `json:"jws"`
		Result  string `json:"result"`
	}
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			Comment         string
			Public, Private json.RawMessage
			Tests           []testCase
		}
	}
	readTestdata(t, "json_web_signature_test.json.gz", &file)
	var overrides struct {
		Overrides []struct {
			ID  int    `json:"tcId"`
			Use string `json:"use"`
		}
	}
	readTestdata(t, "wycheproof_overrides.json", &overrides)
	override := map[int]string{}
	for _, o := range overrides.Overrides {
		override[o.ID] = o.Use
	}
	// The algorithm of keys whose alg says otherwise than their tokens.
	rebound := map[int]string{346: "PS384", 350: "PS384", 347: "ES512", 351: "ES512"}

	ran, skipped, empty := 0, 0, 0
	for _, group := range file.TestGroups {
		raw := group.Public
		if raw == nil {
			raw = group.Private
		}
		for _, test := range group.Tests {
			if override[test.ID] == "skip" {
				skipped++ // the published result contradicts that of the same bytes
				continue
			}
			ran++
			want := test.Result == "valid"
			switch override[test.ID] {
			case "invalid":
				want = false
			case "valid-if-jwk-alg-ignored":
				if source, err := parseJWK(t, raw, ""); err == nil && proves(t, source, test.JWS) {
					t.Errorf("%d: accepted under another algorithm than the key's", test.ID)
				}
				want = true
			}
			if test.Comment == "emptyPayload" && want {
				want = false // a JWS may sign nothing, but nothing is no claims set
				empty++
			}
			source, err := parseJWK(t, raw, rebound[test.ID])
			if group.Comment == "base64" {
				if err == nil {
					t.Error("a secret of zeros was accepted")
				}
				source, err = weakSecret(make([]byte, 32)), nil // so that the tokens are looked at all the same
			}
			got := err == nil && proves(t, source, test.JWS)
			if got != want {
				t.Errorf("%d %s %s: got %v (%v), want %v", test.ID, group.Comment, test.Comment, got, err, want)
			}
		}
	}
	if ran+skipped != file.NumberOfTests || skipped != 2 || empty != 6 {
		t.Errorf("ran %d and skipped %d of %d, %d of them empty", ran, skipped, file.NumberOfTests, empty)
	}
}

// weakSecret is a key that package keys refuses to make: the secret of the
// published pattern is eleven bytes long. It also shows what it takes to bring a
// key of one's own.
type weakSecret string

func (s weakSecret) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return s, nil
}
func (s weakSecret) Algorithm() string { return "HS256" }
func (s weakSecret) Verify(_ context.Context, input, signature []byte) error {
	mac := hmac.New(sha256.New, []byte(s))
	mac.Write(input)
	if !hmac.Equal(mac.Sum(nil), signature) {
		return keys.ErrSignature
	}
	return nil
}

// The tokens of the published HS256 pattern get the answers of its authorizer, but
// for three that it let in by mistake.
func TestTheTokensOfThePublishedHS256Pattern(t *testing.T) {
	var file struct {
		Secret string
		Cases  []struct {
			Name               string
			AuthorizationToken string
			Expected           struct {
				PolicyDocument struct{ Statement []struct{ Effect string } }
			} `json:"expected_authorizer"`
		}
	}
	readTestdata(t, "hs256_authpolicy.json", &file)
	if _, err := keys.HMAC("HS256", []byte(file.Secret)); err == nil {
		t.Error("a secret of eleven bytes was accepted")
	}
	v := newVerifier(t, weakSecret(file.Secret), func(c *verifier.Config) {
		c.Issuer, c.Audience, c.SkipIssuerCheck, c.SkipAudienceCheck = "", nil, true, true
	})
	differences := map[string]string{
		"no_exp_accepted_by_original":             "a token must expire",
		"iat_future_accepted_by_original":         "a token from the future is forged or its clock is wrong",
		"exp_numeric_string_accepted_by_original": "a NumericDate is a number (RFC 7519 section 2)",
		"with_aud": "the original refused every audience, this verifier was told to skip them",
	}
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			want := test.Expected.PolicyDocument.Statement[0].Effect == "Allow"
			if _, differs := differences[test.Name]; differs {
				want = !want
			}
			got, err := v.Verify(context.Background(), test.AuthorizationToken)
			if (got != nil) != want || (err == nil) != want {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
	if len(file.Cases) != 14 {
		t.Errorf("%d cases", len(file.Cases))
	}
}

func TestTheTokensOfThePublishedStaticKeyPattern(t *testing.T) {
	var file struct {
		PublicKey string `json:"public_key_pem"`
		Tokens    []struct {
			JWT      string
			Verifies bool
			Claims   map[string]any
		}
	}
	readTestdata(t, "static_pem.json", &file)
	key, err := keys.ParsePublicPEM("RS256", []byte(file.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	lenient := newVerifier(t, key, func(c *verifier.Config) {
		c.Issuer, c.Audience, c.SkipIssuerCheck, c.SkipAudienceCheck, c.AllowMissingExpiry = "", nil, true, true, true
	})
	for i, token := range file.Tokens {
		got, err := lenient.Verify(context.Background(), token.JWT)
		if (err == nil) != token.Verifies {
			t.Errorf("token %d: got %v, %v", i, got, err)
		}
		if err == nil && got.Subject != token.Claims["sub"] {
			t.Errorf("token %d: got %v", i, got)
		}
		if !token.Verifies {
			wantRefused(t, lenient, token.JWT, verifier.WrongSignature)
		}
	}
	strict := newVerifier(t, key, func(c *verifier.Config) {
		c.Issuer, c.Audience, c.SkipIssuerCheck, c.SkipAudienceCheck = "", nil, true, true
	})
	wantRefused(t, strict, file.Tokens[0].JWT, verifier.MissingClaim)
	if !slices.Equal([]bool{file.Tokens[0].Verifies, file.Tokens[1].Verifies, file.Tokens[2].Verifies}, []bool{true, false, true}) {
		t.Error("the file has changed")
	}
}
