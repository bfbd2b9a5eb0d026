package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

func TestThePublishedDocumentsHaveWhatVerifiersNeed(t *testing.T) {
	rsa := privateKey(t, "2026-01", "RS256", "a").Public()
	p := newPublisher(t, jwks.PublisherConfig{
		Issuer: issuer + "/auth", Keys: newSet(t, rsa, privateKey(t, "", "RS512", "b").Public(), privateKey(t, "third", "RS256", "b").Public()),
		AuthorizationEndpoint: issuer + "/authorize", TokenEndpoint: issuer + "/token",
	})
	document, err := p.Discovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"issuer":                                issuer + "/auth",
		"jwks_uri":                              issuer + "/auth/.well-known/jwks.json",
		"authorization_endpoint":                issuer + "/authorize",
		"token_endpoint":                        issuer + "/token",
		"response_types_supported":              []any{"id_token"},
		"subject_types_supported":               []any{"public"},
		"id_token_signing_alg_values_supported": []any{"RS256", "RS512"},
	}
	if got := object(t, document); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if p.DiscoveryPath() != "/auth/.well-known/openid-configuration" || p.JWKSPath() != "/auth/.well-known/jwks.json" {
		t.Errorf("paths %s and %s", p.DiscoveryPath(), p.JWKSPath())
	}

	set, err := p.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	published := object(t, set)["keys"].([]any)
	first := published[0].(map[string]any)
	if got := slices.Sorted(maps.Keys(first)); !reflect.DeepEqual(got, []string{"alg", "e", "kid", "kty", "n", "use"}) {
		t.Errorf("members %v", got)
	}
	if len(published) != 3 || first["kid"] != "2026-01" || first["alg"] != "RS256" || first["use"] != "sig" || first["kty"] != "RSA" || first["e"] != "AQAB" {
		t.Errorf("got %s", set)
	}
	if problems := jwks.CheckGateway(jwks.GatewayConfig{
		Issuer: issuer + "/auth", Audience: []string{"orders"}, Discovery: document, JWKS: set,
	}); problems != nil {
		t.Errorf("problems: %v", problems)
	}
}

func TestEndpointsThatThereAreNoneOfAreLeftOut(t *testing.T) {
	p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: newSet(t, named(t, "1").Public())})
	document, err := p.Discovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(object(t, document))) {
		if strings.HasSuffix(name, "_endpoint") {
			t.Errorf("there is a member %s", name)
		}
	}
}

func TestARingPublishesItsPublicHalvesOnly(t *testing.T) {
	ring := newRing(t, privateKey(t, "new", "RS256", "a"), privateKey(t, "old", "RS256", "b").Public())
	set, err := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: ring}).JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.ParseJWKS(set); err != nil || strings.Contains(string(set), `"d"`) {
		t.Errorf("%s: %v", set, err)
	}
}

