package main

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
)

// small returns a fleet of twelve environments, all of them simulated. Where each token
// matters, they have five requests a second each, and keys that are 20 seconds old at most;
// otherwise one, and a minute.
func small(backend string, change func(*Scenario)) Scenario {
	s := Scenario{Backend: backend, Load: 12, Environments: 12, Simulated: 12, Users: 240, MaxAge: time.Minute}
	if backends[backend].metered {
		s.Load, s.Users, s.MaxAge = 60, 1200, 20*time.Second
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestASampleGivesWhatTheWholeFleetGives(t *testing.T) {
	for name, s := range map[string]Scenario{
		"a public key of KMS":        small(kmsLocal, nil),
		"a data key for each token":  small(kmsEnvelope, nil),
		"ten tokens to a data key":   small(kmsEnvelope, func(s *Scenario) { s.ReuseTokens, s.ReuseFor = 10, time.Hour }),
		"API Gateway's cache":        small(kmsEnvelope, func(s *Scenario) { s.TTL = time.Minute }),
		"a quota that is too little": small(kmsEnvelope, func(s *Scenario) { s.Symmetric = 40 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := play(t, s)
			s.Simulated = 4
			sample := play(t, s)
			for figure, of := range map[string]func(Result) float64{
				"calls": func(r Result) float64 { return r.Calls }, "calls in the first half minute": func(r Result) float64 { return sum(r.Seconds, span{0, time.Hour}) },
				"asked about": func(r Result) float64 { return r.Missed }, "undecided": func(r Result) float64 { return r.Undecided },
			} {
				if want, got := of(whole), of(sample); math.Abs(got-want) > 0.15*want {
					t.Errorf("%s: %v of the sample, %v of the whole fleet", figure, got, want)
				}
			}
		})
	}
}

func TestTheSameScenarioGivesTheSameTwice(t *testing.T) {
	s := small(kmsEnvelope, func(s *Scenario) { s.Symmetric, s.Zipf, s.TTL = 40, true, 10*time.Second })
	if one, two := play(t, s), play(t, s); !reflect.DeepEqual(one, two) {
		t.Errorf("%+v\nand then %+v", one, two)
	}
}

func TestWhatIsBelowEveryQuotaIsDecided(t *testing.T) {
	for backend := range backends {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			r := play(t, small(backend, nil))
			if r.Undecided != 0 || r.FirstUndecided != 0 || r.Throttled != 0 || r.Failed != 0 || r.FirstFailed != 0 {
				t.Errorf("%+v", r)
			}
			if r.Wait <= 0 || r.Wait > 2 || r.FirstWait > 2 {
				t.Errorf("the longest waits are %v and %v s", r.Wait, r.FirstWait)
			}
		})
	}
}

// Each environment has keys that are a minute old at most: for each there is a call a
// minute, or the two of discovery.
func TestKeysThatAllTokensShareAreFetchedOnceAMaximumAge(t *testing.T) {
	for backend, want := range map[string]float64{
		staticSecret: 0, staticPEM: 0, loadedSecret: 12 / 60., remoteJWKS: 2 * 12 / 60., kmsLocal: 12 / 60.,
	} {
		r := play(t, small(backend, nil))
		if got := r.Calls - r.Logins + r.Fetches; math.Abs(got-want) > 0.05*want {
			t.Errorf("%s: %v calls a second, want %v", backend, got, want)
		}
	}
}

func TestWhatKMSVerifiesIsACallForEachRequest(t *testing.T) {
	for _, backend := range []string{kmsMAC, kmsRemote} {
		r := play(t, small(backend, nil))
		if got := r.Calls - r.Logins; math.Abs(got-60) > 3 {
			t.Errorf("%s: %v calls a second for 60 requests", backend, got)
		}
	}
}

