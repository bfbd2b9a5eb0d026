package kmstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestMACsRefuseWhatIsOutOfTheModel(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	const hs256 = types.MacAlgorithmSpecHmacSha256
	for name, in := range map[string]kms.VerifyMacInput{
		"no message":       {KeyId: key, MacAlgorithm: hs256, Mac: []byte("m")},
		"an empty message": {KeyId: key, MacAlgorithm: hs256, Mac: []byte("m"), Message: []byte{}},
		"no algorithm":     {KeyId: key, Mac: []byte("m"), Message: []byte("m")},
		"a JOSE algorithm": {KeyId: key, MacAlgorithm: "HS256", Mac: []byte("m"), Message: []byte("m")},
		"an empty MAC":     {KeyId: key, MacAlgorithm: hs256, Mac: []byte{}, Message: []byte("m")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.VerifyMac(t.Context(), &in)
			wantCode(t, err, "ValidationException")
		})
	}
}
