package keys_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// Verification beside the bare check of the standard library.
func BenchmarkVerify(b *testing.B) {
	input := make([]byte, 300)
	digest := sha256.Sum256(input)
	rsaKey := standardKey(b, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
	ecKey := standardKey(b, "ec-p256-a.pkcs8").(*ecdsa.PrivateKey)
	edKey := standardKey(b, "ed25519-a.pkcs8").(ed25519.PrivateKey)
	secret := secretBytes("s")[:32]

	mac := hmac.New(sha256.New, secret)
	mac.Write(input)
	tag := mac.Sum(nil)
	ecSignature, err := ecdsa.SignASN1(rand.Reader, ecKey, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	rsaSignature, err := rsa.SignPKCS1v15(nil, rsaKey, crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	edSignature := ed25519.Sign(edKey, input)
	hs256, err := keys.HMAC("HS256", secret)
	if err != nil {
		b.Fatal(err)
	}

	for name, bare := range map[string]func() bool{
		"HS256/bare": func() bool {
			mac := hmac.New(sha256.New, secret)
			mac.Write(input)
			return hmac.Equal(mac.Sum(nil), tag)
		},
		"RS256/bare": func() bool {
			digest := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(&rsaKey.PublicKey, crypto.SHA256, digest[:], rsaSignature) == nil
		},
		"ES256/bare": func() bool {
			digest := sha256.Sum256(input)
			return ecdsa.VerifyASN1(&ecKey.PublicKey, digest[:], ecSignature)
		},
		"EdDSA/bare": func() bool {
			return ed25519.Verify(edKey.Public().(ed25519.PublicKey), input, edSignature)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !bare() {
					b.Fatal("rejected")
				}
			}
		})
	}
	for name, source := range map[string]ownKey{
		"HS256/keys": hs256, "RS256/keys": privateKey(b, "", "RS256", "a"),
		"ES256/keys": privateKey(b, "", "ES256", "a"), "EdDSA/keys": privateKey(b, "", "EdDSA", "a"),
	} {
		h, signature := sign(b, source, input)
		ctx := context.Background()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				key, err := source.VerificationKey(ctx, h)
				if err != nil {
					b.Fatal(err)
				}
				if err := key.Verify(ctx, input, signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
