package kmskeys_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

func TestANilClientIsRefused(t *testing.T) {
	envelope := envelopeConfig(someKey)
	asymmetric := kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ES256"}
	mac := kmskeys.MACConfig{KeyID: someKey}
	for name, err := range map[string]error{
		"EnvelopeSigner":           second(kmskeys.NewEnvelopeSigner(nil, envelope)),
		"EnvelopeVerifier":         second(kmskeys.NewEnvelopeVerifier((*kms.Client)(nil), envelope)),
		"AsymmetricSigner":         second(kmskeys.NewAsymmetricSigner(nil, asymmetric)),
		"AsymmetricVerifier":       second(kmskeys.NewAsymmetricVerifier(nil, asymmetric)),
		"AsymmetricRemoteVerifier": second(kmskeys.NewAsymmetricRemoteVerifier(nil, asymmetric)),
		"MACSigner and MACVerifer": second(kmskeys.NewMACSigner((*kms.Client)(nil), mac)),
		"MACVerifer":               second(kmskeys.NewMACVerifier(nil, mac)),
	} {
		t.Run(name, func(t *testing.T) { wantText(t, err, "the client is nil", "kms.New") })
	}
}

func second[T any](_ T, err error) error { return err }