func TestNewPublisherRefusesAndSaysWhatToSet(t *testing.T) {
	set := newSet(t, named(t, "1").Public())
	for _, test := range []struct {
		name   string
		change func(*jwks.PublisherConfig)
		want   string
	}{
		{"no issuer", func(c *jwks.PublisherConfig) { c.Issuer = "" }, "set PublisherConfig.Issuer"},
		{"an issuer without a scheme, as in the document", func(c *jwks.PublisherConfig) { c.Issuer = "openid.example.com" }, "no absolute https URL"},
		{"an http issuer", func(c *jwks.PublisherConfig) { c.Issuer = "http://login.example.com" }, "use https"},
		{"an issuer with a query", func(c *jwks.PublisherConfig) { c.Issuer += "?a" }, "has a query"},
		{"a set without a path", func(c *jwks.PublisherConfig) { c.JWKSURI = "https://keys.example.com" }, "JWKSURI has no path"},
		{"caches that outlast a schedule's margin", func(c *jwks.PublisherConfig) {
			c.Keys, c.CacheControl = scheduledRing(t), 11*time.Minute
		}, "the schedule's margin 10m0s"},
		{"an issuer with dots", func(c *jwks.PublisherConfig) { c.Issuer += "/a/../b" }, "dots for a segment"},
		{"an issuer with escaped dots", func(c *jwks.PublisherConfig) { c.Issuer += "/%2e%2E/b" }, "dots for a segment"},
		{"an issuer with a fragment", func(c *jwks.PublisherConfig) { c.Issuer += "#a" }, "has a fragment"},
		{"no keys", func(c *jwks.PublisherConfig) { c.Keys = nil }, "set PublisherConfig.Keys"},
		{"a nil set", func(c *jwks.PublisherConfig) { c.Keys = (*keys.Set)(nil) }, "set PublisherConfig.Keys"},
		{"an http set", func(c *jwks.PublisherConfig) { c.JWKSURI = "http://keys.example.com/jwks" }, "PublisherConfig.JWKSURI"},
		{"a relative set", func(c *jwks.PublisherConfig) { c.JWKSURI = "/jwks" }, "PublisherConfig.JWKSURI"},
		{"a set over the document", func(c *jwks.PublisherConfig) { c.JWKSURI = discoveryURL }, "choose another path"},
		{"an http endpoint", func(c *jwks.PublisherConfig) { c.TokenEndpoint = "http://login.example.com/token" }, "PublisherConfig.TokenEndpoint"},
		{"another http endpoint", func(c *jwks.PublisherConfig) { c.AuthorizationEndpoint = "http://login.example.com/authorize" }, "PublisherConfig.AuthorizationEndpoint"},
		{"a CacheControl of more than a day", func(c *jwks.PublisherConfig) { c.CacheControl = 24*time.Hour + 1 }, "CacheControl is 24h"},
		{"a CacheControl of less than a second", func(c *jwks.PublisherConfig) { c.CacheControl = time.Second - 1 }, "CacheControl is 999"},
		{"a long CacheControl", func(c *jwks.PublisherConfig) { c.CacheControl = 25 * time.Hour }, "CacheControl is 25h"},
		{"a negative CacheControl", func(c *jwks.PublisherConfig) { c.CacheControl = -time.Hour }, "CacheControl is -1h"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := jwks.PublisherConfig{Issuer: issuer, Keys: set}
			test.change(&cfg)
			p, err := jwks.NewPublisher(cfg)
			if p != nil {
				t.Error("a Publisher came with the error")
			}
			wantError(t, err, "jwks: publisher: ", test.want)
		})
	}
}

func TestASetThatAPIGatewayWouldNotReadIsNotPublished(t *testing.T) {
	var many []*keys.PublicKey
	for i := range 250 {
		many = append(many, privateKey(t, strings.Repeat("k", 300+i%100)+string(rune('a'+i/100)), "RS256", "a").Public())
	}
	_, err := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: newSet(t, many...)}).JWKS(t.Context())
	wantError(t, err, "API Gateway reads at most 150000")
}

func serve(p http.Handler, method, target string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, target, nil)
	request.Header = header
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, request)
	return recorder
}

func TestThePublisherServesBothDocuments(t *testing.T) {
	p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: newSet(t, named(t, "1").Public()), CacheControl: 90 * time.Second})
	for target, document := range map[string]func(context.Context) ([]byte, error){discoveryURL: p.Discovery, jwksURL + "?x=y": p.JWKS} {
		want, err := document(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := serve(p, "GET", target, nil)
		if got.Code != 200 || got.Body.String() != string(want) {
			t.Errorf("%s: %d %s", target, got.Code, got.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json", "Cache-Control": "public, max-age=90", "X-Content-Type-Options": "nosniff",
		} {
			if got := got.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		head := serve(p, "HEAD", target, nil)
		if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("ETag") != got.Header().Get("ETag") || head.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: HEAD gave %d %v", target, head.Code, head.Header())
		}
		etag := got.Header().Get("ETag")
		for _, test := range []struct {
			match string
			code  int
		}{{etag, 304}, {`"other", W/` + etag, 304}, {"*", 304}, {`"other"`, 200}} {
			if got := serve(p, "GET", target, http.Header{"If-None-Match": {test.match}}); got.Code != test.code {
				t.Errorf("%s: If-None-Match %s gave %d", target, test.match, got.Code)
			}
		}
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			if got := serve(p, method, target, nil); got.Code != 405 || got.Body.String() != "use GET or HEAD\n" || got.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: %s gave %d %v", target, method, got.Code, got.Header())
			}
		}
	}
	for _, path := range []string{"/", "/.well-known/", "/.well-known/jwks.json/", "/a/.well-known/jwks.json"} {
		if got := serve(p, "GET", issuer+path, nil); got.Code != 404 {
			t.Errorf("%s gave %d", path, got.Code)
		}
	}
}

