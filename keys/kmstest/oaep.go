package kmstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // for crypto.SHA1
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// encryptOAEP encrypts under a key of RSA, by the algorithm RSAES_OAEP_SHA_1 or _256
// (RFC 8017 section 7.1): one hash for both, and no label. The ciphertext is as long
// as the modulus, and anybody with the public key can make one.
func (key *key) encryptOAEP(algorithm types.EncryptionAlgorithmSpec, plaintext []byte) ([]byte, error) {
	public, err := key.material.publicKey()
	if err != nil {
		return nil, internalError(err)
	}
	p, isRSA := public.(*rsa.PublicKey)
	if !isRSA {
		return nil, internalError(errors.New("no key of RSA"))
	}
	hash := oaepHash(algorithm)
	if most := p.Size() - 2*hash.Size() - 2; len(plaintext) > most {
		return nil, invalid("Algorithm %s and key spec %s cannot encrypt data larger than %d bytes.", algorithm, key.spec.name, most)
	}
	ciphertext, err := rsa.EncryptOAEP(hash.New(), rand.Reader, p, plaintext, nil)
	if err != nil {
		return nil, internalError(err)
	}
	return ciphertext, nil
}

func (key *key) decryptOAEP(algorithm types.EncryptionAlgorithmSpec, ciphertext []byte) ([]byte, error) {
	signer, err := key.material.signer()
	if err != nil {
		return nil, internalError(err)
	}
	decrypter, can := signer.(crypto.Decrypter)
	if !can {
		return nil, internalError(errors.New("a key that cannot decrypt"))
	}
	plaintext, err := decrypter.Decrypt(rand.Reader, ciphertext, &rsa.OAEPOptions{Hash: oaepHash(algorithm)})
	if err != nil {
		return nil, Error("InvalidCiphertextException", "")
	}
	return plaintext, nil
}

func oaepHash(algorithm types.EncryptionAlgorithmSpec) crypto.Hash {
	if algorithm == types.EncryptionAlgorithmSpecRsaesOaepSha1 {
		return crypto.SHA1
	}
	return crypto.SHA256
}
