package authorizertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/policy"
)

const hour = time.Hour

// instead answers with a text at one address, and at the other as the login of
// jwthelpers_test.go does with the RSA key a, kid 1.
func instead(address, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.String() {
		case address:
			_, _ = io.WriteString(w, text)
		case discoveryURL:
			_, _ = io.WriteString(w, discoveryDocument(loginURL, jwksURL))
		default:
			http.NotFound(w, r)
		}
	}
}

// instead64KiB answers with the largest discovery document and a key set.
func instead64KiB(set string) http.HandlerFunc {
	document := discoveryDocument(loginURL, jwksURL)
	document += strings.Repeat(" ", 64<<10-len(document))
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() == discoveryURL {
			_, _ = io.WriteString(w, document)
			return
		}
		_, _ = io.WriteString(w, set)
	}
}

func discoveryDocument(issuer, jwksURI string) string {
	return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, jwksURI)
}

// jwkSet returns the set that a login publishes.
func jwkSet(t testing.TB, l *login) string {
	t.Helper()
	set, err := l.keys.PublicSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withoutMember returns that set without a member of its keys.
func withoutMember(t testing.TB, l *login, name string) string {
	t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(jwkSet(t, l)), &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		delete(key, name)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The worst case that AWS documents: for two hours a new key is not known, whoever asks
// for it, and a key that was taken back is still good.
func TestKeysAreKeptForTwoHoursWhateverHappens(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	l := newLogin(t, first)
	start := l.now
	g := l.gateway()
	forever := map[string]any{"exp": start.Add(24 * hour).Unix()}
	old := l.token(first, forever)
	if got := call(g, "/orders", old); got.StatusCode != 200 {
		t.Fatal(got.StatusCode)
	}
	l.publish(second)
	fresh := l.token(second, forever)
	unknown := invalidToken("the token does not have a valid kid")
	for _, after := range []time.Duration{0, time.Second, hour, 2*hour - time.Nanosecond} {
		l.now = start.Add(after)
		wantRefused(t, fmt.Sprint("the new key after ", after), call(g, "/orders", fresh), 401, unknown)
		if got := call(g, "/orders", old); got.StatusCode != 200 {
			t.Errorf("the old key after %v: %d", after, got.StatusCode)
		}
	}
	if len(l.fetches) != 2 {
		t.Errorf("fetched %q", l.fetches)
	}
	l.now = start.Add(2 * hour)
	if got := call(g, "/orders", fresh); got.StatusCode != 200 {
		t.Errorf("the new key after two hours: %d", got.StatusCode)
	}
	wantRefused(t, "the old key after two hours", call(g, "/orders", old), 401, unknown)
	if want := []string{discoveryURL, jwksURL, discoveryURL, jwksURL}; !reflect.DeepEqual(l.fetches, want) {
		t.Errorf("fetched %q", l.fetches)
	}
}

func TestAClockThatIsSetBackDoesNotKeepKeysForLonger(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	l := newLogin(t, first)
	g := l.gateway()
	call(g, "/orders", l.token(first, nil))
	l.publish(second)
	l.now = l.now.Add(-24 * hour)
	if got := call(g, "/orders", l.token(second, nil)); got.StatusCode != 200 {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
}

// An issuer that follows a rotation.Schedule loses no token to the gateway's cache, whenever
// this reads the keys.
func TestARotationByScheduleIsSurvived(t *testing.T) {
	first, second := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "2", "RS256", "b")
	const lifetime = 15 * time.Minute
	for offset := time.Duration(0); offset < 2*hour; offset += 20 * time.Minute {
		l := newLogin(t, first)
		start := l.now
		schedule, err := (&rotation.Schedule{TokenLifetime: lifetime}).Next(start.Add(-24*hour), "1")
		if err != nil {
			t.Fatal(err)
		}
		ring, err := rotation.NewRing(rotation.RingConfig{Schedule: schedule, Keys: []rotation.Pair{rotation.PairOf(first)}, Now: l.clock})
		if err != nil {
			t.Fatal(err)
		}
		l.keys = ring
		g := l.gateway()
		l.now = start.Add(offset - 2*hour)
		var tokens []string
		used := map[string]bool{}
		for ; l.now.Before(start.Add(6 * hour)); l.now = l.now.Add(5 * time.Minute) {
			if l.now.Equal(start) {
				if schedule, err = schedule.Next(start, "2"); err == nil {
					err = ring.Update(schedule, rotation.PairOf(first), rotation.PairOf(second))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			key, err := ring.SigningKey(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			used[key.Header().Kid] = true
			tokens = append(tokens, l.signed(key, map[string]any{"alg": "RS256", "kid": key.Header().Kid}, l.claims(map[string]any{"exp": l.now.Add(lifetime).Unix()})))
			for _, token := range tokens[max(0, len(tokens)-3):] {
				if got := call(g, "/orders", token); got.StatusCode != 200 {
					t.Fatalf("offset %v, %v after the rotation: %d %v", offset, l.now.Sub(start), got.StatusCode, got.Header)
				}
			}
		}
		if !used["1"] || !used["2"] || len(l.fetches) < 6 {
			t.Errorf("signed with %v, fetched %d times", used, len(l.fetches))
		}
	}
}

// A failed fetch is answered with 401, as it is seen of API Gateway. The next request
// tries again.
func TestDocumentsThatCannotBeHadRefuseTheTokenUntilTheyCan(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	good := jwkSet(t, newLogin(t, key))
	private, err := key.MarshalPrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	curve, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	curve = curve.WithKid("1")
	status := func(address string, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.String() == address {
				w.Header().Set("Location", "https://login.example.com/elsewhere")
				w.WriteHeader(status)
				return
			}
			instead(jwksURL, good)(w, r)
		}
	}
	member := strings.TrimSuffix(strings.TrimPrefix(good, `{"keys":[`), `]}`)
	padded := func(size int) string { return good + strings.Repeat(" ", size-len(good)) }
	const (
		discovery = "OIDC discovery endpoint communication error"
		set       = "JWKS communication error"
	)
	for _, test := range []struct {
		name    string
		answer  http.HandlerFunc
		want    string // none means that the token passes
		fetches int
	}{
		{"discovery: 404", status(discoveryURL, 404), discovery, 1},
		{"discovery: 500", status(discoveryURL, 500), discovery, 1},
		{"discovery: another status of the 200s", status(discoveryURL, 204), discovery, 1},
		{"discovery: a redirect", status(discoveryURL, 302), discovery, 1},
		{"discovery: nothing", instead(discoveryURL, ""), discovery, 1},
		{"discovery: a page", instead(discoveryURL, "<html>"), discovery, 1},
		{"discovery: no issuer", instead(discoveryURL, `{"jwks_uri":"`+jwksURL+`"}`), discovery, 1},
		{"discovery: another issuer", instead(discoveryURL, discoveryDocument(loginURL+"/", jwksURL)), discovery, 1},
		{"discovery: two issuers", instead(discoveryURL, `{"issuer":"x","issuer":"`+loginURL+`","jwks_uri":"`+jwksURL+`"}`), discovery, 1},
		{"discovery: no jwks_uri", instead(discoveryURL, `{"issuer":"`+loginURL+`"}`), discovery, 1},
		{"discovery: a jwks_uri over http", instead(discoveryURL, discoveryDocument(loginURL, "http://login.example.com/jwks")), discovery, 1},
		{"discovery: a jwks_uri without a host", instead(discoveryURL, discoveryDocument(loginURL, "/jwks")), discovery, 1},
		{"discovery: more than 64 KiB", instead(discoveryURL, discoveryDocument(loginURL, jwksURL)+strings.Repeat(" ", 64<<10)), discovery, 1},
		{"keys: 404", status(jwksURL, 404), set, 2},
		{"keys: 503", status(jwksURL, 503), set, 2},
		{"keys: a redirect", status(jwksURL, 307), set, 2},
		{"keys: a page", instead(jwksURL, "<html>"), set, 2},
		{"keys: none", instead(jwksURL, `{"keys":[]}`), set, 2},
		{"keys: no RSA key", instead(jwksURL, jwkSet(t, newLogin(t, curve))), "the token does not have a valid signing method", 2},
		{"keys: a private key", instead(jwksURL, `{"keys":[`+string(private)+`]}`), set, 2},
		{"keys: two of one kid", instead(jwksURL, `{"keys":[`+member+`,`+member+`]}`), set, 2},
		{"keys: 150,001 bytes", instead(jwksURL, padded(150_001)), set, 2},
		{"keys: 150,000 bytes", instead(jwksURL, padded(150_000)), "", 2},
		{"discovery: 64 KiB", instead64KiB(good), "", 2},
		{"keys beside another list", instead(jwksURL, `{"others":[{"kid":"1"},{"kid":"1"}],"keys":[`+member+`]}`), "", 2},
		{"keys without a kid beside one that has one", instead(jwksURL, `{"keys":[{"kty":"RSA","kid":""},`+member+`,{"kty":"RSA","kid":""},{"kty":"RSA"},{"kty":"RSA"},{"kty":"RSA","kid":7},{"kty":"RSA","kid":7}]}`), "", 2},
		{"a key of this kid that is of no use", instead(jwksURL, strings.Replace(`{"keys":[`+member+`,{"kty":"oct","kid":"1","k":"AA"}]}`, `"kid":"1"`, `"kid":"2"`, 1)), "the token does not have a valid kid", 2},
		{"keys of no use beside one that is", instead(jwksURL, `{"keys":[{"kty":"RSA","kid":"x","use":"enc"},`+member+`,{"kty":"new","kid":"y"}]}`), "", 2},
		{"keys at another host", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.String() == discoveryURL {
				instead(discoveryURL, discoveryDocument(loginURL, "https://keys.example.org/jwks"))(w, r)
				return
			}
			instead("https://keys.example.org/jwks", good)(w, r)
		}, "", 2},
	} {
		l := newLogin(t, key)
		l.answer = test.answer
		var told authorizertest.Invocation
		cfg := l.config()
		cfg.Observer = func(i authorizertest.Invocation) { told = i }
		g := newGateway(t, cfg)
		got := call(g, "/orders", l.token(key, nil))
		if test.want == "" {
			if got.StatusCode != 200 {
				t.Errorf("%s: got %d %v: %v", test.name, got.StatusCode, got.Header, told.Err)
			}
			continue
		}
		wantRefused(t, test.name, got, 401, invalidToken(test.want))
		if len(l.fetches) != test.fetches || told.Cached || told.Err == nil || !strings.HasPrefix(told.Err.Error(), test.want) || told.Decision == policy.Allowed {
			t.Errorf("%s: fetched %q, told %+v", test.name, l.fetches, told)
		}
		if test.want != discovery && test.want != set {
			continue
		}
		l.answer = nil
		if got := call(g, "/orders", l.token(key, nil)); got.StatusCode != 200 {
			t.Errorf("after %s: got %d %v", test.name, got.StatusCode, got.Header)
		}
	}
}

// Keys that are too old are of no use any more, even if there are no others to be had.
func TestOldKeysDoNotHelpOutWhenTheIssuerIsDown(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	g := l.gateway()
	token := l.token(key, map[string]any{"exp": l.now.Add(24 * hour).Unix()})
	call(g, "/orders", token)
	l.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	l.now = l.now.Add(2*hour - 1)
	if got := call(g, "/orders", token); got.StatusCode != 200 {
		t.Errorf("within two hours: %d", got.StatusCode)
	}
	l.now = l.now.Add(1)
	wantRefused(t, "after two hours", call(g, "/orders", token), 401, invalidToken("OIDC discovery endpoint communication error"))
}

// The clock of these tests is synctest's: nobody waits.
func TestEachDocumentHasASecondAndAHalf(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	for _, test := range []struct {
		name, slow string
		takes      time.Duration
		want       string
		after      time.Duration
	}{
		{"both nearly too slow", "", 1499 * time.Millisecond, "", 2998 * time.Millisecond},
		{"discovery too slow", discoveryURL, hour, "OIDC discovery endpoint communication error", 1500 * time.Millisecond},
		{"keys too slow", jwksURL, hour, "JWKS communication error", 1500 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLogin(t, key)
			good := jwkSet(t, l)
			l.answer = func(w http.ResponseWriter, r *http.Request) {
				if test.slow == "" || test.slow == r.URL.String() {
					wait(r.Context(), test.takes)
				}
				instead(jwksURL, good)(w, r)
			}
			g := l.gateway()
			start := time.Now()
			got := call(g, "/orders", l.token(key, nil))
			if passed := time.Since(start); passed != test.after {
				t.Errorf("%s: took %v, want %v", test.name, passed, test.after)
			}
			if test.want != "" {
				wantRefused(t, test.name, got, 401, invalidToken(test.want))
			} else if got.StatusCode != 200 {
				t.Errorf("%s: got %d %v", test.name, got.StatusCode, got.Header)
			}
		})
	}
}

// wait waits for a time or the end of a context.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func TestRequestsAtTheSameTimeShareOneFetch(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin(t, key)
		good := jwkSet(t, l)
		l.answer = func(w http.ResponseWriter, r *http.Request) {
			wait(r.Context(), time.Second)
			instead(jwksURL, good)(w, r)
		}
		g := l.gateway()
		token := l.token(key, nil)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if got := call(g, "/orders", token); got.StatusCode != 200 {
					t.Errorf("got %d %v", got.StatusCode, got.Header)
				}
			})
		}
		group.Wait()
		if len(l.fetches) != 2 {
			t.Errorf("fetched %q", l.fetches)
		}
	})
}

