package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/policy"
)

// A recorded is the KMS of the vectors: it knows one data key.
type recorded struct {
	key                   string
	plaintext, ciphertext []byte
}

func (r recorded) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if *in.KeyId != r.key || len(in.EncryptionContext) > 0 || !bytes.Equal(in.CiphertextBlob, r.ciphertext) {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{KeyId: &r.key, Plaintext: bytes.Clone(r.plaintext)}, nil
}

func TestTheBlueprintsTokensAreDecidedAsThereUnlessThatWasUnsafe(t *testing.T) {
	data, err := os.ReadFile("testdata/kms_envelope.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Plaintext  string `json:"data_key_plaintext_hex"`
		Ciphertext string `json:"ciphertext_blob_hex"`
		KMSKey     string `json:"kms_key"`
		MethodARN  string
		Cases      []struct {
			Name     string
			Token    string `json:"authorizationToken"`
			Expected struct {
				PrincipalID    any
				PolicyDocument policy.Document
			}
		}
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Cases) != 17 {
		t.Fatalf("%d cases, want 17", len(vectors.Cases))
	}
	plaintext, _ := hex.DecodeString(vectors.Plaintext)
	ciphertext, _ := hex.DecodeString(vectors.Ciphertext)
	a, err := newBlueprintAuthorizer(recorded{vectors.KMSKey, plaintext, ciphertext}, settings{
		key: vectors.KMSKey, now: func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	refusedHere := map[string]bool{
		"no_exp_is_accepted_by_original": true, // it would be good for ever
		"numeric_username":               true, // the principal of a policy is a text
	}
	for _, c := range vectors.Cases {
		t.Run(c.Name, func(t *testing.T) {
			allow := c.Expected.PrincipalID != "nobody"
			if refusedHere[c.Name] && !allow {
				t.Error("this is the original's answer: take it out of the differences")
			}
			allow = allow && !refusedHere[c.Name]
			got, err := runtest.Decide(t, a, events.APIGatewayCustomAuthorizerRequest{
				Type: "TOKEN", MethodArn: vectors.MethodARN, AuthorizationToken: c.Token,
			})
			if !allow { // the original's Deny is a 401 here, which nobody caches
				if err == nil || err.Error() != "Unauthorized" || got != nil {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err != nil || got.PrincipalID != c.Expected.PrincipalID || got.Context["sub"] != c.Expected.PrincipalID {
				t.Fatalf("%v, %v", got, err)
			}
			want, statement := c.Expected.PolicyDocument.Statement[0], got.PolicyDocument.Statement
			if len(statement) != 1 || statement[0].Effect != want.Effect || !slices.Equal(statement[0].Resource, want.Resource) {
				t.Errorf("policy %+v, want %+v", statement, want)
			}
		})
	}
}

func TestOnLambdaTheAuthorizerTakesTheBlueprintsTokensOrOursAndNeverBoth(t *testing.T) {
	f := newFixture(t)
	f.clock = time.Now() // as on Lambda
	ours := tokenIn(t, f.login(t))
	theirs := f.sign(t, kmskeys.EnvelopeConfig{KeyID: f.set.key, Format: kmskeys.BlueprintEnvelope},
		jwt.MapClaims{"Username": "user", "exp": time.Now().Add(time.Hour).Unix()})
	env := lambdaEnvironment(f.local, "KMS_KEY="+f.set.key)
	for name, test := range map[string]struct {
		env       []string
		token     string
		principal string // empty: refused
	}{
		"theirs, if so set": {append(slices.Clone(env), "JWT_FORMAT=blueprint"), theirs, "user"},
		"ours, if so set":   {append(slices.Clone(env), "JWT_FORMAT=blueprint"), ours, ""},
		"theirs":            {env, "Bearer " + theirs, ""},
		"ours":              {env, "Bearer " + ours, "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			var got policy.Response
			event := tokenEvent("")
			event.AuthorizationToken = test.token
			err := runtest.Invoke(t, "authorizer", test.env, event, &got)
			switch {
			case test.principal != "" && (err != nil || got.PrincipalID != test.principal):
				t.Errorf("%v, %v", got, err)
			case test.principal == "" && (err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`)):
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
