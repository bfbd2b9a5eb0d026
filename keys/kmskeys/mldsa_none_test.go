//go:build !go1.27

package kmskeys_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestMLDSAIsNotVerifiedLocallyBeforeGo127(t *testing.T) {
	_, err := kmskeys.NewAsymmetricVerifier(kmstest.New(kmstest.Config{}), kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ML-DSA-65"})
	wantText(t, err, "ML-DSA-65", "Go 1.27", "NewAsymmetricRemoteVerifier")
}
