package rotation_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys/rotation"
)

// A schedule that is read is written and read again as the same.
func FuzzParseSchedule(f *testing.F) {
	for _, s := range []*rotation.Schedule{
		newSchedule(f), newSchedule(f, "1"), newSchedule(f, "1", "2"),
		revoke(f, newSchedule(f, "1", "2"), after(days(30)+time.Hour), "1"),
		revoke(f, newSchedule(f, "1", "2"), after(days(30)+time.Hour), "2"),
	} {
		f.Add(encode(f, s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := rotation.ParseSchedule(text)
		if err != nil {
			if s != nil {
				t.Fatal("a schedule came with the error")
			}
			return
		}
		again, err := rotation.ParseSchedule(encode(t, s))
		if err != nil || !reflect.DeepEqual(again, s) && len(s.Keys) > 0 {
			t.Fatalf("%s became %s: %v", text, encode(t, s), err)
		}
	})
}

func TestADocumentIsReadUpToItsGreatestSize(t *testing.T) {
	const size = 256 << 10
	document := string(encode(t, newSchedule(t, "1")))
	for n, want := range map[int]bool{size: true, size + 1: false} {
		s, err := rotation.ParseSchedule([]byte(document + strings.Repeat(" ", n-len(document))))
		if (err == nil) != want || (s != nil) != want {
			t.Errorf("%d bytes: %v, %v", n, s, err)
		}
	}
}

func TestEveryDurationOfADocumentIsRead(t *testing.T) {
	s, err := rotation.ParseSchedule([]byte(`{"cache_time":"3h","token_lifetime":"20m","margin":"7m"}`))
	if err != nil || s.CacheTime != 3*time.Hour || s.TokenLifetime != 20*time.Minute || s.Margin != 7*time.Minute {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err = rotation.ParseSchedule([]byte(`{"token_lifetime":"20m"}`)); err != nil || s.CacheTime != rotation.DefaultCacheTime || s.Margin != rotation.DefaultMargin {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err = rotation.ParseSchedule([]byte(`{"token_lifetime":"20m","margin":"1ns"}`))
	wantError(t, err, "a part of a second")
}

func TestADocumentThatIsNotInOrderIsNotUnmarshalled(t *testing.T) {
	s := *newSchedule(t, "1")
	before := string(encode(t, s))
	wantError(t, s.UnmarshalJSON([]byte(`{"token_lifetime":"0s"}`)), "no duration")
	wantError(t, json.Unmarshal([]byte(`{"token_lifetime":"1h","keys":[{"kid":""}]}`), &s), "without a kid")
	if got := string(encode(t, s)); got != before {
		t.Errorf("%s became %s", before, got)
	}
}
