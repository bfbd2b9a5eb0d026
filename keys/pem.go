package keys

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// ParsePublicPEM reads a public key: a PUBLIC KEY block (SPKI, RFC 5280 section
// 4.1.2.7), an RSA PUBLIC KEY block (PKCS #1, RFC 8017 appendix A.1.1) or a
// CERTIFICATE, of which it takes the key alone: neither its dates nor its names
// nor its signature are looked at, its key usage must allow signatures.
//
// The text is that of one block of at most 64 KiB. It may have gone through an environment
// variable: white space, a byte order mark or quotes around it, CRLF, and \n written out
// are read. For alg and the keys that are refused see [NewPublicKey]. A key whose
// algorithm identifier is that of RSASSA-PSS (RFC 4055) serves PS algorithms only.
func ParsePublicPEM(alg string, pem []byte) (*PublicKey, error) {
	k, err := parsePublicPEM(alg, pem)
	if err != nil {
		return nil, fmt.Errorf("keys: public key in PEM: %w", err)
	}
	return k, nil
}

func parsePublicPEM(alg string, text []byte) (*PublicKey, error) {
	block, err := onePEMBlock(text)
	if err != nil {
		return nil, err
	}
	var key crypto.PublicKey
	switch block.Type {
	case "PUBLIC KEY":
		key, alg, err = parseSPKI(block.Bytes, alg)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		key, alg, err = certifiedKey(block.Bytes, alg)
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return nil, errors.New("a private key: keep it from verifiers, and use openssl pkey -pubout or ParsePrivatePEM and Public")
	default:
		return nil, fmt.Errorf("a block of type %s: use PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE", redact.Quote(block.Type))
	}
	if err != nil {
		return nil, unreadable(block, err)
	}
	return newPublicKey(alg, key)
}

// certifiedKey returns the key of a certificate that allows it to sign data (RFC
// 5280 section 4.2.1.3) or does not say.
func certifiedKey(der []byte, alg string) (crypto.PublicKey, string, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, "", err
	}
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if certificate.KeyUsage != 0 && certificate.KeyUsage&signing == 0 {
		return nil, "", errors.New("the certificate's key usage does not allow digital signatures")
	}
	return parseSPKI(certificate.RawSubjectPublicKeyInfo, alg)
}

// ParsePrivatePEM reads a private key: a PRIVATE KEY block (PKCS #8, RFC 5958), an
// RSA PRIVATE KEY block (PKCS #1, RFC 8017 appendix A.1.2) or an EC PRIVATE KEY
// block (SEC 1, RFC 5915), with or without the EC PARAMETERS that OpenSSL writes before
// it. Encrypted ones are refused. The public half of an EC or Ed25519 key is computed; one
// that the block brings along is not looked at.
//
// The text is read as by [ParsePublicPEM]. For alg and the keys that are refused see
// [NewPrivateKey].
func ParsePrivatePEM(alg string, pem []byte) (*PrivateKey, error) {
	k, err := parsePrivatePEM(alg, pem)
	if err != nil {
		return nil, fmt.Errorf("keys: private key in PEM: %w", err)
	}
	return k, nil
}

func parsePrivatePEM(alg string, text []byte) (*PrivateKey, error) {
	block, err := onePEMBlock(text)
	if err != nil {
		return nil, err
	}
	var key crypto.PrivateKey
	switch block.Type {
	case "PRIVATE KEY":
		key, alg, err = parsePKCS8(block.Bytes, alg)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = parseSEC1(block.Bytes)
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errors.New("a public key: nothing can be signed with it, use ParsePublicPEM to verify")
	default:
		return nil, fmt.Errorf("a block of type %s: use PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY", redact.Quote(block.Type))
	}
	if err != nil {
		return nil, unreadable(block, err)
	}
	return newPrivateKey(alg, key)
}

// unreadable says what a block holds that is not what its BEGIN line says, or otherwise why
// it could not be read.
func unreadable(block *pem.Block, err error) error {
	for _, form := range []struct {
		name  string
		parse func([]byte) error
	}{
		{"PUBLIC KEY", func(der []byte) error { _, err := x509.ParsePKIXPublicKey(der); return err }},
		{"RSA PUBLIC KEY", func(der []byte) error { _, err := x509.ParsePKCS1PublicKey(der); return err }},
		{"CERTIFICATE", func(der []byte) error { _, err := x509.ParseCertificate(der); return err }},
		{"PRIVATE KEY", func(der []byte) error { _, err := x509.ParsePKCS8PrivateKey(der); return err }},
		{"RSA PRIVATE KEY", func(der []byte) error { _, err := x509.ParsePKCS1PrivateKey(der); return err }},
		{"EC PRIVATE KEY", func(der []byte) error { _, err := x509.ParseECPrivateKey(der); return err }},
	} {
		if form.name != block.Type && form.parse(block.Bytes) == nil {
			return fmt.Errorf("a block that says %s and holds what belongs under %s: write that in its BEGIN and END lines", block.Type, form.name)
		}
	}
	return fmt.Errorf("a %s block that does not hold a key this package uses: %w", block.Type, err)
}

// MarshalPEM returns the key as a PUBLIC KEY block (SPKI), without kid and alg.
func (k *PublicKey) MarshalPEM() ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	der, err := x509.MarshalPKIXPublicKey(k.key.standard())
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// MarshalPrivatePEM returns the private key as a PRIVATE KEY block (PKCS #8),
// unencrypted, without kid and alg. It is for a secret store and nothing else.
func (k *PrivateKey) MarshalPrivatePEM() ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.key.Open().standard())
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
