package kmstest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c contract) signatures(t *testing.T) {
	for _, k := range c.kindsFor(types.KeyUsageTypeSignVerify) {
		t.Run(string(k.spec), func(t *testing.T) {
			key := c.create(t, k.spec, k.usage)
			der, public := c.publicKey(t, key, k)
			for _, algorithm := range k.signing {
				t.Run(string(algorithm), func(t *testing.T) {
					good := messagesFor(algorithm, der)
					c.signsAndVerifies(t, key.Arn, good, public)
					c.refusesForms(t, key.Arn, good)
				})
			}
		})
	}
	t.Run("another key's signature is an error", c.otherKeysSignature)
	t.Run("refuses an algorithm of another key type", c.otherAlgorithm)
	t.Run("refuses an empty message", func(t *testing.T) {
		m := signedMessage{types.SigningAlgorithmSpecEcdsaSha256, types.MessageTypeRaw, []byte{}}
		_, err := c.API.Sign(t.Context(), m.signInput(c.createP256(t).Arn))
		wantCode(t, err, "ValidationException")
	})
}

// publicKey checks GetPublicKey, and returns the key as DER and parsed: nil for one
// that package x509 does not read, of secp256k1, and of ML-DSA before Go 1.27.
func (c contract) publicKey(t *testing.T, key *types.KeyMetadata, k kind) (der []byte, public crypto.PublicKey) {
	t.Helper()
	out := send(t, c.API.GetPublicKey, &kms.GetPublicKeyInput{KeyId: key.KeyId})
	wantKey(t, "GetPublicKey", out.KeyId, key.Arn)
	if out.KeySpec != k.spec || out.KeyUsage != k.usage || !sameSet(out.SigningAlgorithms, k.signing) || !sameSet(out.EncryptionAlgorithms, k.encryption) {
		t.Errorf("GetPublicKey: got %s, %s, %v, %v", out.KeySpec, out.KeyUsage, out.SigningAlgorithms, out.EncryptionAlgorithms)
	}
	//lint:ignore SA1019 KMS still sends it
	if former := out.CustomerMasterKeySpec; string(former) != string(k.spec) {
		t.Errorf("GetPublicKey: the key spec is %q under its former name, want %s", former, k.spec)
	}
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		if k.spec == types.KeySpecEccSecgP256k1 || strings.HasPrefix(string(k.spec), "ML_DSA") {
			return out.PublicKey, nil
		}
		t.Fatalf("the public key is no SubjectPublicKeyInfo: %v", err)
	}
	if got := specOfPublicKey(public); got != k.spec {
		t.Errorf("the public key is of %s", got)
	}
	return out.PublicKey, public
}

// signsAndVerifies signs one message in every form that the algorithm takes, and
// checks each signature with the KMS in every form, with the public key alone, and
// spoilt.
func (c contract) signsAndVerifies(t *testing.T, key *string, messages []signedMessage, public crypto.PublicKey) {
	t.Helper()
	for _, m := range messages {
		signature := send(t, c.API.Sign, m.signInput(key))
		wantBytes(t, "Sign", signature.Signature)
		wantKey(t, "Sign", signature.KeyId, key)
		if signature.SigningAlgorithm != m.algorithm {
			t.Errorf("Sign: got one by %s, want %s", signature.SigningAlgorithm, m.algorithm)
		}
		if public != nil {
			if err := verifyLocally(public, m, signature.Signature); err != nil {
				t.Errorf("%s: %v", m.form, err)
			}
		}
		for _, other := range messages {
			out, err := c.API.Verify(t.Context(), other.verifyInput(key, signature.Signature))
			if err != nil {
				t.Errorf("signed as %s, verified as %s: %v", m.form, other.form, err)
				continue
			}
			if out == nil {
				t.Fatal("Verify: neither an answer nor an error")
			}
			wantKey(t, "Verify", out.KeyId, key)
			if !out.SignatureValid || out.SigningAlgorithm != m.algorithm {
				t.Errorf("Verify: got %v by %s, want %s", out.SignatureValid, out.SigningAlgorithm, m.algorithm)
			}
		}
		c.refusesSpoilt(t, key, m, signature.Signature)
	}
}

func (c contract) refusesSpoilt(t *testing.T, key *string, m signedMessage, signature []byte) {
	t.Helper()
	spoilt := bytes.Clone(signature)
	spoilt[len(spoilt)-1] ^= 1
	_, err := c.API.Verify(t.Context(), m.verifyInput(key, spoilt))
	wantInvalidSignature(t, err)

	other := m
	other.bytes = bytes.Clone(m.bytes)
	other.bytes[0] ^= 1
	_, err = c.API.Verify(t.Context(), other.verifyInput(key, signature))
	wantInvalidSignature(t, err)
}

// refusesForms sends messages that are too long, or of a form that the algorithm
// does not take.
func (c contract) refusesForms(t *testing.T, key *string, good []signedMessage) {
	t.Helper()
	algorithm := good[0].algorithm
	bad := []signedMessage{{algorithm, types.MessageTypeRaw, make([]byte, 4097)}}
	for _, form := range types.MessageType("").Values() {
		if !slices.ContainsFunc(good, func(m signedMessage) bool { return m.form == form }) {
			bad = append(bad, signedMessage{algorithm, form, make([]byte, 64)})
		}
	}
	for _, m := range good {
		if m.form != types.MessageTypeRaw {
			bad = append(bad, signedMessage{algorithm, m.form, m.bytes[1:]})
		}
	}
	for _, m := range bad {
		_, err := c.API.Sign(t.Context(), m.signInput(key))
		if err == nil {
			t.Errorf("signs %d bytes as %s", len(m.bytes), m.form)
			continue
		}
		wantCode(t, err, "ValidationException")
	}
}

