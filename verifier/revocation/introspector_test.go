package revocation_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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

const (
	endpoint = "https://login.example.com/introspect"
	opaque   = "opaque-token/with+odd~characters="
	active   = `{"active":true,"iss":"https://login.example.com","sub":"user-1","aud":"orders","scope":"orders:read orders:write","exp":1767225660}`
)

// A server is an introspection endpoint without a network.
type server func(*http.Request) *http.Response

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := s(r)
	if response == nil {
		return nil, errDown
	}
	return response, nil
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}
}

// says is a server that always gives one answer.
func says(body string) server {
	return func(*http.Request) *http.Response { return answer(http.StatusOK, body) }
}

func newIntrospector(t testing.TB, s http.RoundTripper, change func(*revocation.IntrospectionConfig)) *revocation.Introspector {
	t.Helper()
	cfg := revocation.IntrospectionConfig{
		URL: endpoint, Authenticate: revocation.Basic("orders", "a secret"), Transport: s,
		Claims: verifier.Config{Issuer: issuer, Audience: []string{"orders"}, Now: clocktest.NewManual().Now},
	}
	if change != nil {
		change(&cfg)
	}
	i, err := revocation.NewIntrospector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestTheServerIsAskedAsTheRFCHasIt(t *testing.T) {
	var asked *http.Request
	var form string
	i := newIntrospector(t, server(func(r *http.Request) *http.Response {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked, form = r, string(body)
		return answer(http.StatusOK, active)
	}), func(cfg *revocation.IntrospectionConfig) { cfg.Authenticate = revocation.Basic("orders api", "s:€") })
	got, err := i.Verify(t.Context(), opaque)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "user-1" || got.Issuer != issuer || len(got.Scopes()) != 2 || got.Verified() || got.ExpiresAt.Unix() != 1767225660 {
		t.Errorf("got %v", got)
	}
	if asked.Method != "POST" || asked.URL.String() != endpoint {
		t.Errorf("asked by %s %s", asked.Method, asked.URL)
	}
	if want := "token=opaque-token%2Fwith%2Bodd~characters%3D&token_type_hint=access_token"; form != want {
		t.Errorf("asked %s, want %s", form, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"} {
		if got := asked.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id, secret, ok := asked.BasicAuth(); !ok || id != "orders+api" || secret != "s%3A%E2%82%AC" {
		t.Errorf("proved by %q, %q", id, secret)
	}
	if i.Issuer() != issuer {
		t.Errorf("got the issuer %q", i.Issuer())
	}
}

func TestWhatTheServerSaysDecides(t *testing.T) {
	set := func(name, value string) string { return active[:len(active)-1] + fmt.Sprintf(`,%q:%s}`, name, value) }
	replace := func(old, new string) string { return strings.Replace(active, old, new, 1) }
	for name, test := range map[string]struct {
		answer string
		change func(*revocation.IntrospectionConfig)
		want   verifier.Reason // empty: accepted
	}{
		"active":                      {answer: active},
		"not active":                  {answer: `{"active":false}`, want: verifier.Inactive},
		"not active, with all claims": {answer: replace("true", "false"), want: verifier.Inactive},
		"expired":                     {answer: replace("1767225660", "1767225600"), want: verifier.Expired},
		"expired within leeway":       {answer: replace("1767225660", "1767225600"), change: func(c *revocation.IntrospectionConfig) { c.Claims.Leeway = time.Second }},
		"without an expiry":           {answer: replace(`"exp"`, `"EXP"`), want: verifier.MissingClaim},
		"allowed to have no expiry":   {answer: replace(`"exp"`, `"EXP"`), change: func(c *revocation.IntrospectionConfig) { c.Claims.AllowMissingExpiry = true }},
		"not yet valid":               {answer: set("nbf", "1767225606"), want: verifier.NotYetValid},
		"issued in the future":        {answer: set("iat", "1767225606"), want: verifier.IssuedInFuture},
		"another issuer":              {answer: replace("login", "other"), want: verifier.WrongIssuer},
		"no issuer":                   {answer: replace(`"iss"`, `"ISS"`), want: verifier.WrongIssuer},
		"no issuer, skipped": {answer: replace(`"iss"`, `"ISS"`), change: func(c *revocation.IntrospectionConfig) {
			c.Claims.Issuer, c.Claims.SkipIssuerCheck = "", true
		}},
		"another audience": {answer: replace(`"aud":"orders"`, `"aud":["invoices"]`), want: verifier.WrongAudience},
		"no audience":      {answer: replace(`"aud"`, `"AUD"`), want: verifier.WrongAudience},
		"a scope too few":  {answer: replace("orders:write", "x"), change: scopes("orders:read", "orders:write"), want: verifier.WrongClaim},
		"all scopes":       {answer: active, change: scopes("orders:write", "orders:read")},
		"no scopes":        {answer: replace(`"scope"`, `"SCOPE"`), change: scopes("orders:read"), want: verifier.WrongClaim},
		"refused by Check": {answer: active, want: verifier.RefusedByCheck, change: func(c *revocation.IntrospectionConfig) {
			c.Claims.Check = func(context.Context, *verifier.Token) error { return revocation.ErrRevoked }
		}},
		"a claim too few": {answer: active, change: func(c *revocation.IntrospectionConfig) { c.Claims.RequiredClaims = []string{"client_id"} }, want: verifier.MissingClaim},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newIntrospector(t, says(test.answer), test.change).Verify(t.Context(), opaque)
			if (got == nil) != (err != nil) {
				t.Errorf("got %v and %v", got, err)
			}
			if test.want == "" {
				wantAccepted(t, err)
				return
			}
			wantRefused(t, err, test.want)
			if refusal := (*verifier.Error)(nil); test.want == verifier.WrongClaim && (!errors.As(err, &refusal) || refusal.Claim != "scope") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What the caller changes afterwards changes nothing.
func TestAnIntrospectorKeepsItsSettings(t *testing.T) {
	list := []string{"orders:read"}
	i := newIntrospector(t, says(active), func(c *revocation.IntrospectionConfig) { c.Scopes = list })
	list[0] = "orders:delete"
	_, err := i.Verify(t.Context(), opaque)
	wantAccepted(t, err)
}

func scopes(list ...string) func(*revocation.IntrospectionConfig) {
	return func(c *revocation.IntrospectionConfig) { c.Scopes = list }
}

func TestWhatIsNoAnswerIsAnOutage(t *testing.T) {
	at := func(status int, body string) server {
		return func(*http.Request) *http.Response { return answer(status, body) }
	}
	of := func(contentType string) server {
		return func(*http.Request) *http.Response {
			r := answer(http.StatusOK, active)
			r.Header.Set("Content-Type", contentType)
			return r
		}
	}
	cut := active[:len(active)-1]
	for name, test := range map[string]struct {
		server server
		want   string
	}{
		"nobody there":          {func(*http.Request) *http.Response { return nil }, "cannot be reached"},
		"credentials refused":   {at(http.StatusUnauthorized, ``), "refuses what Authenticate has set"},
		"this API refused":      {at(http.StatusForbidden, ``), "refuses what Authenticate has set"},
		"status 400":            {at(http.StatusBadRequest, `{"active":false}`), "400 Bad Request"},
		"status 201":            {at(http.StatusCreated, active), "201 Created"},
		"status 500":            {at(http.StatusInternalServerError, active), "500 Internal Server Error"},
		"a redirect":            {redirect, "302 Found"},
		"a page":                {of("text/html"), "Content-Type"},
		"a signed answer":       {of("application/token-introspection+jwt"), "Content-Type"},
		"nothing":               {says(``), "no object"},
		"a list":                {says(`[]`), "no object"},
		"no active":             {says(`{}`), "active is missing"},
		"active under no name":  {says(`{"Active":true}`), "active is missing"},
		"active in text":        {says(`{"active":"true"}`), "not true or false"},
		"active as a number":    {says(`{"active":1}`), "not true or false"},
		"active that is null":   {says(`{"active":null}`), "not true or false"},
		"active twice":          {says(`{"active":false,"active":true}`), "duplicate member"},
		"something behind it":   {says(active + "x"), "trailing data"},
		"an exp in text":        {says(strings.Replace(active, "1767225660", `"1767225660"`, 1)), "its exp is of the wrong type"},
		"a sub that is no text": {says(strings.Replace(active, `"user-1"`, `1`, 1)), "its sub is of the wrong type"},
		"more than can be":      {says(cut + `,"x":"` + strings.Repeat("x", verifier.DefaultMaxTokenSize) + `"}`), "more than 16384 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newIntrospector(t, test.server, nil).Verify(t.Context(), opaque)
			wantOutage(t, err, nil)
			if got != nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), endpoint) {
				t.Errorf("got %v, %v, want %q", got, err, test.want)
			}
			if misconfigured := strings.Contains(test.want, "Authenticate"); misconfigured != errors.Is(err, keys.ErrMisconfigured) {
				t.Errorf("a mistake of the setup: %v", err)
			}
			for _, hidden := range []string{opaque, "opaque", "b3JkZXJz", "secret"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error holds %q: %v", hidden, err)
				}
			}
		})
	}
}

func redirect(*http.Request) *http.Response {
	r := answer(http.StatusFound, ``)
	r.Header.Set("Location", "https://attacker.example/introspect")
	return r
}

func TestATokenThatCannotBeOneCostsNoCall(t *testing.T) {
	calls := 0
	i := newIntrospector(t, server(func(*http.Request) *http.Response { calls++; return answer(http.StatusOK, active) }),
		func(c *revocation.IntrospectionConfig) { c.Claims.MaxTokenSize = 1000 })
	_, err := i.Verify(t.Context(), "")
	wantRefused(t, err, verifier.Malformed)
	_, err = i.Verify(t.Context(), strings.Repeat("x", 1001))
	wantRefused(t, err, verifier.TooLarge)
	if calls != 0 {
		t.Errorf("asked %d times", calls)
	}
	_, err = i.Verify(t.Context(), strings.Repeat("x", 1000))
	wantAccepted(t, err)
}

func TestTheUsersFunctionProvesTheAPI(t *testing.T) {
	var got string
	s := server(func(r *http.Request) *http.Response {
		got = r.Header.Get("Authorization")
		return answer(http.StatusOK, active)
	})
	i := newIntrospector(t, s, func(c *revocation.IntrospectionConfig) {
		c.Authenticate = func(_ context.Context, header http.Header) error {
			header.Set("Authorization", "Bearer of-this-api")
			return nil
		}
	})
	if _, err := i.Verify(t.Context(), opaque); err != nil || got != "Bearer of-this-api" {
		t.Errorf("got %q, %v", got, err)
	}
	i = newIntrospector(t, s, func(c *revocation.IntrospectionConfig) {
		c.Authenticate = func(context.Context, http.Header) error { return errDown }
	})
	_, err := i.Verify(t.Context(), opaque)
	wantOutage(t, err, errDown)
	i = newIntrospector(t, s, func(c *revocation.IntrospectionConfig) {
		c.Authenticate = func(context.Context, http.Header) error { return errRefused }
	})
	_, err = i.Verify(t.Context(), opaque)
	wantOutage(t, err, nil)
}

func TestAnAnswerIsWaitedForAsLongAsTheTimeoutSays(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 5 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			i := newIntrospector(t, server(func(r *http.Request) *http.Response {
				<-r.Context().Done()
				return nil
			}), func(c *revocation.IntrospectionConfig) { c.Timeout = timeout })
			start := time.Now()
			_, err := i.Verify(t.Context(), opaque)
			wantOutage(t, err, nil)
			if got := time.Since(start); got != want {
				t.Errorf("gave up after %v, want %v", got, want)
			}
		})
	}
	t.Run("a caller who has gone", func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newIntrospector(t, says(active), nil).Verify(gone, opaque)
		wantOutage(t, err, context.Canceled)
	})
}

