package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestUsersSendTheShareOfRequestsThatIsTheirs(t *testing.T) {
	const draws = 200_000
	for name, zipf := range map[string]bool{"all alike": false, "by Zipf's law": true} {
		u := newUsers(Scenario{Users: 50, Zipf: zipf})
		random := rand.New(rand.NewPCG(1, 2))
		drawn, all := make([]float64, 50), 0.0
		for range draws {
			drawn[u.draw(random)]++
		}
		for i, n := range drawn {
			want := u.share(i)
			all += want
			if math.Abs(n/draws-want) > 0.1*want {
				t.Errorf("%s: user %d sent %v of all requests, want %v", name, i, n/draws, want)
			}
		}
		if math.Abs(all-1) > 1e-9 {
			t.Errorf("%s: the shares make %v", name, all)
		}
	}
}

// What is so at first must go on so: as many have a token, and as many answers are
// remembered, after a while of requests.
func TestUsersThatAreSettledStayAsTheyAre(t *testing.T) {
	s := Scenario{Load: 1000, Users: 20_000, TTL: 5 * time.Minute}
	u := newUsers(s)
	random := rand.New(rand.NewPCG(1, 2))
	count := func(now time.Duration) (tokens, remembered float64) {
		for _, user := range u.all {
			if user.renews > now {
				tokens++
			}
			if user.cached > now {
				remembered++
			}
		}
		return tokens / float64(s.Users), remembered / float64(s.Users)
	}
	u.settle(0, random)
	tokens, remembered := count(0)
	end := 20 * time.Minute
	for at := time.Duration(0); at < end; at += time.Second / time.Duration(s.Load) {
		user := &u.all[u.draw(random)]
		if user.renews <= at {
			user.renew(at, 0)
		}
		if user.cached <= at {
			user.cached = at + s.TTL
		}
	}
	tokensThen, rememberedThen := count(end)
	if math.Abs(tokens-tokensThen) > 0.02 || math.Abs(remembered-rememberedThen) > 0.02 {
		t.Errorf("%v have a token and %v are remembered at first, %v and %v then", tokens, remembered, tokensThen, rememberedThen)
	}
}
