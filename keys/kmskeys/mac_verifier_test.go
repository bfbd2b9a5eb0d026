package kmskeys_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestTokensSignedBeforeARotationAreVerifiedWithThePreviousKey(t *testing.T) {
	c := clocktest.NewManual()
	k := kmstest.New(kmstest.Config{})
	oldSigns, oldVerifies := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256), Kid: "2025"})
	newSigns, newVerifies := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256), Kid: "2026"})
	ring := must(keys.NewRing(newSigns, newVerifies, oldVerifies))(t)
	if !ring.Metered() {
		t.Error("the ring is not metered")
	}
	v := tokenVerifier(t, ring, c.Now)
	before, after := token(t, oldSigns, claims(c.Now())), token(t, ring, claims(c.Now()))
	for name, test := range map[string]struct{ text, kid string }{"before": {before, "2025"}, "after": {after, "2026"}} {
		got, err := v.Verify(context.Background(), test.text)
		if err != nil || got.Header.Kid != test.kid {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	wantCalls(t, k, "VerifyMac", 2) // one key each, and no other
	strangerSigns, _ := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256), Kid: "2024"})
	_, err := v.Verify(context.Background(), token(t, strangerSigns, claims(c.Now())))
	wantError(t, err, verifier.ErrInvalidToken)
	wantCalls(t, k, "VerifyMac", 2)
}

func TestAMACOfImpossibleLengthCostsNoCall(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for alg, spec := range map[string]types.KeySpec{"HS256": types.KeySpecHmac256, "HS384": types.KeySpecHmac384, "HS512": types.KeySpecHmac512} {
		signs, verifies := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, spec), Algorithm: alg})
		s := sign(t, signs)
		for _, signature := range [][]byte{nil, s.signature[1:], append(s.signature, 0), make([]byte, 1<<20)} {
			wantError(t, verify(context.Background(), verifies, signed{s.header, signature}), keys.ErrSignature)
		}
	}
	wantCalls(t, k, "VerifyMac", 0)
}

func TestExpiredTokensCostNoVerifyMac(t *testing.T) {
	c := clocktest.NewManual()
	k := kmstest.New(kmstest.Config{})
	signs, verifies := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256)})
	m := claims(c.Now())
	m["exp"] = c.Now().Unix()
	_, err := tokenVerifier(t, verifies, c.Now).Verify(context.Background(), token(t, signs, m))
	wantError(t, err, verifier.ErrInvalidToken)
	wantCalls(t, k, "VerifyMac", 0)
}
