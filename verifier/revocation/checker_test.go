package revocation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

func TestATokenIsRevokedByEachOfItsNames(t *testing.T) {
	at := func(seconds, nanoseconds int64) time.Time { return time.Unix(seconds, nanoseconds) }
	for name, test := range map[string]struct {
		key     revocation.Key
		since   time.Time
		revoked bool
	}{
		"by jti":                          {keyOf(revocation.ByToken, "token-1"), at(1, 0), true},
		"by sid":                          {keyOf(revocation.BySession, "session-1"), at(1, 0), true},
		"by sub, later":                   {keyOf(revocation.BySubject, "user-1"), at(1001, 0), true},
		"by sub, in the second of issue":  {keyOf(revocation.BySubject, "user-1"), at(1000, 0), true},
		"by sub, at the end of it":        {keyOf(revocation.BySubject, "user-1"), at(1000, 999), true},
		"by sub, a second before":         {keyOf(revocation.BySubject, "user-1"), at(999, 0), false},
		"by sub, a nanosecond before":     {keyOf(revocation.BySubject, "user-1"), at(999, 999_999_999), false},
		"by sub, for ever":                {keyOf(revocation.BySubject, "user-1"), time.Time{}, true},
		"by jti, for ever":                {keyOf(revocation.ByToken, "token-1"), time.Time{}, true},
		"another token":                   {keyOf(revocation.ByToken, "token-2"), at(2000, 0), false},
		"another session":                 {keyOf(revocation.BySession, "session-2"), at(2000, 0), false},
		"another subject":                 {keyOf(revocation.BySubject, "user-2"), at(2000, 0), false},
		"a session of the token's name":   {keyOf(revocation.BySession, "token-1"), at(2000, 0), false},
		"the same subject of others":      {revocation.Key{Kind: revocation.BySubject, Issuer: "https://other.example.com", ID: "user-1"}, at(2000, 0), false},
		"the same subject of no one":      {revocation.Key{Kind: revocation.BySubject, ID: "user-1"}, at(2000, 0), false},
		"the same name, of no kind given": {revocation.Key{Issuer: issuer, ID: "token-1"}, at(2000, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, age := range []time.Duration{0, time.Minute} {
				s, clock := &store{}, clocktest.NewManual()
				s.Revoke(test.key, test.since)
				c := newChecker(t, s, clock, func(cfg *revocation.Config) { cfg.CacheMaxAge = age })
				for range 2 {
					err := c.Check(t.Context(), user1(t, 1000))
					if test.revoked {
						wantRevoked(t, err)
					} else {
						wantAccepted(t, err)
					}
				}
			}
		})
	}
}

func TestIatIsComparedByWholeSeconds(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	s.Revoke(keyOf(revocation.BySubject, "user-1"), time.Unix(1000, 0)) // of 1000.7, as a table may have kept it
	c := newChecker(t, s, clock, nil)
	claims := `{"iss":"` + issuer + `","sub":"user-1","iat":`
	wantRevoked(t, c.Check(t.Context(), token(t, claims+`1000.5}`)))
	wantAccepted(t, c.Check(t.Context(), token(t, claims+`1001}`)))
	wantRevoked(t, c.Check(t.Context(), token(t, claims+`0}`)))
}

func TestWithoutIatNobodyKnowsThatATokenIsNewer(t *testing.T) {
	for _, since := range []time.Time{time.Unix(1, 0), time.Unix(-1<<40, 0)} { // the second before the year 1
		s, clock := &store{}, clocktest.NewManual()
		s.Revoke(keyOf(revocation.BySubject, "user-1"), since)
		wantRevoked(t, newChecker(t, s, clock, nil).Check(t.Context(), token(t, `{"iss":"`+issuer+`","sub":"user-1"}`)))
	}
}

