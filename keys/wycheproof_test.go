package keys_test

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// wycheproofFile is a file of testdata/wycheproof.
type wycheproofFile struct {
	NumberOfTests int
	TestGroups    []wycheproofGroup
}

type wycheproofGroup struct {
	Comment         string
	Public, Private json.RawMessage
	PublicKeyDer    string
	Sha             string
	SLen            *int
	TagSize         int
	Tests           []wycheproofCase
}

type wycheproofCase struct {
	TcID               int
	Comment            string
	Msg, Sig, Key, Tag string
	JWS                string
	Result             string
}

func readWycheproof(t *testing.T, name string) wycheproofFile {
	t.Helper()
	compressed, err := os.Open(filepath.Join("testdata", "wycheproof", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer compressed.Close()
	text, err := gzip.NewReader(compressed)
	if err != nil {
		t.Fatal(err)
	}
	var file wycheproofFile
	if err := json.NewDecoder(text).Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every way in which this package may differ from Wycheproof's results.
const (
	// Valid under keys that this package refuses to make.
	smallExponent = "an RSA key with the public exponent 3"
	shortSecret   = "a secret shorter than the hash"
	// Valid in a scheme that JWS does not have.
	truncatedMAC = "a MAC cut short (RFC 7518 section 3.2)"
	otherSalt    = "a PSS salt of another length than the hash's (RFC 7518 section 3.5)"
	// Invalid in a scheme that JWS does not have.
	hashSalt = "a PSS salt of the hash's length where Wycheproof wants an empty one"
	// Neither valid nor invalid for Wycheproof.
	missingNull = "a PKCS #1 signature without the NULL of its AlgorithmIdentifier"
)

// wycheproofCounts is what comes of a file: how many cases this package accepts,
// and in how many its verdict is another, by reason.
type wycheproofCounts struct {
	accepted  int
	differing map[string]int
}

// count counts a case. reason gives the reason for a difference, if there is a good
// one.
func (c *wycheproofCounts) count(t *testing.T, test wycheproofCase, err error, reason func() string) {
	t.Helper()
	verdict := "invalid"
	if err == nil {
		c.accepted++
		verdict = "valid"
	}
	if verdict == test.Result {
		return
	}
	why := reason()
	if why == "" {
		t.Errorf("tcId %d (%s) is %s, and %s here: %v", test.TcID, test.Comment, test.Result, verdict, err)
	}
	c.differing[why]++
}

func (c *wycheproofCounts) check(t *testing.T, accepted int, differing map[string]int) {
	t.Helper()
	if c.accepted != accepted || !maps.Equal(c.differing, differing) {
		t.Errorf("accepted %d and differing %v, want %d and %v", c.accepted, c.differing, accepted, differing)
	}
}

// unhex decodes a field of a file.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestWycheproofSignatures(t *testing.T) {
	tests := []struct {
		file, alg, sha  string
		total, accepted int
		differing       map[string]int
	}{
		{"ecdsa_secp256r1_sha256_p1363_test", "ES256", "SHA-256", 262, 173, nil},
		{"ecdsa_secp384r1_sha384_p1363_test", "ES384", "SHA-384", 280, 193, nil},
		{"ecdsa_secp521r1_sha512_p1363_test", "ES512", "SHA-512", 318, 231, nil},
		{"ed25519_test", "EdDSA", "", 151, 88, nil},
		{"rsa_signature_2048_sha256_test", "RS256", "SHA-256", 259, 7, map[string]int{missingNull: 1, smallExponent: 2}},
		{"rsa_signature_2048_sha384_test", "RS384", "SHA-384", 258, 7, map[string]int{missingNull: 1}},
		{"rsa_signature_2048_sha512_test", "RS512", "SHA-512", 259, 7, map[string]int{missingNull: 1, smallExponent: 1}},
		{"rsa_signature_3072_sha256_test", "RS256", "SHA-256", 259, 7, map[string]int{missingNull: 1, smallExponent: 1}},
		{"rsa_signature_4096_sha512_test", "RS512", "SHA-512", 259, 7, map[string]int{missingNull: 1}},
		{"rsa_pss_2048_sha256_mgf1_32_test", "PS256", "SHA-256", 108, 63, nil},
		{"rsa_pss_2048_sha384_mgf1_48_test", "PS384", "SHA-384", 141, 95, nil},
		{"rsa_pss_4096_sha512_mgf1_64_test", "PS512", "SHA-512", 179, 132, nil},
		{"rsa_pss_2048_sha256_mgf1_0_test", "PS256", "SHA-256", 103, 1, map[string]int{otherSalt: 61, hashSalt: 1}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			counts := wycheproofCounts{differing: map[string]int{}}
			file := readWycheproof(t, test.file)
			if file.NumberOfTests != test.total {
				t.Errorf("%d cases, want %d", file.NumberOfTests, test.total)
			}
			for _, group := range file.TestGroups {
				if group.Sha != test.sha {
					t.Fatalf("a group of %s, want %s", group.Sha, test.sha)
				}
				key, keyErr := keys.ParsePublicPEM(test.alg,
					pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: unhex(t, group.PublicKeyDer)}))
				for _, c := range group.Tests {
					err := keyErr
					if keyErr == nil {
						err = verify(key, keys.Header{Algorithm: test.alg}, unhex(t, c.Msg), unhex(t, c.Sig))
						if err != nil && !errors.Is(err, keys.ErrSignature) {
							t.Errorf("tcId %d (%s): %v", c.TcID, c.Comment, err)
						}
					}
					counts.count(t, c, err, func() string { return signatureDifference(group, c, err) })
				}
			}
			counts.check(t, test.accepted, test.differing)
		})
	}
}

