package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/verifier"
)

// vectors is what the original authorizer answered, and the KMS that it was run with.
type vectors struct {
	Plaintext  string `json:"data_key_plaintext_hex"`
	Ciphertext string `json:"ciphertext_blob_hex"`
	KMSKey     string `json:"kms_key"`
	KID        string `json:"KID_header"`
	Cases      []struct {
		Name     string
		Token    string `json:"authorizationToken"`
		Expected struct{ PrincipalID any }
	}
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	var v vectors
	text := must(os.ReadFile("testdata/kms_envelope.json"))(t)
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Cases) != 17 || v.Cases[0].Name != "valid" {
		t.Fatalf("%d cases, the first is %s", len(v.Cases), v.Cases[0].Name)
	}
	return v
}

func (v vectors) kms(t *testing.T) vectorKMS {
	t.Helper()
	return vectorKMS{t: t, key: v.KMSKey, plaintext: must(hex.DecodeString(v.Plaintext))(t), ciphertext: must(hex.DecodeString(v.Ciphertext))(t)}
}

// vectorKMS is a KMS that knows one data key.
type vectorKMS struct {
	t                     *testing.T
	key                   string
	plaintext, ciphertext []byte
}

func (k vectorKMS) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if *in.KeyId != k.key || len(in.EncryptionContext) != 0 {
		k.t.Errorf("key %s, context %v", *in.KeyId, in.EncryptionContext)
	}
	if !bytes.Equal(in.CiphertextBlob, k.ciphertext) {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{KeyId: &k.key, Plaintext: bytes.Clone(k.plaintext)}, nil
}

func TestTheBlueprintsTokensAreJudgedAsItsAuthorizerDid(t *testing.T) {
	v := readVectors(t)
	source := envelopeVerifier(t, v.kms(t), kmskeys.EnvelopeConfig{KeyID: v.KMSKey, Format: kmskeys.BlueprintEnvelope})
	strict := verifier.Config{
		Keys: source, SkipIssuerCheck: true, SkipAudienceCheck: true, RequiredClaims: []string{"Username"},
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
	lenient := strict
	lenient.AllowMissingExpiry = true

	// Tokens that never expire are refused, unless they are allowed by name.
	differences := map[string]bool{"no_exp_is_accepted_by_original": true}
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			accepts := c.Expected.PrincipalID != "nobody"
			wantVerdict(t, must(verifier.New(lenient))(t), c.Token, accepts)
			wantVerdict(t, must(verifier.New(strict))(t), c.Token, accepts && !differences[c.Name])
		})
	}
}

func wantVerdict(t *testing.T, v verifier.Verifier, token string, accepted bool) {
	t.Helper()
	got, err := v.Verify(context.Background(), token)
	if accepted {
		if err != nil || got == nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	wantError(t, err, verifier.ErrInvalidToken)
}

func (k vectorKMS) GenerateDataKey(_ context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	if *in.KeyId != k.key || len(in.EncryptionContext) != 0 || in.KeySpec != types.DataKeySpecAes256 {
		k.t.Errorf("key %s, spec %s, context %v", *in.KeyId, in.KeySpec, in.EncryptionContext)
	}
	return &kms.GenerateDataKeyOutput{KeyId: &k.key, Plaintext: bytes.Clone(k.plaintext), CiphertextBlob: k.ciphertext}, nil
}

func TestTheBlueprintsSignatureAndHeaderAreMadeAsItsLoginDid(t *testing.T) {
	v := readVectors(t)
	signs := envelopeSigner(t, v.kms(t), kmskeys.EnvelopeConfig{KeyID: v.KMSKey, Format: kmskeys.BlueprintEnvelope})
	key := must(signs.SigningKey(context.Background()))(t)
	if kid, _ := key.Header().Param("KID"); kid != v.KID {
		t.Errorf("the header has %s, want %s", kid, v.KID)
	}
	input, signature := cutSignature(t, v.Cases[0].Token)
	if got := must(key.Sign(context.Background(), input))(t); !bytes.Equal(got, signature) {
		t.Errorf("signed %x, want %x", got, signature)
	}
}

// cutSignature parts a token from its signature.
func cutSignature(t *testing.T, token string) (input, signature []byte) {
	t.Helper()
	end := strings.LastIndexByte(token, '.')
	return []byte(token[:end]), must(base64.RawURLEncoding.DecodeString(token[end+1:]))(t)
}
