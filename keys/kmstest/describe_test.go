package kmstest_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// KeySpec and CustomerMasterKeySpec have the same value (API Reference, KeyMetadata
// and GetPublicKey).
func TestAnOlderClientFindsTheKeySpecUnderItsFormerName(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, spec := range []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecEccNistEdwards25519} {
		got := rawRequest(t, k, "TrentService.DescribeKey", `{"KeyId":"`+*add(t, k, spec)+`"}`)
		if want := `"CustomerMasterKeySpec":"` + string(spec) + `"`; !strings.Contains(got.body, want) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
	got := rawRequest(t, k, "TrentService.GetPublicKey", `{"KeyId":"`+*add(t, k, types.KeySpecEccNistP256)+`"}`)
	if !strings.Contains(got.body, `"CustomerMasterKeySpec":"ECC_NIST_P256"`) {
		t.Errorf("got %s", got.body)
	}
}

func TestACallerKeepsNoHoldOfTheKMS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecEccNistP256)
	first := metadataOf(t, k, key)
	*first.Arn, *first.KeyId, *first.Description, first.SigningAlgorithms[0] = "changed", "changed", "changed", "changed"
	if got := metadataOf(t, k, key); *got.Arn != *key || *got.Description != "" || got.SigningAlgorithms[0] != types.SigningAlgorithmSpecEcdsaSha256 {
		t.Errorf("the key is now %s, %s", *got.Arn, got.SigningAlgorithms)
	}
	public, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
	if err != nil {
		t.Fatal(err)
	}
	clear(public.PublicKey)
	*public.KeyId = "changed"
	again, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
	if err != nil || *again.KeyId != *key || bytes.Equal(again.PublicKey, public.PublicKey) {
		t.Errorf("the public key was changed: %v", err)
	}
}

func TestKeysAreListedInPagesInWhateverStateTheyAre(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	want := map[string]string{}
	for i := range 101 {
		arn := add(t, k, types.KeySpecHmac256)
		want[*arn] = *metadataOf(t, k, arn).KeyId
		if i == 50 {
			_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: arn})
			check(t, err)
		}
	}
	sizes, got := []int{}, map[string]string{}
	for pages := kms.NewListKeysPaginator(k, nil); pages.HasMorePages() && len(sizes) < 100; {
		page, err := pages.NextPage(t.Context())
		check(t, err)
		sizes = append(sizes, len(page.Keys))
		for _, key := range page.Keys {
			got[*key.KeyArn] = *key.KeyId
		}
	}
	if fmt.Sprint(sizes) != "[100 1]" || !maps.Equal(got, want) {
		t.Errorf("got %d keys in pages of %v, want %d in pages of 100, the default, and 1", len(got), sizes, len(want))
	}
}

func TestAListThatIsEmptyIsSentAsOne(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	if got, want := rawRequest(t, k, "TrentService.ListKeys", `{}`).body, `{"Keys":[],"Truncated":false}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := rawRequest(t, k, "TrentService.ListAliases", `{}`).body, `{"Aliases":[],"Truncated":false}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