func (c contract) otherKeysSignature(t *testing.T) {
	one, other := c.createP256(t), c.createP256(t)
	m := signedMessage{types.SigningAlgorithmSpecEcdsaSha256, types.MessageTypeRaw, []byte("message")}
	signature := send(t, c.API.Sign, m.signInput(one.Arn)).Signature
	_, err := c.API.Verify(t.Context(), m.verifyInput(other.Arn, signature))
	wantInvalidSignature(t, err)
}

func (c contract) otherAlgorithm(t *testing.T) {
	m := signedMessage{types.SigningAlgorithmSpecRsassaPssSha256, types.MessageTypeRaw, []byte("message")}
	key := c.createP256(t).Arn
	_, err := c.API.Sign(t.Context(), m.signInput(key))
	wantCode(t, err, "InvalidKeyUsageException")
	_, err = c.API.Verify(t.Context(), m.verifyInput(key, []byte("signature")))
	wantCode(t, err, "InvalidKeyUsageException")
}

func wantInvalidSignature(t *testing.T, err error) {
	t.Helper()
	if wrong := (*types.KMSInvalidSignatureException)(nil); !errors.As(err, &wrong) {
		t.Errorf("got %v, want a KMSInvalidSignatureException", err)
	}
}

// messagesFor returns one message in each form that an algorithm takes.
func messagesFor(algorithm types.SigningAlgorithmSpec, publicKey []byte) []signedMessage {
	message := []byte("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9")
	raw := signedMessage{algorithm, types.MessageTypeRaw, message}
	digest := signedMessage{algorithm, types.MessageTypeDigest, digestFor(algorithm, message)}
	switch algorithm {
	case types.SigningAlgorithmSpecEd25519Sha512:
		return []signedMessage{raw}
	case types.SigningAlgorithmSpecEd25519PhSha512:
		return []signedMessage{digest}
	case types.SigningAlgorithmSpecMlDsaShake256:
		return []signedMessage{raw, {algorithm, types.MessageTypeExternalMu, messageRepresentative(publicKey, message)}}
	}
	return []signedMessage{raw, digest}
}

// The contract hashes and verifies by itself, and not as the KMS of this package
// does: it could not tell otherwise if that was wrong.

// digestFor hashes a message with the hash that an algorithm's name ends in.
func digestFor(algorithm types.SigningAlgorithmSpec, message []byte) []byte {
	switch {
	case strings.HasSuffix(string(algorithm), "_SHA_256"):
		digest := sha256.Sum256(message)
		return digest[:]
	case strings.HasSuffix(string(algorithm), "_SHA_384"):
		digest := sha512.Sum384(message)
		return digest[:]
	}
	digest := sha512.Sum512(message)
	return digest[:]
}

// messageRepresentative returns μ of a message with an empty context (FIPS 204,
// algorithms 2 and 7), given the DER of the public key.
func messageRepresentative(publicKey, message []byte) []byte {
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(publicKey, &spki); err != nil {
		return nil // which no KMS signs
	}
	tr := sha3.SumSHAKE256(spki.PublicKey.Bytes, 64)
	return sha3.SumSHAKE256(slices.Concat(tr, []byte{0, 0}, message), 64)
}

// verifyLocally checks a signature as someone does who has the public key alone.
func verifyLocally(public crypto.PublicKey, m signedMessage, signature []byte) error {
	digest := m.bytes
	if m.form == types.MessageTypeRaw {
		digest = digestFor(m.algorithm, m.bytes)
	}
	switch p := public.(type) {
	case *rsa.PublicKey:
		return verifyRSALocally(p, m.algorithm, digest, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(p, digest, signature) {
			return errors.New("the public key does not verify the signature")
		}
	case ed25519.PublicKey:
		if m.algorithm == types.SigningAlgorithmSpecEd25519Sha512 {
			return ed25519.VerifyWithOptions(p, m.bytes, signature, &ed25519.Options{})
		}
		again := sha512.Sum512(digest) // API Reference, Sign: the digest is hashed again
		return ed25519.VerifyWithOptions(p, again[:], signature, &ed25519.Options{Hash: crypto.SHA512})
	}
	return nil // ML-DSA: the KMS has verified it
}

func verifyRSALocally(public *rsa.PublicKey, algorithm types.SigningAlgorithmSpec, digest, signature []byte) error {
	hash := map[int]crypto.Hash{32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}[len(digest)]
	if strings.HasPrefix(string(algorithm), "RSASSA_PSS_") {
		return rsa.VerifyPSS(public, hash, digest, signature, &rsa.PSSOptions{SaltLength: len(digest)})
	}
	return rsa.VerifyPKCS1v15(public, hash, digest, signature)
}

func (m signedMessage) signInput(key *string) *kms.SignInput {
	return &kms.SignInput{KeyId: key, Message: m.bytes, MessageType: m.form, SigningAlgorithm: m.algorithm}
}

func (m signedMessage) verifyInput(key *string, signature []byte) *kms.VerifyInput {
	return &kms.VerifyInput{KeyId: key, Message: m.bytes, MessageType: m.form, SigningAlgorithm: m.algorithm, Signature: signature}
}
