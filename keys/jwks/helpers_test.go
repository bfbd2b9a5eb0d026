package jwks_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

var (
	privateKey = testkeys.Private
	newSet     = testkeys.Set
	newRing    = testkeys.Ring
	pemFile    = testkeys.PEM
)

const (
	issuer       = "https://login.example.com"
	discoveryURL = issuer + "/.well-known/openid-configuration"
	jwksURL      = issuer + "/.well-known/jwks.json"
)

// A site is what answers at every address, without a network. It counts requests by
// their address.
type site struct {
	mu       sync.Mutex
	handler  http.Handler
	requests map[string]int
	keys     *keys.Set
}

// newSite returns a site that publishes these keys as the issuer.
func newSite(t testing.TB, published ...*keys.PublicKey) *site {
	t.Helper()
	s := &site{requests: map[string]int{}}
	s.publish(t, published...)
	s.handler = newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: s})
	return s
}

func newPublisher(t testing.TB, cfg jwks.PublisherConfig) *jwks.Publisher {
	t.Helper()
	p, err := jwks.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// PublicSet makes a site the source of what it publishes.
func (s *site) PublicSet(context.Context) (*keys.Set, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys, nil
}

func (s *site) publish(t testing.TB, published ...*keys.PublicKey) {
	t.Helper()
	set := newSet(t, published...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = set
}

// answer replaces what the site does.
func (s *site) answer(handler http.HandlerFunc) (before http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.handler = s.handler, handler
	return before
}

func (s *site) restore(handler http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = handler
}

// RoundTrip makes a site a transport.
func (s *site) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.requests[request.URL.String()]++
	handler := s.handler
	s.mu.Unlock()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	response := recorder.Result()
	response.Request = request
	return response, nil
}

// A transport is what a function does.
type transport func(*http.Request) (*http.Response, error)

// RoundTrip calls it.
func (f transport) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// fetches returns how often the set was asked for.
func (s *site) fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[jwksURL]
}

func (s *site) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, n := range s.requests {
		total += n
	}
	return total
}

// status answers with a status and nothing else.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// body answers with a text of JSON at one address, and as before elsewhere.
func body(path, text string, otherwise http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path != path {
			otherwise.ServeHTTP(w, request)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	}
}

func newRemote(t testing.TB, s http.RoundTripper, c *clocktest.Manual, change func(*jwks.RemoteConfig)) *jwks.Remote {
	t.Helper()
	cfg := jwks.RemoteConfig{Issuer: issuer, Transport: s}
	if c != nil {
		cfg.Now = c.Now
	}
	if change != nil {
		change(&cfg)
	}
	r, err := jwks.NewRemote(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// named returns test key "a" under a kid. Its algorithm is quick to sign with.
func named(t testing.TB, kid string) *keys.PrivateKey {
	t.Helper()
	return privateKey(t, kid, "EdDSA", "a")
}

func find(r keys.VerificationSource, kid string) error {
	_, err := r.VerificationKey(context.Background(), keys.Header{Algorithm: "EdDSA", Kid: kid})
	return err
}

func wantFound(t testing.TB, r keys.VerificationSource, kid string) {
	t.Helper()
	key, err := r.VerificationKey(context.Background(), keys.Header{Algorithm: "EdDSA", Kid: kid})
	if err != nil || key == nil || key.Algorithm() != "EdDSA" {
		t.Fatalf("kid %q: got %v, %v", kid, key, err)
	}
}

func wantUnknown(t testing.TB, r keys.VerificationSource, kid string) {
	t.Helper()
	if err := find(r, kid); !errors.Is(err, keys.ErrUnknownKey) {
		t.Fatalf("kid %q: got %v, want ErrUnknownKey", kid, err)
	}
}

// wantOutage tests that err puts no blame on a token and holds these texts.
func wantOutage(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
		t.Fatalf("got %v, want an outage", err)
	}
	wantError(t, err, texts...)
}

func wantFetches(t testing.TB, s *site, want int) {
	t.Helper()
	if got := s.fetches(); got != want {
		t.Fatalf("the set was fetched %d times, want %d", got, want)
	}
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// wantError tests that err holds every one of these texts.
func wantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// object parses a JSON object.
func object(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// edit returns the JSON object with members set, or taken out if they are nil.
func edit(t testing.TB, text []byte, changes map[string]any) []byte {
	t.Helper()
	members := object(t, text)
	for name, value := range changes {
		if value == nil {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
	return encode(t, members)
}

func publicJWK(t testing.TB, alg, instance string) []byte {
	t.Helper()
	return encode(t, privateKey(t, "", alg, instance).Public())
}

func privateJWK(t testing.TB, alg, instance string) []byte {
	t.Helper()
	text, err := privateKey(t, "", alg, instance).MarshalPrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// jwkSet returns a JWK set of these JWKs.
func jwkSet(members ...[]byte) []byte {
	return []byte(`{"keys":[` + string(bytes.Join(members, []byte(","))) + `]}`)
}
