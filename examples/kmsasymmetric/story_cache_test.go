package main

import (
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
)

// A call is a request of a test, and what becomes of it.
type call struct {
	do   string
	want int
}

// access is what grants open. Every caller comes by twice: the second time all answers
// are in API Gateway's cache.
var access = map[string]struct {
	grants grants
	calls  []call
}{
	"a reader of one region": {grants{scopeRead, "eu"}, []call{
		{"GET /whoami", 200}, {"GET /reports/eu", 200}, {"GET /reports/us", 403}, {"DELETE /reports/eu", 403},
		{"GET /reports/EU", 403}, {"GET /reports/e%75", 200}, {"GET /reports/u%73", 403}, {"GET /reports/us%2F..%2Feu", 403}, {"GET /reports/%3Fu", 403}, {"GET /reports/eu/", 404}, {"GET /reports/*", 403},
	}},
	"an admin": {grants{scopeAdmin, ""}, []call{
		{"DELETE /reports/eu", 200}, {"DELETE /reports/us", 200}, {"GET /reports/eu", 403}, {"GET /whoami", 200},
	}},
	"both": {grants{scopeAdmin + " " + scopeRead, "us"}, []call{
		{"GET /reports/us", 200}, {"GET /reports/eu", 403}, {"DELETE /reports/eu", 200},
	}},
	"a reader of no region":   {grants{scopeRead, ""}, []call{{"GET /reports/eu", 403}, {"GET /reports/", 404}, {"GET /whoami", 200}}},
	"a reader of any region?": {grants{scopeRead, "*"}, []call{{"GET /reports/eu", 403}, {"GET /reports/*", 403}}},
	"a region without scope":  {grants{"", "eu"}, []call{{"GET /reports/eu", 403}, {"DELETE /reports/eu", 403}, {"GET /whoami", 200}}},
	"nobody in particular":    {grants{}, []call{{"GET /reports/eu", 403}, {"GET /whoami", 200}, {"GET /nowhere", 404}}},
}

func TestTheCacheAnswersAndIsRight(t *testing.T) {
	for name, test := range access {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(set *settings) { set.grants = test.grants })
			api := f.open(t, nil)
			token := f.token(t)
			asked := 0
			for range 2 {
				for _, c := range test.calls {
					if status, answer := f.Call(t, c.do, token); status != c.want {
						t.Errorf("%s: %d %s, want %d", c.do, status, answer, c.want)
					}
				}
				if asked == 0 {
					asked = api.Calls()
				}
			}
			if api.Calls() != asked || asked == 0 {
				t.Errorf("the authorizer was called %d times at first, and %d in the end", asked, api.Calls())
			}
		})
	}
}

func TestOneCallersAnswersAreNotAnothers(t *testing.T) {
	f := newFixture(t)
	reader := f.token(t)
	for _, do := range []string{"GET /reports/eu", "GET /reports/us"} {
		f.Call(t, do, reader)
	}
	l, err := newLogin(f.Local.Client, settings{
		algorithm: f.set.algorithm, key: f.set.key, user: f.set.user, grants: grants{scopeRead, "us"}, now: f.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Issue(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	for do, want := range map[string]int{"GET /reports/eu": 403, "GET /reports/us": 200} {
		if status, answer := f.Call(t, do, other); status != want {
			t.Errorf("%s: %d %s", do, status, answer)
		}
	}
}

func TestWhatIsInTheCacheEndsWithTheToken(t *testing.T) {
	f := newFixture(t)
	api := f.open(t, nil)
	token := f.token(t)
	f.Clock = f.Clock.Add(lifetime - time.Second)
	if status, answer := f.whoami(t, token); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	f.Clock = f.Clock.Add(time.Second)
	if status, answer := f.whoami(t, token); status != 403 || api.Calls() != 1 {
		t.Errorf("out of the cache: %d %s, after %d calls", status, answer, api.Calls())
	}
	if status, answer := f.Call(t, "GET /reports/eu", token); status != 401 {
		t.Errorf("by the authorizer: %d %s", status, answer)
	}
}

func TestWithTheTokenAloneAsSourceTheFirstAnswerDeniesAllOthersAndTheLogTells(t *testing.T) {
	f := newFixture(t)
	api := f.open(t, func(cfg *authorizertest.Config) { cfg.IdentitySources = identitySources()[:1] })
	token := f.token(t)
	for _, c := range []call{{"GET /whoami", 200}, {"GET /reports/eu", 403}, {"GET /reports/us", 403}, {"DELETE /reports/eu", 403}, {"GET /whoami", 200}} {
		if status, answer := f.Call(t, c.do, token); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.do, status, answer, c.want)
		}
	}
	if log := f.Log.String(); api.Calls() != 1 || !strings.Contains(log, "cached_by=token") {
		t.Errorf("%d calls, log %s", api.Calls(), log)
	}
	f.Log.Reset()
	f.open(t, nil)
	f.whoami(t, token)
	if log := f.Log.String(); !strings.Contains(log, "cached_by=request") {
		t.Errorf("with all sources: %s", log)
	}
}
