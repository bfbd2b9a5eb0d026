package signer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// newIssuer returns an issuer whose tokens last five minutes in sessions of an
// hour, and a function that verifies them.
func newIssuer(t testing.TB, c *clock, change func(*signer.IssuerConfig)) (*signer.Issuer, func(token string) *verifier.Token) {
	t.Helper()
	cfg := signer.IssuerConfig{
		Keys: secret(t), Issuer: issuer, Audience: []string{audience},
		Lifetime: 5 * time.Minute, MaxSession: time.Hour, Now: c.Now,
	}
	if change != nil {
		change(&cfg)
	}
	i, err := signer.NewIssuer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: secret(t), SkipIssuerCheck: true, SkipAudienceCheck: true, AllowMissingExpiry: true, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return i, func(token string) *verifier.Token {
		t.Helper()
		checked, err := v.Verify(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		return checked
	}
}

func claimsOf(t *testing.T, token *verifier.Token) map[string]any {
	t.Helper()
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestIssueStampsTheClaimsOfEveryKind(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 999)}
	type own struct {
		jwt.RegisteredClaims
		Role string `json:"role"`
		Big  int64  `json:"big"`
	}
	const big = 9007199254740993
	for name, claims := range map[string]any{
		"a struct": struct {
			Role string `json:"role"`
			Big  int64  `json:"big"`
		}{"admin", big},
		"a map":                     map[string]any{"role": "admin", "big": big},
		"golang-jwt's map":          jwt.MapClaims{"role": "admin", "big": big},
		"a struct that embeds":      own{Role: "admin", Big: big},
		"a pointer":                 &own{Role: "admin", Big: big},
		"claims that repeat ours":   own{jwt.RegisteredClaims{Issuer: issuer, Subject: "user-1", Audience: jwt.ClaimStrings{audience}}, "admin", big},
		"aud repeated as a string":  map[string]any{"role": "admin", "big": big, "aud": audience},
		"sub in the claims instead": map[string]any{"role": "admin", "big": big, "sub": "user-1"},
	} {
		t.Run(name, func(t *testing.T) {
			i, verify := newIssuer(t, c, nil)
			subject := "user-1"
			if strings.HasPrefix(name, "sub in") {
				subject = ""
			}
			token, err := i.Issue(context.Background(), subject, claims)
			if err != nil {
				t.Fatal(err)
			}
			got := claimsOf(t, verify(token))
			id, _ := got["jti"].(string)
			delete(got, "jti")
			want := map[string]any{
				"iss": issuer, "sub": "user-1", "aud": audience, "role": "admin", "big": json.Number("9007199254740993"),
				"iat": json.Number("1700000000"), "nbf": json.Number("1700000000"), "exp": json.Number("1700000300"), "auth_time": json.Number("1700000000"),
			}
			if gotText, wantText := mustJSON(t, got), mustJSON(t, want); gotText != wantText || len(id) < 22 {
				t.Errorf("got  %s, jti %q\nwant %s", gotText, id, wantText)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestIssueWithoutClaimsSubjectOrSession(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, func(cfg *signer.IssuerConfig) {
		cfg.MaxSession, cfg.Audience = 0, []string{"a", "b"}
	})
	for name, claims := range map[string]any{
		"nil": nil, "a nil map": jwt.MapClaims(nil), "a nil pointer": (*jwt.RegisteredClaims)(nil),
	} {
		token, err := i.Issue(context.Background(), "", claims)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := claimsOf(t, verify(token))
		delete(got, "jti")
		if text := mustJSON(t, got); text != `{"aud":["a","b"],"exp":1700000300,"iat":1700000000,"iss":"https://login.example.com","nbf":1700000000}` {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

// A token that is used at once must not be from the future, and none lasts longer than the
// others, however long it takes to make.
func TestTheTimesOfATokenAreThoseOfOneMomentCutDown(t *testing.T) {
	now := time.Unix(1_700_000_000, 900_000_000)
	i, _ := newIssuer(t, &clock{}, func(cfg *signer.IssuerConfig) {
		cfg.Now = func() time.Time {
			defer func() { now = now.Add(10 * time.Second) }()
			return now
		}
	})
	token, err := i.Issue(context.Background(), "user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	var got jwt.RegisteredClaims
	if err := json.Unmarshal([]byte(segment(t, token, 1)), &got); err != nil {
		t.Fatal(err)
	}
	if got.IssuedAt.Unix() != 1_700_000_000 || got.NotBefore.Unix() != 1_700_000_000 || got.ExpiresAt.Unix() != 1_700_000_300 {
		t.Errorf("got %+v", got)
	}
}

func TestNoTwoTokensHaveOneID(t *testing.T) {
	i, verify := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, nil)
	seen := map[string]bool{}
	for range 100 {
		token, err := i.Issue(context.Background(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if id := verify(token).ID; seen[id] {
			t.Fatalf("%s came twice", id)
		} else {
			seen[id] = true
		}
	}
}

func TestClaimsThatContradictTheIssuerAreRefused(t *testing.T) {
	i, _ := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, nil)
	for name, claims := range map[string]any{
		"exp":                   map[string]any{"exp": 1},
		"exp null":              map[string]any{"exp": nil},
		"iat":                   map[string]any{"iat": 1_700_000_000},
		"nbf":                   map[string]any{"nbf": 1},
		"jti":                   map[string]any{"jti": "x"},
		"exp in a struct":       jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(time.Unix(2e9, 0))},
		"iss as a number":       map[string]any{"iss": 1},
		"iss in a list":         map[string]any{"iss": []string{issuer}},
		"a part of iss":         map[string]any{"iss": issuer[:len(issuer)-1]},
		"no aud":                map[string]any{"aud": []string{}},
		"aud with a number":     map[string]any{"aud": []any{audience, 1}},
		"aud null":              map[string]any{"aud": nil},
		"sub as a number":       map[string]any{"sub": 1},
		"another iss":           jwt.RegisteredClaims{Issuer: "https://evil.example"},
		"iss null":              map[string]any{"iss": nil},
		"another aud":           map[string]any{"aud": "billing"},
		"more aud":              map[string]any{"aud": []string{"orders", "billing"}},
		"another sub":           map[string]any{"sub": "root"},
		"sub null":              map[string]any{"sub": nil},
		"auth_time ahead":       map[string]any{"auth_time": 1_700_000_061},
		"auth_time as a string": map[string]any{"auth_time": "1700000000"},
		"auth_time null":        map[string]any{"auth_time": nil},
	} {
		t.Run(name, func(t *testing.T) {
			if token, err := i.Issue(context.Background(), "user-1", claims); token != "" || !errors.Is(err, signer.ErrContradiction) {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
	if token, err := i.Issue(context.Background(), "", map[string]any{"sub": 1}); token != "" || !errors.Is(err, signer.ErrContradiction) {
		t.Errorf("sub as a number: got %q, %v", token, err)
	}
	for _, sub := range []string{"1", "null", "[]", "true"} {
		if token, err := i.Issue(context.Background(), "", map[string]any{"sub": json.RawMessage(sub)}); token != "" || !errors.Is(err, signer.ErrContradiction) {
			t.Errorf("sub %s: got %q, %v", sub, token, err)
		}
	}
	for name, claims := range map[string]any{"a list": []string{"x"}, "a claim twice": rawClaims{text: `{"a":1,"a":2}`}, "half an object": rawClaims{text: `{"a":`}} {
		token, err := i.Issue(context.Background(), "a", claims)
		if token != "" || err == nil || errors.Is(err, signer.ErrContradiction) || !strings.Contains(err.Error(), "claims") {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
	}
}

func TestRefreshKeepsTheUsersClaimsAndTheSession(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, nil)
	token, err := i.Issue(context.Background(), "Zoë", map[string]any{"big": 9007199254740993, "list": []any{"a", 1}, "z": nil})
	if err != nil {
		t.Fatal(err)
	}
	first := verify(token)
	c.now = c.now.Add(4 * time.Minute)
	if token, err = i.Refresh(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	second := verify(token)
	got := claimsOf(t, second)
	delete(got, "jti")
	want := `{"aud":"orders","auth_time":1700000000,"big":9007199254740993,"exp":1700000540,"iat":1700000240,` +
		`"iss":"https://login.example.com","list":["a",1],"nbf":1700000240,"sub":"Zoë","z":null}`
	if text := mustJSON(t, got); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if first.ID == second.ID || second.ID == "" {
		t.Errorf("jti %q became %q", first.ID, second.ID)
	}
}

func TestASessionEndsHoweverOftenItsTokenIsRenewed(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, nil)
	token, err := i.Issue(context.Background(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	renewals := 0
	for renewals < 20 {
		checked := verify(token)
		if end := time.Unix(1_700_003_600, 0); checked.ExpiresAt.After(end) {
			t.Fatalf("renewal %d lasts until %v, the session until %v", renewals, checked.ExpiresAt, end)
		}
		c.now = c.now.Add(4*time.Minute + 59*time.Second)
		if token, err = i.Refresh(context.Background(), checked); err != nil {
			break
		}
		renewals++
	}
	if !errors.Is(err, signer.ErrSessionExpired) || renewals != 12 {
		t.Errorf("got %v after %d renewals", err, renewals)
	}
}

func TestRefreshCountsFromIssueWhereThereIsNoAuthTime(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, nil)
	old := proven(t, `{"iss":"https://login.example.com","aud":["orders"],"iat":1699998000,"sub":"a"}`)
	token, err := i.Refresh(context.Background(), old)
	if err != nil {
		t.Fatal(err)
	}
	if got := claimsOf(t, verify(token)); got["auth_time"] != json.Number("1699998000") {
		t.Errorf("got %v", got)
	}
}

// proven returns the token of these claims after a verifier that checks none of them.
func proven(t testing.TB, claims string) *verifier.Token {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(claims))
	signature, err := secret(t).Sign(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Keys: secret(t), SkipIssuerCheck: true, SkipAudienceCheck: true, AllowMissingExpiry: true,
		Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := v.Verify(context.Background(), input+"."+encode(signature))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Whatever has the right claims, only what a verifier has proven is renewed.
func TestATokenThatNobodyHasProvenIsNotRenewed(t *testing.T) {
	i, _ := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, nil)
	trusted, err := verifier.TrustClaims([]byte(`{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, old := range map[string]*verifier.Token{"trusted": trusted, "made by hand": {Issuer: issuer}, "nil": nil} {
		token, err := i.Refresh(context.Background(), old)
		if token != "" || err == nil || errors.Is(err, signer.ErrContradiction) || errors.Is(err, signer.ErrSessionExpired) {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
	}
}

func TestATokenIsNotRenewed(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	for _, test := range []struct {
		name, claims string
		want         error
	}{
		{"at the end of its session", `{"iss":"https://login.example.com","aud":"orders","auth_time":1699996400,"iat":1700000000}`, signer.ErrSessionExpired},
		{"less than a second before the end", `{"iss":"https://login.example.com","aud":"orders","auth_time":1699996400.5}`, signer.ErrSessionExpired},
		{"long after its session", `{"iss":"https://login.example.com","aud":"orders","auth_time":1}`, signer.ErrSessionExpired},
		{"without any time", `{"iss":"https://login.example.com","aud":"orders"}`, signer.ErrSessionExpired},
		{"with auth_time ahead", `{"iss":"https://login.example.com","aud":"orders","auth_time":1700000061}`, signer.ErrContradiction},
		{"with auth_time as a string", `{"iss":"https://login.example.com","aud":"orders","auth_time":"now"}`, signer.ErrContradiction},
		{"of an issuer whose name begins so", `{"iss":"https://login.example.com.evil.example","aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"of another issuer", `{"iss":"https://evil.example","aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"of no issuer", `{"aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"of ISS only", `{"ISS":"https://login.example.com","aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"for another audience", `{"iss":"https://login.example.com","aud":"billing","auth_time":1700000000}`, signer.ErrContradiction},
		{"for one audience more", `{"iss":"https://login.example.com","aud":["orders","billing"],"auth_time":1700000000}`, signer.ErrContradiction},
		{"for no audience", `{"iss":"https://login.example.com","auth_time":1700000000}`, signer.ErrContradiction},
	} {
		t.Run(test.name, func(t *testing.T) {
			i, _ := newIssuer(t, c, nil)
			old := proven(t, test.claims)
			if token, err := i.Refresh(context.Background(), old); token != "" || !errors.Is(err, test.want) {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}

func TestRenewingOpensNoMoreDoors(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, func(cfg *signer.IssuerConfig) { cfg.Audience = []string{"orders", "billing"} })
	old := proven(t, `{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`)
	token, err := i.Refresh(context.Background(), old)
	if err != nil {
		t.Fatal(err)
	}
	if got := verify(token).Audience; len(got) != 1 || got[0] != "orders" {
		t.Errorf("got %q", got)
	}
}

func TestRefreshNeedsMaxSession(t *testing.T) {
	i, _ := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, func(cfg *signer.IssuerConfig) { cfg.MaxSession = 0 })
	old := proven(t, `{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`)
	if token, err := i.Refresh(context.Background(), old); token != "" || err == nil || !strings.Contains(err.Error(), "MaxSession") {
		t.Errorf("got %q, %v", token, err)
	}
}

// A user who authenticated before has the rest of the session, and no more.
func TestTheAuthTimeThatIssueIsGivenBeginsTheSession(t *testing.T) {
	const now = 1_700_000_000
	for _, test := range []struct {
		name     string
		authTime int64
		exp      int64 // 0: the session has expired
	}{
		{"a moment ago", now, now + 300},
		{"long enough ago to shorten the token", now - 58*60, now + 120},
		{"just long enough ago", now - 55*60 - 1, now + 299},
		{"not quite", now - 55*60, now + 300},
		{"a second of the session is left", now - 3599, now + 1},
		{"nothing of the session is left", now - 3600, 0},
		{"a minute ahead, by another machine's clock", now + 60, now + 300},
	} {
		i, verify := newIssuer(t, &clock{time.Unix(now, 0)}, nil)
		token, err := i.Issue(context.Background(), "a", map[string]any{"auth_time": test.authTime})
		if test.exp == 0 {
			if token != "" || !errors.Is(err, signer.ErrSessionExpired) {
				t.Errorf("%s: got %q, %v", test.name, token, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		checked := verify(token)
		if got := claimsOf(t, checked); got["auth_time"] != json.Number(strconv.FormatInt(test.authTime, 10)) || checked.ExpiresAt.Unix() != test.exp {
			t.Errorf("%s: got %v, want exp %d", test.name, got, test.exp)
		}
	}
}

func TestTheAuthTimeOfATokenStaysToTheDigit(t *testing.T) {
	i, verify := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, nil)
	const authTime = json.Number("1699999999.50")
	token, err := i.Issue(context.Background(), "a", map[string]any{"auth_time": authTime})
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		checked := verify(token)
		if got := claimsOf(t, checked)["auth_time"]; got != authTime {
			t.Errorf("got %v", got)
		}
		token, err = i.Refresh(context.Background(), checked)
	}
}

func TestIssueAndRefreshGiveNoTokenWhenTheKeyFails(t *testing.T) {
	outage := errors.New("throttled")
	c := &clock{time.Unix(1_700_000_000, 0)}
	old := proven(t, `{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`)
	good := keys.Header{Algorithm: "X"}
	for _, test := range []struct {
		name string
		key  fakeKey
		want error // that it wraps, if any
	}{
		{"the source fails", fakeKey{sourceErr: outage}, outage},
		{"signing fails", fakeKey{header: good, signErr: outage}, outage},
		{"no signature", fakeKey{header: good}, nil},
		{"no algorithm", fakeKey{signature: []byte("s")}, nil},
	} {
		i, _ := newIssuer(t, c, func(cfg *signer.IssuerConfig) { cfg.Keys = test.key })
		issued, err := i.Issue(context.Background(), "a", nil)
		refreshed, err2 := i.Refresh(context.Background(), old)
		for _, got := range []struct {
			token string
			err   error
		}{{issued, err}, {refreshed, err2}} {
			if got.token != "" || got.err == nil || test.want != nil && !errors.Is(got.err, test.want) ||
				errors.Is(got.err, signer.ErrContradiction) || errors.Is(got.err, signer.ErrSessionExpired) || errors.Is(got.err, verifier.ErrInvalidToken) {
				t.Errorf("%s: got %q, %v", test.name, got.token, got.err)
			}
		}
	}
}

// What a verifier would refuse to read is found before anybody signs it.
func TestAClaimThatAVerifierWouldRefuseIsNotSigned(t *testing.T) {
	i, _ := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, nil)
	deep := strings.Repeat("[", 32) + strings.Repeat("]", 32)
	for name, claims := range map[string]any{
		"512 claims, and ours": map[string]any{"x": json.RawMessage(object(505))},
		"too deep":             map[string]any{"x": json.RawMessage(deep)},
	} {
		token, err := i.Issue(context.Background(), "a", claims)
		if token != "" || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
	}
}

// object returns an object of n members.
func object(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = `"` + strconv.Itoa(i) + `":0`
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestAnIssuerKeepsItsSettings(t *testing.T) {
	audiences := []string{"orders", "billing"}
	i, _ := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, func(cfg *signer.IssuerConfig) { cfg.Audience, cfg.Type = audiences, "at+jwt" })
	audiences[0] = "changed"
	token, err := i.Issue(context.Background(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := segment(t, token, 0); got != `{"alg":"HS256","kid":"k1","typ":"at+jwt"}` {
		t.Errorf("got header %s", got)
	}
	if got := segment(t, token, 1); !strings.Contains(got, `"aud":["orders","billing"]`) {
		t.Errorf("got claims %s", got)
	}
}

func TestIssuersWhoseNamesLookLikeNullAreRepeated(t *testing.T) {
	i, verify := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, func(cfg *signer.IssuerConfig) { cfg.Issuer, cfg.Audience = "null", []string{"nobody"} })
	token, err := i.Issue(context.Background(), "nil", map[string]any{"iss": "null", "aud": "nobody", "sub": "nil"})
	if err != nil {
		t.Fatal(err)
	}
	if got := verify(token); got.Issuer != "null" || got.Subject != "nil" || got.Audience[0] != "nobody" {
		t.Errorf("got %v", got)
	}
}

func TestAnIssuerThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	old := proven(t, `{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`)
	for _, i := range []*signer.Issuer{nil, new(signer.Issuer)} {
		if token, err := i.Issue(context.Background(), "a", nil); token != "" || !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("got %q, %v", token, err)
		}
		if token, err := i.Refresh(context.Background(), old); token != "" || !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("got %q, %v", token, err)
		}
	}
}

func TestTheBoundsOfTheSettingsAreThese(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*signer.IssuerConfig)
		want   string // what the error names; empty if there is none
	}{
		{"a lifetime of a second", func(c *signer.IssuerConfig) { c.Lifetime = time.Second }, ""},
		{"a lifetime of less", func(c *signer.IssuerConfig) { c.Lifetime = time.Second - 1 }, "Lifetime"},
		{"sessions of a lifetime", func(c *signer.IssuerConfig) { c.MaxSession = 5 * time.Minute }, ""},
		{"sessions of less", func(c *signer.IssuerConfig) { c.MaxSession = 5*time.Minute - 1 }, "MaxSession"},
		{"the shortest sessions", func(c *signer.IssuerConfig) { c.MaxSession = 1 }, "MaxSession"},
		{"the greatest size", func(c *signer.IssuerConfig) { c.MaxTokenSize = 1 << 20 }, ""},
		{"more than the greatest size", func(c *signer.IssuerConfig) { c.MaxTokenSize = 1<<20 + 1 }, "MaxTokenSize"},
		{"the least size", func(c *signer.IssuerConfig) { c.MaxTokenSize = 1 }, ""},
		{"a negative size", func(c *signer.IssuerConfig) { c.MaxTokenSize = -1 }, "MaxTokenSize"},
		{"the longest kid", func(c *signer.IssuerConfig) { c.Keys = secret(t).WithKid(strings.Repeat("k", 512)) }, ""},
		{"an empty audience among others", func(c *signer.IssuerConfig) { c.Audience = []string{"a", ""} }, "Audience"},
	} {
		cfg := signer.IssuerConfig{Keys: secret(t), Issuer: "i", Audience: []string{"a"}, Lifetime: 5 * time.Minute}
		test.change(&cfg)
		i, err := signer.NewIssuer(cfg)
		if (err == nil) != (test.want == "") || (i == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.name, i, err)
		}
	}
}

func TestNewIssuerSaysWhichSettingToMend(t *testing.T) {
	for _, test := range []struct {
		want   string
		change func(*signer.IssuerConfig)
	}{
		{"Keys", func(c *signer.IssuerConfig) { c.Keys = nil }},
		{"Keys", func(c *signer.IssuerConfig) { c.Keys = (*keys.Secret)(nil) }},
		{"MaxTokenSize", func(c *signer.IssuerConfig) { c.MaxTokenSize = 1<<20 + 1 }},
		{"a kid of 513 bytes", func(c *signer.IssuerConfig) { c.Keys = secret(t).WithKid(strings.Repeat("k", 513)) }},
		{"Issuer", func(c *signer.IssuerConfig) { c.Issuer = "" }},
		{"Audience", func(c *signer.IssuerConfig) { c.Audience = nil }},
		{"Audience", func(c *signer.IssuerConfig) { c.Audience = []string{""} }},
		{"Lifetime", func(c *signer.IssuerConfig) { c.Lifetime = 0 }},
		{"Lifetime", func(c *signer.IssuerConfig) { c.Lifetime = 999 * time.Millisecond }},
		{"MaxSession", func(c *signer.IssuerConfig) { c.MaxSession = -1 }},
		{"MaxSession", func(c *signer.IssuerConfig) { c.MaxSession = time.Minute }},
	} {
		cfg := signer.IssuerConfig{Keys: secret(t), Issuer: "i", Audience: []string{"a"}, Lifetime: 5 * time.Minute}
		test.change(&cfg)
		if i, err := signer.NewIssuer(cfg); i != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.want, i, err)
		}
	}
}
