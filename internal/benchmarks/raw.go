package benchmarks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

var errSignature = errors.New("wrong signature")

// raw is the floor: what the standard library takes to hash the signing input and
// check the signature, both decoded beforehand. An ECDSA signature even is in DER
// already, which is the form that the standard library is fastest with.
func raw(key *Key) Contender {
	return Contender{Raw, "", func(token string) (func() error, error) {
		last := strings.LastIndexByte(token, '.')
		if last < 0 {
			return nil, errors.New("a token without a dot")
		}
		input := []byte(token[:last])
		signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
		if err != nil {
			return nil, err
		}
		return rawCheck(key, input, signature)
	}}
}

func rawCheck(key *Key, input, signature []byte) (func() error, error) {
	switch public := key.Public.(type) {
	case []byte:
		return func() error {
			mac := hmac.New(sha256.New, public)
			mac.Write(input)
			return unlessOK(hmac.Equal(mac.Sum(nil), signature))
		}, nil
	case *rsa.PublicKey:
		return func() error {
			digest := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature)
		}, nil
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		der, err := asn1.Marshal(struct{ R, S *big.Int }{
			new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]),
		})
		if err != nil {
			return nil, err
		}
		return func() error {
			digest := sha256.Sum256(input)
			return unlessOK(ecdsa.VerifyASN1(public, digest[:], der))
		}, nil
	case ed25519.PublicKey:
		return func() error { return unlessOK(ed25519.Verify(public, input, signature)) }, nil
	}
	return nil, fmt.Errorf("no raw check with a %T", key.Public)
}

func unlessOK(ok bool) error {
	if ok {
		return nil
	}
	return errSignature
}
