package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// printed returns value in every way in which somebody might print it.
func printed(t *testing.T, value any) string {
	t.Helper()
	var out bytes.Buffer
	type outer struct {
		Exported any
		hidden   any
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
		fmt.Fprintf(&out, verb+"\n", value)
		fmt.Fprintf(&out, verb+"\n", []any{value})
		fmt.Fprintf(&out, verb+"\n", outer{value, value})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	text, _ := json.Marshal(value)
	out.Write(text)
	return out.String()
}

func TestNothingPrintsADataKey(t *testing.T) {
	var given plaintexts
	k := kmstest.New(kmstest.Config{})
	watched := between{
		KMS:     k,
		dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { given.add(out.Plaintext); return out },
		decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput { given.add(out.Plaintext); return out },
	}
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.ReuseTokens, cfg.ReuseFor = 10, time.Hour
	signs, verifies := envelopeSigner(t, watched, cfg), envelopeVerifier(t, watched, cfg)
	signing := must(signs.SigningKey(context.Background()))(t)
	verifying := must(verifies.VerificationKey(context.Background(), signing.Header()))(t)
	for name, value := range map[string]any{
		"the signer": signs, "the verifier": verifies, "a signing key": signing, "a verification key": verifying,
	} {
		text := printed(t, value)
		for _, key := range given.copies {
			for _, form := range []string{
				string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
				base64.StdEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key), fmt.Sprint(key)[1:],
			} {
				if strings.Contains(text, form) {
					t.Errorf("%s prints a data key: %s", name, text)
				}
			}
		}
	}
	if got, want := fmt.Sprintf("%+v", signs), "kmskeys.EnvelopeSigner(HS256, "+cfg.KeyID+")"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSourcesPrintTheirAlgorithmAndKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	asymmetric := kmskeys.AsymmetricConfig{KeyID: "alias/login", Algorithm: "ES256", Kid: "login"}
	mac := kmskeys.MACConfig{KeyID: "alias/login", Kid: "login"}
	for want, value := range map[string]any{
		"kmskeys.EnvelopeVerifier(HS256, alias/login)":         envelopeVerifier(t, k, envelopeConfig("alias/login")),
		"kmskeys.AsymmetricSigner(ES256, alias/login)":         must(kmskeys.NewAsymmetricSigner(k, asymmetric))(t),
		"kmskeys.AsymmetricVerifier(ES256, alias/login)":       must(kmskeys.NewAsymmetricVerifier(k, asymmetric))(t),
		"kmskeys.AsymmetricRemoteVerifier(ES256, alias/login)": must(kmskeys.NewAsymmetricRemoteVerifier(k, asymmetric))(t),
		"kmskeys.MACSigner(HS256, alias/login)":                must(kmskeys.NewMACSigner(k, mac))(t),
		"kmskeys.MACVerifier(HS256, alias/login)":              must(kmskeys.NewMACVerifier(k, mac))(t),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if got := fmt.Sprintf(verb, value); got != want {
				t.Errorf("%s: %s, want %s", verb, got, want)
			}
		}
	}
}

// Errors end up in logs.
func TestNoErrorHoldsPartsOfAToken(t *testing.T) {
	b := newBench(t, nil)
	s := forged(1)
	edk, _ := s.header.Param("edk")
	blob := must(base64.RawURLEncoding.DecodeString(edk))(t)
	errs := []error{verify(context.Background(), b.verifies, s)}
	for _, c := range codes {
		b.Fail("Decrypt", 1, kmstest.Error(c.code, "message"))
		errs = append(errs, verify(context.Background(), b.verifies, forged(100+len(errs))))
	}
	for _, err := range errs {
		for _, secret := range []string{edk, string(blob), string(input)} {
			if err == nil || strings.Contains(err.Error(), secret[:16]) {
				t.Errorf("%v", err)
			}
		}
	}
}

// Zero values are left behind by a constructor whose error nobody looked at.
func TestZeroAndNilSourcesAreOutagesNotPanics(t *testing.T) {
	ctx := context.Background()
	for name, source := range map[string]keys.SigningSource{
		"EnvelopeSigner": &kmskeys.EnvelopeSigner{}, "nil EnvelopeSigner": (*kmskeys.EnvelopeSigner)(nil),
		"AsymmetricSigner": &kmskeys.AsymmetricSigner{}, "nil AsymmetricSigner": (*kmskeys.AsymmetricSigner)(nil),
		"MACSigner": &kmskeys.MACSigner{}, "nil MACSigner": (*kmskeys.MACSigner)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.SigningKey(ctx)
			wantOutage(t, err)
			if key, ok := source.(keys.SigningKey); ok {
				_, err := key.Sign(ctx, input)
				wantOutage(t, err)
			}
		})
	}
	for name, source := range map[string]keys.VerificationSource{
		"EnvelopeVerifier": &kmskeys.EnvelopeVerifier{}, "nil EnvelopeVerifier": (*kmskeys.EnvelopeVerifier)(nil),
		"AsymmetricVerifier": &kmskeys.AsymmetricVerifier{}, "nil AsymmetricVerifier": (*kmskeys.AsymmetricVerifier)(nil),
		"AsymmetricRemoteVerifier": &kmskeys.AsymmetricRemoteVerifier{}, "nil AsymmetricRemoteVerifier": (*kmskeys.AsymmetricRemoteVerifier)(nil),
		"MACVerifier": &kmskeys.MACVerifier{}, "nil MACVerifier": (*kmskeys.MACVerifier)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.VerificationKey(ctx, keys.Header{})
			wantOutage(t, err)
			if key, ok := source.(keys.VerificationKey); ok {
				wantOutage(t, key.Verify(ctx, input, make([]byte, 32)))
			}
		})
	}
	_, err := (*kmskeys.AsymmetricVerifier)(nil).PublicSet(ctx)
	wantOutage(t, err)
}
