package kmskeys_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// What no KMS does a proxy or a mock may: nothing follows from it for any token.
func TestAnswersThatKMSNeverGivesAreOutagesAndOverSoon(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	arn := newKey(t, k, types.KeySpecSymmetricDefault)
	otherARN := newKey(t, k, types.KeySpecSymmetricDefault)
	elsewhere := strings.Replace(arn, "us-east-1", "us-west-2", 1)
	newAlias(t, k, "alias/login", arn)
	aliasARN := strings.TrimSuffix(arn, "key/"+keyID(arn)) + "alias/login"
	tests := map[string]struct {
		keyID     string
		answer    *string
		plaintext func([]byte) []byte
	}{
		"another key":                        {keyID: arn, answer: &otherARN},
		"another key, for a key ID":          {keyID: keyID(arn), answer: &otherARN},
		"another Region's key":               {keyID: arn, answer: &elsewhere},
		"another Region's key, for an alias": {keyID: aliasARN, answer: &elsewhere},
		"no key":                             {keyID: arn, answer: nil},
		"no key, for an alias":               {keyID: "alias/login", answer: nil},
		"an alias":                           {keyID: "alias/login", answer: &aliasARN},
		"a bare key ID":                      {keyID: keyID(arn), answer: new(string)},
		"a short data key":                   {keyID: arn, answer: &arn, plaintext: func(b []byte) []byte { return b[:31] }},
		"a long data key":                    {keyID: arn, answer: &arn, plaintext: func(b []byte) []byte { return append(b, 1) }},
		"no data key":                        {keyID: arn, answer: &arn, plaintext: func([]byte) []byte { return nil }},
		"a data key of zeros":                {keyID: arn, answer: &arn, plaintext: func([]byte) []byte { return make([]byte, 32) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wrong := true
			var given plaintexts
			change := func(keyID **string, plaintext *[]byte) {
				if !wrong {
					return
				}
				*keyID = test.answer
				if test.plaintext != nil {
					*plaintext = test.plaintext(*plaintext)
				}
				given.add(*plaintext)
			}
			proxy := between{
				KMS: k,
				dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
					change(&out.KeyId, &out.Plaintext)
					return out
				},
				decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput {
					change(&out.KeyId, &out.Plaintext)
					return out
				},
			}
			c := clocktest.NewManual()
			cfg := envelopeConfig(test.keyID)
			cfg.Now = c.Now
			signs, verifies := envelopeSigner(t, proxy, cfg), envelopeVerifier(t, proxy, cfg)
			s := sign(t, envelopeSigner(t, k, cfg))
			_, err := signs.SigningKey(context.Background())
			wantOutage(t, err)
			_, err = verifies.VerificationKey(context.Background(), s.header)
			wantOutage(t, err)
			wantOverwritten(t, &given)

			wrong = false
			c.Add(time.Second)
			wantVerified(t, verifies, s)
			wantVerified(t, verifies, sign(t, signs))
		})
	}
}

func TestAnAnswerOfNothingIsAnOutage(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	s := sign(t, envelopeSigner(t, k, cfg))
	nothing := between{
		KMS:     k,
		dataKey: func(*kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { return nil },
		decrypt: func(*kms.DecryptOutput) *kms.DecryptOutput { return nil },
	}
	_, err := envelopeSigner(t, nothing, cfg).SigningKey(context.Background())
	wantOutage(t, err)
	_, err = envelopeVerifier(t, nothing, cfg).VerificationKey(context.Background(), s.header)
	wantOutage(t, err)
	for name, blob := range map[string][]byte{"no": nil, "an empty": {}, "an endless": make([]byte, 6145)} {
		proxy := between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
			out.CiphertextBlob = blob
			return out
		}}
		_, err := envelopeSigner(t, proxy, cfg).SigningKey(context.Background())
		if wantOutage(t, err); t.Failed() {
			t.Fatalf("with %s encrypted data key", name)
		}
	}
	longest := between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
		out.CiphertextBlob = make([]byte, 6144)
		return out
	}}
	sign(t, envelopeSigner(t, longest, cfg))
}

// wantOverwritten tests that nothing is left of data keys in the memory in which the
// SDK has handed them over.
func wantOverwritten(t *testing.T, p *plaintexts) {
	t.Helper()
	for i, given := range p.given {
		if len(bytes.Trim(given, "\x00")) != 0 {
			t.Errorf("data key %d of %d is still in the SDK's answer", i+1, len(p.given))
		}
	}
}

func TestDataKeysAreOverwrittenOnceUsed(t *testing.T) {
	for name, format := range map[string]func(*kmskeys.EnvelopeConfig){
		"in the default format": func(*kmskeys.EnvelopeConfig) {}, "in the blueprint's": blueprint,
	} {
		t.Run(name, func(t *testing.T) {
			var given plaintexts
			k := kmstest.New(kmstest.Config{})
			watched := between{
				KMS:     k,
				dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { given.add(out.Plaintext); return out },
				decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput { given.add(out.Plaintext); return out },
			}
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			format(&cfg)
			wantVerified(t, envelopeVerifier(t, watched, cfg), sign(t, envelopeSigner(t, watched, cfg)))
			if len(given.given) != 2 || !bytes.Equal(given.copies[0], given.copies[1]) {
				t.Fatalf("%d data keys", len(given.given))
			}
			wantOverwritten(t, &given)
		})
	}
}
