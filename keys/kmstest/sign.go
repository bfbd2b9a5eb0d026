package kmstest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	"crypto/sha512"
	"crypto/x509"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// GetPublicKey returns the public half of an asymmetric key, as the DER of an X.509
// SubjectPublicKeyInfo, and what it is good for (API Reference, GetPublicKey).
// That a symmetric key is an UnsupportedOperationException is (M).
func (k *KMS) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	return perform(ctx, k, in, k.getPublicKey)
}

func (k *KMS) getPublicKey(in *kms.GetPublicKeyInput) (*kms.GetPublicKeyOutput, error) {
	key, err := k.enabled(in.KeyId)
	if err != nil {
		return nil, err
	}
	if !key.spec.asymmetric() {
		return nil, unsupported("%s is not an asymmetric key", key.arn)
	}
	public, err := key.material.publicKey()
	if err != nil {
		return nil, internalError(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, internalError(err)
	}
	return &kms.GetPublicKeyOutput{
		CustomerMasterKeySpec: types.CustomerMasterKeySpec(key.spec.name), //lint:ignore SA1019 KMS still sends it
		EncryptionAlgorithms:  slices.Clone(key.spec.encryption),
		KeyId:                 copied(key.arn),
		KeySpec:               key.spec.name,
		KeyUsage:              key.spec.usage,
		PublicKey:             der,
		SigningAlgorithms:     slices.Clone(key.spec.signing),
	}, nil
}

// Sign signs a message of 1 to 4,096 bytes, its digest, or for ML-DSA its μ (API
// Reference, Sign). ECDSA signatures are DER, the salt of RSASSA-PSS is as long as
// the hash.
func (k *KMS) Sign(ctx context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	return perform(ctx, k, in, k.sign)
}

func (k *KMS) sign(in *kms.SignInput) (*kms.SignOutput, error) {
	m := signedMessage{in.SigningAlgorithm, in.MessageType, in.Message}
	key, err := k.signingKey(in.KeyId, m, in.DryRun)
	if err != nil {
		return nil, err
	}
	signer, err := key.material.signer()
	if err != nil {
		return nil, internalError(err)
	}
	signature, err := m.sign(signer)
	if err != nil {
		return nil, internalError(err)
	}
	return &kms.SignOutput{KeyId: copied(key.arn), Signature: signature, SigningAlgorithm: in.SigningAlgorithm}, nil
}

// Verify checks a signature. A wrong one is a KMSInvalidSignatureException, never
// SignatureValid: false (API Reference, Verify).
func (k *KMS) Verify(ctx context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	return perform(ctx, k, in, k.verify)
}

func (k *KMS) verify(in *kms.VerifyInput) (*kms.VerifyOutput, error) {
	if err := requireBytes("signature", in.Signature, 1, maxCiphertext); err != nil {
		return nil, err
	}
	m := signedMessage{in.SigningAlgorithm, in.MessageType, in.Message}
	// With DryRun the signature is not looked at (L).
	key, err := k.signingKey(in.KeyId, m, in.DryRun)
	if err != nil {
		return nil, err
	}
	signer, err := key.material.signer()
	if err != nil {
		return nil, internalError(err)
	}
	if !m.verify(signer, in.Signature) {
		return nil, Error("KMSInvalidSignatureException", "")
	}
	return &kms.VerifyOutput{KeyId: copied(key.arn), SignatureValid: true, SigningAlgorithm: in.SigningAlgorithm}, nil
}

// signingKey returns the key for a message, once all that Sign and Verify have in
// common is checked.
func (k *KMS) signingKey(keyID *string, m signedMessage, asked *bool) (*key, error) {
	if err := m.checkModel(); err != nil {
		return nil, err
	}
	key, err := k.enabledFor(types.KeyUsageTypeSignVerify, keyID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.spec.signing, m.algorithm) {
		return nil, errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", m.algorithm, key.spec.name)
	}
	if err := m.checkForm(); err != nil {
		return nil, err
	}
	return key, dryRun(asked)
}

// A signedMessage is what a signature is over.
type signedMessage struct {
	algorithm types.SigningAlgorithmSpec
	form      types.MessageType // empty is RAW
	bytes     []byte
}

func (m signedMessage) checkModel() error {
	if err := requireBytes("message", m.bytes, 1, maxMessage); err != nil {
		return err
	}
	if err := oneOf("signingAlgorithm", m.algorithm, m.algorithm.Values()); err != nil {
		return err
	}
	if m.form == "" {
		return nil
	}
	return oneOf("messageType", m.form, m.form.Values())
}

// checkForm checks that the algorithm takes messages of this form and length (API
// Reference, Sign, MessageType). That others are a ValidationException is (L).
func (m signedMessage) checkForm() error {
	if m.form == types.MessageTypeExternalMu && m.algorithm == types.SigningAlgorithmSpecMlDsaShake256 {
		return m.checkLength(64)
	}
	onlyRaw := m.algorithm == types.SigningAlgorithmSpecEd25519Sha512 || m.algorithm == types.SigningAlgorithmSpecMlDsaShake256
	onlyDigest := m.algorithm == types.SigningAlgorithmSpecEd25519PhSha512
	switch {
	case m.isRaw() && !onlyDigest:
		return nil
	case m.form == types.MessageTypeDigest && !onlyRaw:
		return m.checkLength(hashOf(m.algorithm).Size())
	}
	return invalid("MessageType %s is not valid for algorithm %s.", orDefault(string(m.form), "RAW"), m.algorithm)
}

func (m signedMessage) isRaw() bool { return m.form == "" || m.form == types.MessageTypeRaw }

func (m signedMessage) checkLength(want int) error {
	if len(m.bytes) != want {
		return invalid("Digest is invalid length for algorithm %s.", m.algorithm)
	}
	return nil
}

func (m signedMessage) sign(signer crypto.Signer) ([]byte, error) {
	if m.algorithm == types.SigningAlgorithmSpecMlDsaShake256 {
		return mldsaSign(signer, m.form, m.bytes)
	}
	return signer.Sign(rand.Reader, m.input(), optionsOf(m.algorithm))
}

func (m signedMessage) verify(signer crypto.Signer, signature []byte) bool {
	switch public := signer.Public().(type) {
	case *rsa.PublicKey:
		return m.verifyRSA(public, signature)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, m.input(), signature)
	case ed25519.PublicKey:
		return m.verifyEd25519(public, signature)
	}
	return mldsaVerify(signer, m.form, m.bytes, signature)
}

