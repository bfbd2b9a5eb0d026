package kmskeys

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// Each source asks for the one operation that it calls. A *kms.Client has them all,
// and so does the KMS in memory of package kmstest. A mock must give each answer
// memory of its own: data keys are overwritten once they have been used.

// A DataKeyGenerator calls kms:GenerateDataKey.
type DataKeyGenerator interface {
	GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
}

// A Decrypter calls kms:Decrypt.
type Decrypter interface {
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// A Signer calls kms:Sign.
type Signer interface {
	Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
}

// A PublicKeyGetter calls kms:GetPublicKey.
type PublicKeyGetter interface {
	GetPublicKey(context.Context, *kms.GetPublicKeyInput, ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error)
}

// A Verifier calls kms:Verify.
type Verifier interface {
	Verify(context.Context, *kms.VerifyInput, ...func(*kms.Options)) (*kms.VerifyOutput, error)
}

// A MACGenerator calls kms:GenerateMac.
type MACGenerator interface {
	GenerateMac(context.Context, *kms.GenerateMacInput, ...func(*kms.Options)) (*kms.GenerateMacOutput, error)
}

// A MACChecker calls kms:VerifyMac.
type MACChecker interface {
	VerifyMac(context.Context, *kms.VerifyMacInput, ...func(*kms.Options)) (*kms.VerifyMacOutput, error)
}

var (
	_ DataKeyGenerator = (*kms.Client)(nil)
	_ Decrypter        = (*kms.Client)(nil)
	_ Signer           = (*kms.Client)(nil)
	_ PublicKeyGetter  = (*kms.Client)(nil)
	_ Verifier         = (*kms.Client)(nil)
	_ MACGenerator     = (*kms.Client)(nil)
	_ MACChecker       = (*kms.Client)(nil)
)

// callTimeout bounds a call to KMS that several requests wait for, each of which may
// have a deadline of its own or none. An authorizer of an HTTP API has 10 s in all.
const callTimeout = 10 * time.Second

// errNotMade is the answer of a source that no constructor of this package made. It
// is a fault in the program and so never the token's.
var errNotMade = errors.New("kmskeys: a zero source: make it with a function of this package")

// checkClient refuses what is left of a client that was never made.
func checkClient(client any) error {
	v := reflect.ValueOf(client)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return errors.New("the client is nil: make one with kms.NewFromConfig or kms.New")
	}
	return nil
}
