package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Names of the one KMS key that there is of each kind.
const (
	keyID  = "1234abcd-12ab-34cd-56ef-1234567890ab"
	keyARN = "arn:aws:kms:us-east-1:111122223333:key/" + keyID
)

// A region is KMS in one Region, as far as the library calls it: with quotas and a latency,
// and with answers that cost next to nothing. It says of every signature of an asymmetric
// key that it is good, and its own are of the right length and no more. Data keys and MACs
// are what they should be. It has the method set of the SDK's client.
type region struct {
	symmetric, rsa, publicKey *quota
	spki                      []byte // of the RSA key that verifies locally
	dataKeys                  *atomic.Uint64
}

func (r *region) quotas() []*quota { return []*quota{r.symmetric, r.rsa, r.publicKey} }

// call makes a call with as many attempts as the options allow, as the SDK does.
func call(ctx context.Context, q *quota, options []func(*kms.Options)) error {
	var o kms.Options
	for _, option := range options {
		option(&o)
	}
	for attempt := 1; ; attempt++ {
		err := q.call(ctx)
		if err == nil || o.Retryer == nil || attempt >= o.Retryer.MaxAttempts() || !o.Retryer.IsErrorRetryable(err) {
			return err
		}
		// kmskeys.Retry waits for as long, by random numbers that are no one's to repeat.
		a := actorOf(ctx)
		if err := a.sleep(ctx, a.between(shortestRetry, longestRetry)); err != nil {
			return err
		}
	}
}

const (
	shortestRetry = 50 * time.Millisecond
	longestRetry  = 100 * time.Millisecond
)

// signatureSize is the length of a signature of RSA_2048.
const signatureSize = 256

// blobSize is the length of an encrypted data key of 32 bytes as KMS gives it.
const blobSize = 184

func (r *region) GenerateDataKey(ctx context.Context, _ *kms.GenerateDataKeyInput, options ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	if err := call(ctx, r.symmetric, options); err != nil {
		return nil, err
	}
	number := r.dataKeys.Add(1)
	return &kms.GenerateDataKeyOutput{KeyId: name(keyARN), Plaintext: plaintext(number), CiphertextBlob: blob(number)}, nil
}

func (r *region) Decrypt(ctx context.Context, in *kms.DecryptInput, options ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if err := call(ctx, r.symmetric, options); err != nil {
		return nil, err
	}
	if in.DryRun != nil && *in.DryRun {
		return nil, wouldSucceed{}
	}
	number, err := numberOf(in.CiphertextBlob)
	if err != nil {
		return nil, err
	}
	return &kms.DecryptOutput{KeyId: name(keyARN), Plaintext: plaintext(number)}, nil
}

func (r *region) Sign(ctx context.Context, in *kms.SignInput, options ...func(*kms.Options)) (*kms.SignOutput, error) {
	if err := call(ctx, r.rsa, options); err != nil {
		return nil, err
	}
	return &kms.SignOutput{KeyId: name(keyARN), SigningAlgorithm: in.SigningAlgorithm, Signature: make([]byte, signatureSize)}, nil
}

func (r *region) Verify(ctx context.Context, in *kms.VerifyInput, options ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	if err := call(ctx, r.rsa, options); err != nil {
		return nil, err
	}
	return &kms.VerifyOutput{KeyId: name(keyARN), SigningAlgorithm: in.SigningAlgorithm, SignatureValid: true}, nil
}

func (r *region) GetPublicKey(ctx context.Context, _ *kms.GetPublicKeyInput, options ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	if err := call(ctx, r.publicKey, options); err != nil {
		return nil, err
	}
	return &kms.GetPublicKeyOutput{
		KeyId: name(keyARN), KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify, PublicKey: r.spki,
		SigningAlgorithms: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecRsassaPkcs1V15Sha256},
	}, nil
}

func (r *region) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, options ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	if err := call(ctx, r.symmetric, options); err != nil {
		return nil, err
	}
	return &kms.GenerateMacOutput{KeyId: name(keyARN), MacAlgorithm: in.MacAlgorithm, Mac: mac([]byte(macKey), in.Message)}, nil
}

func (r *region) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, options ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	if err := call(ctx, r.symmetric, options); err != nil {
		return nil, err
	}
	if in.DryRun != nil && *in.DryRun {
		return nil, wouldSucceed{}
	}
	if !hmac.Equal(mac([]byte(macKey), in.Message), in.Mac) {
		return nil, errors.New("a token of this simulation with a wrong MAC")
	}
	return &kms.VerifyMacOutput{KeyId: name(keyARN), MacAlgorithm: in.MacAlgorithm, MacValid: true}, nil
}

// wouldSucceed is KMS's answer to a dry run.
type wouldSucceed struct{}

func (wouldSucceed) Error() string     { return "DryRunOperationException: it would have succeeded" }
func (wouldSucceed) ErrorCode() string { return "DryRunOperationException" }

func name(s string) *string { return &s }

// macKey is the HMAC key of this KMS.
const macKey = "the HMAC key of this simulation"

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

// plaintext returns the data key of a number.
func plaintext(number uint64) []byte {
	sum := sha256.Sum256(blob(number))
	return sum[:]
}

// blob returns the encrypted data key of a number: the number.
func blob(number uint64) []byte {
	return append(binary.BigEndian.AppendUint64(nil, number), make([]byte, blobSize-8)...)
}

// numberOf returns the number of an encrypted data key.
func numberOf(blob []byte) (uint64, error) {
	if len(blob) != blobSize {
		return 0, errors.New("an encrypted data key that is none of this simulation")
	}
	return binary.BigEndian.Uint64(blob), nil
}
