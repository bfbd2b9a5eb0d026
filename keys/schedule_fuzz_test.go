package keys_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// A schedule that is read is written and read again as the same; by it, from the first
// signature to the last, some key signs that is published, and every key that has ever
// signed is published for as long as its tokens are good. So it is with one key more, and with
// one key less.
func FuzzParseSchedule(f *testing.F) {
	for _, s := range []*keys.Schedule{
		newSchedule(f), newSchedule(f, "1"), newSchedule(f, "1", "2"),
		revoke(f, newSchedule(f, "1", "2"), after(days(30)+time.Hour), "1"),
		revoke(f, newSchedule(f, "1", "2"), after(days(30)+time.Hour), "2"),
	} {
		f.Add(encode(f, s), int64(start.Unix()+3600))
		f.Add(encode(f, s), int64(start.Unix()+32*86400))
	}
	f.Fuzz(func(t *testing.T, text []byte, unix int64) {
		s, err := keys.ParseSchedule(text)
		if err != nil {
			if s != nil {
				t.Fatal("a schedule came with the error")
			}
			return
		}
		again, err := keys.ParseSchedule(encode(t, s))
		if err != nil || !reflect.DeepEqual(again, s) && len(s.Keys) > 0 {
			t.Fatalf("%s became %s: %v", text, encode(t, s), err)
		}
		checkSchedule(t, s)
		if unix < 0 || unix > 253000000000 {
			return
		}
		now := time.Unix(unix, 0)
		if more, err := s.Next(now, "one more"); err == nil {
			checkSchedule(t, more)
		}
		for _, key := range s.Keys {
			if less, err := s.Revoke(now, key.Kid); err == nil {
				checkSchedule(t, less)
				if slices.Contains(less.At(now).Publish, key.Kid) {
					t.Fatalf("%s: revoked key %q is published", text, key.Kid)
				}
			}
		}
	})
}

// checkSchedule looks at a schedule one moment before, at and after everything that
// happens by it.
func checkSchedule(t *testing.T, s *keys.Schedule) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	var moments []time.Time
	revoked := false
	for _, key := range s.Keys {
		revoked = revoked || !key.Revoked.IsZero()
		for _, event := range []time.Time{key.Publish, key.Sign, key.Retire, key.Expire} {
			moments = append(moments, event.Add(-1), event, event.Add(1))
		}
	}
	for _, now := range moments {
		plan := s.At(now)
		if plan.Sign != "" && !slices.Contains(plan.Publish, plan.Sign) {
			t.Fatalf("%s: at %v key %q signs and is not published", encode(t, s), now, plan.Sign)
		}
		for _, key := range s.Keys {
			good := !key.Revoked.IsZero()
			wanted := !now.Before(key.Sign) && (key.Retire.IsZero() || now.Before(key.Retire.Add(s.TokenLifetime)))
			if published := slices.Contains(plan.Publish, key.Kid); good == published && wanted {
				t.Fatalf("%s: at %v key %q is published: %v", encode(t, s), now, key.Kid, published)
			}
			if !revoked && !now.Before(key.Sign) && (key.Retire.IsZero() || now.Before(key.Retire)) && plan.Sign == "" {
				t.Fatalf("%s: nothing signs at %v", encode(t, s), now)
			}
		}
	}
}
