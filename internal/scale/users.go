package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A user is one who sends requests, with a token. Times are counted from the deployment.
type user struct {
	renews  time.Duration // when the token is renewed: by the next request after
	cached  time.Duration // until when API Gateway remembers the answer for the token
	dataKey uint64        // of the token
	waiting uint32        // requests under way whose answer API Gateway may come to remember
	away    bool          // whether a login is under way
}

// used is for how long a token is used: until its user renews it.
func used() time.Duration { return assumed.Lifetime - assumed.Margin }

// issued returns when the token was issued.
func (u *user) issued() time.Duration { return u.renews - used() }

// renew gives the user a new token.
func (u *user) renew(now time.Duration, dataKey uint64) {
	u.renews, u.dataKey, u.cached = now+used(), dataKey, 0
}

// Users are all users of a scenario.
type users struct {
	Scenario
	all []user
}

func newUsers(s Scenario) *users { return &users{s, make([]user, s.Users)} }

// settle makes users and API Gateway's cache what they are at any time when all is as
// usual. A user has a token of some age, or has been away for longer than the last one was
// used; API Gateway remembers the answer for it since some time, or does not.
func (u *users) settle(now time.Duration, random *rand.Rand) {
	for i := range u.all {
		user, gap := &u.all[i], 1/(float64(u.Load)*u.share(i)) // seconds from one request to the next
		user.renews, user.cached = now-time.Second, now
		if random.Float64() < used().Seconds()/(used().Seconds()+gap) {
			user.renews = now + time.Duration(random.Int64N(int64(used())))
		}
		if u.TTL > 0 && random.Float64() < u.TTL.Seconds()/(u.TTL.Seconds()+gap) {
			user.cached = now + time.Duration(random.Int64N(int64(u.TTL)))
		}
		if first := user.issued() + u.TTL; user.renews > now && user.cached < first {
			user.cached = first // a token is used as soon as it is issued
		}
	}
}

// share returns how many of all requests are those of a user.
func (u *users) share(i int) float64 {
	n := float64(len(u.all))
	if !u.Zipf {
		return 1 / n
	}
	return math.Log(float64(i+2)/float64(i+1)) / math.Log(n+1)
}

// draw returns who sends the next request.
func (u *users) draw(random *rand.Rand) int {
	if !u.Zipf {
		return random.IntN(len(u.all))
	}
	n := float64(len(u.all))
	return min(len(u.all)-1, int(math.Exp(random.Float64()*math.Log(n+1)))-1)
}

// inOrder returns the users who have a token at the deployment, by its age.
func (u *users) inOrder() []*user {
	var order []*user
	for i := range u.all {
		if u.all[i].renews >= 0 {
			order = append(order, &u.all[i])
		}
	}
	slices.SortStableFunc(order, func(a, b *user) int { return cmp.Compare(a.renews, b.renews) })
	return order
}
