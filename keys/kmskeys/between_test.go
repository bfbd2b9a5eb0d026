package kmskeys_test

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A between stands between a source and its KMS, as a proxy would: it sees requests,
// and can change answers. Its functions may be nil.
type between struct {
	*kmstest.KMS
	dataKeyRequest func(*kms.GenerateDataKeyInput)
	dataKey        func(*kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput
	decryptRequest func(*kms.DecryptInput)
	decrypt        func(*kms.DecryptOutput) *kms.DecryptOutput
	signRequest    func(*kms.SignInput)
	sign           func(*kms.SignOutput) *kms.SignOutput
	publicKey      func(*kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput
	verifyRequest  func(*kms.VerifyInput)
	verify         func(*kms.VerifyOutput) *kms.VerifyOutput
	generateMAC    func(*kms.GenerateMacOutput) *kms.GenerateMacOutput
	verifyMAC      func(*kms.VerifyMacOutput) *kms.VerifyMacOutput
}

func pass[In, Out any](in *In, see func(*In), call func() (*Out, error), change func(*Out) *Out) (*Out, error) {
	if see != nil {
		see(in)
	}
	out, err := call()
	if err == nil && change != nil {
		out = change(out)
	}
	return out, err
}

func (b between) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, o ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return pass(in, b.dataKeyRequest, func() (*kms.GenerateDataKeyOutput, error) { return b.KMS.GenerateDataKey(ctx, in, o...) }, b.dataKey)
}

func (b between) Decrypt(ctx context.Context, in *kms.DecryptInput, o ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return pass(in, b.decryptRequest, func() (*kms.DecryptOutput, error) { return b.KMS.Decrypt(ctx, in, o...) }, b.decrypt)
}

func (b between) Sign(ctx context.Context, in *kms.SignInput, o ...func(*kms.Options)) (*kms.SignOutput, error) {
	return pass(in, b.signRequest, func() (*kms.SignOutput, error) { return b.KMS.Sign(ctx, in, o...) }, b.sign)
}

func (b between) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, o ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	return pass(in, nil, func() (*kms.GetPublicKeyOutput, error) { return b.KMS.GetPublicKey(ctx, in, o...) }, b.publicKey)
}

func (b between) Verify(ctx context.Context, in *kms.VerifyInput, o ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	return pass(in, b.verifyRequest, func() (*kms.VerifyOutput, error) { return b.KMS.Verify(ctx, in, o...) }, b.verify)
}

func (b between) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, o ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return pass(in, nil, func() (*kms.GenerateMacOutput, error) { return b.KMS.GenerateMac(ctx, in, o...) }, b.generateMAC)
}

func (b between) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, o ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return pass(in, nil, func() (*kms.VerifyMacOutput, error) { return b.KMS.VerifyMac(ctx, in, o...) }, b.verifyMAC)
}

// plaintexts collects the data keys that a KMS has given out: the slices themselves,
// which the receiver may write to, and copies. It is safe for concurrent use.
type plaintexts struct {
	mu     sync.Mutex
	given  [][]byte
	copies [][]byte
}

func (p *plaintexts) add(plaintext []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = append(p.given, plaintext)
	p.copies = append(p.copies, slices.Clone(plaintext))
}
