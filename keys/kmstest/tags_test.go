package kmstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// tagsOf returns all tags of a key as name=value, in the order in which they are listed.
func tagsOf(t *testing.T, k *kmstest.KMS, key *string) string {
	t.Helper()
	var tags []string
	in := &kms.ListResourceTagsInput{KeyId: key}
	for pages := kms.NewListResourceTagsPaginator(k, in); pages.HasMorePages() && len(tags) < 100; {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range page.Tags {
			tags = append(tags, *tag.TagKey+"="+*tag.TagValue)
		}
	}
	return strings.Join(tags, " ")
}

func tags(pairs ...string) []types.Tag {
	var list []types.Tag
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		list = append(list, types.Tag{TagKey: &name, TagValue: &value})
	}
	return list
}

func TestTagsAreAddedReplacedAndTakenAway(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	created, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: tags("team=orders", "stage=")})
	check(t, err)
	key := created.KeyMetadata.KeyId
	if got, want := tagsOf(t, k, key), "stage= team=orders"; got != want {
		t.Errorf("created with %q, want %q", got, want)
	}
	_, err = k.TagResource(t.Context(), &kms.TagResourceInput{KeyId: created.KeyMetadata.Arn, Tags: tags("team=billing", "owner=alice")})
	check(t, err)
	if got, want := tagsOf(t, k, key), "owner=alice stage= team=billing"; got != want {
		t.Errorf("tagged with %q, want %q", got, want)
	}
	_, err = k.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: key, TagKeys: []string{"team", "nobody's"}})
	check(t, err)
	if got, want := tagsOf(t, k, key), "owner=alice stage="; got != want {
		t.Errorf("left with %q, want %q", got, want)
	}
}

func TestAKeyHasFiftyTagsInAsManyPagesAsAreAskedFor(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	var fifty []string
	for i := range 50 {
		fifty = append(fifty, fmt.Sprintf("tag%02d=%d", i, i))
	}
	_, err := k.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key, Tags: tags(fifty...)})
	check(t, err)
	if got := tagsOf(t, k, key); got != strings.Join(fifty, " ") {
		t.Errorf("got %s", got)
	}
	page, err := k.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: key})
	if check(t, err); len(page.Tags) != 50 || page.Truncated {
		t.Errorf("got %d tags on a page, truncated %v", len(page.Tags), page.Truncated)
	}
	_, err = k.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key, Tags: tags("tag00=new", "one=more")})
	wantCode(t, err, "TagException")
	if got := tagsOf(t, k, key); got != strings.Join(fifty, " ") {
		t.Errorf("a refused request has changed the tags to %s", got)
	}
}

func TestATagThatIsNoneIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	for name, test := range map[string]struct {
		tags []types.Tag
		code string
	}{
		"a name twice":                {tags("a=1", "a=2"), "TagException"},
		"a reserved name":             {tags("aws:a=1"), "TagException"},
		"a reserved name, loud":       {tags("AWS:a=1"), "TagException"},
		"no name":                     {[]types.Tag{{TagValue: ptr("1")}}, "ValidationException"},
		"an empty name":               {tags("=1"), "ValidationException"},
		"no value":                    {[]types.Tag{{TagKey: ptr("a")}}, "ValidationException"},
		"a name of 129":               {tags(strings.Repeat("a", 129) + "=1"), "ValidationException"},
		"a value of 257":              {tags("a=" + strings.Repeat("1", 257)), "ValidationException"},
		"128 characters in 256 bytes": {tags(strings.Repeat("ü", 128) + "=" + strings.Repeat("ü", 256)), ""},
		"nothing":                     {nil, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key, Tags: test.tags})
			wantCode(t, err, test.code)
			if test.code == "" || test.tags == nil {
				return
			}
			_, err = k.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: test.tags})
			wantCode(t, err, test.code)
		})
	}
	_, err := k.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: key})
	wantCode(t, err, "ValidationException")
}
