package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// exhaust uses up the budget for new data keys.
func (f *fixture) exhaust(t *testing.T, token string) {
	t.Helper()
	for range 2 * kmskeys.DefaultDecryptBurst {
		if status, answer := f.whoami(t, makeUp(token)); status != 401 && status != 500 {
			t.Fatalf("a made-up data key: %d %s", status, answer)
		}
	}
}

func TestAFloodOfMadeUpDataKeysLocksOutNobodyWhoIsLoggedIn(t *testing.T) {
	f := newFixture(t)
	var users [20]string
	for i := range users {
		users[i] = f.login(t)
		if status, answer := f.whoami(t, users[i]); status != 200 {
			t.Fatalf("before: %d %s", status, answer)
		}
	}
	for range 2 { // each time when their data keys are to be decrypted again
		f.Clock = f.Clock.Add(kmskeys.DefaultMaxAge)
		f.exhaust(t, users[0])
		before := f.Local.KMS.Calls("Decrypt")
		for _, token := range users {
			if status, answer := f.whoami(t, token); status != 200 {
				t.Errorf("%d %s", status, answer)
			}
		}
		if got := f.Local.KMS.Calls("Decrypt") - before; got != len(users) {
			t.Errorf("%d calls for %d data keys", got, len(users))
		}
	}
}

func TestANewLoginIsLockedOutForAsLongAsAFloodLastsAndNoLonger(t *testing.T) {
	const (
		flood   = 1000 // new data keys a second
		windows = 150  // in each of which KMS is asked about one
		window  = flood / kmskeys.DefaultDecryptRate
	)
	f := newFixture(t)
	random := rand.New(rand.NewPCG(1, 2))
	forged := f.login(t)
	f.exhaust(t, forged)
	in := 0
	for range windows {
		// One of these is of a user who has just logged in.
		user := random.IntN(window)
		for i := range window {
			f.Clock = f.Clock.Add(time.Second / flood)
			token := makeUp(forged)
			if i == user {
				token = f.login(t)
			}
			switch status, answer := f.whoami(t, token); {
			case i != user && status != 401 && status != 500, i == user && status != 200 && status != 500:
				t.Fatalf("a user's %v: %d %s", i == user, status, answer)
			case i == user && status == 200:
				in++
			}
		}
	}
	const fair = windows / window
	t.Logf("%d of %d were let in; one in %d would be %d", in, windows, window, fair)
	if in == 0 || in > 2*fair {
		t.Errorf("%d of %d users were let in, want about %d", in, windows, fair)
	}
	f.Clock = f.Clock.Add(time.Second / kmskeys.DefaultDecryptRate)
	if status, answer := f.whoami(t, f.login(t)); status != 200 {
		t.Errorf("after the flood: %d %s", status, answer)
	}
}
