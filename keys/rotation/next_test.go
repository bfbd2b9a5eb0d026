package rotation_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys/rotation"
)

func TestTimesAreCutDownToWholeSeconds(t *testing.T) {
	empty := &rotation.Schedule{TokenLifetime: time.Minute}
	for now, want := range map[time.Duration]time.Duration{time.Second: time.Second, 1700 * time.Millisecond: time.Second, 2500 * time.Millisecond: 2 * time.Second, 3 * time.Second: 3 * time.Second} {
		s := next(t, empty, after(now), "1")
		if got := s.Keys[0]; !got.Publish.Equal(after(want)) || !got.Sign.Equal(after(want)) {
			t.Errorf("after %v: %+v", now, got)
		}
		s, err := empty.NextAt(start, after(now), "1")
		if err != nil || !s.Keys[0].Sign.Equal(after(want)) || !s.Keys[0].Publish.Equal(start) {
			t.Errorf("to sign after %v: %+v, %v", now, s, err)
		}
	}
}

func TestNextRefusesAKeyFromTheMomentOnAtWhichTheLastRetires(t *testing.T) {
	ended := &rotation.Schedule{TokenLifetime: time.Minute, Keys: []rotation.Key{at("1", 0, 0, 1, 2, 0)}}
	next(t, ended, after(time.Hour-1), "2")
	_, err := ended.Next(after(time.Hour), "2")
	wantError(t, err, "nothing has signed since key \"1\" retired")
}

func TestAKeyCanBeRevokedFromTheMomentOnAtWhichItIsPublished(t *testing.T) {
	s := newSchedule(t, "1", "2")
	_, err := s.Revoke(after(days(30)-time.Second), "2")
	wantError(t, err, "has not been published yet")
	wantPlan(t, revoke(t, s, after(days(30)), "2"), after(days(30)), "1", "1")
}

func TestTheOrderOfTheDocumentDoesNotMatter(t *testing.T) {
	s := newSchedule(t, "1", "2")
	slices.Reverse(s.Keys)
	if got := next(t, s, after(days(60)), "3"); len(got.Keys) != 2 || got.Keys[0].Kid != "2" || got.Keys[1].Kid != "3" {
		t.Errorf("got %+v", got.Keys)
	}
	wantPlan(t, revoke(t, s, after(days(30)), "1"), after(days(30)), "2", "2")
}

// A document can plan further ahead than Next does.
func TestAKeyThatNobodyHasCannotTakeOver(t *testing.T) {
	s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{at("1", 0, 0, 50, 60, 0), at("2", 40, 50, 0, 0, 0)}}
	got, err := s.Revoke(after(time.Hour), "1")
	if got != nil {
		t.Errorf("got %+v", got)
	}
	wantError(t, err, "it signs before it is published")
}

func TestARevokedKeyKeepsWhatIsKnownOfIt(t *testing.T) {
	s := newSchedule(t, "1", "2")
	retired := s.Keys[0].Retire
	for _, test := range []struct {
		now    time.Time
		kid    string
		retire time.Time
	}{
		{after(days(30)), "1", after(days(30))},                         // while it signs
		{retired, "1", retired},                                         // as it retires
		{retired.Add(time.Minute), "1", retired},                        // after that
		{after(days(30) + time.Hour), "2", after(days(30) + time.Hour)}, // before it signs, without an end
	} {
		revoked := revoke(t, s, test.now, test.kid)
		i := slices.IndexFunc(revoked.Keys, func(k rotation.Key) bool { return k.Kid == test.kid })
		want := rotation.Key{
			Kid: test.kid, Publish: s.Keys[i].Publish, Sign: s.Keys[i].Sign, Retire: test.retire, Revoked: test.now,
			Expire: test.now.Add(rotation.DefaultCacheTime + rotation.DefaultMargin + 15*time.Minute),
		}
		if got := revoked.Keys[i]; !reflect.DeepEqual(got, want) {
			t.Errorf("at %v:\ngot  %+v\nwant %+v", test.now, got, want)
		}
	}
}

// Only what signs now and ends too early is given more time.
func TestRevokingExtendsTheLongestOfTheKeysThatSignAndNoOther(t *testing.T) {
	a := at("a", 0, 0, 2, 8, 0) // has retired
	for name, test := range map[string]struct {
		keys   []rotation.Key
		now    time.Duration
		kid    string
		change map[string]float64 // by kid: when it retires now, in hours
	}{
		"nothing, since one has no end":           {[]rotation.Key{a, at("b", 0, 0, 9, 11, 0), at("c", 0, 3, 0, 0, 0)}, 5, "a", nil},
		"nothing, since one ends with the next":   {[]rotation.Key{a, at("b", 0, 0, 9, 15, 0), at("c", 0, 9, 0, 0, 0)}, 5, "a", nil},
		"nothing, since one ends after the next":  {[]rotation.Key{a, at("b", 0, 0, 9, 15, 0), at("c", 0, 7, 0, 0, 0)}, 5, "a", nil},
		"the longer of two":                       {[]rotation.Key{at("b", 0, 0, 9, 11, 0), at("c", 0, 3, 6, 8, 0), at("d", 0, 9, 12, 14, 0), at("e", 0, 12, 0, 0, 0)}, 5, "d", map[string]float64{"b": 12}},
		"the longer of two, which begins later":   {[]rotation.Key{at("b", 0, 0, 6, 11, 0), at("c", 0, 3, 9, 12, 0), at("d", 0, 9, 12, 14, 0), at("e", 0, 12, 0, 0, 0)}, 5, "d", map[string]float64{"c": 12}},
		"the one that begins when the other goes": {[]rotation.Key{at("b", 0, 0, 9, 11, 0), at("c", 0, 3, 4, 6, 0), at("d", 0, 9, 0, 0, 0)}, 3, "b", map[string]float64{"c": 9}},
	} {
		s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: test.keys}
		got := revoke(t, s, after(test.now*time.Hour), test.kid)
		for i, key := range got.Keys {
			want := test.keys[i]
			if retire, changed := test.change[key.Kid]; changed {
				want.Retire = after(time.Duration(retire) * time.Hour)
				want.Expire = want.Retire.Add(time.Hour + rotation.DefaultMargin)
			}
			if key.Kid != test.kid && !reflect.DeepEqual(key, want) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, key, want)
			}
		}
	}
}
