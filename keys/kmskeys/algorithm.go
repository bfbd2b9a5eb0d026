package kmskeys

import (
	"crypto"
	"crypto/elliptic"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxMessage is the length in bytes of the longest message that KMS takes as it is
// (API Reference: Sign, Verify, GenerateMac, VerifyMac).
const maxMessage = 4096

// takesWhole reports whether KMS takes input as it is.
func takesWhole(input []byte) bool { return len(input) > 0 && len(input) <= maxMessage }

// A signatureAlgorithm is how KMS makes the signatures of a JWS algorithm (Developer
// Guide, "Key spec reference"; RFC 7518 section 3.1, RFC 8037, RFC 9864, RFC 9964).
type signatureAlgorithm struct {
	name   string
	spec   types.SigningAlgorithmSpec
	hash   crypto.Hash    // 0 where KMS takes nothing but the message itself
	curve  elliptic.Curve // of ECDSA, whose signatures KMS has in DER
	widths []int          // how many bytes a signature can have, as JOSE has it
}

// findSignature returns the algorithm of a name.
func findSignature(name string) (signatureAlgorithm, error) {
	rsa := []int{256, 384, 512} // RSA_2048, RSA_3072 and RSA_4096
	switch name {
	case "RS256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, crypto.SHA256, nil, rsa}, nil
	case "RS384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384, crypto.SHA384, nil, rsa}, nil
	case "RS512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512, crypto.SHA512, nil, rsa}, nil
	case "PS256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha256, crypto.SHA256, nil, rsa}, nil
	case "PS384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha384, crypto.SHA384, nil, rsa}, nil
	case "PS512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecRsassaPssSha512, crypto.SHA512, nil, rsa}, nil
	case "ES256":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha256, crypto.SHA256, elliptic.P256(), []int{64}}, nil
	case "ES384":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha384, crypto.SHA384, elliptic.P384(), []int{96}}, nil
	case "ES512":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEcdsaSha512, crypto.SHA512, elliptic.P521(), []int{132}}, nil
	case "EdDSA", "Ed25519": // never ED25519_PH_SHA_512, which is another algorithm
		return signatureAlgorithm{name, types.SigningAlgorithmSpecEd25519Sha512, 0, nil, []int{64}}, nil
	case "ML-DSA-44": // FIPS 204 section 4 has the widths
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, 0, nil, []int{2420}}, nil
	case "ML-DSA-65":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, 0, nil, []int{3309}}, nil
	case "ML-DSA-87":
		return signatureAlgorithm{name, types.SigningAlgorithmSpecMlDsaShake256, 0, nil, []int{4627}}, nil
	}
	return signatureAlgorithm{}, fmt.Errorf("Algorithm is %s: set it to RS, PS or ES with 256, 384 or 512, EdDSA, Ed25519, "+
		"or ML-DSA-44, -65 or -87, whichever the KMS key is for", redact.Quote(name))
}

// message returns what KMS is to sign for input: its digest, since KMS takes no more
// than 4,096 bytes and a token can be longer, or the input where there is no such
// choice. ok is false if KMS cannot sign it.
func (a signatureAlgorithm) message(input []byte) (message []byte, form types.MessageType, ok bool) {
	if a.hash == 0 {
		return input, types.MessageTypeRaw, takesWhole(input)
	}
	h := a.hash.New()
	h.Write(input)
	return h.Sum(nil), types.MessageTypeDigest, true
}

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

// An hmacAlgorithm is one of HS256, HS384 and HS512 (RFC 7518 section 3.2).
type hmacAlgorithm struct {
	name string
	hash crypto.Hash
	spec types.MacAlgorithmSpec
}

// findHMAC returns the algorithm of a name; an empty one is HS256.
func findHMAC(name string) (hmacAlgorithm, error) {
	switch name {
	case "", "HS256":
		return hmacAlgorithm{"HS256", crypto.SHA256, types.MacAlgorithmSpecHmacSha256}, nil
	case "HS384":
		return hmacAlgorithm{"HS384", crypto.SHA384, types.MacAlgorithmSpecHmacSha384}, nil
	case "HS512":
		return hmacAlgorithm{"HS512", crypto.SHA512, types.MacAlgorithmSpecHmacSha512}, nil
	}
	return hmacAlgorithm{}, fmt.Errorf("Algorithm is %s: set it to HS256, HS384 or HS512", redact.Quote(name))
}