// signatureDifference returns why this package's verdict on a signature may be
// another than Wycheproof's, or nothing.
func signatureDifference(group wycheproofGroup, c wycheproofCase, err error) string {
	noSalt := group.SLen != nil && *group.SLen == 0
	switch {
	case err == nil && noSalt && c.Comment == "s_len changed to 32":
		return hashSalt
	case err == nil:
		return ""
	case strings.Contains(err.Error(), "public exponent 3:"):
		return smallExponent
	case noSalt:
		return otherSalt
	case c.Result == "acceptable" && c.Comment == "Missing NULL in the ASN encoding":
		return missingNull
	}
	return ""
}

func TestWycheproofMACs(t *testing.T) {
	differing := map[string]int{truncatedMAC: 30, shortSecret: 6}
	tests := []struct {
		file, alg string
		bits      int
	}{
		{"hmac_sha256_test", "HS256", 256},
		{"hmac_sha384_test", "HS384", 384},
		{"hmac_sha512_test", "HS512", 512},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			counts := wycheproofCounts{differing: map[string]int{}}
			file := readWycheproof(t, test.file)
			if file.NumberOfTests != 174 {
				t.Errorf("%d cases, want 174", file.NumberOfTests)
			}
			for _, group := range file.TestGroups {
				for _, c := range group.Tests {
					secret, err := keys.HMAC(test.alg, unhex(t, c.Key))
					if err == nil {
						err = verify(secret, keys.Header{Algorithm: test.alg}, unhex(t, c.Msg), unhex(t, c.Tag))
					}
					counts.count(t, c, err, func() string {
						switch {
						case err == nil:
							return ""
						case strings.Contains(err.Error(), "needs a secret of at least"):
							return shortSecret
						case errors.Is(err, keys.ErrSignature) && group.TagSize < test.bits:
							return truncatedMAC
						}
						return ""
					})
				}
			}
			counts.check(t, 30, differing)
		})
	}
}

// The cases are of whole tokens; the part of the key is played here, which is all
// that they are about. There is no difference, and each rejection is for the right
// reason.
func TestWycheproofKeySets(t *testing.T) {
	reasons := map[int]string{
		1:  "key 1: a public key", // beside a secret
		3:  keys.ErrSignature.Error(),
		4:  "canonical base64url", // of the second key, even before its kid
		6:  `its alg is "RSA1_5"`,
		7:  "ROCA",
		8:  "an RSA key of 1024 bits",
		9:  "public exponent 1:",
		10: "at least 32 bytes, got 31", 11: "at least 48 bytes, got 47", 12: "at least 64 bytes, got 63",
		16: "at least 32 bytes, got 0", 17: "at least 48 bytes, got 0", 18: "at least 64 bytes, got 0",
		19: `its alg is "ES521"`,
		20: `its alg is "ES224"`,
		21: `its use is "enc"`,
		22: "x and y are not a point on P-256",
		23: "x and y are not a point on P-384",
		24: `the member "n" is missing`,
		25: `its alg is "A256GCM"`,
		26: `its alg is "A256KW"`,
	}
	counts := wycheproofCounts{differing: map[string]int{}}
	file := readWycheproof(t, "json_web_key_test")
	if file.NumberOfTests != 26 {
		t.Errorf("%d cases, want 26", file.NumberOfTests)
	}
	for _, group := range file.TestGroups {
		for _, c := range group.Tests {
			err := verifyWithKeySet(t, group, c.JWS)
			counts.count(t, c, err, func() string { return "" })
			if err != nil && !strings.Contains(err.Error(), reasons[c.TcID]) || err != nil && reasons[c.TcID] == "" {
				t.Errorf("tcId %d (%s): rejected for another reason: %v", c.TcID, group.Comment, err)
			}
		}
	}
	counts.check(t, 5, nil)
}

// verifyWithKeySet verifies a compact JWS with the public key set of a group or,
// where there is none, with its secrets.
func verifyWithKeySet(t *testing.T, group wycheproofGroup, jws string) error {
	t.Helper()
	var source keys.VerificationSource
	var err error
	if len(group.Public) > 0 {
		source, err = keys.ParseJWKS(group.Public)
	} else {
		source, err = keys.ParsePrivateJWKS(group.Private)
	}
	if err != nil {
		return err
	}
	header, input, signature := splitJWS(t, jws)
	key, err := source.VerificationKey(context.Background(), header)
	if err != nil {
		return err
	}
	return key.Verify(context.Background(), input, signature)
}

// splitJWS takes a compact JWS apart.
func splitJWS(t testing.TB, jws string) (h keys.Header, input, signature []byte) {
	t.Helper()
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		t.Fatalf("%d segments", len(parts))
	}
	var header struct{ Alg, Kid, Typ string }
	if err := json.Unmarshal(fromBase64url(t, parts[0]), &header); err != nil {
		t.Fatal(err)
	}
	return keys.Header{Algorithm: header.Alg, Kid: header.Kid, Type: header.Typ},
		[]byte(parts[0] + "." + parts[1]), fromBase64url(t, parts[2])
}
