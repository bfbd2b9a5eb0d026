package kmstest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// Run with -race: everything at once, on keys that change state meanwhile.
func TestAKMSIsSafeForConcurrentUse(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	west := east.In("us-west-2")
	symmetric, signing := addMultiRegion(t, east), add(t, east, types.KeySpecEccNistP256)
	replicate(t, east, west, symmetric.KeyId)
	other := add(t, east, types.KeySpecEccNistP256)
	const workers, rounds = 8, 20
	blobs := make(chan []byte, workers*rounds)
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			alias := fmt.Sprintf("alias/worker-%d", worker)
			_, _ = east.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: signing})
			for range rounds {
				out, err := east.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: symmetric.KeyId, KeySpec: types.DataKeySpecAes256})
				if err != nil {
					t.Error(err)
					return
				}
				blobs <- out.CiphertextBlob
				_, _ = east.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: symmetric.KeyId})
				if _, err := east.Sign(t.Context(), &kms.SignInput{KeyId: &alias, Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}); err != nil {
					t.Error(err)
				}
				_, _ = east.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: other})
				_, _ = east.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: symmetric.KeyId})
				_, _ = west.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: symmetric.KeyId})
				east.Fail("Verify", 1, nil)
				_ = east.CallsTo("Sign", alias)
			}
		})
	}
	working.Wait()
	close(blobs)
	for blob := range blobs {
		if _, err := decrypt(t.Context(), west, symmetric.KeyId, blob); err != nil {
			t.Fatal(err)
		}
	}
	if got := east.Calls("Sign"); got != workers*rounds {
		t.Errorf("%d calls of Sign, want %d", got, workers*rounds)
	}
}
