package kmskeys

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/setup"
)

// Each source asks for the one operation that it calls. A *kms.Client has them all, and
// so has the KMS in memory of package kmstest. A mock must give each answer memory of
// its own: data keys are overwritten once they have been used.

// A GenerateDataKeyAPI calls kms:GenerateDataKey.
type GenerateDataKeyAPI interface {
	GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
}

// A DecryptAPI calls kms:Decrypt.
type DecryptAPI interface {
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// A SignAPI calls kms:Sign.
type SignAPI interface {
	Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
}

// A GetPublicKeyAPI calls kms:GetPublicKey.
type GetPublicKeyAPI interface {
	GetPublicKey(context.Context, *kms.GetPublicKeyInput, ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error)
}

// A VerifyAPI calls kms:Verify.
type VerifyAPI interface {
	Verify(context.Context, *kms.VerifyInput, ...func(*kms.Options)) (*kms.VerifyOutput, error)
}

// A GenerateMacAPI calls kms:GenerateMac.
type GenerateMacAPI interface {
	GenerateMac(context.Context, *kms.GenerateMacInput, ...func(*kms.Options)) (*kms.GenerateMacOutput, error)
}

// A VerifyMacAPI calls kms:VerifyMac.
type VerifyMacAPI interface {
	VerifyMac(context.Context, *kms.VerifyMacInput, ...func(*kms.Options)) (*kms.VerifyMacOutput, error)
}

var (
	_ GenerateDataKeyAPI = (*kms.Client)(nil)
	_ DecryptAPI         = (*kms.Client)(nil)
	_ SignAPI            = (*kms.Client)(nil)
	_ GetPublicKeyAPI    = (*kms.Client)(nil)
	_ VerifyAPI          = (*kms.Client)(nil)
	_ GenerateMacAPI     = (*kms.Client)(nil)
	_ VerifyMacAPI       = (*kms.Client)(nil)
)

// checkClient refuses what is left of a client that was never made.
func checkClient(client any) error {
	if setup.IsNil(client) {
		return errors.New("the client is nil: make one with kms.NewFromConfig or kms.New")
	}
	return nil
}
