package keys_test

import (
	"crypto/elliptic"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// Object identifiers of RFC 8017 appendix A.2 and B.1, and of RFC 5480 section 2.1.
var (
	oidRSA    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidPSS    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidEC     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidP256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidP384   = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
	oidP521   = asn1.ObjectIdentifier{1, 3, 132, 0, 35}
)

func marshalDER(t testing.TB, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// under returns an algorithm identifier with these parameters in DER, nil for none.
func under(algorithm asn1.ObjectIdentifier, parameters []byte) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: algorithm, Parameters: asn1.RawValue{FullBytes: parameters}}
}

// spki returns a PUBLIC KEY block of any algorithm and key (RFC 5280 section 4.1).
func spki(t testing.TB, algorithm pkix.AlgorithmIdentifier, key []byte) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: marshalDER(t, struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}{algorithm, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})})
}

// pkcs8 returns a PRIVATE KEY block of any algorithm and key (RFC 5958 section 2).
func pkcs8(t testing.TB, algorithm pkix.AlgorithmIdentifier, key []byte) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: marshalDER(t, struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		PrivateKey []byte
	}{0, algorithm, key})})
}

func derOf(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, name))
	return block.Bytes
}

// pssParameters are those of RFC 4055 section 3.1.
type pssParameters struct {
	Hash pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"`
	MGF  pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"`
	Salt int                      `asn1:"optional,explicit,tag:2,default:20"`
}

// A key for PSS says which hashes it is bound to and how long a salt it needs at least.
func TestAKeyThatIsBoundToPSSServesTheHashThatItIsBoundTo(t *testing.T) {
	null := asn1.NullBytes
	mgf := func(hash asn1.ObjectIdentifier) pkix.AlgorithmIdentifier {
		return under(oidMGF1, marshalDER(t, under(hash, null)))
	}
	pss := func(hash asn1.ObjectIdentifier, mask pkix.AlgorithmIdentifier, salt int) []byte {
		return marshalDER(t, pssParameters{under(hash, null), mask, salt})
	}
	torn := marshalDER(t, under(oidSHA256, null))
	torn[len(torn)-1] = 1 // a NULL of one byte that is not there
	sha256, sha384, sha512 := pss(oidSHA256, mgf(oidSHA256), 32), pss(oidSHA384, mgf(oidSHA384), 48), pss(oidSHA512, mgf(oidSHA512), 64)
	const none = "hash or salt of no JWS algorithm"
	for name, test := range map[string]struct {
		parameters []byte
		alg        string
		want       string // an algorithm, or a part of the error
	}{
		"nothing said":              {nil, "", "PS256"},
		"nothing said, PS256":       {nil, "PS256", "PS256"},
		"nothing said, PS384":       {nil, "PS384", "PS384"},
		"nothing said, PS512":       {nil, "PS512", "PS512"},
		"nothing said, RS256":       {nil, "RS256", "bound to PSS, for RS256"},
		"nothing said, PS1":         {nil, "PS1", "bound to PSS, for PS1"},
		"NULL":                      {null, "", "PS256"},
		"NULL, PS384":               {null, "PS384", "PS384"},
		"SHA-256":                   {sha256, "", "PS256"},
		"SHA-256, PS256":            {sha256, "PS256", "PS256"},
		"SHA-256, PS384":            {sha256, "PS384", "bound to PS256, for PS384: name PS256"},
		"SHA-256, RS256":            {sha256, "RS256", "bound to PSS, for RS256"},
		"SHA-384":                   {sha384, "", "PS384"},
		"SHA-384, PS384":            {sha384, "PS384", "PS384"},
		"SHA-384, PS512":            {sha384, "PS512", "bound to PS384, for PS512: name PS384"},
		"SHA-512":                   {sha512, "", "PS512"},
		"SHA-512, PS512":            {sha512, "PS512", "PS512"},
		"SHA-512, PS256":            {sha512, "PS256", "bound to PS512, for PS256: name PS512"},
		"no salt":                   {pss(oidSHA256, mgf(oidSHA256), 0), "", "PS256"},
		"20 bytes of salt":          {pss(oidSHA512, mgf(oidSHA512), 20), "", "PS512"},
		"33 bytes for SHA-256":      {pss(oidSHA256, mgf(oidSHA256), 33), "", none},
		"49 bytes for SHA-384":      {pss(oidSHA384, mgf(oidSHA384), 49), "", none},
		"65 bytes for SHA-512":      {pss(oidSHA512, mgf(oidSHA512), 65), "", none},
		"SHA-1":                     {pss(oidSHA1, mgf(oidSHA1), 20), "", none},
		"SHA-1, unsaid":             {marshalDER(t, pssParameters{Salt: 20}), "", none},
		"a mask of another hash":    {pss(oidSHA256, mgf(oidSHA384), 32), "", none},
		"a hash of another mask":    {pss(oidSHA384, mgf(oidSHA256), 32), "", none},
		"a mask of no MGF1":         {pss(oidSHA256, under(oidRSA, marshalDER(t, under(oidSHA256, null))), 32), "", none},
		"a mask of no hash":         {pss(oidSHA256, under(oidMGF1, null), 32), "", none},
		"a mask that is torn":       {pss(oidSHA256, under(oidMGF1, torn), 32), "", none},
		"parameters of another key": {marshalDER(t, oidP256), "", "parameters that cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			public, err := keys.ParsePublicPEM(test.alg, spki(t, under(oidPSS, test.parameters), derOf(t, "rsa2048-a.pkcs1pub")))
			private, privateErr := keys.ParsePrivatePEM(test.alg, pkcs8(t, under(oidPSS, test.parameters), derOf(t, "rsa2048-a.pkcs1")))
			if test.want[:2] != "PS" {
				wantError(t, err, test.want)
				wantError(t, privateErr, test.want)
				return
			}
			if err := errors.Join(err, privateErr); err != nil {
				t.Fatal(err)
			}
			if public.Algorithm() != test.want || private.Algorithm() != test.want || public.Thumbprint() != private.Public().Thumbprint() {
				t.Errorf("got %v and %v", public, private)
			}
		})
	}
}