func TestTheStoreIsAskedOnceForAllThatATokenHas(t *testing.T) {
	for name, test := range map[string]struct {
		claims string
		kinds  []revocation.Kind
		want   []revocation.Key
	}{
		"all":                    {`{"iss":"i","sub":"s","jti":"t","sid":"x"}`, nil, []revocation.Key{{revocation.ByToken, "i", "t"}, {revocation.BySubject, "i", "s"}, {revocation.BySession, "i", "x"}}},
		"no session":             {`{"iss":"i","sub":"s","jti":"t"}`, nil, []revocation.Key{{revocation.ByToken, "i", "t"}, {revocation.BySubject, "i", "s"}}},
		"a session that is null": {`{"sub":"s","sid":null}`, nil, []revocation.Key{{revocation.BySubject, "", "s"}}},
		"fewer kinds":            {`{"sub":"s","jti":"t","sid":"x"}`, []revocation.Kind{revocation.BySession}, []revocation.Key{{revocation.BySession, "", "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &store{}
			c := newChecker(t, s, clocktest.NewManual(), func(cfg *revocation.Config) { cfg.Kinds = test.kinds })
			wantAccepted(t, c.Check(t.Context(), token(t, test.claims)))
			if len(s.asked) != 1 || !slices.Equal(s.asked[0], test.want) {
				t.Errorf("asked for %v, want %v", s.asked, test.want)
			}
		})
	}
}

func TestATokenThatCouldNotBeRevokedIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		claims string
		kinds  []revocation.Kind
		want   verifier.Reason
	}{
		"no name at all":        {`{"iss":"i","aud":"orders"}`, nil, verifier.MissingClaim},
		"an empty jti":          {`{"jti":""}`, nil, verifier.MissingClaim},
		"no jti where it is to": {`{"sub":"user-1"}`, []revocation.Kind{revocation.ByToken}, verifier.MissingClaim},
		"a sid that is no text": {`{"sub":"user-1","sid":{"id":"1"}}`, nil, verifier.WrongClaim},
	} {
		t.Run(name, func(t *testing.T) {
			s := &store{}
			c := newChecker(t, s, clocktest.NewManual(), func(cfg *revocation.Config) { cfg.Kinds = test.kinds })
			err := c.Check(t.Context(), token(t, test.claims))
			wantRefused(t, err, test.want)
			var refusal *verifier.Error
			if !errors.As(err, &refusal) || refusal.Claim == "" || s.calls() != 0 {
				t.Errorf("got %v after %d calls", err, s.calls())
			}
		})
	}
}

// A leaving store is one whose caller goes while it is asked.
type leaving struct{ leave context.CancelFunc }

func (l leaving) Lookup(ctx context.Context, _ []revocation.Key) (map[revocation.Key]time.Time, error) {
	l.leave()
	return nil, ctx.Err()
}

func TestAStoreLearnsThatTheCallerHasGone(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	wantOutage(t, newChecker(t, leaving{leave}, clocktest.NewManual(), nil).Check(ctx, user1(t, 1)), context.Canceled)
}

func TestAStoreThatIsDownIsAnOutageUnlessTheUserSaysOtherwise(t *testing.T) {
	s, clock := &store{err: errDown}, clocktest.NewManual()
	wantOutage(t, newChecker(t, s, clock, nil).Check(t.Context(), user1(t, 1)), errDown)
	wantOutage(t, newChecker(t, &store{err: errRefused}, clock, nil).Check(t.Context(), user1(t, 1)), nil)

	accepts := false
	var seen []error
	c := newChecker(t, s, clock, func(cfg *revocation.Config) {
		cfg.AcceptUnchecked = func(_ context.Context, token *verifier.Token, err error) bool {
			if token.Subject != "user-1" {
				t.Errorf("asked about %v", token)
			}
			seen = append(seen, err)
			return accepts
		}
	})
	wantOutage(t, c.Check(t.Context(), user1(t, 1)), errDown)
	accepts = true
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	if len(seen) != 2 || !errors.Is(seen[0], errDown) {
		t.Errorf("told of %v", seen)
	}

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	wantOutage(t, c.Check(gone, user1(t, 1)), context.Canceled)
	if len(seen) != 2 {
		t.Error("asked about a token whose sender has gone")
	}
	wantRefused(t, c.Check(t.Context(), token(t, `{}`)), verifier.MissingClaim)
}

func TestTheStoresTimeIsLimited(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 5 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c, err := revocation.New(revocation.Config{Store: hanging{}, Timeout: timeout})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			wantOutage(t, c.Check(t.Context(), user1(t, 1)), context.DeadlineExceeded)
			if got := time.Since(start); got != want {
				t.Errorf("gave up after %v, want %v", got, want)
			}
		})
	}
}