func TestTheETagChangesWithTheKeys(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	before := serve(s.handler, "GET", jwksURL, nil).Header().Get("ETag")
	s.publish(t, named(t, "2").Public())
	if after := serve(s.handler, "GET", jwksURL, nil).Header().Get("ETag"); after == before || before == "" {
		t.Errorf("%s became %s", before, after)
	}
}

// unavailable is a source whose keys cannot be had.
type unavailable struct{ err error }

func (f unavailable) PublicSet(context.Context) (*keys.Set, error) { return nil, f.err }

func TestKeysThatCannotBeHadAreA500ThatNobodyKeepsAndThatTellsNothing(t *testing.T) {
	why := errors.New("arn:aws:kms:eu-west-1:111122223333:key/x is disabled")
	p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: unavailable{why}})
	for _, target := range []string{discoveryURL, jwksURL} {
		got := serve(p, "GET", target, nil)
		if got.Code != 500 || got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("ETag") != "" || strings.Contains(got.Body.String(), "arn") {
			t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
		}
	}
	if _, err := p.JWKS(t.Context()); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if _, err := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: unavailable{}}).JWKS(t.Context()); err == nil {
		t.Error("neither a set nor an error was published")
	}
}

// scheduledRing returns a ring that follows a schedule with the default margin.
func scheduledRing(t *testing.T) *rotation.Ring {
	t.Helper()
	c := clocktest.NewManual()
	s, err := (&rotation.Schedule{TokenLifetime: time.Hour}).Next(c.Now(), "1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := rotation.NewRing(rotation.RingConfig{Schedule: s, Keys: []rotation.Pair{rotation.PairOf(named(t, "1"))}, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHowLongCachesMayKeepTheDocuments(t *testing.T) {
	set := newSet(t, named(t, "1").Public())
	for cacheControl, want := range map[time.Duration]string{0: "public, max-age=300", time.Second: "public, max-age=1", 24 * time.Hour: "public, max-age=86400"} {
		p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: set, CacheControl: cacheControl})
		for _, path := range []string{p.DiscoveryPath(), p.JWKSPath()} {
			if got := serve(p, "GET", path, nil).Header().Get("Cache-Control"); got != want {
				t.Errorf("%v: got %q, want %q", cacheControl, got, want)
			}
		}
	}
	if _, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: scheduledRing(t), CacheControl: 10 * time.Minute}); err != nil {
		t.Errorf("caches that last as long as a schedule's margin: %v", err)
	}
}

func TestAPublisherThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	for _, p := range []*jwks.Publisher{nil, new(jwks.Publisher)} {
		set, err := p.JWKS(t.Context())
		document, err2 := p.Discovery(t.Context())
		if set != nil || document != nil || !errors.Is(err, keys.ErrMisconfigured) || !errors.Is(err2, keys.ErrMisconfigured) {
			t.Errorf("got %s, %v and %s, %v", set, err, document, err2)
		}
		if p.DiscoveryPath() != "" || p.JWKSPath() != "" {
			t.Errorf("paths %q and %q", p.DiscoveryPath(), p.JWKSPath())
		}
		if code := serve(p, "GET", "/.well-known/jwks.json", nil).Code; code != http.StatusNotFound {
			t.Errorf("status %d", code)
		}
	}
}

// What API Gateway reads is published to the byte.
func TestASetOfTheGreatestSizeIsPublished(t *testing.T) {
	sizeOf := func(last int) (int, error) {
		var many []*keys.PublicKey
		for i := range 180 {
			kid := fmt.Sprintf("%03d", i) + strings.Repeat("k", 423)
			if i == 179 {
				kid = strings.Repeat("l", last)
			}
			many = append(many, privateKey(t, kid, "RS256", "a").Public())
		}
		text, err := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: newSet(t, many...)}).JWKS(t.Context())
		return len(text), err
	}
	size, err := sizeOf(1)
	if err != nil || size > 150_000 || size < 150_000-511 {
		t.Fatalf("%d bytes, %v: mend the test", size, err)
	}
	if size, err := sizeOf(1 + 150_000 - size); err != nil || size != 150_000 {
		t.Errorf("%d bytes: %v", size, err)
	}
	_, err = sizeOf(1 + 150_001 - size)
	wantError(t, err, "a JWK set of 150001 bytes")
}
