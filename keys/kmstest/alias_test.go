package kmstest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAnAliasNameOrTargetThatIsNoneIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	for name, test := range map[string]struct{ alias, target, code string }{
		"no prefix":         {"login", *key, "ValidationException"},
		"no name":           {"alias/", *key, "InvalidAliasNameException"},
		"a space":           {"alias/my login", *key, "InvalidAliasNameException"},
		"a line break":      {"alias/login\n", *key, "InvalidAliasNameException"},
		"AWS's own":         {"alias/aws/lambda", *key, "NotAuthorizedException"},
		"256 characters":    {"alias/" + strings.Repeat("a", 250), *key, ""}, // the most that are taken
		"257 characters":    {"alias/" + strings.Repeat("a", 251), *key, "ValidationException"},
		"an unknown target": {"alias/login", "1234abcd-12ab-34cd-56ef-1234567890ab", "NotFoundException"},
		"an alias's alias":  {"alias/login", "alias/other", "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &test.alias, TargetKeyId: &test.target})
			wantCode(t, err, test.code)
		})
	}
}

func TestAnAliasIsNotPointedAtAKeyOfAnotherKind(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	specs := []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecHmac256, types.KeySpecEccNistP256}
	for _, from := range specs {
		alias := "alias/" + string(from)
		if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: add(t, k, from)}); err != nil {
			t.Fatal(err)
		}
		for _, to := range specs {
			_, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: add(t, k, to)})
			if (err == nil) != (from == to) {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
	}
	_, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: ptr("alias/nobody"), TargetKeyId: add(t, k, types.KeySpecHmac256)})
	wantCode(t, err, "NotFoundException")
}

func TestAliasesAreListedInPagesAndByKey(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	k := kmstest.New(kmstest.Config{Now: func() time.Time { return now }})
	first, second := add(t, k, types.KeySpecHmac256), add(t, k, types.KeySpecHmac256)
	for i := range 52 {
		target := first
		if i%10 == 0 {
			target = second
		}
		_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr(fmt.Sprintf("alias/%02d", i)), TargetKeyId: target})
		check(t, err)
	}
	created := now
	now = now.Add(time.Hour)
	_, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: ptr("alias/07"), TargetKeyId: second})
	check(t, err)

	page, err := k.ListAliases(t.Context(), nil)
	check(t, err)
	if len(page.Aliases) != 50 || !page.Truncated || page.NextMarker == nil {
		t.Fatalf("the first page has %d aliases, truncated %v, want 50 by default and more to come", len(page.Aliases), page.Truncated)
	}
	id, arn := (*second)[strings.Index(*second, "key/")+4:], strings.Replace(*second, "key/"+(*second)[strings.Index(*second, "key/")+4:], "alias/07", 1)
	got := page.Aliases[7]
	if *got.AliasName != "alias/07" || *got.AliasArn != arn || *got.TargetKeyId != id || !got.CreationDate.Equal(created) || !got.LastUpdatedDate.Equal(now) {
		t.Errorf("got %s, %s, %s, %v, %v", *got.AliasName, *got.AliasArn, *got.TargetKeyId, got.CreationDate, got.LastUpdatedDate)
	}
	if page, err = k.ListAliases(t.Context(), &kms.ListAliasesInput{Marker: page.NextMarker}); err != nil || len(page.Aliases) != 2 || page.Truncated || page.NextMarker != nil {
		t.Errorf("the last page has %d aliases, truncated %v: %v", len(page.Aliases), page.Truncated, err)
	}

	for _, keyID := range []*string{second, &id} {
		var names []string
		for pages := kms.NewListAliasesPaginator(k, &kms.ListAliasesInput{KeyId: keyID, Limit: ptr(int32(3))}); pages.HasMorePages() && len(names) < 100; {
			page, err := pages.NextPage(t.Context())
			check(t, err)
			for _, alias := range page.Aliases {
				names = append(names, *alias.AliasName)
			}
		}
		if got, want := strings.Join(names, " "), "alias/00 alias/07 alias/10 alias/20 alias/30 alias/40 alias/50"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for keyID, code := range map[string]string{"alias/07": "NotFoundException", "1234abcd-12ab-34cd-56ef-1234567890ab": "NotFoundException", "": "ValidationException"} {
		_, err := k.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: &keyID})
		wantCode(t, err, code)
	}
}
