package kmstest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c contract) macs(t *testing.T) {
	for _, k := range c.kindsFor(types.KeyUsageTypeGenerateVerifyMac) {
		t.Run(string(k.spec), func(t *testing.T) {
			key := c.create(t, k.spec, k.usage).Arn
			c.macsAndVerifies(t, key, k.mac[0])
		})
	}
	t.Run("another key's MAC is an error", func(t *testing.T) {
		one, other := c.createHMAC(t), c.createHMAC(t)
		message := []byte("message")
		mac := c.mac(t, one.Arn, types.MacAlgorithmSpecHmacSha256, message)
		wantInvalidMac(t, c.verifyMac(t, other.Arn, types.MacAlgorithmSpecHmacSha256, message, mac))
	})
	t.Run("refuses the algorithm of another spec", func(t *testing.T) {
		_, err := c.API.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: c.createHMAC(t).Arn, MacAlgorithm: types.MacAlgorithmSpecHmacSha512, Message: []byte("message")})
		wantCode(t, err, "InvalidKeyUsageException")
	})
	t.Run("refuses messages longer than 4096 bytes", func(t *testing.T) {
		_, err := c.API.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: c.createHMAC(t).Arn, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: make([]byte, 4097)})
		wantCode(t, err, "ValidationException")
	})
}

func (c contract) macsAndVerifies(t *testing.T, key *string, algorithm types.MacAlgorithmSpec) {
	t.Helper()
	for _, message := range [][]byte{[]byte("message"), make([]byte, 4096)} {
		mac := c.mac(t, key, algorithm, message)
		if bits := fmt.Sprintf("HMAC_SHA_%d", 8*len(mac)); bits != string(algorithm) {
			t.Errorf("the MAC is one of %s, want %s", bits, algorithm)
		}
		if !bytes.Equal(mac, c.mac(t, key, algorithm, message)) {
			t.Error("two MACs of one message differ")
		}
		if err := c.verifyMac(t, key, algorithm, message, mac); err != nil {
			t.Errorf("VerifyMac: %v", err)
		}
		wantInvalidMac(t, c.verifyMac(t, key, algorithm, append([]byte("x"), message[1:]...), mac))
		wantInvalidMac(t, c.verifyMac(t, key, algorithm, message, mac[1:]))
		mac[0] ^= 1
		wantInvalidMac(t, c.verifyMac(t, key, algorithm, message, mac))
	}
}

func (c contract) mac(t *testing.T, key *string, algorithm types.MacAlgorithmSpec, message []byte) []byte {
	t.Helper()
	out := send(t, c.API.GenerateMac, &kms.GenerateMacInput{KeyId: key, MacAlgorithm: algorithm, Message: message})
	wantBytes(t, "GenerateMac", out.Mac)
	wantKey(t, "GenerateMac", out.KeyId, key)
	if out.MacAlgorithm != algorithm {
		t.Errorf("GenerateMac: got one by %s, want %s", out.MacAlgorithm, algorithm)
	}
	return out.Mac
}

// verifyMac returns the error of VerifyMac, and checks the answer when there is none.
func (c contract) verifyMac(t *testing.T, key *string, algorithm types.MacAlgorithmSpec, message, mac []byte) error {
	t.Helper()
	out, err := c.API.VerifyMac(t.Context(), &kms.VerifyMacInput{KeyId: key, MacAlgorithm: algorithm, Message: message, Mac: mac})
	if err != nil {
		return err
	}
	if out == nil {
		t.Fatal("VerifyMac: neither an answer nor an error")
	}
	wantKey(t, "VerifyMac", out.KeyId, key)
	if !out.MacValid || out.MacAlgorithm != algorithm {
		t.Errorf("VerifyMac: got %v by %s, want %s", out.MacValid, out.MacAlgorithm, algorithm)
	}
	return nil
}

func wantInvalidMac(t *testing.T, err error) {
	t.Helper()
	if wrong := (*types.KMSInvalidMacException)(nil); !errors.As(err, &wrong) {
		t.Errorf("got %v, want a KMSInvalidMacException", err)
	}
}
