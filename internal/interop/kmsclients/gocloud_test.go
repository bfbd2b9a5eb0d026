package kmsclients_test

import (
	"testing"

	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/awskms"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func (s *server) keeper(t *testing.T, key, audience string) *secrets.Keeper {
	t.Helper()
	keeper := awskms.OpenKeeper(s.client, key, &awskms.KeeperOptions{EncryptionContext: map[string]string{"aud": audience}})
	t.Cleanup(func() {
		if err := keeper.Close(); err != nil {
			t.Error(err)
		}
	})
	return keeper
}

func TestGoCloudKeepsSecretsWithTheKMS(t *testing.T) {
	s := serve(t)
	keeper := s.keeper(t, s.key, "orders")
	sealed, err := keeper.Encrypt(t.Context(), []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := keeper.Decrypt(t.Context(), sealed)
	if err != nil || string(opened) != "secret" {
		t.Errorf("got %q, %v", opened, err)
	}
	if got := s.CallsTo("", s.key); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
	if _, err := s.keeper(t, s.key, "billing").Decrypt(t.Context(), sealed); err == nil {
		t.Error("it opens with another encryption context")
	}
	_, err = s.keeper(t, "alias/nobody", "orders").Encrypt(t.Context(), []byte("secret"))
	if code := gcerrors.Code(err); code != gcerrors.NotFound {
		t.Errorf("an unknown key: got %v (%v)", code, err)
	}
	s.Fail("Decrypt", 1, kmstest.Error("ThrottlingException", "Rate exceeded"))
	if _, err := keeper.Decrypt(t.Context(), sealed); err == nil {
		t.Error("it opens without the KMS")
	}
}
