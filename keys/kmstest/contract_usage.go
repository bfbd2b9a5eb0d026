package kmstest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// usage gives every operation a key of each usage that is not its own.
func (c contract) usage(t *testing.T) {
	symmetric, signing, mac := c.createSymmetric(t).Arn, c.createP256(t).Arn, c.createHMAC(t).Arn
	for _, op := range c.operations(nil, evidence{probeMessage, probeMessage, c.encrypt(t, symmetric)}) {
		for _, key := range []*string{symmetric, signing, mac} {
			if (op.usage == types.KeyUsageTypeEncryptDecrypt && key == symmetric) ||
				(op.usage == types.KeyUsageTypeSignVerify && key == signing) ||
				(op.usage == types.KeyUsageTypeGenerateVerifyMac && key == mac) {
				continue
			}
			t.Run(op.name, func(t *testing.T) { wantCode(t, op.call(t.Context(), key), "InvalidKeyUsageException") })
		}
	}
	t.Run("only a symmetric key for encryption rotates", func(t *testing.T) {
		for _, key := range []*string{signing, mac} {
			_, err := c.API.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key})
			wantCode(t, err, "UnsupportedOperationException")
		}
	})
}

// dryRuns asks every operation whether it would succeed, which it would: whether a dry
// run looks at signatures and MACs is not documented.
func (c contract) dryRuns(t *testing.T) {
	symmetric, signing, mac := c.createSymmetric(t).Arn, c.createP256(t).Arn, c.createHMAC(t).Arn
	signed := signedMessage{types.SigningAlgorithmSpecEcdsaSha256, types.MessageTypeRaw, probeMessage}
	genuine := evidence{
		signature:  send(t, c.API.Sign, signed.signInput(signing)).Signature,
		mac:        c.mac(t, mac, types.MacAlgorithmSpecHmacSha256, probeMessage),
		ciphertext: c.encrypt(t, symmetric),
	}
	keys := map[types.KeyUsageType]*string{
		types.KeyUsageTypeEncryptDecrypt:    symmetric,
		types.KeyUsageTypeSignVerify:        signing,
		types.KeyUsageTypeGenerateVerifyMac: mac,
	}
	dry := true
	for _, op := range c.operations(&dry, genuine) {
		t.Run(op.name, func(t *testing.T) { wantCode(t, op.call(t.Context(), keys[op.usage]), "DryRunOperationException") })
	}
	t.Run("Decrypt", func(t *testing.T) {
		for name, in := range map[string]kms.DecryptInput{
			"with a ciphertext": {CiphertextBlob: genuine.ciphertext},
			"without":           {DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}},
		} {
			in.KeyId, in.DryRun = symmetric, &dry
			_, err := c.API.Decrypt(t.Context(), &in)
			t.Run(name, func(t *testing.T) { wantCode(t, err, "DryRunOperationException") })
		}
	})
}

// A probe is an operation with parameters that a key of its usage allows.
type probe struct {
	name  string
	usage types.KeyUsageType
	call  func(ctx context.Context, key *string) error
}

// evidence is what operations are given to check or to open.
type evidence struct{ signature, mac, ciphertext []byte }

var probeMessage = []byte("message")

func (c contract) operations(dry *bool, e evidence) []probe {
	return []probe{
		{"Sign", types.KeyUsageTypeSignVerify, func(ctx context.Context, key *string) error {
			_, err := c.API.Sign(ctx, &kms.SignInput{KeyId: key, Message: probeMessage, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, DryRun: dry})
			return err
		}},
		{"Verify", types.KeyUsageTypeSignVerify, func(ctx context.Context, key *string) error {
			_, err := c.API.Verify(ctx, &kms.VerifyInput{KeyId: key, Message: probeMessage, Signature: e.signature, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, DryRun: dry})
			return err
		}},
		{"GenerateMac", types.KeyUsageTypeGenerateVerifyMac, func(ctx context.Context, key *string) error {
			_, err := c.API.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: key, Message: probeMessage, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, DryRun: dry})
			return err
		}},
		{"VerifyMac", types.KeyUsageTypeGenerateVerifyMac, func(ctx context.Context, key *string) error {
			_, err := c.API.VerifyMac(ctx, &kms.VerifyMacInput{KeyId: key, Message: probeMessage, Mac: e.mac, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, DryRun: dry})
			return err
		}},
		{"Encrypt", types.KeyUsageTypeEncryptDecrypt, func(ctx context.Context, key *string) error {
			_, err := c.API.Encrypt(ctx, &kms.EncryptInput{KeyId: key, Plaintext: probeMessage, DryRun: dry})
			return err
		}},
		{"ReEncrypt", types.KeyUsageTypeEncryptDecrypt, func(ctx context.Context, key *string) error {
			_, err := c.API.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: e.ciphertext, DestinationKeyId: key, DryRun: dry})
			return err
		}},
		{"GenerateDataKey", types.KeyUsageTypeEncryptDecrypt, func(ctx context.Context, key *string) error {
			_, err := c.API.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: key, KeySpec: types.DataKeySpecAes256, DryRun: dry})
			return err
		}},
		{"GenerateDataKeyWithoutPlaintext", types.KeyUsageTypeEncryptDecrypt, func(ctx context.Context, key *string) error {
			_, err := c.API.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: key, KeySpec: types.DataKeySpecAes256, DryRun: dry})
			return err
		}},
	}
}
