package kmsclients_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func (s *server) aead(t *testing.T, key string) tink.AEAD {
	t.Helper()
	client, err := awskms.NewClientWithOptions(t.Context(), "aws-kms://"+key, awskms.WithKMS(s.client))
	if err != nil {
		t.Fatal(err)
	}
	primitive, err := client.GetAEAD("aws-kms://" + key)
	if err != nil {
		t.Fatal(err)
	}
	return primitive
}

func TestTinkEncryptsUnderAKeyOfTheKMS(t *testing.T) {
	s := serve(t)
	primitive := s.aead(t, s.key)
	sealed, err := primitive.Encrypt([]byte("secret"), []byte("orders"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := primitive.Decrypt(sealed, []byte("orders"))
	if err != nil || string(opened) != "secret" {
		t.Errorf("got %q, %v", opened, err)
	}
	_, err = primitive.Decrypt(sealed, []byte("billing"))
	if invalid := (*types.InvalidCiphertextException)(nil); !errors.As(err, &invalid) {
		t.Errorf("other associated data: got %v", err)
	}
	_, err = s.aead(t, s.other).Decrypt(sealed, []byte("orders"))
	if incorrect := (*types.IncorrectKeyException)(nil); !errors.As(err, &incorrect) {
		t.Errorf("another key: got %v", err)
	}
}

// Tink's envelope: a data key of Tink's own making, encrypted by the KMS.
func TestTinkMakesEnvelopesWithTheKMS(t *testing.T) {
	s := serve(t)
	envelope := aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), s.aead(t, s.key))
	plaintext := bytes.Repeat([]byte("longer than KMS takes "), 1000)
	sealed, err := envelope.Encrypt(plaintext, []byte("orders"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := envelope.Decrypt(sealed, []byte("orders"))
	if err != nil || !bytes.Equal(opened, plaintext) {
		t.Errorf("got %d bytes, %v", len(opened), err)
	}
	if got := s.CallsTo("Encrypt", s.key) + s.CallsTo("Decrypt", s.key); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
	s.Fail("Decrypt", 1, kmstest.Error("AccessDeniedException", "not you"))
	if _, err := envelope.Decrypt(sealed, []byte("orders")); err == nil {
		t.Error("it opens without the KMS")
	}
}