// A user can mend what an error names.
func TestAKeyThatCannotBeReadIsNamed(t *testing.T) {
	point := derOf(t, "ec-p256-a.spki")
	point = point[len(point)-65:]
	compressed := func(sign byte) []byte { return slices.Concat([]byte{sign}, point[1:33]) }
	off := slices.Concat(point[:64], []byte{point[64] ^ 1})
	on := func(curve asn1.ObjectIdentifier) pkix.AlgorithmIdentifier { return under(oidEC, marshalDER(t, curve)) }
	brainpool := asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}
	const unread = "a PUBLIC KEY block that does not hold a key this package uses: "
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"X448":                   {spki(t, under(asn1.ObjectIdentifier{1, 3, 101, 111}, nil), point), "an X448 key, which signs nothing: use RSA"},
		"Ed448":                  {spki(t, under(asn1.ObjectIdentifier{1, 3, 101, 113}, nil), point), "an Ed448 key: use RSA"},
		"Diffie-Hellman":         {spki(t, under(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}, nil), point), "a Diffie-Hellman key, which signs nothing: use RSA"},
		"ML-DSA-44":              {spki(t, under(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 17}, nil), point), "an ML-DSA key: use RSA"},
		"ML-DSA-65":              {spki(t, under(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 18}, nil), point), "an ML-DSA key: use RSA"},
		"ML-DSA-87":              {spki(t, under(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 19}, nil), point), "an ML-DSA key: use RSA"},
		"an unknown algorithm":   {spki(t, under(asn1.ObjectIdentifier{1, 2, 3}, nil), point), unread + "x509: "},
		"a curve of another":     {spki(t, on(brainpool), point), "an unknown curve (1.3.36.3.3.2.8.1.1.7): use P-256"},
		"secp256k1":              {spki(t, on(asn1.ObjectIdentifier{1, 3, 132, 0, 10}), point), "on secp256k1: use P-256"},
		"no curve":               {spki(t, under(oidEC, nil), point), "explicit curve parameters, or none"},
		"compressed, even":       {spki(t, on(oidP256), compressed(2)), "a compressed point"},
		"compressed, odd":        {spki(t, on(oidP256), compressed(3)), "a compressed point"},
		"compressed, on P-384":   {spki(t, on(oidP384), compressed(2)), "a compressed point"},
		"compressed, on P-521":   {spki(t, on(oidP521), compressed(2)), "a compressed point"},
		"of no known form":       {spki(t, on(oidP256), compressed(1)), unread},
		"off the curve":          {spki(t, on(oidP256), off), unread},
		"no point":               {spki(t, on(oidP256), nil), unread},
		"no SPKI":                {pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: marshalDER(t, []bool{true})}), unread},
		"PSS without an RSA key": {spki(t, under(oidPSS, nil), point), unread},
	} {
		key, err := keys.ParsePublicPEM("", test.text)
		wantError(t, err, test.want)
		if key != nil || test.want == unread && strings.Contains(err.Error(), "a compressed") {
			t.Errorf("%s: got %v, %v", name, key, err)
		}
	}
	const unreadPrivate = "a PRIVATE KEY block that does not hold a key this package uses: "
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"Ed448":                  {pkcs8(t, under(asn1.ObjectIdentifier{1, 3, 101, 113}, nil), point), "an Ed448 key: use RSA"},
		"a curve of another":     {pkcs8(t, on(brainpool), point), "an unknown curve (1.3.36.3.3.2.8.1.1.7): use P-256"},
		"no curve":               {pkcs8(t, under(oidEC, nil), point), "explicit curve parameters, or none"},
		"no key":                 {pkcs8(t, on(oidP256), compressed(2)), unreadPrivate},
		"no PKCS #8":             {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: marshalDER(t, []bool{true})}), unreadPrivate},
		"PSS without an RSA key": {pkcs8(t, under(oidPSS, nil), point), unreadPrivate},
		"PSS with a torn end": {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: marshalDER(t, struct {
			Version    int
			Algorithm  pkix.AlgorithmIdentifier
			PrivateKey []byte
			Attributes asn1.RawValue
		}{0, under(oidPSS, nil), derOf(t, "rsa2048-a.pkcs1"), asn1.RawValue{FullBytes: []byte{0xa0, 5, 0}}})}), unreadPrivate}, // of which three bytes are none
	} {
		key, err := keys.ParsePrivatePEM("", test.text)
		wantError(t, err, test.want)
		if key != nil {
			t.Errorf("%s: a key came with the error", name)
		}
	}
}

