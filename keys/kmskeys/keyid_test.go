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

func TestWhatKMSCallsAKeyIsTakenAndNothingElse(t *testing.T) {
	const place = "arn:aws:kms:us-east-1:111122223333:"
	for name, want := range map[string]bool{
		someKey: true, strings.ToUpper(someKey): true, "mrk-1234abcd12ab34cd56ef1234567890ab": true, "alias/a": true,
		place + "key/" + someKey: true, place + "key/a": true, place + "key/A_z-9": true, place + "alias/a": true,
		"arn:aws-cn:kms:cn-north-1:111122223333:key/a": true,

		"": false, "alias": false, "alias/": false, "key/a": false, someKey[1:]: false, "mrk-1234abcd": false, " " + someKey: false,
		place: false, place + "login": false, place + "key": false, place + "key/": false, place + "alias/": false, place + "keys/a": false,
		place + "key/a b": false, place + "key/a/b": false, place + "key/a:b": false, place + "role/a": false,
		"arn::kms:us-east-1:111122223333:key/a": false, "arn:aws::us-east-1:111122223333:key/a": false,
		"arn:aws:kms::111122223333:key/a": false, "arn:aws:kms:us-east-1::key/a": false,
		"arn:aws:kms:us-east-1:key/a": false, "arn:aws:s3:us-east-1:111122223333:key/a": false,
	} {
		_, err := kmskeys.NewEnvelopeVerifier(kmsAnswering{}, envelopeConfig(name))
		if (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A proxy may answer with anything. What an alias stands for only KMS knows, but it is a key.
func TestAnAnswerIsOfNoKeyUnlessItNamesOneByItsARN(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	s := sign(t, envelopeSigner(t, k, envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))))
	const place = "arn:aws:kms:us-east-1:111122223333:"
	for answered, want := range map[string]bool{
		place + "key/" + someKey: true, place + "key/a": true, "arn:aws-cn:kms:cn-north-1:999988887777:key/a": true,

		"": false, someKey: false, "key/a": false, place + "alias/login": false, place + "login": false, place + "key/": false, place + "key/a b": false,
		"urn:aws:kms:us-east-1:111122223333:key/a": false, "arn::kms:us-east-1:111122223333:key/a": false,
		"arn:aws:s3:us-east-1:111122223333:key/a": false, "arn:aws:kms::111122223333:key/a": false, "arn:aws:kms:us-east-1::key/a": false,
		place + "key/a:b": false,
	} {
		_, err := envelopeVerifier(t, kmsAnswering{answered}, envelopeConfig("alias/login")).VerificationKey(t.Context(), s.header)
		if (err == nil) != want {
			t.Errorf("%q: %v", answered, err)
		}
		if err != nil {
			wantOutage(t, err)
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
