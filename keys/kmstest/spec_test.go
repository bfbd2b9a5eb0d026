package kmstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestRefusedListsTheSpecsThatKmstestLacks(t *testing.T) {
	refused := fmt.Sprint(kmstest.Refused())
	for _, spec := range []types.KeySpec{types.KeySpecEccSecgP256k1, types.KeySpecSm2, types.KeySpecMlKem768} {
		if !strings.Contains(refused, string(spec)) {
			t.Errorf("%s is not among %s", spec, refused)
		}
	}
	for _, spec := range []types.KeySpec{types.KeySpecRsa4096, types.KeySpecSymmetricDefault, types.KeySpecEccNistEdwards25519} {
		if strings.Contains(refused, string(spec)) {
			t.Errorf("%s is among %s", spec, refused)
		}
	}
}
