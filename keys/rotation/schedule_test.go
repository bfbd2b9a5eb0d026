package rotation_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// start is when the schedules of these tests begin.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return start.Add(d) }

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// newSchedule returns a schedule of tokens of a quarter of an hour with a first key,
// and one more for each further kid, a month after the other.
func newSchedule(t testing.TB, kids ...string) *rotation.Schedule {
	t.Helper()
	s := &rotation.Schedule{TokenLifetime: 15 * time.Minute}
	for i, kid := range kids {
		s = next(t, s, after(days(30*i)), kid)
	}
	return s
}

func next(t testing.TB, s *rotation.Schedule, now time.Time, kid string) *rotation.Schedule {
	t.Helper()
	s, err := s.Next(now, kid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func revoke(t testing.TB, s *rotation.Schedule, now time.Time, kid string) *rotation.Schedule {
	t.Helper()
	s, err := s.Revoke(now, kid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantPlan(t testing.TB, s *rotation.Schedule, now time.Time, sign string, publish ...string) {
	t.Helper()
	want := rotation.Plan{Sign: sign, Publish: publish}
	got := s.At(now)
	if got.Until = (time.Time{}); !reflect.DeepEqual(got, want) {
		t.Errorf("at %v: got %+v, want %+v", now, got, want)
	}
}

func TestAScheduleGivesVerifiersTimeToKnowAKeyAndTokensTimeToExpire(t *testing.T) {
	s := newSchedule(t, "1", "2")
	published := after(days(30))
	signs := published.Add(2*time.Hour + 10*time.Minute)
	expires := signs.Add(25 * time.Minute)
	wantPlan(t, s, start.Add(-1), "")
	wantPlan(t, s, start, "1", "1")
	wantPlan(t, s, published.Add(-1), "1", "1")
	wantPlan(t, s, published, "1", "1", "2")
	wantPlan(t, s, signs.Add(-1), "1", "1", "2")
	wantPlan(t, s, signs, "2", "1", "2")
	wantPlan(t, s, expires.Add(-1), "2", "1", "2")
	wantPlan(t, s, expires, "2", "2")
	wantPlan(t, s, after(days(10_000)), "2", "2")
}

func TestNextLeavesOutWhatHasExpiredAndChangesNothingElse(t *testing.T) {
	s := newSchedule(t, "1", "2")
	before := string(encode(t, s))
	third := next(t, s, after(days(60)), "3")
	if got := string(encode(t, s)); got != before {
		t.Errorf("%s became %s", before, got)
	}
	var kids []string
	for _, key := range third.Keys {
		kids = append(kids, key.Kid)
	}
	if !reflect.DeepEqual(kids, []string{"2", "3"}) {
		t.Errorf("keys %v", kids)
	}
}

func TestAPlanSaysUntilWhenItIsGood(t *testing.T) {
	s := newSchedule(t, "1", "2")
	published := after(days(30))
	signs := published.Add(2*time.Hour + 10*time.Minute)
	for _, test := range []struct{ now, want time.Time }{
		{start.Add(-1), start},
		{start, published}, // for the schedule is known by now
		{published, signs},
		{signs.Add(-1), signs},
		{signs, signs.Add(25 * time.Minute)},
		{signs.Add(25 * time.Minute), time.Time{}},
	} {
		if got := s.At(test.now).Until; !got.Equal(test.want) {
			t.Errorf("at %v: until %v, want %v", test.now, got, test.want)
		}
	}
	revoked := revoke(t, s, published.Add(time.Hour), "1")
	if got := revoked.At(published.Add(time.Hour)).Until; !got.IsZero() {
		t.Errorf("with one key left: until %v", got)
	}
}

func TestInUseAreTheKeysThatARingNeeds(t *testing.T) {
	s := newSchedule(t, "1", "2")
	published := after(days(30))
	for _, test := range []struct {
		s    *rotation.Schedule
		now  time.Time
		want []string
	}{
		{s, start.Add(-time.Hour), []string{"1", "2"}},
		{s, published, []string{"1", "2"}},
		{s, published.Add(155*time.Minute - 1), []string{"1", "2"}},
		{s, published.Add(155 * time.Minute), []string{"2"}},
		{revoke(t, s, published, "1"), published, []string{"2"}},
	} {
		if got := test.s.InUse(test.now); !reflect.DeepEqual(got, test.want) {
			t.Errorf("at %v: %v, want %v", test.now, got, test.want)
		}
	}
}

func TestASpareKeyTakesOverAtOnce(t *testing.T) {
	now := after(days(1))
	s, err := newSchedule(t, "1").NextAt(now, now.Add(days(30)), "spare")
	if err != nil {
		t.Fatal(err)
	}
	wantPlan(t, s, now.Add(days(30)-1), "1", "1", "spare")
	wantPlan(t, s, now.Add(days(30)), "spare", "1", "spare")

	stolen := now.Add(days(3))
	s = revoke(t, s, stolen, "1")
	wantPlan(t, s, stolen, "spare", "spare") // which everybody has known for days
	if s, err = s.NextAt(stolen, stolen.Add(days(30)), "next"); err != nil {
		t.Fatal(err)
	}
	wantPlan(t, s, stolen, "spare", "spare", "next")
}

func TestNextAtRefusesATimeAtWhichNotAllKnowTheKey(t *testing.T) {
	now := after(days(1))
	s := newSchedule(t, "1")
	_, err := s.NextAt(now, now.Add(130*time.Minute-time.Second), "2")
	wantError(t, err, "rotation: schedule: ", "let it sign at 2026-01-02T02:10:00Z or later")
	if _, err := s.NextAt(now, now.Add(130*time.Minute), "2"); err != nil {
		t.Error(err)
	}
	_, err = s.NextAt(now, time.Time{}, "2")
	wantError(t, err, "no time to sign from")
	_, err = newSchedule(t).NextAt(now, now.Add(-time.Second), "1")
	wantError(t, err, "let it sign at 2026-01-02T00:00:00Z or later")
	first, err := newSchedule(t).NextAt(now, now.Add(time.Hour), "1")
	if err != nil {
		t.Fatal(err)
	}
	wantPlan(t, first, now, "", "1")
	wantPlan(t, first, now.Add(time.Hour), "1", "1")
}

func TestNextWorksInWholeSecondsOfUTC(t *testing.T) {
	s := next(t, &rotation.Schedule{TokenLifetime: time.Minute}, time.Date(2026, 1, 1, 2, 0, 0, 999, time.FixedZone("", 7200)), "1")
	if got := s.Keys[0].Publish; got != start {
		t.Errorf("published at %v", got)
	}
}

func TestNextRefusesWhatWouldLeaveVerifiersBehind(t *testing.T) {
	s := newSchedule(t, "1", "2")
	ended := &rotation.Schedule{TokenLifetime: time.Minute, Keys: []rotation.Key{
		{Kid: "1", Publish: start, Sign: start, Retire: after(time.Hour), Expire: after(2 * time.Hour)},
	}}
	for _, test := range []struct {
		name string
		s    *rotation.Schedule
		now  time.Time
		kid  string
		want string
	}{
		{"a key while another is to follow", s, after(days(30) + time.Hour), "3", `key "2" is to sign from 2026-01-31T02:10:00Z on`},
		{"a kid that is there", s, after(days(31)), "2", `two keys of kid "2"`},
		{"no kid", s, after(days(31)), "", "without a kid"},
		{"a schedule that is not in order", &rotation.Schedule{}, start, "1", "a token lifetime of 0s"},
		{"a key after the last has retired", ended, after(90 * time.Minute), "2", "nothing has signed since key \"1\" retired at 2026-01-01T01:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.s.Next(test.now, test.kid)
			wantError(t, err, "rotation: schedule: ", test.want)
		})
	}
	wantPlan(t, next(t, ended, after(2*time.Hour), "2"), after(2*time.Hour), "2", "2")
	wantPlan(t, next(t, ended, after(30*time.Minute), "2"), after(time.Hour), "1", "1", "2") // it signs on until 2 does
}

func TestARevokedKeyIsGoneAtAnyTime(t *testing.T) {
	s := newSchedule(t, "1", "2")
	now := after(days(30) + time.Hour)

	signing := revoke(t, s, now, "1")
	wantPlan(t, signing, now, "2", "2") // which takes over at once
	wantPlan(t, signing, now.Add(-time.Minute), "", "2")
	wantPlan(t, signing, after(days(100)), "2", "2")

	pending := revoke(t, s, now, "2")
	wantPlan(t, pending, now, "1", "1")
	wantPlan(t, pending, after(days(100)), "1", "1") // nothing follows it
	wantPlan(t, next(t, pending, now, "3"), now.Add(3*time.Hour), "3", "3")

	retired := revoke(t, s, after(days(30)+135*time.Minute), "1")
	wantPlan(t, retired, after(days(30)+135*time.Minute), "2", "2")

	again := revoke(t, signing, now.Add(time.Hour), "1")
	if !reflect.DeepEqual(again, signing) {
		t.Error("a key was revoked twice")
	}
}

func TestRevokeRefusesToLeaveNothingToSignWith(t *testing.T) {
	s := newSchedule(t, "1")
	_, err := s.Revoke(after(time.Hour), "1")
	wantError(t, err, "add one with Next, then revoke")
	_, err = s.Revoke(after(time.Hour), "2")
	wantError(t, err, `no key "2"`)
	_, err = s.Revoke(start.Add(-time.Hour), "1")
	wantError(t, err, "has not been published yet")

	now := after(days(3))
	s = revoke(t, next(t, s, now, "2"), now, "1")
	wantPlan(t, s, now, "2", "2")
}

func TestARevokedKeyStaysInTheScheduleUntilNobodyCanAcceptIt(t *testing.T) {
	now := after(days(30) + time.Hour)
	s := revoke(t, newSchedule(t, "1", "2"), now, "1")
	_, err := s.Next(now.Add(2*time.Hour+24*time.Minute), "1")
	wantError(t, err, `two keys of kid "1"`)
	next(t, s, now.Add(2*time.Hour+25*time.Minute), "1")
}

func TestRevokingTheFirstOfTwoThatAreToFollow(t *testing.T) {
	s := &rotation.Schedule{TokenLifetime: time.Minute, Keys: []rotation.Key{
		{Kid: "1", Publish: start, Sign: start, Retire: after(days(2)), Expire: after(days(3))},
		{Kid: "2", Publish: start, Sign: after(days(2)), Retire: after(days(4)), Expire: after(days(5))},
		{Kid: "3", Publish: start, Sign: after(days(4))},
	}}
	pending := revoke(t, s, after(days(1)), "2")
	wantPlan(t, pending, after(days(3)), "1", "1", "3")
	wantPlan(t, pending, after(days(4)), "3", "1", "3")
	signing := revoke(t, s, after(days(1)), "1")
	wantPlan(t, signing, after(days(1)), "2", "2", "3")
	wantPlan(t, signing, after(days(4)), "3", "2", "3")
}

func TestCheckFindsWhatWouldGoWrong(t *testing.T) {
	const hour = time.Hour
	key := func(kid string, publish, sign, retire, expire time.Duration) rotation.Key {
		k := rotation.Key{Kid: kid, Publish: after(publish), Sign: after(sign)}
		if retire > 0 {
			k.Retire, k.Expire = after(retire), after(expire)
		}
		return k
	}
	for _, test := range []struct {
		name string
		keys []rotation.Key
		want string // empty: in order
	}{
		{"no keys", nil, ""},
		{"one key", []rotation.Key{key("1", 0, 0, 0, 0)}, ""},
		{"one key that ends", []rotation.Key{key("1", 0, 0, 5*hour, 6*hour)}, ""},
		{"two keys", []rotation.Key{key("1", 0, 0, 5*hour, 6*hour), key("2", 3*hour, 5*hour, 0, 0)}, ""},
		{"two keys the other way round", []rotation.Key{key("2", 3*hour, 5*hour, 0, 0), key("1", 0, 0, 5*hour, 6*hour)}, ""},
		{"a key that nobody can know when it signs", []rotation.Key{key("1", 0, 0, 5*hour, 6*hour), key("2", 3*hour+1e9, 5*hour, 0, 0)}, `key "2": it signs while a verifier may still hold a set without it: let it sign at 2026-01-01T05:00:01Z or later`},
		{"a key that expires before its tokens", []rotation.Key{key("1", 0, 0, 5*hour, 5*hour+59*time.Minute), key("2", 0, 5*hour, 0, 0)}, "good until 2026-01-01T06:00:00Z"},
		{"a gap", []rotation.Key{key("1", 0, 0, 5*hour, 6*hour), key("2", 0, 5*hour+1e9, 0, 0)}, "nothing signs from 2026-01-01T05:00:00Z until key \"2\" does at 2026-01-01T05:00:01Z"},
		{"a gap that a long key bridges", []rotation.Key{key("1", 0, 0, 9*hour, 10*hour), key("2", 0, 3*hour, 4*hour, 5*hour), key("3", 0, 9*hour, 0, 0)}, ""},
		{"a key that never retires", []rotation.Key{key("1", 0, 0, 0, 0), key("2", 0, 5*hour, 0, 0)}, `key "1": it never retires, though key "2" is to sign`},
		{"signing before publication", []rotation.Key{key("1", hour, 0, 0, 0)}, "it signs before it is published"},
		{"retiring at once", []rotation.Key{key("1", 0, hour, hour, 3*hour)}, "it retires before it signs"},
		{"retire without expire", []rotation.Key{{Kid: "1", Publish: start, Sign: start, Retire: after(hour)}}, "one of retire and expire"},
		{"expire without retire", []rotation.Key{{Kid: "1", Publish: start, Sign: start, Expire: after(hour)}}, "one of retire and expire"},
		{"no publication", []rotation.Key{{Kid: "1", Sign: start}}, "never published"},
		{"no signing", []rotation.Key{{Kid: "1", Publish: start}}, "never signs"},
		{"half a second", []rotation.Key{key("1", 0, hour/7200, 0, 0)}, "whole seconds"},
		{"two keys of one kid", []rotation.Key{key("1", 0, 0, 5*hour, 6*hour), key("1", 0, 5*hour, 0, 0)}, `two keys of kid "1"`},
		{"no kid", []rotation.Key{key("", 0, 0, 0, 0)}, "without a kid"},
		{"a kid that is no text", []rotation.Key{key("\xff", 0, 0, 0, 0)}, "UTF-8"},
		{"257 keys", make([]rotation.Key, 257), "more than 256 keys"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := (&rotation.Schedule{TokenLifetime: hour, Keys: test.keys}).Validate()
			if test.want != "" {
				wantError(t, err, "rotation: schedule: ", test.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	for name, s := range map[string]*rotation.Schedule{
		"a token lifetime of 0s":           {},
		"a token lifetime of 9000h":        {TokenLifetime: 9000 * hour},
		"a cache time of -1ns":             {TokenLifetime: hour, CacheTime: -1},
		"a cache time of 200h0m0s":         {TokenLifetime: hour, CacheTime: 200 * hour},
		"a margin of -1ns":                 {TokenLifetime: hour, Margin: -1},
		"a part of a second":               {TokenLifetime: hour + time.Millisecond},
		"a margin of 200h0m0s: set it bet": {TokenLifetime: hour, Margin: 200 * hour},
	} {
		wantError(t, s.Validate(), name)
	}
}

func TestAScheduleGoesOutAndInAgain(t *testing.T) {
	for name, s := range map[string]*rotation.Schedule{
		"no keys":   newSchedule(t),
		"one key":   newSchedule(t, "1"),
		"two keys":  newSchedule(t, "1", "2"),
		"a revoked": revoke(t, newSchedule(t, "1", "2"), after(days(30)+time.Hour), "1"),
	} {
		document := encode(t, s)
		again, err := rotation.ParseSchedule(document)
		if err != nil {
			t.Fatalf("%s: %s: %v", name, document, err)
		}
		if got := encode(t, again); string(got) != string(document) || !reflect.DeepEqual(again.Keys, s.Keys) && len(s.Keys) > 0 {
			t.Errorf("%s: %s became %s", name, document, got)
		}
		var decoded rotation.Schedule
		if err := json.Unmarshal(document, &decoded); err != nil || !reflect.DeepEqual(&decoded, again) {
			t.Errorf("%s: encoding/json reads %+v, %v", name, decoded, err)
		}
	}
}

func TestAScheduleThatIsNotInOrderIsNotWritten(t *testing.T) {
	text, err := json.Marshal(rotation.Schedule{})
	if text != nil {
		t.Errorf("wrote %s", text)
	}
	wantError(t, err, "a token lifetime of 0s")
}

func TestParseScheduleReadsStrictly(t *testing.T) {
	good := string(encode(t, newSchedule(t, "1", "2")))
	replaced := func(old, new string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("%s lacks %s", good, old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "not a strict JSON object"},
		{"an array", "[]", "not a strict JSON object"},
		{"trailing data", good + "x", "trailing data"},
		{"a misspelt member", replaced(`"margin"`, `"margins"`), `the member "margins": not a member`},
		{"a misspelt member of a key", replaced(`"expire"`, `"expires"`), `the member "expires": not a member`},
		{"RETIRE", replaced(`"retire"`, `"RETIRE"`), `the member "RETIRE"`},
		{"a duplicate", replaced(`"margin"`, `"margin":"1s","margin"`), "duplicate member"},
		{"a number for a duration", replaced(`"cache_time":"2h0m0s"`, `"cache_time":7200`), "not a string"},
		{"a duration without a unit", replaced(`"2h0m0s"`, `"7200"`), "no duration"},
		{"no duration at all", replaced(`"2h0m0s"`, `"0s"`), "more than 0"},
		{"a negative duration", replaced(`"2h0m0s"`, `"-2h"`), "more than 0"},
		{"a number for a time", replaced(`"2026-01-01T00:00:00Z"`, `1767225600`), "not a string"},
		{"a time without a zone", replaced(`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00"`), "is no time"},
		{"a date", replaced(`"2026-01-01T00:00:00Z"`, `"2026-01-01"`), "is no time"},
		{"an empty time", replaced(`"2026-01-01T00:00:00Z"`, `""`), "is no time"},
		{"the zero time", replaced(`"2026-01-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`), "is no time"},
		{"half a second", replaced(`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00.5Z"`), "whole seconds"},
		{"a kid that is null", replaced(`"kid":"1"`, `"kid":null`), "not a string"},
		{"keys that are no list", `{"token_lifetime":"1h","keys":{}}`, `the member "keys"`},
		{"a key that is no object", `{"token_lifetime":"1h","keys":["1"]}`, "key 0: not an object"},
		{"257 keys", `{"token_lifetime":"1h","keys":[` + strings.Repeat("{},", 256) + "{}]}", "more than 256 keys"},
		{"too much", good + strings.Repeat(" ", 256<<10), "at most 262144"},
		{"what Check refuses", `{"token_lifetime":"1h","keys":[{"kid":"1","publish":"2026-01-01T00:00:00Z"}]}`, "never signs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := rotation.ParseSchedule([]byte(test.text))
			if s != nil {
				t.Error("a schedule came with the error")
			}
			wantError(t, err, "rotation: schedule: ", test.want)
		})
	}
}

func TestTimesOfOtherZonesAreTheSameTimes(t *testing.T) {
	s, err := rotation.ParseSchedule([]byte(`{"token_lifetime":"1h","keys":[{"kid":"1","publish":"2026-01-01T02:00:00+02:00","sign":"2025-12-31T19:00:00-05:00"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	wantPlan(t, s, start, "1", "1")
	wantPlan(t, s, start.Add(-1), "")
}

// What has been revoked stays in the schedule for longer than what came after it may.
func TestARevokedKeyDoesNotStandInTheWayOfTheNext(t *testing.T) {
	s := next(t, &rotation.Schedule{TokenLifetime: time.Hour}, start, "1")
	s = next(t, s, after(days(1)), "2")
	s = next(t, s, after(days(1)+150*time.Minute), "3")
	s = revoke(t, s, after(days(1)+3*time.Hour), "1") // which had retired
	now := after(days(1) + 355*time.Minute)           // 2 has expired, 1 has not
	wantPlan(t, next(t, s, now, "4"), now, "3", "3", "4")
	wantPlan(t, revoke(t, s, now, "1"), now, "3", "3")

	long := next(t, &rotation.Schedule{TokenLifetime: 240 * time.Hour}, start, "1")
	long = next(t, long, after(days(10)), "2")
	long.TokenLifetime = time.Hour
	long = revoke(t, next(t, long, after(days(11)), "3"), after(days(11)), "2")
	next(t, long, after(days(12)), "4")
}

func TestWhereKeysOverlapTheOneThatIsLeftGoesOn(t *testing.T) {
	s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{
		{Kid: "1", Publish: start, Sign: start, Retire: after(9 * time.Hour), Expire: after(11 * time.Hour)},
		{Kid: "2", Publish: start, Sign: after(3 * time.Hour), Retire: after(4 * time.Hour), Expire: after(6 * time.Hour)},
		{Kid: "3", Publish: start, Sign: after(9 * time.Hour)},
	}}
	s = revoke(t, s, after(210*time.Minute), "1")
	wantPlan(t, s, after(9*time.Hour-1), "2", "2", "3")
	wantPlan(t, s, after(9*time.Hour), "3", "2", "3")
}

func TestAnIssuerWhoseLastKeyWasRevokedBeginsAgain(t *testing.T) {
	s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{
		{Kid: "1", Publish: start, Sign: start, Retire: after(5 * time.Hour), Expire: after(7 * time.Hour)},
	}}
	s = revoke(t, s, after(6*time.Hour), "1")
	wantPlan(t, next(t, s, after(8*time.Hour), "2"), after(8*time.Hour), "2", "2")
}

func TestARevocationCannotBePlanned(t *testing.T) {
	c := clocktest.NewManual()
	planned := &rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{
		{Kid: "1", Publish: start, Sign: start, Revoked: after(days(300))},
		{Kid: "2", Publish: after(days(200)), Sign: after(days(300))},
	}}
	const want = "it is revoked at 2026-10-28T00:00:00Z, which is yet to come: set retire and expire"
	_, err := planned.Next(start, "3")
	wantError(t, err, want)
	_, err = planned.Revoke(start, "1")
	wantError(t, err, want)
	_, err = rotation.NewRing(rotation.RingConfig{Schedule: planned, Keys: []rotation.Pair{rotation.PairOf(named(t, "2"))}, Now: c.Now})
	wantError(t, err, want)

	// Whoever revokes may have a clock that is ahead.
	hurried := revoke(t, newSchedule(t, "1", "2"), after(days(30)), "1")
	c.Add(days(30) - rotation.DefaultMargin)
	if _, err := rotation.NewRing(rotation.RingConfig{Schedule: hurried, Keys: []rotation.Pair{rotation.PairOf(named(t, "2"))}, Now: c.Now}); err != nil {
		t.Error(err)
	}
}

func TestNothingComesWithAnError(t *testing.T) {
	s := newSchedule(t, "1")
	if got, err := s.Next(after(days(1)), ""); err == nil || got != nil {
		t.Errorf("%v came with %v", got, err)
	}
	if got, err := s.Revoke(after(days(1)), "1"); err == nil || got != nil {
		t.Errorf("%v came with %v", got, err)
	}
}

func TestNoScheduleAtAll(t *testing.T) {
	var none *rotation.Schedule
	wantError(t, none.Validate(), "none is given")
	_, err := none.Next(start, "1")
	wantError(t, err, "none is given")
	wantPlan(t, none, start, "")
	if got := none.InUse(start); got != nil {
		t.Errorf("in use: %v", got)
	}
}

// at returns a key by the hours at which it is published, signs, retires, expires and was
// revoked; 0 for the last three means not at all.
func at(kid string, publish, sign, retire, expire, revoked float64) rotation.Key {
	hours := func(h float64) time.Time { return after(time.Duration(h * float64(time.Hour))) }
	k := rotation.Key{Kid: kid, Publish: hours(publish), Sign: hours(sign)}
	if retire != 0 {
		k.Retire = hours(retire)
	}
	if expire != 0 {
		k.Expire = hours(expire)
	}
	if revoked != 0 {
		k.Revoked = hours(revoked)
	}
	return k
}

func TestTheHoleBehindARevokedKeyIsFound(t *testing.T) {
	const hole = "nothing signs from 2026-01-01T03:00:00Z until key \"3\" does at 2026-01-01T05:00:00Z"
	first := at("1", 0, 0, 2, 3, 0)
	for name, test := range map[string]struct {
		keys []rotation.Key
		want string // empty: in order
	}{
		"a key that was to go on":                                   {[]rotation.Key{first, at("2", 0, 2, 0, 0, 3), at("3", 0, 5, 0, 0, 0)}, hole},
		"a key that was to sign until the next":                     {[]rotation.Key{first, at("2", 0, 2, 5, 6, 3), at("3", 0, 5, 0, 0, 0)}, hole},
		"a key that had retired":                                    {[]rotation.Key{first, at("2", 0, 2, 3, 5, 4), at("3", 0, 5, 0, 0, 0)}, hole},
		"in a document of another order":                            {[]rotation.Key{at("3", 0, 5, 0, 0, 0), at("2", 0, 2, 0, 0, 3), first}, hole},
		"none, for the next took over":                              {[]rotation.Key{first, at("2", 0, 2, 0, 0, 3), at("3", 0, 3, 0, 0, 0)}, ""},
		"none, for the next had taken over":                         {[]rotation.Key{first, at("2", 0, 2, 3, 5, 4), at("3", 0, 3, 0, 0, 0)}, ""},
		"none, for everything before was revoked":                   {[]rotation.Key{at("2", 0, 0, 0, 0, 3), at("3", 0, 5, 0, 0, 0)}, ""},
		"none, for it was revoked before it could sign":             {[]rotation.Key{at("1", 0, 0, 5, 6, 0), at("2", 0, 7, 0, 0, 6)}, ""},
		"none, for it was revoked when it was to sign":              {[]rotation.Key{at("1", 0, 0, 5, 6, 0), at("2", 0, 7, 0, 0, 7)}, ""},
		"none, for another key goes on":                             {[]rotation.Key{at("1", 0, 0, 0, 0, 0), at("2", 0, 7, 0, 0, 8)}, ""},
		"one behind a key that was revoked before it could sign":    {[]rotation.Key{at("1", 0, 0, 3, 6, 0), at("2", 0, 4, 0, 0, 2), at("3", 0, 5, 0, 0, 0)}, hole},
		"two keys that begin together, of which the second goes on": {[]rotation.Key{at("1", 0, 0, 5, 6, 0), at("2", 0, 0, 0, 0, 0)}, ""},
	} {
		err := (&rotation.Schedule{TokenLifetime: time.Hour, Keys: test.keys}).Validate()
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want %s", name, err, test.want)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOfKeysThatOverlapTheOneSignsThatBeganLast(t *testing.T) {
	for name, list := range map[string][]rotation.Key{
		"in order":            {at("1", 0, 0, 9, 10, 0), at("2", 0, 5, 0, 0, 0)},
		"in the other order":  {at("2", 0, 5, 0, 0, 0), at("1", 0, 0, 9, 10, 0)},
		"beginning together":  {at("1", 0, 0, 9, 10, 0), at("2", 0, 0, 0, 0, 0)},
		"with one that ended": {at("0", 0, 0, 1, 12, 0), at("1", 0, 0, 9, 10, 0), at("2", 0, 5, 0, 0, 0)},
	} {
		s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: list}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, hour := range []time.Duration{5, 6, 9, 20} {
			if got := s.At(after(hour * time.Hour)).Sign; got != "2" {
				t.Errorf("%s, at %d o'clock: %q signs", name, hour, got)
			}
		}
	}
}

func TestAKeyRetiresToTheMoment(t *testing.T) {
	s := &rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{at("1", 0, 1, 5, 6, 0)}}
	wantPlan(t, s, after(-1), "")
	wantPlan(t, s, after(0), "", "1")
	wantPlan(t, s, after(time.Hour-1), "", "1")
	wantPlan(t, s, after(time.Hour), "1", "1")
	wantPlan(t, s, after(5*time.Hour-1), "1", "1")
	wantPlan(t, s, after(5*time.Hour), "", "1")
	wantPlan(t, s, after(6*time.Hour-1), "", "1")
	wantPlan(t, s, after(6*time.Hour), "")
}

func TestTheBoundsOfAScheduleAreThese(t *testing.T) {
	const week, year = 7 * 24 * time.Hour, 366 * 24 * time.Hour
	for _, test := range []struct {
		name string
		s    rotation.Schedule
		want string // part of the error; empty: in order
	}{
		{"the shortest lifetime", rotation.Schedule{TokenLifetime: time.Second}, ""},
		{"a shorter lifetime", rotation.Schedule{TokenLifetime: 500 * time.Millisecond}, "a token lifetime of 500ms"},
		{"the longest lifetime", rotation.Schedule{TokenLifetime: year}, ""},
		{"a longer lifetime", rotation.Schedule{TokenLifetime: year + time.Second}, "a token lifetime of 8784h0m1s"},
		{"the longest cache time", rotation.Schedule{TokenLifetime: time.Hour, CacheTime: week}, ""},
		{"a longer cache time", rotation.Schedule{TokenLifetime: time.Hour, CacheTime: week + time.Second}, "a cache time of 168h0m1s"},
		{"the longest margin", rotation.Schedule{TokenLifetime: time.Hour, Margin: week}, ""},
		{"a longer margin", rotation.Schedule{TokenLifetime: time.Hour, Margin: week + time.Second}, "a margin of 168h0m1s"},
		{"odd seconds", rotation.Schedule{TokenLifetime: 3 * time.Second, CacheTime: time.Second, Margin: 5 * time.Second}, ""},
		{"half a second of lifetime", rotation.Schedule{TokenLifetime: 1500 * time.Millisecond}, "a part of a second"},
		{"half a second of cache time", rotation.Schedule{TokenLifetime: time.Hour, CacheTime: 1500 * time.Millisecond}, "a part of a second"},
		{"half a second of margin", rotation.Schedule{TokenLifetime: time.Hour, Margin: 1500 * time.Millisecond}, "a part of a second"},
	} {
		if err := test.s.Validate(); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	for year, want := range map[int]bool{1969: false, 1970: true, 1971: true, 9998: true, 9999: true, 10000: false} {
		then := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
		key := rotation.Key{Kid: "1", Publish: then, Sign: then}
		if err := (&rotation.Schedule{TokenLifetime: time.Hour, Keys: []rotation.Key{key}}).Validate(); (err == nil) != want {
			t.Errorf("in %d: %v", year, err)
		}
	}
}

func TestAScheduleHasUpTo256Keys(t *testing.T) {
	many := func(n int) *rotation.Schedule {
		s := &rotation.Schedule{TokenLifetime: time.Second}
		for i := range n {
			key := at(strconv.Itoa(i), 0, float64(3*i), float64(3*i+3), float64(3*i+4), 0)
			if i == n-1 {
				key.Retire, key.Expire = time.Time{}, time.Time{}
			}
			s.Keys = append(s.Keys, key)
		}
		return s
	}
	if _, err := rotation.ParseSchedule(encode(t, many(256))); err != nil {
		t.Error(err)
	}
	wantError(t, many(257).Validate(), "more than 256 keys")
}

// A document is for eyes of all zones.
func TestAScheduleIsWrittenInUTC(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	s := newSchedule(t, "1", "2")
	want := string(encode(t, s))
	for i := range s.Keys {
		k := &s.Keys[i]
		k.Publish, k.Sign = k.Publish.In(zone), k.Sign.In(zone)
		if !k.Retire.IsZero() {
			k.Retire, k.Expire = k.Retire.In(zone), k.Expire.In(zone)
		}
	}
	if got := string(encode(t, s)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
