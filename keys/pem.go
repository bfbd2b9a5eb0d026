package keys

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxPEMSize bounds a PEM text, in bytes. An RSA key of 8192 bits has 6 KB, a
// certificate of it not much more.
const maxPEMSize = 64 << 10

// ParsePublicPEM reads a public key: a PUBLIC KEY block (SPKI, RFC 5280 section
// 4.1.2.7), an RSA PUBLIC KEY block (PKCS #1, RFC 8017 appendix A.1.1) or a
// CERTIFICATE, of which it takes the key alone: neither its dates nor its names
// nor its signature are looked at, its key usage must allow signatures.
//
// The text is that of one block of at most 64 KiB, with nothing but white space
// around it. For alg and the keys that are refused see [NewPublicKey].
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
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		key, err = certifiedKey(block.Bytes)
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return nil, errors.New("a private key: keep it from verifiers, and use openssl pkey -pubout or ParsePrivatePEM and Public")
	default:
		return nil, fmt.Errorf("a block of type %s: use PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE", redact.Quote(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("a %s block that does not hold a key this package uses: %w", block.Type, err)
	}
	return newPublicKey(alg, key)
}

// certifiedKey returns the key of a certificate that allows it to sign data (RFC
// 5280 section 4.2.1.3) or does not say.
func certifiedKey(der []byte) (crypto.PublicKey, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if certificate.KeyUsage != 0 && certificate.KeyUsage&signing == 0 {
		return nil, errors.New("the certificate's key usage does not allow digital signatures")
	}
	return certificate.PublicKey, nil
}

// ParsePrivatePEM reads a private key: a PRIVATE KEY block (PKCS #8, RFC 5958), an
// RSA PRIVATE KEY block (PKCS #1, RFC 8017 appendix A.1.2) or an EC PRIVATE KEY
// block (SEC 1, RFC 5915). Encrypted ones are refused. The public half of an EC or
// Ed25519 key is computed; one that the block brings along is not looked at.
//
// The text is that of one block of at most 64 KiB, with nothing but white space
// around it. For alg and the keys that are refused see [NewPrivateKey].
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
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errors.New("a public key: nothing can be signed with it, use ParsePublicPEM to verify")
	default:
		return nil, fmt.Errorf("a block of type %s: use PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY", redact.Quote(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("a %s block that does not hold a key this package uses: %w", block.Type, err)
	}
	return newPrivateKey(alg, key)
}

var errEncryptedPEM = errors.New("an encrypted private key: decrypt it with openssl pkey, and keep it in a secret store instead")

// onePEMBlock returns the only block of a text that has nothing else.
func onePEMBlock(text []byte) (*pem.Block, error) {
	if len(text) > maxPEMSize {
		return nil, fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), maxPEMSize)
	}
	begin := []byte("-----BEGIN ")
	trimmed := bytes.TrimSpace(text)
	switch blocks := bytes.Count(trimmed, begin); {
	case blocks == 0:
		return nil, errors.New("no PEM block: give the text that begins with -----BEGIN")
	case blocks > 1:
		return nil, fmt.Errorf("%d PEM blocks: give that of the one key alone, without EC PARAMETERS and other certificates", blocks)
	case !bytes.HasPrefix(trimmed, begin):
		return nil, errors.New("text before the PEM block: remove it")
	case bytes.Contains(trimmed, []byte(`\n`)):
		return nil, errors.New(`a PEM block with \n written out: put line breaks in their place`)
	}
	block, rest := pem.Decode(trimmed)
	switch {
	case block == nil:
		return nil, errors.New("a damaged PEM block: it needs its BEGIN and END lines, each a line of its own, and base64 between them")
	case len(rest) > 0:
		return nil, errors.New("data after the PEM block: remove it")
	case block.Type == "OPENSSH PRIVATE KEY":
		return nil, errors.New("a private key in OpenSSH's own form: convert it with ssh-keygen -p -m PKCS8 -f FILE")
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "": // the latter is RFC 1421's way
		return nil, errEncryptedPEM
	case len(block.Headers) > 0:
		return nil, errors.New("a PEM block with headers: remove the lines with a colon")
	}
	if err := wholeDER(block.Bytes); err != nil {
		return nil, fmt.Errorf("a %s block that is not DER: %w", block.Type, err)
	}
	return block, nil
}

// wholeDER refuses data behind the outermost element, which crypto/x509 passes
// over here and there.
func wholeDER(der []byte) error {
	var outermost asn1.RawValue
	rest, err := asn1.Unmarshal(der, &outermost)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return errors.New("data after the key")
	}
	return nil
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