// sec1 returns an EC PRIVATE KEY block (RFC 5915 section 3).
func sec1(t testing.TB, scalar []byte, curve asn1.ObjectIdentifier, point any) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: marshalDER(t, struct {
		Version int
		Key     []byte
		Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		Point   any                   `asn1:"explicit,tag:1"`
	}{1, scalar, curve, point})})
}

func TestAnECPrivateKeyOfSEC1NamesItsCurve(t *testing.T) {
	scalar := make([]byte, (elliptic.P256().Params().BitSize+7)/8)
	scalar[31] = 7
	point := asn1.BitString{Bytes: []byte{4}, BitLength: 8}
	torn := asn1.RawValue{FullBytes: []byte{0xa1, 4, 3, 2, 9, 0}} // of which nine bits are none
	if _, err := keys.ParsePrivatePEM("", sec1(t, scalar, oidP256, point)); err != nil {
		t.Errorf("a public half is not looked at: %v", err)
	}
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"no curve":            {sec1(t, scalar, nil, point), "explicit curve parameters, or none"},
		"secp256k1":           {sec1(t, scalar, asn1.ObjectIdentifier{1, 3, 132, 0, 10}, point), "on secp256k1: use P-256"},
		"an unknown curve":    {sec1(t, scalar, asn1.ObjectIdentifier{1, 2, 3}, point), "an unknown curve (1.2.3): use P-256"},
		"a scalar of zero":    {sec1(t, make([]byte, 32), oidP256, point), "does not hold a key this package uses: "},
		"a torn point":        {sec1(t, scalar, oidP256, torn), "does not hold a key this package uses: "},
		"a torn point beyond": {sec1(t, scalar, asn1.ObjectIdentifier{1, 2, 3}, torn), "an unknown curve (1.2.3)"},
	} {
		key, err := keys.ParsePrivatePEM("", test.text)
		wantError(t, err, test.want)
		if key != nil {
			t.Errorf("%s: a key came with the error", name)
		}
	}
}
