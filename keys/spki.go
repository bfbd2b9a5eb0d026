package keys

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
)

// What crypto/x509 does not read: keys that are bound to RSASSA-PSS, and the reasons for
// which it reads others not.

var (
	oidPSS    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10} // RFC 4055 section 3.1
	oidMGF1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidEC     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// parseSPKI reads SubjectPublicKeyInfo. alg is what the user asked for; it comes back
// narrowed to what the key is bound to.
func parseSPKI(der []byte, alg string) (crypto.PublicKey, string, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err == nil {
		return key, alg, nil
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	_, _ = asn1.Unmarshal(der, &spki) // what it does not read stays empty
	if !spki.Algorithm.Algorithm.Equal(oidPSS) {
		return nil, "", unsupported(spki.Algorithm, spki.PublicKey.Bytes, err)
	}
	if alg, err = pssAlgorithm(spki.Algorithm.Parameters, alg); err != nil {
		return nil, "", err
	}
	key, err = x509.ParsePKCS1PublicKey(spki.PublicKey.Bytes)
	return key, alg, err
}

// parsePKCS8 is parseSPKI for the private half (RFC 5958).
func parsePKCS8(der []byte, alg string) (crypto.PrivateKey, string, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, alg, nil
	}
	var pkcs8 struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		PrivateKey []byte
		Attributes asn1.RawValue `asn1:"optional,tag:0"`
		PublicKey  asn1.RawValue `asn1:"optional,tag:1"`
	}
	_, failure := asn1.Unmarshal(der, &pkcs8) // what it does not read stays empty
	if failure != nil || !pkcs8.Algorithm.Algorithm.Equal(oidPSS) {
		return nil, "", unsupported(pkcs8.Algorithm, nil, err)
	}
	if alg, err = pssAlgorithm(pkcs8.Algorithm.Parameters, alg); err != nil {
		return nil, "", err
	}
	key, err = x509.ParsePKCS1PrivateKey(pkcs8.PrivateKey)
	return key, alg, err
}

// parseSEC1 reads an EC private key (RFC 5915).
func parseSEC1(der []byte) (crypto.PrivateKey, error) {
	key, err := x509.ParseECPrivateKey(der)
	if err == nil {
		return key, nil
	}
	var sec1 struct {
		Version    int
		PrivateKey []byte
		Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	_, _ = asn1.Unmarshal(der, &sec1) // what is wrong behind the curve, err says
	if len(sec1.Curve) == 0 {
		return nil, errExplicitCurve
	}
	return nil, unsupportedCurve(sec1.Curve, nil, err)
}

// pssAlgorithm returns the algorithm of a key that is bound to RSASSA-PSS, with the
// parameters of RFC 4055 section 3.1 or without any.
func pssAlgorithm(parameters asn1.RawValue, alg string) (string, error) {
	if alg != "" && alg != "PS256" && alg != "PS384" && alg != "PS512" {
		return "", fmt.Errorf("an RSA key that is bound to PSS, for %s: name PS256, PS384 or PS512, or leave the algorithm empty", alg)
	}
	if len(parameters.FullBytes) == 0 || parameters.Tag == asn1.TagNull {
		if alg == "" {
			alg = "PS256"
		}
		return alg, nil
	}
	var pss struct {
		Hash pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:0"`
		MGF  pkix.AlgorithmIdentifier `asn1:"optional,explicit,tag:1"`
		Salt int                      `asn1:"optional,explicit,tag:2,default:20"`
	}
	if _, err := asn1.Unmarshal(parameters.FullBytes, &pss); err != nil {
		return "", fmt.Errorf("an RSA key that is bound to PSS with parameters that cannot be read: %w", err)
	}
	var mask pkix.AlgorithmIdentifier
	_, err := asn1.Unmarshal(pss.MGF.Parameters.FullBytes, &mask)
	for _, bound := range []struct {
		alg  string
		hash asn1.ObjectIdentifier
		size int
	}{{"PS256", oidSHA256, 32}, {"PS384", oidSHA384, 48}, {"PS512", oidSHA512, 64}} {
		fits := pss.Hash.Algorithm.Equal(bound.hash) && pss.MGF.Algorithm.Equal(oidMGF1) && mask.Algorithm.Equal(bound.hash) && pss.Salt <= bound.size
		switch {
		case err != nil || !fits:
		case alg != "" && alg != bound.alg:
			return "", fmt.Errorf("an RSA key that is bound to %s, for %s: name %s or leave the algorithm empty", bound.alg, alg, bound.alg)
		default:
			return bound.alg, nil
		}
	}
	return "", errors.New("an RSA key that is bound to PSS with a hash or salt of no JWS algorithm: make it with SHA-256, SHA-384 or SHA-512 for both hashes")
}

// unsupported says what kind of key crypto/x509 has not read, and what to use.
func unsupported(a pkix.AlgorithmIdentifier, point []byte, err error) error {
	if a.Algorithm.Equal(oidEC) {
		var curve asn1.ObjectIdentifier
		if _, failure := asn1.Unmarshal(a.Parameters.FullBytes, &curve); failure != nil {
			return errExplicitCurve
		}
		return unsupportedCurve(curve, point, err)
	}
	name, known := map[string]string{
		"1.3.101.111": "an X448 key, which signs nothing", "1.3.101.113": "an Ed448 key",
		"1.2.840.113549.1.3.1":    "a Diffie-Hellman key, which signs nothing",
		"2.16.840.1.101.3.4.3.17": "an ML-DSA key", "2.16.840.1.101.3.4.3.18": "an ML-DSA key", "2.16.840.1.101.3.4.3.19": "an ML-DSA key",
	}[a.Algorithm.String()]
	if !known {
		return err
	}
	return fmt.Errorf("%s: use RSA, P-256, P-384, P-521 or Ed25519", name)
}

var errExplicitCurve = errors.New("an EC key with explicit curve parameters, or none: convert it with openssl ec -param_enc named_curve")

// unsupportedCurve says why an EC key has not been read. point is its public half, if that
// is known.
func unsupportedCurve(curve asn1.ObjectIdentifier, point []byte, err error) error {
	switch {
	case curve.String() == "1.3.132.0.10":
		return errors.New("an EC key on secp256k1: use P-256, P-384 or P-521")
	case ecCurveOf(curve) == "":
		return fmt.Errorf("an EC key on an unknown curve (%v): use P-256, P-384 or P-521", curve)
	case bytes.HasPrefix(point, []byte{2}), bytes.HasPrefix(point, []byte{3}):
		return errors.New("an EC key with a compressed point: convert it with openssl ec -pubin -conv_form uncompressed")
	}
	return err
}

// ecCurveOf returns the name of a curve, empty if no algorithm uses it.
func ecCurveOf(curve asn1.ObjectIdentifier) string {
	return map[string]string{"1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521"}[curve.String()]
}
