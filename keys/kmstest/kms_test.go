package kmstest_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestARNsNameThePlace(t *testing.T) {
	for region, prefix := range map[string]string{
		"":              "arn:aws:kms:us-east-1:444455556666:key/",
		"eu-west-1":     "arn:aws:kms:eu-west-1:444455556666:key/",
		"cn-north-1":    "arn:aws-cn:kms:cn-north-1:444455556666:key/",
		"us-gov-west-1": "arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/",
	} {
		k := kmstest.New(kmstest.Config{Region: region, Account: "444455556666"})
		if got := *add(t, k, types.KeySpecHmac256); !strings.HasPrefix(got, prefix) || len(got) != len(prefix)+36 || strings.Contains(got, "mrk-") {
			t.Errorf("%s: got %s", region, got)
		}
	}
}

func TestAKMSShowsNothingSecret(t *testing.T) {
	k := kmstest.New(kmstest.Config{Region: "eu-west-1"})
	secret, private := []byte("this secret must not be printed!"), generateEC(t, elliptic.P256())
	for spec, material := range map[types.KeySpec]any{types.KeySpecHmac256: secret, types.KeySpecSymmetricDefault: secret, types.KeySpecEccNistP256: private} {
		_, err := k.AddKey(spec, material)
		check(t, err)
	}
	holder := struct{ KMS *kmstest.KMS }{k}
	shown := map[string]string{"String": k.String()}
	for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
		for _, flag := range []string{"", "+", "#", "-", " ", "0", "9.9"} {
			format := "%" + flag + string(verb)
			for _, value := range []any{k, holder, &holder, []any{k}, map[string]any{"kms": k}, reflect.ValueOf(k).Elem()} {
				shown[fmt.Sprintf("%s of a %T", format, value)] = fmt.Sprintf(format, value)
			}
		}
	}
	for name, value := range map[string]any{"itself": k, "a holder": holder} {
		text, err := json.Marshal(value)
		check(t, err)
		shown["json.Marshal of "+name] = string(text)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("kms", "kms", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("kms", "kms", value)
		shown["slog of "+name] = log.String()
	}
	d, err := private.Bytes()
	check(t, err)
	for how, text := range shown {
		for _, hidden := range []string{
			string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), "116 104 105 115", "0x74, 0x68",
			new(big.Int).SetBytes(d).String(), hex.EncodeToString(d), base64.StdEncoding.EncodeToString(d),
		} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(hidden)) {
				t.Errorf("%s shows a secret", how)
			}
		}
	}
	const want = "kmstest.KMS(eu-west-1, 111122223333)"
	if got := k.LogValue().String(); got != want || k.String() != want || fmt.Sprintf("%+v", k) != want || fmt.Sprintf("%x", holder) != "{"+want+"}" {
		t.Errorf("got %s, want %s", got, want)
	}
}
