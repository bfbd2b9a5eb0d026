package signer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	issuer   = "https://login.example.com"
	audience = "orders"
)

// clock is a clock that tests set.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func secret(t testing.TB) *keys.Secret {
	t.Helper()
	key, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	key = key.WithKid("k1")
	return key
}

func newSigner(t testing.TB, cfg signer.Config) *signer.Local {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = secret(t)
	}
	s, err := signer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func segment(t *testing.T, token string, i int) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSignWritesTheHeaderThatTheKeyNeeds(t *testing.T) {
	key := secret(t)
	for _, test := range []struct{ name, typ, want string }{
		{"by default", "", `{"alg":"HS256","kid":"k1","typ":"JWT"}`},
		{"of another type", "at+jwt", `{"alg":"HS256","kid":"k1","typ":"at+jwt"}`},
	} {
		token, err := newSigner(t, signer.Config{Keys: key, Type: test.typ}).Sign(context.Background(), jwt.MapClaims{"sub": "a"})
		if err != nil {
			t.Fatal(err)
		}
		if got := segment(t, token, 0); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if got := segment(t, token, 1); got != `{"sub":"a"}` {
			t.Errorf("got claims %s", got)
		}
		input := token[:strings.LastIndexByte(token, '.')]
		if err := key.Verify(context.Background(), []byte(input), []byte(segment(t, token, 2))); err != nil {
			t.Error(err)
		}
	}
}

func TestGolangJWTReadsWhatIsSigned(t *testing.T) {
	token, err := newSigner(t, signer.Config{}).Sign(context.Background(), jwt.RegisteredClaims{Subject: "Zoë <&>"})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) {
		return []byte("0123456789abcdef0123456789abcdef"), nil
	})
	if err != nil || claims.Subject != "Zoë <&>" {
		t.Errorf("got %+v, %v", claims, err)
	}
}

// fakeKey is a key source that does as it is told.
type fakeKey struct {
	header    keys.Header
	signature []byte
	sourceErr error
	signErr   error
}

func (k fakeKey) SigningKey(context.Context) (keys.SigningKey, error) { return k, k.sourceErr }
func (k fakeKey) Header() keys.Header                                 { return k.header }
func (k fakeKey) Sign(context.Context, []byte) ([]byte, error)        { return k.signature, k.signErr }
func params(members map[string]string) (params map[string]json.RawMessage) {
	params = map[string]json.RawMessage{}
	for name, raw := range members {
		params[name] = json.RawMessage(raw)
	}
	return params
}

func TestSignWritesTheKeysOwnHeaderMembersInOrder(t *testing.T) {
	key := fakeKey{header: keys.Header{Algorithm: "X", Type: "ignored", Params: params(map[string]string{"edk": `"a b"`, "abc": `[1]`})}, signature: []byte("s")}
	token, err := newSigner(t, signer.Config{Keys: key}).Sign(context.Background(), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := segment(t, token, 0), `{"alg":"X","typ":"JWT","abc":[1],"edk":"a b"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAFailingKeyGivesNoToken(t *testing.T) {
	outage := errors.New("throttled")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	good := keys.Header{Algorithm: "X"}
	for _, test := range []struct {
		name string
		ctx  context.Context
		key  fakeKey
		want error // that it wraps, if any
	}{
		{"the source fails", context.Background(), fakeKey{sourceErr: outage}, outage},
		{"signing fails", context.Background(), fakeKey{header: good, signErr: outage}, outage},
		{"no signature", context.Background(), fakeKey{header: good}, nil},
		{"no algorithm", context.Background(), fakeKey{signature: []byte("s")}, nil},
		{"the context is over", cancelled, fakeKey{header: good, signature: []byte("s")}, context.Canceled},
		{"a member of the signer's", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"typ": `"x"`})}, signature: []byte("s")}, nil},
		{"a member that verifiers refuse", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"crit": `["x"]`})}, signature: []byte("s")}, nil},
		{"a member that is no JSON", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"edk": `a`})}, signature: []byte("s")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			token, err := newSigner(t, signer.Config{Keys: test.key}).Sign(test.ctx, jwt.MapClaims{})
			if token != "" || err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}

// rawClaims are written as they are.
type rawClaims struct {
	jwt.RegisteredClaims
	text string
}

func (c rawClaims) MarshalJSON() ([]byte, error) { return []byte(c.text), nil }

func TestClaimsThatAStrictReaderWouldRefuseAreNotSigned(t *testing.T) {
	s := newSigner(t, signer.Config{})
	for _, text := range []string{"null", "[]", `"x"`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"a":`, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)} {
		if token, err := s.Sign(context.Background(), rawClaims{text: text}); token != "" || err == nil {
			t.Errorf("%.20s: got %q, %v", text, token, err)
		}
	}
	if token, err := s.Sign(context.Background(), nil); token != "" || err == nil {
		t.Errorf("nil: got %q, %v", token, err)
	}
	if token, err := s.Sign(context.Background(), jwt.MapClaims{"f": func() {}}); token != "" || err == nil {
		t.Errorf("a function: got %q, %v", token, err)
	}
}

