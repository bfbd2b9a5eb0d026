package rotation_test

import (
	"reflect"
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
