package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// Whatever stands in the header, KMS is asked about 1 to 6,144 bytes that the text
// stands for and that stand for the text, or not at all; and the answer is a key only
// for the data key that there is.
func FuzzEncryptedDataKey(f *testing.F) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(f, k, types.KeySpecSymmetricDefault))
	cfg.DecryptRate, cfg.DecryptBurst = 1_000_000, 1_000_000
	s := sign(f, envelopeSigner(f, k, cfg))
	good := s.header.Params["edk"]
	edk, _ := s.header.Param("edk")
	blob, err := base64.RawURLEncoding.DecodeString(edk)
	if err != nil {
		f.Fatal(err)
	}
	quoted := func(text string) []byte { return []byte(`"` + text + `"`) }
	for _, seed := range [][]byte{
		good, good[1:], quoted(""), quoted("A"), quoted("AA"), quoted("AB"), quoted("AA=="), quoted("+/+/"), quoted("-_-_"), quoted("AA\\nAA"),
		quoted("AA\nAA"), quoted("\\u0041A"), quoted(edk + "="), quoted(edk + "AAAA"), quoted(edk[4:]), []byte("7"), []byte("null"), []byte("[]"), nil,
		quoted(base64.RawURLEncoding.EncodeToString(make([]byte, 6144))), quoted(base64.RawURLEncoding.EncodeToString(make([]byte, 6145))),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var sent [][]byte
		watched := between{KMS: k, decryptRequest: func(in *kms.DecryptInput) { sent = append(sent, in.CiphertextBlob) }}
		h := keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": raw}}
		key, err := envelopeVerifier(t, watched, cfg).VerificationKey(context.Background(), h)
		want := expected(raw)
		switch {
		case len(sent) > 1 || (len(sent) == 1) != (want != nil):
			t.Fatalf("%q: %d calls", raw, len(sent))
		case want != nil && !bytes.Equal(sent[0], want):
			t.Fatalf("%q: KMS was sent %x", raw, sent[0])
		case (err == nil) != bytes.Equal(want, blob):
			t.Fatalf("%q: %v", raw, err)
		case err != nil && !errors.Is(err, keys.ErrUnknownKey):
			t.Fatalf("%q: an outage: %v", raw, err)
		case err == nil && key.Verify(context.Background(), input, s.signature) != nil:
			t.Fatalf("%q: another key", raw)
		}
	})
}

// expected returns what is to be put to KMS for a header member, nil if nothing.
func expected(raw []byte) []byte {
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return nil
	}
	blob, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(blob) == 0 || len(blob) > 6144 || base64.RawURLEncoding.EncodeToString(blob) != text {
		return nil
	}
	return blob
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
