package kmstest_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// Limits are those of the API Reference; a marker is opaque.
func TestAPageThatNobodyCanAskForIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	lists := map[string]struct {
		most int32
		list func(limit *int32, marker *string) error
	}{
		"ListKeys": {1000, func(limit *int32, marker *string) error {
			_, err := k.ListKeys(t.Context(), &kms.ListKeysInput{Limit: limit, Marker: marker})
			return err
		}},
		"ListAliases": {100, func(limit *int32, marker *string) error {
			_, err := k.ListAliases(t.Context(), &kms.ListAliasesInput{Limit: limit, Marker: marker})
			return err
		}},
		"ListResourceTags": {50, func(limit *int32, marker *string) error {
			_, err := k.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: key, Limit: limit, Marker: marker})
			return err
		}},
	}
	for name, l := range lists {
		t.Run(name, func(t *testing.T) {
			for limit, code := range map[int32]string{-1: "ValidationException", 0: "ValidationException", 1: "", l.most: "", l.most + 1: "ValidationException"} {
				wantCode(t, l.list(&limit, nil), code)
			}
			for _, marker := range []string{"", "a marker", "YSBtYXJrZXI"} {
				wantCode(t, l.list(nil, &marker), "InvalidMarkerException")
			}
		})
	}
}

func TestWhatIsThereAllTheTimeIsListedOnceWhateverComesAndGoes(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	names := []string{"alias/b", "alias/d", "alias/f", "alias/h"}
	key := add(t, k, types.KeySpecHmac256)
	create := func(name string) {
		_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: key})
		check(t, err)
	}
	for _, name := range names {
		create(name)
	}
	create("alias/c")
	var listed []string
	for pages := kms.NewListAliasesPaginator(k, &kms.ListAliasesInput{Limit: ptr(int32(2))}); pages.HasMorePages() && len(listed) < 100; {
		page, err := pages.NextPage(t.Context())
		check(t, err)
		for _, alias := range page.Aliases {
			listed = append(listed, *alias.AliasName)
		}
		if len(listed) == 2 { // the marker now names alias/c, which goes
			_, err := k.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: ptr("alias/c")})
			check(t, err)
			create("alias/a")
			create("alias/g")
		}
	}
	if want := []string{"alias/b", "alias/c", "alias/d", "alias/f", "alias/g", "alias/h"}; !slices.Equal(listed, want) {
		t.Errorf("got %v, want %v", listed, want)
	}
}
