package kmskeys_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAMACOfKMSIsThatOfTheStandardLibrary(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	secret := []byte("a secret of thirty-two bytes, ok")
	arn := must(k.AddKey(types.KeySpecHmac256, secret))(t)
	signs, _ := newMACs(t, k, kmskeys.MACConfig{KeyID: arn})
	own := must(keys.HMAC("HS256", secret))(t)
	s := sign(t, signs)
	wantVerified(t, own, s)
	mac := hmac.New(sha256.New, secret)
	mac.Write(input)
	if !hmac.Equal(mac.Sum(nil), s.signature) {
		t.Errorf("%x", s.signature)
	}
	if s.header.Kid != keyID(arn) || s.header.Algorithm != "HS256" {
		t.Errorf("header %v", s.header)
	}
}
