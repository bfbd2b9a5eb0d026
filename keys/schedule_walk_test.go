package keys_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// A walk is whatever the functions of a schedule do to it, one after the other: none of
// them may fail, there is always a key to sign with, tokens are good for their lifetime
// and a revoked key is good for nothing.
func TestWhateverIsDoneToAScheduleItStaysInOrder(t *testing.T) {
	for seed := range uint64(500) {
		w := &walk{T: t, random: rand.New(rand.NewPCG(seed, 9)), now: start, revoked: map[string]bool{}}
		w.schedule = &keys.Schedule{TokenLifetime: time.Duration(1+w.random.IntN(300)) * time.Minute}
		w.next()
		for range 60 {
			w.now = w.now.Add(time.Duration(w.random.IntN(100)) * time.Minute)
			w.sign()
			switch w.random.IntN(3) {
			case 0:
				w.next()
			case 1:
				w.revokeOne()
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

type walk struct {
	*testing.T
	random   *rand.Rand
	now      time.Time
	schedule *keys.Schedule
	made     int
	signed   []signedBy
	revoked  map[string]bool
}

// A signedBy is a token: which key has signed it and when.
type signedBy struct {
	kid string
	at  time.Time
}

func (w *walk) sign() {
	plan := w.schedule.At(w.now)
	if plan.Sign == "" {
		w.Fatalf("nothing signs at %v: %+v", w.now, w.schedule)
	}
	w.signed = append(w.signed, signedBy{plan.Sign, w.now})
	for _, token := range w.signed {
		published := slices.Contains(plan.Publish, token.kid)
		if good := !w.revoked[token.kid] && w.now.Before(token.at.Add(w.schedule.TokenLifetime)); good && !published {
			w.Errorf("at %v a token of %+v is refused: %+v", w.now, token, w.schedule)
		}
		if w.revoked[token.kid] && published {
			w.Errorf("at %v the revoked key %s is published: %+v", w.now, token.kid, w.schedule)
		}
	}
}

func (w *walk) pending() bool {
	return slices.ContainsFunc(w.schedule.Keys, func(k keys.ScheduledKey) bool { return k.Revoked.IsZero() && k.Sign.After(w.now) })
}

func (w *walk) next() {
	if w.pending() {
		return
	}
	w.made++
	var err error
	if kid := fmt.Sprint(w.made); w.random.IntN(2) == 0 {
		w.schedule, err = w.schedule.Next(w.now, kid)
	} else {
		sign := w.now.Add(130*time.Minute + time.Duration(w.random.IntN(300))*time.Minute)
		if w.made == 1 {
			sign = w.now
		}
		w.schedule, err = w.schedule.NextAt(w.now, sign, kid)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *walk) revokeOne() {
	plan := w.schedule.At(w.now)
	kid := plan.Publish[w.random.IntN(len(plan.Publish))]
	if kid == plan.Sign && !w.pending() {
		return
	}
	var err error
	if w.schedule, err = w.schedule.Revoke(w.now, kid); err != nil {
		w.Fatal(err)
	}
	w.revoked[kid] = true
}
