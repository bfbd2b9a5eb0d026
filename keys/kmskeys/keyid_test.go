package kmskeys_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestEveryFormOfKeyIDSignsAndVerifies(t *testing.T) {
	k := kmstest.New(kmstest.Config{Region: "cn-north-1"})
	arn := newKey(t, k, types.KeySpecSymmetricDefault)
	newAlias(t, k, "alias/login", arn)
	forms := []string{arn, keyID(arn), "alias/login", strings.TrimSuffix(arn, "key/"+keyID(arn)) + "alias/login"}
	for _, signs := range forms {
		for _, verifies := range forms {
			s := sign(t, envelopeSigner(t, k, envelopeConfig(signs)))
			wantVerified(t, envelopeVerifier(t, k, envelopeConfig(verifies)), s)
		}
	}
}

// What the configuration calls a key, no answer of another key passes for it.
func FuzzKeyID(f *testing.F) {
	const place = "arn:aws:kms:us-east-1:111122223333:"
	for _, seed := range []string{
		"1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab", "alias/login", place + "key/1234abcd",
		place + "alias/login", place + "key/", "arn:aws:kms:::key/a", "arn:aws:s3:us-east-1:111122223333:key/a", "", ":", "key/a",
	} {
		f.Add(seed, place+"key/1234abcd")
		f.Add(seed, seed)
	}
	k := kmstest.New(kmstest.Config{})
	signs := envelopeSigner(f, k, envelopeConfig(newKey(f, k, types.KeySpecSymmetricDefault)))
	s := sign(f, signs)
	f.Fuzz(func(t *testing.T, configured, answered string) {
		answer := kmsAnswering{keyID: answered}
		v, err := kmskeys.NewEnvelopeVerifier(answer, envelopeConfig(configured))
		if err != nil {
			return
		}
		_, err = v.VerificationKey(context.Background(), s.header)
		if (err == nil) != mayAnswer(configured, answered) {
			t.Fatalf("%q was answered for by %q: %v", configured, answered, err)
		}
		if err != nil {
			wantOutage(t, err)
		}
	})
}

// kmsAnswering is a KMS that decrypts everything in the name of one key.
type kmsAnswering struct{ keyID string }

func (k kmsAnswering) Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return &kms.DecryptOutput{KeyId: &k.keyID, Plaintext: bytes.Repeat([]byte{1}, 32)}, nil
}

var keyARN = regexp.MustCompile(`^(arn:[^:]+:kms:[^:]+:[^:]+:)key/([A-Za-z0-9_-]+)$`)

func mayAnswer(configured, answered string) bool {
	part := keyARN.FindStringSubmatch(answered)
	switch {
	case part == nil:
		return false
	case keyARN.MatchString(configured):
		return configured == answered
	case strings.HasPrefix(configured, "arn:"):
		return strings.HasPrefix(configured, part[1]+"alias/")
	}
	return strings.HasPrefix(configured, "alias/") || configured == part[2]
}
