package kmstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// One Region is down: the replica of another decrypts and signs in its place.
func TestAnotherRegionTakesOver(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	west := east.In("us-west-2")
	symmetric := addMultiRegion(t, east).KeyId
	created, err := east.CreateKey(t.Context(), &kms.CreateKeyInput{MultiRegion: ptr(true), KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	check(t, err)
	signing := created.KeyMetadata.KeyId
	replicate(t, east, west, symmetric)
	replicate(t, east, west, signing)
	blob := encrypt(t, east, symmetric)
	published, err := east.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: signing})
	check(t, err)

	east.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "the Region is down"))
	clients := []kmstest.API{clientOf(t, east), clientOf(t, west)}
	for i, code := range []string{"KMSInternalException", ""} {
		_, err := decrypt(t.Context(), clients[i], symmetric, blob)
		wantCode(t, err, code)
		_, err = clients[i].Sign(t.Context(), &kms.SignInput{KeyId: signing, Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
		wantCode(t, err, code)
	}
	there, err := west.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: signing})
	check(t, err)
	if string(there.PublicKey) != string(published.PublicKey) {
		t.Error("the replica has another public key")
	}
	if east.Calls("Decrypt") != 1 || west.Calls("Decrypt") != 1 {
		t.Errorf("%d and %d calls, want one each", east.Calls("Decrypt"), west.Calls("Decrypt"))
	}
	east.Heal()
	wantDecrypts(t, east, symmetric, blob)
}