func TestADataKeyIsDecryptedForARequestAtMost(t *testing.T) {
	before := math.Inf(1)
	for _, tokens := range []int{0, 10, 100, 1_000} {
		r := play(t, small(kmsEnvelope, func(s *Scenario) {
			if tokens > 0 {
				s.ReuseTokens, s.ReuseFor = tokens, time.Hour
			}
		}))
		calls := r.Calls - r.Logins
		if calls > 63 || calls >= before {
			t.Errorf("%d tokens to a data key: %v calls a second for 60 requests, %v with fewer", tokens, calls, before)
		}
		before = calls
	}
}

func TestNoQuotaIsExceeded(t *testing.T) {
	s := small(kmsEnvelope, func(s *Scenario) { s.Symmetric = 20 })
	r := play(t, s)
	if r.Calls > 21 || r.Calls < 18 {
		t.Errorf("%v calls a second of 20", r.Calls)
	}
	// 60 requests a second with a data key each, of which 20 can be had.
	if r.Throttled == 0 || r.Undecided < 0.6 || r.Undecided > 0.8 {
		t.Errorf("%+v", r)
	}
}

func TestAPIGatewaysCacheKeepsRequestsFromTheAuthorizer(t *testing.T) {
	for _, backend := range []string{staticPEM, kmsLocal} {
		s := small(backend, func(s *Scenario) { s.TTL = 5 * time.Minute })
		// A user asks every 20 seconds, so that the answer is asked for every 320.
		if r := play(t, s); math.Abs(r.Missed-20/320.) > 0.01 {
			t.Errorf("%s: %v of all requests are asked about", backend, r.Missed)
		}
	}
}

func TestAPreloadedSetCarriesThroughTheFirstMinute(t *testing.T) {
	few := assumed.Issuer
	assumed.Issuer = 1
	defer func() { assumed.Issuer = few }()
	without := play(t, small(remoteJWKS, nil))
	with := play(t, small(remoteJWKS, func(s *Scenario) { s.Preloaded = true }))
	if without.FirstUndecided == 0 || with.FirstUndecided != 0 {
		t.Errorf("undecided are %v without, %v with it", without.FirstUndecided, with.FirstUndecided)
	}
}

func TestTwoRegionsDecideWhatOneCannot(t *testing.T) {
	one := play(t, small(kmsEnvelope, func(s *Scenario) { s.Symmetric = 40 }))
	two := play(t, small(kmsEnvelope, func(s *Scenario) { s.Symmetric, s.TwoRegions = 40, true }))
	if one.Undecided < 0.2 || two.Undecided > 0.02 {
		t.Errorf("undecided are %v with one, %v with two", one.Undecided, two.Undecided)
	}
}

// What API Gateway remembers is played by a time at each user: it must be what the
// gateway of authorizertest remembers.
func TestTheCacheThatIsPlayedIsThatOfTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users = 20
		ttl := time.Minute
		asked := 0.0
		gateway, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, CacheTTL: ttl,
			Authorizer: func(_ context.Context, event events.APIGatewayCustomAuthorizerRequest) (*policy.Response, error) {
				asked++
				api, err := policy.ParseARN(event.MethodArn)
				if err != nil {
					return nil, err
				}
				return policy.New("user", api).AllowAllMethods().Build()
			},
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: http.NotFoundHandler()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := Scenario{Users: users, Environments: 1, Simulated: 1, TTL: ttl} // none of whose requests are verified
		f := &fleet{world: &world{Scenario: s}, deployment: time.Now(), users: newUsers(s)}
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			time.Sleep(time.Duration(random.Int64N(int64(4 * time.Second))))
			user := random.IntN(users)
			request := httptest.NewRequest(http.MethodGet, "/orders", nil)
			request.Header.Set("Authorization", "token "+strconv.Itoa(user))
			gateway.ServeHTTP(httptest.NewRecorder(), request)
			f.ask(f.now(), user, 1)
			if played := sum(f.tally.misses, span{0, time.Hour}); played != asked {
				t.Fatalf("after %v the authorizer was asked %v times, and %v times in what is played", f.now(), asked, played)
			}
		}
		if asked < users || asked == 300 {
			t.Errorf("%v of 300 requests: that shows nothing", asked)
		}
	})
}