// A body that is left open keeps its connection, and a context its timer.
func TestAnAnswerIsClosedAndItsContextEnds(t *testing.T) {
	for name, status := range map[string]int{"an answer": http.StatusOK, "no answer": http.StatusBadGateway} {
		var asked context.Context
		body := &closing{Reader: strings.NewReader(active)}
		i := newIntrospector(t, server(func(r *http.Request) *http.Response {
			asked = r.Context()
			got := answer(status, "")
			got.Body = body
			return got
		}), nil)
		_, err := i.Verify(t.Context(), opaque)
		if (err == nil) != (status == http.StatusOK) || !body.closed || !errors.Is(asked.Err(), context.Canceled) {
			t.Errorf("%s: %v, closed: %v, the context: %v", name, err, body.closed, asked.Err())
		}
	}
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestReadyFindsAWrongSetup(t *testing.T) {
	wantAccepted(t, newIntrospector(t, says(`{"active":false}`), nil).Ready(t.Context()))
	refuses := server(func(*http.Request) *http.Response { return answer(http.StatusUnauthorized, ``) })
	wantOutage(t, newIntrospector(t, refuses, nil).Ready(t.Context()), keys.ErrMisconfigured)
	wantOutage(t, newIntrospector(t, says(`{"keys":[]}`), nil).Ready(t.Context()), nil)
	wantOutage(t, newIntrospector(t, server(func(*http.Request) *http.Response { return nil }), nil).Ready(t.Context()), errDown)
}

func TestACachedIntrospectorAsksOnceUntilTheTokenExpires(t *testing.T) {
	var calls atomic.Int32
	clock := clocktest.NewManual()
	i := newIntrospector(t, server(func(*http.Request) *http.Response { calls.Add(1); return answer(http.StatusOK, active) }),
		func(c *revocation.IntrospectionConfig) { c.Claims.Now = clock.Now })
	cached, err := verifier.Cached(i, verifier.CacheConfig{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		_, err := cached.Verify(t.Context(), opaque)
		wantAccepted(t, err)
		clock.Add(10 * time.Second)
	}
	if calls.Load() != 1 {
		t.Errorf("asked %d times", calls.Load())
	}
	_, err = cached.Verify(t.Context(), opaque)
	wantRefused(t, err, verifier.Expired)
	if cached.Issuer() != issuer {
		t.Errorf("got the issuer %q", cached.Issuer())
	}
}

func TestWhatWasIntrospectedIsNotRenewed(t *testing.T) {
	got, err := newIntrospector(t, says(active), nil).Verify(t.Context(), opaque)
	if err != nil {
		t.Fatal(err)
	}
	issues, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: testkeys.Secret(t, "", "HS256", "x"), Issuer: issuer, Audience: []string{"orders"}, Lifetime: time.Hour, MaxSession: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issues.Refresh(t.Context(), got); err == nil {
		t.Error("renewed")
	}
}

func TestNewIntrospectorSaysWhichSettingToMend(t *testing.T) {
	for want, change := range map[string]func(*revocation.IntrospectionConfig){
		"IntrospectionConfig.URL":              func(c *revocation.IntrospectionConfig) { c.URL = "" },
		"not over https":                       func(c *revocation.IntrospectionConfig) { c.URL = "http://login.example.com/introspect" },
		"with a user name in it":               func(c *revocation.IntrospectionConfig) { c.URL = "https://orders:secret@login.example.com" },
		"set IntrospectionConfig.Authenticate": func(c *revocation.IntrospectionConfig) { c.Authenticate = nil },
		"IntrospectionConfig.Scopes":           scopes("orders:read", ""),
		"holds what is no scope":               scopes("orders:read orders:write"),
		"IntrospectionConfig.Timeout is -1ns":  func(c *revocation.IntrospectionConfig) { c.Timeout = -1 },
		"Timeout is 1m0.000000001s":            func(c *revocation.IntrospectionConfig) { c.Timeout = time.Minute + 1 },
		"set Config.Issuer":                    func(c *revocation.IntrospectionConfig) { c.Claims.Issuer = "" },
		"IntrospectionConfig.Claims":           func(c *revocation.IntrospectionConfig) { c.Claims.Audience = nil },
		"Config.Keys prove signatures":         func(c *revocation.IntrospectionConfig) { c.Claims.Keys = testkeys.Secret(t, "", "HS256", "x") },
		"Config.MaxTokenSize is -1":            func(c *revocation.IntrospectionConfig) { c.Claims.MaxTokenSize = -1 },
	} {
		cfg := revocation.IntrospectionConfig{
			URL: endpoint, Authenticate: revocation.Basic("orders", "a secret"),
			Claims: verifier.Config{Issuer: issuer, Audience: []string{"orders"}},
		}
		change(&cfg)
		i, err := revocation.NewIntrospector(cfg)
		if i != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestWhatIsNoIntrospectorIsAMistake(t *testing.T) {
	for _, i := range []*revocation.Introspector{nil, new(revocation.Introspector)} {
		got, err := i.Verify(t.Context(), opaque)
		if got != nil {
			t.Errorf("got %v", got)
		}
		wantOutage(t, err, keys.ErrMisconfigured)
		wantOutage(t, i.Ready(t.Context()), keys.ErrMisconfigured)
		if i.Issuer() != "" {
			t.Errorf("got the issuer %q", i.Issuer())
		}
	}
}

func TestAnIntrospectorPrintsWithoutSecretsAndQuery(t *testing.T) {
	i := newIntrospector(t, says(`[]`), func(c *revocation.IntrospectionConfig) { c.URL += "?key=hidden" })
	_, err := i.Verify(t.Context(), opaque)
	var b strings.Builder
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&b, format, i)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "introspector", i, "error", err)
	text, _ := json.Marshal(map[string]any{"introspector": i})
	b.Write(text)
	for _, hidden := range []string{"hidden", "secret", "b3JkZXJz", "opaque"} {
		if strings.Contains(b.String(), hidden) {
			t.Errorf("%q stands in %s", hidden, b.String())
		}
	}
	if !strings.Contains(b.String(), "revocation.Introspector(") {
		t.Errorf("got %s", b.String())
	}
}

// Over loopback, by the transport that comes with the introspector.

func TestTheIntrospectorsOwnTransportAsksOverTheNetwork(t *testing.T) {
	var calls, connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header["Idempotency-Key"] != nil {
			t.Error("the mark for package http was sent")
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, active)
	}))
	s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { connections.Add(1); return ctx }
	s.Start()
	defer s.Close()
	i := newIntrospector(t, nil, func(c *revocation.IntrospectionConfig) { c.URL, c.Transport = s.URL, nil })
	for range 3 {
		_, err := i.Verify(t.Context(), opaque)
		wantAccepted(t, err)
	}
	if calls.Load() != 3 || connections.Load() != 3 {
		t.Errorf("%d calls on %d connections", calls.Load(), connections.Load())
	}
	s.Close()
	_, err := i.Verify(t.Context(), opaque)
	wantOutage(t, err, nil)
}

func TestACertificateThatNobodyVouchesForIsAnOutage(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, active) }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	i := newIntrospector(t, nil, func(c *revocation.IntrospectionConfig) { c.URL, c.Transport = s.URL, nil })
	_, err := i.Verify(t.Context(), opaque)
	var unknown *tls.CertificateVerificationError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	wantOutage(t, err, nil)
}

// A kept connection that the server has closed meanwhile is no outage.
func TestAConnectionThatHasGoneIsReplaced(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, active)
	}))
	defer s.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	i := newIntrospector(t, transport, func(c *revocation.IntrospectionConfig) { c.URL = s.URL })
	for range 20 {
		_, err := i.Verify(t.Context(), opaque)
		wantAccepted(t, err)
		s.CloseClientConnections()
	}
}
