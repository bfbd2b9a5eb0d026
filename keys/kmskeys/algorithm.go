package kmskeys

import (
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// maxMessage is the length in bytes of the longest message that KMS takes as it is
// (API Reference: Sign, Verify, GenerateMac, VerifyMac).
const maxMessage = 4096

// A signatureAlgorithm is how KMS makes the signatures of a JWS algorithm (Developer
// Guide, "Key spec reference"; RFC 7518 section 3.1, RFC 8037, RFC 9864, RFC 9964).
type signatureAlgorithm struct {
	name   string
	spec   types.SigningAlgorithmSpec
	digest func([]byte) []byte // nil where KMS takes nothing but the message itself
	curve  elliptic.Curve      // of ECDSA, whose signatures KMS has in DER
	widths []int               // how many bytes a signature can have, as JOSE has it
}

// findSignature returns the algorithm of a name.
func findSignature(name string) (signatureAlgorithm, error) {
	rsa := []int{256, 384, 512} // RSA_2048, RSA_3072 and RSA_4096
	switch name {
	case "RS256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, digest256, nil, rsa}, nil
	case "RS384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384, digest384, nil, rsa}, nil
	case "RS512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512, digest512, nil, rsa}, nil
	case "PS256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha256, digest256, nil, rsa}, nil
	case "PS384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha384, digest384, nil, rsa}, nil
	case "PS512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha512, digest512, nil, rsa}, nil
	case "ES256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha256, digest256, elliptic.P256(), []int{64}}, nil
	case "ES384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha384, digest384, elliptic.P384(), []int{96}}, nil
	case "ES512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha512, digest512, elliptic.P521(), []int{132}}, nil
	case "EdDSA", "Ed25519": // never ED25519_PH_SHA_512, which is another algorithm
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEd25519Sha512, nil, nil, []int{64}}, nil
	case "ML-DSA-44":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, nil, nil, []int{2420}}, nil
	case "ML-DSA-65":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, nil, nil, []int{3309}}, nil
	case "ML-DSA-87":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, nil, nil, []int{4627}}, nil
	}
	return signatureAlgorithm{}, fmt.Errorf("Algorithm is %s: set it to RS, PS or ES with 256, 384 or 512, EdDSA, Ed25519, "+
		"or ML-DSA-44, -65 or -87, whichever the KMS key is for", quote(name))
}

func digest256(input []byte) []byte { sum := sha256.Sum256(input); return sum[:] }
func digest384(input []byte) []byte { sum := sha512.Sum384(input); return sum[:] }
func digest512(input []byte) []byte { sum := sha512.Sum512(input); return sum[:] }

// isMLDSA tells whether the algorithm is one of FIPS 204.
func (a signatureAlgorithm) isMLDSA() bool { return a.spec == types.SigningAlgorithmSpecMlDsaShake256 }

// message returns what KMS is to sign for input: its digest, since KMS takes no more
// than 4,096 bytes and a token can be longer, or the input where there is no such
// choice. ok is false if KMS cannot sign it.
func (a signatureAlgorithm) message(input []byte) (message []byte, form types.MessageType, ok bool) {
	if a.digest != nil {
		return a.digest(input), types.MessageTypeDigest, true
	}
	return input, types.MessageTypeRaw, takesWhole(input)
}

// takesWhole tells whether KMS takes input as it is.
func takesWhole(input []byte) bool { return len(input) > 0 && len(input) <= maxMessage }

// fromKMS returns a signature of KMS as JOSE has it.
func (a signatureAlgorithm) fromKMS(signature []byte) (jose []byte, ok bool) {
	if a.curve != nil {
		return fromDER(a.curve, signature)
	}
	return signature, slices.Contains(a.widths, len(signature))
}

// toKMS returns a signature of a token as KMS has it. ok is false for what is no
// signature of this algorithm, whatever the key.
func (a signatureAlgorithm) toKMS(signature []byte) (kms []byte, ok bool) {
	switch {
	case !slices.Contains(a.widths, len(signature)):
		return nil, false
	case a.curve != nil:
		return toDER(a.curve, signature)
	}
	return signature, true
}