func TestATokenOverTheLimitIsAnErrorThatSaysSo(t *testing.T) {
	claims := jwt.MapClaims{"x": strings.Repeat("x", 12_300)}
	token, err := newSigner(t, signer.Config{}).Sign(context.Background(), claims)
	if token != "" || err == nil || !strings.Contains(err.Error(), "MaxTokenSize") {
		t.Errorf("got %d bytes, %v", len(token), err)
	}
	if token, err = newSigner(t, signer.Config{MaxTokenSize: 20_000}).Sign(context.Background(), claims); err != nil || len(token) < 16_384 {
		t.Errorf("got %d bytes, %v", len(token), err)
	}
	short, err := newSigner(t, signer.Config{}).Sign(context.Background(), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]bool{len(short): true, len(short) - 1: false} {
		if _, err := newSigner(t, signer.Config{MaxTokenSize: limit}).Sign(context.Background(), jwt.MapClaims{}); (err == nil) != want {
			t.Errorf("limit %d for %d bytes: %v", limit, len(short), err)
		}
	}
}

func TestNewSaysWhichSettingToMend(t *testing.T) {
	for want, cfg := range map[string]signer.Config{"Keys": {}, "MaxTokenSize": {Keys: fakeKey{}, MaxTokenSize: -1}} {
		if s, err := signer.New(cfg); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, s, err)
		}
	}
}

// newIssuer returns an issuer whose tokens last five minutes in sessions of an
// hour, and a function that verifies them.
func newIssuer(t testing.TB, c *clock, change func(*signer.IssuerConfig)) (*signer.Issuer, func(token string) *verifier.Token) {
	t.Helper()
	cfg := signer.IssuerConfig{
		Signer: newSigner(t, signer.Config{}), Issuer: issuer, Audience: []string{audience},
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
	if token, err := i.Issue(context.Background(), "a", []string{"x"}); token != "" || err == nil {
		t.Errorf("a list: got %q, %v", token, err)
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
	for {
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
	old, err := verifier.TrustClaims([]byte(`{"iss":"https://login.example.com","aud":["orders"],"iat":1699998000,"sub":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	token, err := i.Refresh(context.Background(), old)
	if err != nil {
		t.Fatal(err)
	}
	if got := claimsOf(t, verify(token)); got["auth_time"] != json.Number("1699998000") {
		t.Errorf("got %v", got)
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
		{"of another issuer", `{"iss":"https://evil.example","aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"of no issuer", `{"aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"of ISS only", `{"ISS":"https://login.example.com","aud":"orders","auth_time":1700000000}`, signer.ErrContradiction},
		{"for another audience", `{"iss":"https://login.example.com","aud":"billing","auth_time":1700000000}`, signer.ErrContradiction},
		{"for one audience more", `{"iss":"https://login.example.com","aud":["orders","billing"],"auth_time":1700000000}`, signer.ErrContradiction},
		{"for no audience", `{"iss":"https://login.example.com","auth_time":1700000000}`, signer.ErrContradiction},
	} {
		t.Run(test.name, func(t *testing.T) {
			i, _ := newIssuer(t, c, nil)
			old, err := verifier.TrustClaims([]byte(test.claims))
			if err != nil {
				t.Fatal(err)
			}
			if token, err := i.Refresh(context.Background(), old); token != "" || !errors.Is(err, test.want) {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}

func TestRenewingOpensNoMoreDoors(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	i, verify := newIssuer(t, c, func(cfg *signer.IssuerConfig) { cfg.Audience = []string{"orders", "billing"} })
	old, err := verifier.TrustClaims([]byte(`{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`))
	if err != nil {
		t.Fatal(err)
	}
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
	old, err := verifier.TrustClaims([]byte(`{"iss":"https://login.example.com","aud":"orders","auth_time":1700000000}`))
	if err != nil {
		t.Fatal(err)
	}
	if token, err := i.Refresh(context.Background(), old); token != "" || err == nil || !strings.Contains(err.Error(), "MaxSession") {
		t.Errorf("got %q, %v", token, err)
	}
}

func TestNewIssuerSaysWhichSettingToMend(t *testing.T) {
	for _, test := range []struct {
		want   string
		change func(*signer.IssuerConfig)
	}{
		{"Signer", func(c *signer.IssuerConfig) { c.Signer = nil }},
		{"Issuer", func(c *signer.IssuerConfig) { c.Issuer = "" }},
		{"Audience", func(c *signer.IssuerConfig) { c.Audience = nil }},
		{"Audience", func(c *signer.IssuerConfig) { c.Audience = []string{""} }},
		{"Lifetime", func(c *signer.IssuerConfig) { c.Lifetime = 0 }},
		{"Lifetime", func(c *signer.IssuerConfig) { c.Lifetime = 999 * time.Millisecond }},
		{"MaxSession", func(c *signer.IssuerConfig) { c.MaxSession = -1 }},
		{"MaxSession", func(c *signer.IssuerConfig) { c.MaxSession = time.Minute }},
	} {
		cfg := signer.IssuerConfig{Signer: newSigner(t, signer.Config{}), Issuer: "i", Audience: []string{"a"}, Lifetime: 5 * time.Minute}
		test.change(&cfg)
		if i, err := signer.NewIssuer(cfg); i != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.want, i, err)
		}
	}
}