// Who waits for another's fetch waits no longer than for an own one.
func TestACallerWhoWaitsCanLeave(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin(t, key)
		good := jwkSet(t, l)
		l.answer = func(w http.ResponseWriter, r *http.Request) {
			wait(r.Context(), time.Second)
			instead(jwksURL, good)(w, r)
		}
		var told atomic.Pointer[error]
		cfg := l.config()
		cfg.Observer = func(i authorizertest.Invocation) {
			if i.Err != nil {
				told.Store(&i.Err)
			}
		}
		g := newGateway(t, cfg)
		token := l.token(key, nil)
		var group sync.WaitGroup
		group.Go(func() {
			if got := call(g, "/orders", token); got.StatusCode != 200 {
				t.Errorf("who fetches: got %d", got.StatusCode)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if passed := time.Since(start); w.Code != 401 || passed != time.Millisecond || !errors.Is(*told.Load(), context.DeadlineExceeded) {
			t.Errorf("who waits: got %d after %v: %v", w.Code, passed, *told.Load())
		}
		group.Wait()
		if len(l.fetches) != 2 {
			t.Errorf("fetched %q", l.fetches)
		}
	})
}

func TestACallerWhoLeavesEndsTheFetch(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin(t, key)
		l.answer = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		var told error
		cfg := l.config()
		cfg.Observer = func(i authorizertest.Invocation) { told = i.Err }
		g := newGateway(t, cfg)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", l.token(key, nil))
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if passed := time.Since(start); w.Code != 401 || passed != time.Second || !errors.Is(told, context.DeadlineExceeded) {
			t.Errorf("got %d after %v: %v", w.Code, passed, told)
		}
	})
}

// Errors go to a log: none of them may hold a token.
func TestNoErrorOfAJWTAuthorizerShowsTheToken(t *testing.T) {
	key, other := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "1", "RS256", "b")
	l := newLogin(t, key)
	var told []error
	cfg := l.config()
	cfg.Observer = func(i authorizertest.Invocation) { told = append(told, i.Err) }
	g := newGateway(t, cfg)
	token := l.token(other, map[string]any{"sub": "somebody"})
	call(g, "/orders", token)
	call(g, "/orders", token+"x.")
	l.now = l.now.Add(2 * hour)
	l.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
	call(g, "/orders", token)
	if len(told) != 3 {
		t.Fatalf("told %v", told)
	}
	for _, err := range told {
		for _, part := range append(strings.Split(token, "."), "somebody") {
			if err == nil || strings.Contains(err.Error(), part) {
				t.Errorf("got %v", err)
			}
		}
	}
}