// What waits for the context's end, such as a timer, is let go with the answer.
func TestTheStoresContextEndsWithTheLookup(t *testing.T) {
	s := &remembering{}
	wantAccepted(t, newChecker(t, s, clocktest.NewManual(), nil).Check(t.Context(), user1(t, 1)))
	if err := s.ctx.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// remembering is a store that keeps the context of its last lookup.
type remembering struct{ ctx context.Context }

func (s *remembering) Lookup(ctx context.Context, _ []revocation.Key) (map[revocation.Key]time.Time, error) {
	s.ctx = ctx
	return nil, ctx.Err()
}

// hanging is a store that never answers.
type hanging struct{}

func (hanging) Lookup(ctx context.Context, _ []revocation.Key) (map[revocation.Key]time.Time, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAVerifierRefusesWhatIsRevoked(t *testing.T) {
	secret := testkeys.Secret(t, "", "HS256", "revocation")
	issues, err := signer.NewIssuer(signer.IssuerConfig{Keys: secret, Issuer: issuer, Audience: []string{"orders"}, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	text, err := issues.Issue(t.Context(), "user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &store{}
	c, err := revocation.New(revocation.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: secret, Issuer: issuer, Audience: []string{"orders"}, Check: c.Check})
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	s.Revoke(keyOf(revocation.ByToken, got.ID), time.Now())
	_, err = v.Verify(t.Context(), text)
	wantRefused(t, err, verifier.RefusedByCheck)
	wantRevoked(t, err)
	s.fail(errDown)
	_, err = v.Verify(t.Context(), text)
	wantOutage(t, err, errDown)
}

func TestNewSaysWhichSettingToMend(t *testing.T) {
	var none *store
	for want, cfg := range map[string]revocation.Config{
		"set Config.Store":                 {},
		"it is nil":                        {Store: none},
		"Config.Kinds is empty":            {Store: &store{}, Kinds: []revocation.Kind{}},
		`Config.Kinds holds "iss"`:         {Store: &store{}, Kinds: []revocation.Kind{"jti", "iss"}},
		"Config.Timeout is -1ns":           {Store: &store{}, Timeout: -1},
		"Config.Timeout is 1m0.000000001s": {Store: &store{}, Timeout: time.Minute + 1},
		"Config.CacheMaxAge is -1ns":       {Store: &store{}, CacheMaxAge: -1},
		"CacheMaxAge is 1h0m0.000000001s":  {Store: &store{}, CacheMaxAge: time.Hour + 1},
		"Config.CacheSize is -1":           {Store: &store{}, CacheMaxAge: 1, CacheSize: -1},
		"Config.CacheSize is set":          {Store: &store{}, CacheSize: 1},
	} {
		c, err := revocation.New(cfg)
		if c != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, cfg := range []revocation.Config{
		{Store: &store{}, Timeout: time.Minute, CacheMaxAge: time.Hour, CacheSize: 1},
		{Store: &store{}, Kinds: []revocation.Kind{revocation.ByToken, revocation.BySubject, revocation.BySession}},
	} {
		if _, err := revocation.New(cfg); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNoCheckerOrNoTokenIsAMistake(t *testing.T) {
	for _, c := range []*revocation.Checker{nil, new(revocation.Checker)} {
		wantOutage(t, c.Check(t.Context(), user1(t, 1)), keys.ErrMisconfigured)
	}
	wantOutage(t, newChecker(t, &store{}, clocktest.NewManual(), nil).Check(t.Context(), nil), nil)
}

// What the caller changes afterwards changes nothing.
func TestACheckerKeepsItsSettings(t *testing.T) {
	s, kinds := &store{}, []revocation.Kind{revocation.ByToken}
	c := newChecker(t, s, clocktest.NewManual(), func(cfg *revocation.Config) { cfg.Kinds = kinds })
	kinds[0] = revocation.BySubject
	s.Revoke(keyOf(revocation.ByToken, "token-1"), time.Time{})
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
}

// A careless store overwrites the keys that it is asked for.
type careless struct{ *store }

func (c careless) Lookup(ctx context.Context, keys []revocation.Key) (map[revocation.Key]time.Time, error) {
	found, err := c.store.Lookup(ctx, keys)
	clear(keys)
	return found, err
}

func TestWhatAStoreDoesToTheKeysChangesNoAnswer(t *testing.T) {
	s := careless{&store{}}
	s.Revoke(keyOf(revocation.BySession, "session-1"), time.Unix(2000, 0))
	c := newChecker(t, s, clocktest.NewManual(), nil)
	for range 2 {
		wantRevoked(t, c.Check(t.Context(), user1(t, 1000)))
	}
}