func (m signedMessage) verifyRSA(public *rsa.PublicKey, signature []byte) bool {
	if pss, isPSS := optionsOf(m.algorithm).(*rsa.PSSOptions); isPSS {
		return rsa.VerifyPSS(public, pss.Hash, m.input(), signature, pss) == nil
	}
	return rsa.VerifyPKCS1v15(public, hashOf(m.algorithm), m.input(), signature) == nil
}

func (m signedMessage) verifyEd25519(public ed25519.PublicKey, signature []byte) bool {
	options := &ed25519.Options{Hash: optionsOf(m.algorithm).HashFunc()}
	return ed25519.VerifyWithOptions(public, m.input(), signature, options) == nil
}

// input returns what the signature arithmetic takes: the message for Ed25519, a
// digest for all others. ED25519_PH_SHA_512 hashes the digest that it is given once
// more (API Reference, Sign, MessageType).
func (m signedMessage) input() []byte {
	switch {
	case m.algorithm == types.SigningAlgorithmSpecEd25519Sha512:
		return m.bytes
	case m.algorithm == types.SigningAlgorithmSpecEd25519PhSha512:
		digest := sha512.Sum512(m.bytes)
		return digest[:]
	case m.isRaw():
		h := hashOf(m.algorithm).New()
		h.Write(m.bytes)
		return h.Sum(nil)
	}
	return m.bytes
}

func hashOf(algorithm types.SigningAlgorithmSpec) crypto.Hash {
	switch algorithm {
	case types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecEcdsaSha256:
		return crypto.SHA256
	case types.SigningAlgorithmSpecRsassaPkcs1V15Sha384, types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecEcdsaSha384:
		return crypto.SHA384
	}
	return crypto.SHA512
}

func optionsOf(algorithm types.SigningAlgorithmSpec) crypto.SignerOpts {
	switch algorithm {
	case types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecRsassaPssSha512:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hashOf(algorithm)}
	case types.SigningAlgorithmSpecEd25519Sha512:
		return crypto.Hash(0)
	}
	return hashOf(algorithm)
}
