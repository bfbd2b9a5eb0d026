package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/keystest"
)

func TestRemotesConform(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			pair := func(instance string) keystest.Pair {
				key := privateKey(t, "", alg, instance)
				return keystest.Pair{Signing: key, Verification: newRemote(t, newSite(t, key.Public()), clocktest.NewManual(), nil)}
			}
			keystest.Run(t, keystest.Backend{A: pair("a"), B: pair("b"), Algorithm: alg})
		})
	}
}

func TestRemoteFetchesOnceByDiscovery(t *testing.T) {
	s := newSite(t, named(t, "1").Public(), named(t, "2").Public())
	r := newRemote(t, s, clocktest.NewManual(), nil)
	if s.total() != 0 {
		t.Error("NewRemote has fetched something")
	}
	for range 3 {
		wantFound(t, r, "1")
		wantFound(t, r, "2")
	}
	if s.requests[discoveryURL] != 1 || s.requests[jwksURL] != 1 || s.total() != 2 {
		t.Errorf("requests: %v", s.requests)
	}
}

func TestRemoteFetchesFromAnAddress(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Issuer, c.URL = "", jwksURL+"?p=1" })
	if err := r.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantFound(t, r, "1")
	if s.requests[jwksURL+"?p=1"] != 1 || s.total() != 1 {
		t.Errorf("requests: %v", s.requests)
	}
}

func TestASlashThatEndsAnIssuerIsLeftOutOfTheAddress(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	s.restore(newPublisher(t, jwks.PublisherConfig{Issuer: issuer + "/", Keys: s}))
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Issuer += "/" })
	wantFound(t, r, "1")
}

func TestReadySparesTheFirstRequestTheFetch(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	r := newRemote(t, s, c, nil)
	for range 2 {
		if err := r.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	wantFound(t, r, "1")
	wantFetches(t, s, 1)
	c.Add(time.Hour)
	if err := r.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantFetches(t, s, 2)
}

func TestATokenWhoseKeyNoSetCanHaveCostsNoFetch(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	r := newRemote(t, s, clocktest.NewManual(), nil)
	for _, h := range []keys.Header{
		{Algorithm: "none"}, {Algorithm: ""}, {Algorithm: "HS256"}, {Algorithm: "HS512", Kid: "1"}, {Algorithm: "rs256"},
		{Algorithm: "RS256", Kid: strings.Repeat("k", 513)},
	} {
		if _, err := r.VerificationKey(context.Background(), h); !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("%+v: %v", h, err)
		}
	}
	if s.total() != 0 {
		t.Errorf("requests: %v", s.requests)
	}
}

func TestATokenWithoutAKidOrUnderAnotherAlgorithmCausesNoFurtherFetch(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "")
	c.Add(10 * time.Minute)
	for _, h := range []keys.Header{{Algorithm: "RS256"}, {Algorithm: "RS256", Kid: "1"}, {Algorithm: "Ed25519", Kid: "1"}} {
		if _, err := r.VerificationKey(context.Background(), h); !errors.Is(err, keys.ErrAlgorithm) {
			t.Errorf("%+v: %v", h, err)
		}
	}
	s.publish(t, named(t, "1").Public(), named(t, "2").Public())
	c.Add(time.Hour)
	wantUnknown(t, r, "") // there are two by now
	wantFetches(t, s, 2)
}

func TestNewRemoteRefusesAndSaysWhatToSet(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*jwks.RemoteConfig)
		want   string
	}{
		{"nothing", func(c *jwks.RemoteConfig) { c.Issuer = "" }, "set RemoteConfig.Issuer"},
		{"both", func(c *jwks.RemoteConfig) { c.URL = jwksURL }, "set one of them"},
		{"an http issuer", func(c *jwks.RemoteConfig) { c.Issuer = "http://login.example.com" }, "use https"},
		{"an http address", func(c *jwks.RemoteConfig) { c.Issuer, c.URL = "", "http://login.example.com/jwks" }, "use https"},
		{"a host that only looks like loopback", func(c *jwks.RemoteConfig) { c.Issuer = "http://127.0.0.1.example.com" }, "use https"},
		{"a name that begins with localhost", func(c *jwks.RemoteConfig) { c.Issuer = "http://localhost.example.com" }, "use https"},
		{"no scheme", func(c *jwks.RemoteConfig) { c.Issuer = "login.example.com" }, "no absolute https URL"},
		{"another scheme", func(c *jwks.RemoteConfig) { c.Issuer = "file:///etc/passwd" }, "no absolute https URL"},
		{"no host", func(c *jwks.RemoteConfig) { c.Issuer = "https:///x" }, "no absolute https URL"},
		{"an opaque one", func(c *jwks.RemoteConfig) { c.Issuer = "https:login.example.com" }, "no absolute https URL"},
		{"what is no URL", func(c *jwks.RemoteConfig) { c.Issuer = "https://exa mple" }, "is no URL"},
		{"a query", func(c *jwks.RemoteConfig) { c.Issuer += "?a=b" }, "has a query"},
		{"an empty query", func(c *jwks.RemoteConfig) { c.Issuer += "/?" }, "has a query"},
		{"a fragment", func(c *jwks.RemoteConfig) { c.Issuer += "#a" }, "has a fragment"},
		{"an empty fragment", func(c *jwks.RemoteConfig) { c.Issuer += "#" }, "has a fragment"},
		{"a password", func(c *jwks.RemoteConfig) { c.Issuer = "https://user:hunter2@login.example.com" }, "leave the user out"},
		{"a long address", func(c *jwks.RemoteConfig) { c.Issuer += "/" + strings.Repeat("a", 2048) }, "at most 2048"},
		{"an origin with a path", func(c *jwks.RemoteConfig) { c.Origins = []string{"https://a.example/x"} }, `use "https://a.example"`},
		{"an origin over http", func(c *jwks.RemoteConfig) { c.Origins = []string{"http://a.example"} }, "use https"},
		{"an origin that is a host", func(c *jwks.RemoteConfig) { c.Origins = []string{"a.example"} }, "RemoteConfig.Origins"},
		{"a short MaxAge", func(c *jwks.RemoteConfig) { c.MaxAge = time.Second }, "MaxAge is 1s"},
		{"a long MaxAge", func(c *jwks.RemoteConfig) { c.MaxAge = 48 * time.Hour }, "MaxAge is 48h"},
		{"a negative MaxAge", func(c *jwks.RemoteConfig) { c.MaxAge = -1 }, "MaxAge is -1ns"},
		{"a long Grace", func(c *jwks.RemoteConfig) { c.Grace = 25 * time.Hour }, "Grace is 25h"},
		{"a short Cooldown", func(c *jwks.RemoteConfig) { c.Cooldown = time.Millisecond }, "Cooldown is 1ms"},
		{"a Cooldown over MaxAge", func(c *jwks.RemoteConfig) { c.Cooldown = 2 * time.Hour }, "Cooldown is 2h"},
		{"a negative Timeout", func(c *jwks.RemoteConfig) { c.Timeout = -1 }, "Timeout is -1ns"},
		{"a long Timeout", func(c *jwks.RemoteConfig) { c.Timeout = time.Hour }, "Timeout is 1h"},
		{"a preloaded set that is none", func(c *jwks.RemoteConfig) { c.Preloaded = []byte("{}") }, "RemoteConfig.Preloaded: keys: JWK set: no keys"},
		{"a preloaded set and no grace", func(c *jwks.RemoteConfig) { c.Preloaded, c.Grace = []byte("{}"), -1 }, "leave one of them out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := jwks.RemoteConfig{Issuer: issuer}
			test.change(&cfg)
			r, err := jwks.NewRemote(cfg)
			if r != nil {
				t.Error("a Remote came with the error")
			}
			wantError(t, err, "jwks: remote: ", test.want)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells a password: %v", err)
			}
		})
	}
}

func TestNewRemoteTakesLoopbackWithoutTLS(t *testing.T) {
	for _, address := range []string{"http://localhost:8080", "http://127.0.0.1", "http://127.1.2.3:1/x", "http://[::1]:8080", "https://a.example:8443/b"} {
		if _, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAShortMaxAgeShortensTheDefaultCooldown(t *testing.T) {
	if _, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, MaxAge: time.Minute}); err != nil {
		t.Error(err)
	}
}

func TestADiscoveryDocumentThatDoesNotFitIsAnOutage(t *testing.T) {
	document := func(issuer, jwksURI string) string {
		return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, jwksURI)
	}
	for _, test := range []struct{ name, text, want string }{
		{"another issuer", document("https://login.example.org", jwksURL), `the document of issuer "https://login.example.org"`},
		{"a slash more", document(issuer+"/", jwksURL), "byte for byte"},
		{"capitals", document("https://LOGIN.example.com", jwksURL), "byte for byte"},
		{"no issuer", `{"jwks_uri":"` + jwksURL + `"}`, "no issuer"},
		{"ISSUER", `{"ISSUER":"` + issuer + `","jwks_uri":"` + jwksURL + `"}`, "no issuer"},
		{"an issuer in a list", `{"issuer":["` + issuer + `"],"jwks_uri":"` + jwksURL + `"}`, "no issuer"},
		{"two issuers", `{"issuer":"` + issuer + `","issuer":"https://a.example","jwks_uri":"` + jwksURL + `"}`, "duplicate member"},
		{"no jwks_uri", `{"issuer":"` + issuer + `"}`, "no jwks_uri"},
		{"jwks_uri at another origin", document(issuer, "https://keys.example.com/jwks"), `add "https://keys.example.com" to RemoteConfig.Origins`},
		{"jwks_uri at another port", document(issuer, issuer+":8443/jwks"), "another origin"},
		{"jwks_uri on a host that begins alike", document(issuer, issuer+".evil.example/jwks"), "another origin"},
		{"jwks_uri over http", document(issuer, "http://login.example.com/jwks"), "use https"},
		{"jwks_uri on loopback", document(issuer, "http://127.0.0.1/jwks"), "another origin"},
		{"jwks_uri with a user", document(issuer, "https://login.example.com@evil.example/jwks"), "leave the user out"},
		{"a relative jwks_uri", document(issuer, "/jwks"), "no absolute https URL"},
		{"jwks_uri of data", document(issuer, "data:application/json,{}"), "no absolute https URL"},
		{"no JSON", "<html>", "not a strict JSON object"},
		{"trailing data", document(issuer, jwksURL) + "x", "trailing data"},
		{"nothing", "", "not a strict JSON object"},
		{"too much", document(issuer, jwksURL) + strings.Repeat(" ", 64<<10), "more than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, named(t, "1").Public())
			s.answer(body("/.well-known/openid-configuration", test.text, s.handler))
			r := newRemote(t, s, clocktest.NewManual(), nil)
			wantOutage(t, find(r, "1"), `jwks: the keys of issuer "https://login.example.com": `, test.want)
			wantOutage(t, r.Ready(context.Background()), test.want)
			if s.fetches() != 0 {
				t.Error("a set was fetched all the same")
			}
		})
	}
}

func TestJWKSURIMayBeAtAnOriginThatIsListed(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	s.restore(newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: s, JWKSURI: "https://KEYS.example.com/a/jwks"}))
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) {
		c.Origins = []string{"https://other.example", "https://keys.example.com:443"}
	})
	wantFound(t, r, "1")
}

func TestWhatIsNoSetIsAnOutage(t *testing.T) {
	good := string(encode(t, newSet(t, named(t, "1").Public())))
	one, two := string(publicJWK(t, "ES256", "a")), string(publicJWK(t, "ES256", "b"))
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"500", status(500), "500 Internal Server Error"},
		{"404", status(404), "404 Not Found"},
		{"403", status(403), "403"},
		{"429", status(429), "429"},
		{"204", status(204), "204 No Content"},
		{"206", status(206), "206"},
		{"304 that nobody asked for", status(304), "304"},
		{"an error page with status 200", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(good))
		}, `Content-Type is "text/html"`},
		{"a Content-Type that cannot be read", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "/;;")
			_, _ = w.Write([]byte(good))
		}, "cannot be read"},
		{"bad JSON", text("{"), "not a strict JSON object"},
		{"nothing", text(""), "not a strict JSON object"},
		{"no keys", text(`{"keys":[]}`), "no keys"},
		{"a duplicate kid", text(`{"keys":[` + strings.Replace(one, `"kid":"`, `"kid":"same","x-kid":"`, 1) + `,` + strings.Replace(two, `"kid":"`, `"kid":"same","x-kid":"`, 1) + `]}`), `two keys of kid "same"`},
		{"a private key", text(string(jwkSet(privateJWK(t, "ES256", "a")))), `the member "d"`},
		{"over 1 MiB", text(good + strings.Repeat(" ", 1<<20)), "more than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, named(t, "1").Public())
			s.answer(test.handler)
			r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Issuer, c.URL = "", jwksURL })
			wantOutage(t, find(r, "1"), `jwks: the JWK set at "https://login.example.com/.well-known/jwks.json": `, test.want)
		})
	}
}

// text answers with a text of JSON everywhere.
func text(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	}
}

func TestTheContentTypesOfPlainFilesAreTaken(t *testing.T) {
	good := encode(t, newSet(t, named(t, "1").Public()))
	for _, contentType := range []string{
		"application/json", "Application/JSON; charset=UTF-8", "application/jwk-set+json", "application/vnd.x+json",
		"text/plain; charset=utf-8", "binary/octet-stream", "application/octet-stream", "application/json; =bad", "",
	} {
		s := newSite(t, named(t, "1").Public())
		s.answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			_, _ = w.Write(good)
		})
		wantFound(t, newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Issuer, c.URL = "", jwksURL }), "1")
	}
}

func TestAnIssuerThatIsDownIsAnOutageAndIsAskedAgainLittleLater(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	up := s.answer(status(503))
	r := newRemote(t, s, c, nil)
	for range 5 {
		wantOutage(t, find(r, "1"), "503")
		wantOutage(t, find(r, "no such key"), "503")
	}
	if s.total() != 1 {
		t.Errorf("%d requests to an issuer that is down, and no time has passed", s.total())
	}
	wantOutage(t, r.Ready(context.Background()), "503")
	if s.total() != 1 {
		t.Errorf("%d requests after Ready", s.total())
	}
	s.restore(up)
	wantOutage(t, find(r, "1"), "503")
	c.Add(time.Second)
	wantFound(t, r, "1")
}

func TestPausesAfterFailuresGrowAndStayShortWhereNobodyCanBeServed(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(status(500))
	r := newRemote(t, s, c, nil)
	for range 600 { // a minute
		wantOutage(t, find(r, "1"))
		c.Add(100 * time.Millisecond)
	}
	if n := s.total(); n < 60 || n > 66 {
		t.Errorf("%d requests in a minute, want one a second after the first few", n)
	}
}

func TestASetIsFetchedAgainOnceItIsOld(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, "")) // so that MaxAge alone counts
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	s.publish(t, named(t, "2").Public())
	c.Add(time.Hour - 1)
	wantFound(t, r, "1")
	wantFetches(t, s, 1)
	c.Add(1)
	wantUnknown(t, r, "1") // withdrawn
	wantFound(t, r, "2")
	wantFetches(t, s, 2)
}

// withCacheControl has a handler answer with another Cache-Control, or none.
func withCacheControl(handler http.Handler, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		handler.ServeHTTP(headerWriter{w, value}, request)
	}
}

type headerWriter struct {
	http.ResponseWriter
	cacheControl string
}

func (w headerWriter) WriteHeader(code int) {
	w.Header().Del("Cache-Control")
	if w.cacheControl != "" {
		w.Header().Set("Cache-Control", w.cacheControl)
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w headerWriter) Write(data []byte) (int, error) { return w.ResponseWriter.Write(data) }

func TestCacheControlIsHeededWithinBounds(t *testing.T) {
	for _, test := range []struct {
		cacheControl string
		want         time.Duration
	}{
		{"", time.Hour},
		{"public", time.Hour},
		{"max-age=600", 10 * time.Minute},
		{"public, Max-Age=\"600\" , must-revalidate", 10 * time.Minute},
		{"max-age=1", time.Minute},
		{"max-age=0", time.Minute},
		{"no-store", time.Minute},
		{"no-cache, max-age=600", time.Minute},
		{"max-age=86400", time.Hour},
		{"max-age=99999999999999999999", time.Hour},
		{"max-age=-1", time.Hour},
		{"max-age=soon", time.Hour},
		{"max-age=600, max-age=300", 5 * time.Minute},
		{`private="x, max-age=1", max-age=600`, 10 * time.Minute},
	} {
		t.Run(test.cacheControl, func(t *testing.T) {
			s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
			s.answer(withCacheControl(s.handler, test.cacheControl))
			r := newRemote(t, s, c, nil)
			wantFound(t, r, "1")
			c.Add(test.want - 1)
			wantFound(t, r, "1")
			wantFetches(t, s, 1)
			c.Add(1)
			wantFound(t, r, "1")
			wantFetches(t, s, 2)
		})
	}
}

func TestTheAgeOfACachesAnswerCounts(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	up := withCacheControl(s.handler, "max-age=600")
	s.answer(func(w http.ResponseWriter, request *http.Request) {
		w.Header().Set("Age", "400")
		up(w, request)
	})
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	c.Add(200 * time.Second)
	wantFound(t, r, "1")
	wantFetches(t, s, 2)
}

func TestAnOldSetServesForTheTimeOfGraceWhileTheIssuerIsDown(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, func(c *jwks.RemoteConfig) { c.Grace = 30 * time.Minute })
	wantFound(t, r, "1")
	up := s.answer(status(500))
	before := s.total()
	for end := c.Now().Add(90*time.Minute - 1); c.Now().Before(end); c.Add(time.Second) {
		wantFound(t, r, "1")
	}
	if n := s.total() - before; n < 60 || n > 75 {
		t.Errorf("%d requests in half an hour of grace, want one in half a minute", n)
	}
	c.Add(time.Second)
	wantOutage(t, find(r, "1"), "500")
	s.restore(up)
	c.Add(time.Second)
	wantFound(t, r, "1")
}

func TestAnOldSetThatCannotBeFetchedAgainKnowsNothingOfOtherKeys(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	c.Add(time.Hour)
	s.answer(status(500))
	for range 3 {
		wantOutage(t, find(r, "2"), "500")
		_, err := r.VerificationKey(context.Background(), keys.Header{Algorithm: "ES256"})
		wantOutage(t, err, "500") // there may be one of ES256 by now
		wantFound(t, r, "1")
	}
}

func TestWithoutGraceAnOldSetIsOfNoUse(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	r := newRemote(t, s, c, func(c *jwks.RemoteConfig) { c.Grace = -1 })
	wantFound(t, r, "1")
	s.answer(status(500))
	c.Add(5 * time.Minute) // the publisher's max-age
	wantOutage(t, find(r, "1"), "500")
}

func TestAnUnknownKidIsLookedForOnceInACooldown(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	s.publish(t, named(t, "1").Public(), named(t, "2").Public())
	c.Add(time.Minute - 1)
	wantUnknown(t, r, "2") // for the set is that young
	wantFetches(t, s, 1)
	c.Add(1)
	wantFound(t, r, "2")
	wantFetches(t, s, 2)
	if s.requests[discoveryURL] != 1 {
		t.Error("discovery was asked again for a kid")
	}
}

func TestAFloodOfUnknownKidsCostsOneFetchInACooldown(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	for i := range 30 * 60 { // half an hour of one in a second
		wantUnknown(t, r, "flood "+strconv.Itoa(i))
		wantFound(t, r, "1")
		c.Add(time.Second)
	}
	wantFetches(t, s, 30)
}

// Whoever guesses the next kid, and asks for it all the time, does not lock its key out.
func TestAKidThatWasGuessedIsFoundACooldownAfterItsKeyIsPublished(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	for range 600 {
		wantUnknown(t, r, "2")
		c.Add(time.Second)
	}
	s.publish(t, named(t, "1").Public(), named(t, "2").Public())
	for range 60 {
		_ = find(r, "2")
		c.Add(time.Second)
	}
	wantFound(t, r, "2")
}

func TestTheCooldownIsGivenBackWhenTheFetchFailed(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	c.Add(2 * time.Minute)
	s.publish(t, named(t, "1").Public(), named(t, "2").Public())
	up := s.answer(status(500))
	wantOutage(t, find(r, "2"), "500")
	wantFound(t, r, "1")
	s.restore(up)
	c.Add(100 * time.Millisecond)
	wantFound(t, r, "2")
}

func TestAMovedSetIsFoundAgain(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	c.Add(2 * time.Minute)
	s.publish(t, named(t, "2").Public())
	s.restore(newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: s, JWKSURI: issuer + "/elsewhere"}))
	wantOutage(t, find(r, "2"), "404")
	c.Add(time.Second)
	wantFound(t, r, "2")
}

func TestAPreloadedSetServesOnlyWhileTheIssuerIsDown(t *testing.T) {
	preload := func(c *jwks.RemoteConfig) { c.Preloaded = encode(t, newSet(t, named(t, "old").Public())) }
	s, c := newSite(t, named(t, "new").Public()), clocktest.NewManual()
	wantUnknown(t, newRemote(t, s, c, preload), "old")

	r := newRemote(t, s, c, preload)
	up := s.answer(status(500))
	wantOutage(t, r.Ready(context.Background()), "500")
	wantFound(t, r, "old")
	wantOutage(t, find(r, "new"), "500")
	c.Add(time.Hour - 1)
	wantFound(t, r, "old")
	c.Add(1)
	wantOutage(t, find(r, "old"), "500")
	s.restore(up)
	c.Add(time.Second)
	wantUnknown(t, r, "old")
	wantFound(t, r, "new")
}

func TestAPreloadedKeyServesTheAlgorithmsOfTheSettingToo(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	s.answer(status(500))
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) {
		c.Preloaded = jwkSet(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"alg": nil, "kid": "1"}))
		c.Algorithms = []string{"PS256"}
	})
	key, err := r.VerificationKey(t.Context(), keys.Header{Algorithm: "PS256", Kid: "1"})
	if err != nil || key.Algorithm() != "PS256" {
		t.Errorf("got %v, %v", key, err)
	}
}

func TestClockJumpsMakeNoSetGoodForLonger(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	wantFound(t, r, "1")
	c.Add(-time.Minute)
	wantFound(t, r, "1")
	wantFetches(t, s, 2) // nobody knows how old the first one is

	up := s.answer(status(500))
	c.Add(-30 * time.Minute)
	wantFound(t, r, "1")
	c.Add(-31 * time.Minute) // more than the time of grace
	wantOutage(t, find(r, "1"), "500")
	c.Add(1000 * time.Hour)
	wantOutage(t, find(r, "1"), "500")
	s.restore(up)
	c.Add(time.Second)
	wantFound(t, r, "1")
	c.Add(-2000 * time.Hour)
	wantUnknown(t, r, "2") // a cool-down that has not begun yet does not count
	wantFound(t, r, "1")
}

func TestRemotesHaveNothingInCommon(t *testing.T) {
	c := clocktest.NewManual()
	up, down := newSite(t, named(t, "1").Public()), newSite(t, named(t, "1").Public())
	down.answer(status(500))
	a, b := newRemote(t, up, c, nil), newRemote(t, down, c, nil)
	wantOutage(t, find(b, "1"))
	wantFound(t, a, "1")
	wantOutage(t, find(b, "1"))
	if up.fetches() != 1 || down.total() != 1 {
		t.Errorf("%d fetches and %d", up.fetches(), down.total())
	}
}

func TestARemoteInARingIsAskedForWhatTheRingHasNot(t *testing.T) {
	own := privateKey(t, "own", "EdDSA", "b")
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	ring := newRing(t, own, newRemote(t, s, c, nil))
	wantFound(t, ring, "own")
	if s.total() != 0 {
		t.Error("the issuer was asked for a key of the ring")
	}
	wantFound(t, ring, "1")
	if ring.Metered() {
		t.Error("the ring is metered")
	}
}

func TestAZeroRemoteIsAnOutageAndPrintsNothing(t *testing.T) {
	for want, r := range map[string]*jwks.Remote{"<nil>": nil, "(zero)": {}} {
		wantOutage(t, find(r, "1"))
		wantOutage(t, r.Ready(context.Background()))
		if got := fmt.Sprintf("%v", r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestARemotePrintsItsIssuerOnly(t *testing.T) {
	r := newRemote(t, newSite(t, named(t, "1").Public()), clocktest.NewManual(), nil)
	wantFound(t, r, "1")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, r); got != `jwks.Remote("https://login.example.com")` {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if got := r.LogValue().String(); got != `jwks.Remote("https://login.example.com")` {
		t.Error(got)
	}
}

// Package strings folds U+0130 to i, and package net/http takes it for another host.
func TestAHostThatLooksLikeTheIssuersIsAnotherOne(t *testing.T) {
	for name, lead := range map[string]http.HandlerFunc{
		"by jwks_uri": body("/.well-known/openid-configuration", `{"issuer":"`+issuer+`","jwks_uri":"https://logİn.example.com/jwks.json"}`, http.NotFoundHandler()),
		"escaped":     body("/.well-known/openid-configuration", `{"issuer":"`+issuer+`","jwks_uri":"https://log%C4%B0n.example.com/jwks.json"}`, http.NotFoundHandler()),
		"by a redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://logİn.example.com/x")
			w.WriteHeader(http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, named(t, "1").Public())
			s.answer(lead)
			r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Origins = []string{issuer} })
			wantOutage(t, find(r, "1"), "Punycode")
			if s.total() != 1 {
				t.Errorf("requests: %v", s.requests)
			}
		})
	}
}

func TestAnErrorShowsNoPasswordOfAnAddress(t *testing.T) {
	for _, address := range []string{
		"http://user:hunter2@idp.example.com/k", "https://user:hunter2 @idp.example.com/k", "ftp://user:hunter2@idp.example.com/", "https://user:hunter2@idp.example.com",
	} {
		for _, cfg := range []jwks.RemoteConfig{
			{URL: address}, {Issuer: address}, {Issuer: issuer, Origins: []string{address}},
		} {
			_, err := jwks.NewRemote(cfg)
			wantError(t, err, "jwks: remote: ")
			if strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
		}
	}
}

// A key for the address may stand in its query.
func TestNoErrorShowsTheQueryOfAnAddress(t *testing.T) {
	var shown []error
	for _, cfg := range []jwks.RemoteConfig{
		{URL: "http://idp.example.com/k?key=hunter2"}, {URL: "https://idp.example.com/k?key=hunter2#f"}, {URL: "https://idp .example.com/k?key=hunter2"},
		{URL: "https:///k?key=hunter2"}, {Issuer: issuer + "?key=hunter2"}, {Issuer: issuer, Origins: []string{issuer + "?key=hunter2"}},
	} {
		_, err := jwks.NewRemote(cfg)
		shown = append(shown, err)
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, request *http.Request) { http.Redirect(w, request, to, http.StatusFound) }
	}
	for _, answer := range []http.HandlerFunc{
		status(500), text("<html>"), text("{}"),
		redirect("/?key=hunter2"), redirect("http://idp.example.com/?key=hunter2"), redirect("https://idp.example.com:x/?key=hunter2"),
	} {
		s := newSite(t, named(t, "1").Public())
		s.answer(answer)
		r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Issuer, c.URL = "", "https://idp.example.com/k?key=hunter2" })
		shown = append(shown, find(r, "1"), errors.New(r.String()))
	}
	for _, address := range []string{jwksURL, "https://idp.example.com/k", "http://idp.example.com/k"} {
		s := newSite(t, named(t, "1").Public())
		s.answer(body("/.well-known/openid-configuration", `{"issuer":"`+issuer+`","jwks_uri":"`+address+`?key=hunter2"}`, status(500)))
		shown = append(shown, find(newRemote(t, s, nil, nil), "1"))
	}
	for _, err := range shown {
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("shows the query: %v", err)
		}
	}
}

func TestDiscoveryIsAskedAgainWithoutAFailure(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	s.answer(withCacheControl(s.handler, ""))
	r := newRemote(t, s, c, nil)
	for asked := range 3 {
		wantFound(t, r, "1")
		if got := s.requests[discoveryURL]; got != 1+asked {
			t.Fatalf("discovery was asked %d times, want %d", got, 1+asked)
		}
		c.Add(time.Hour)
	}
}

// All tests of this file run in bubbles: time is synctest's, and passes only while
// everybody waits.

// hang has a site answer no request until release is closed or the request ends.
func (s *site) hang() (release chan struct{}) {
	release = make(chan struct{})
	up := s.answer(nil)
	s.answer(func(w http.ResponseWriter, request *http.Request) {
		select {
		case <-release:
			up.ServeHTTP(w, request)
		case <-request.Context().Done():
		}
	})
	return release
}

// lookup has one more request look for a kid, and waits until it waits.
func lookup(ctx context.Context, r *jwks.Remote, kid string) <-chan error {
	verdict := make(chan error, 1)
	go func() {
		_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: kid})
		verdict <- err
	}()
	synctest.Wait()
	return verdict
}

func TestAHundredFirstRequestsShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		release := s.hang()
		r := newRemote(t, s, nil, nil)
		var verdicts []<-chan error
		for range 100 {
			verdicts = append(verdicts, lookup(t.Context(), r, "1"))
		}
		close(release)
		for _, verdict := range verdicts {
			if err := <-verdict; err != nil {
				t.Fatal(err)
			}
		}
		if s.total() != 2 {
			t.Errorf("requests: %v", s.requests)
		}
	})
}

func TestAnEndedContextFetchesNothing(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	r := newRemote(t, s, clocktest.NewManual(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: "1"})
	for _, err := range []error{err, r.Ready(ctx)} {
		if wantOutage(t, err); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if s.total() != 0 {
		t.Errorf("requests: %v", s.requests)
	}
}

func TestATransportThatFailsForATokenOfItsOwnIsAnOutage(t *testing.T) {
	for _, verdict := range []error{keys.ErrUnknownKey, keys.ErrAlgorithm, keys.ErrSignature} {
		refuses := transport(func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("asking for a token: %w", verdict) })
		r := newRemote(t, refuses, clocktest.NewManual(), nil)
		_, err := r.VerificationKey(t.Context(), keys.Header{Algorithm: "ES256", Kid: "1"})
		wantOutage(t, err, "asking for a token")
		wantOutage(t, r.Ready(t.Context()), "asking for a token")
	}
}

func TestAnIssuerThatHangsIsAnOutageAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		s.hang()
		for timeout, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, 0: 5 * time.Second} {
			r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Timeout = timeout })
			start := time.Now()
			err := find(r, "1")
			wantOutage(t, err, "deadline exceeded")
			if n := strings.Count(err.Error(), "deadline exceeded"); n != 1 {
				t.Errorf("%v says so %d times", err, n)
			}
			if took := time.Since(start); took != want {
				t.Errorf("it took %v, want %v", took, want)
			}
		}
	})
}

// A server that sees the request end may end its answer in order, and so in time for the
// caller to take half of it for all of it.
func TestAnAnswerThatEndsBecauseTheCallerLeavesIsTheCallersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t, transport(func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			body := io.NopCloser(strings.NewReader("{"))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: request}, nil
		}), nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: "1"})
		wantOutage(t, err, "deadline exceeded")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v does not wrap the context's error", err)
		}
	})
}

func TestKnownKidsDoNotWaitForAnUnknownOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		r := newRemote(t, s, nil, nil)
		wantFound(t, r, "1")
		time.Sleep(2 * time.Minute)
		s.publish(t, named(t, "1").Public(), named(t, "2").Public())
		release := s.hang()
		unknown, rotated := lookup(t.Context(), r, "no such key"), lookup(t.Context(), r, "2")
		start := time.Now()
		for range 100 {
			wantFound(t, r, "1")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("known kids waited %v", took)
		}
		close(release)
		if err := <-rotated; err != nil {
			t.Error(err)
		}
		if err := <-unknown; !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("got %v", err)
		}
		wantFetches(t, s, 2)
	})
}

// A fetch begun before a rotation may bring the old set to one who needs the new: it
// must be an ErrUnknownKey for no longer than the cool-down.
func TestRotationWhileAFetchIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, named(t, "1").Public())
		up := s.handler
		r := newRemote(t, s, nil, nil)
		s.answer(func(w http.ResponseWriter, request *http.Request) {
			up.ServeHTTP(w, request) // what it reads is on its way for a second
			time.Sleep(time.Second)
		})
		first := lookup(t.Context(), r, "1")
		time.Sleep(1500 * time.Millisecond) // the set has been read
		s.publish(t, named(t, "1").Public(), named(t, "2").Public())
		second := lookup(t.Context(), r, "2")
		if err := <-first; err != nil {
			t.Error(err)
		}
		if err := <-second; !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("got %v", err)
		}
		time.Sleep(jwks.DefaultCooldown)
		wantFound(t, r, "2")
	})
}

// Requests of all sorts at once, while keys rotate and the issuer comes and goes: who
// holds a key that is published all the time always gets it, and nobody is told of a
// key that was never there.
func TestRemoteUnderLoadWhileKeysRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stays := named(t, "stays").Public()
		s := newSite(t, stays)
		up := s.handler
		r := newRemote(t, s, nil, func(c *jwks.RemoteConfig) { c.Grace = 24 * time.Hour })
		wantFound(t, r, "stays")
		stop := make(chan struct{})
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() { hammer(t, r, worker, stop) })
		}
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 200 {
			s.publish(t, stays, named(t, "rotating "+strconv.Itoa(i)).Public())
			s.restore(up)
			if random.IntN(3) == 0 {
				s.answer(status(500))
			}
			time.Sleep(time.Duration(random.IntN(600)) * time.Second)
		}
		close(stop)
		group.Wait()
		if n := s.fetches(); n > 3000 {
			t.Errorf("%d fetches", n)
		}
	})
}

func hammer(t *testing.T, r *jwks.Remote, worker int, stop chan struct{}) {
	random := rand.New(rand.NewPCG(uint64(worker), 3))
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1+random.IntN(20)) * time.Second):
		}
		if err := find(r, "stays"); err != nil {
			t.Error(err)
		}
		if err := find(r, fmt.Sprint("never ", random.Uint64())); err == nil {
			t.Error("a key that was never there")
		}
	}
}

// Never what the token says: the setting, or what the issuer's discovery document lists, or
// the usual algorithm of the key's type.
func TestAPublishedKeyWithoutAlgServesWhatTheSettingOrTheIssuerLists(t *testing.T) {
	bare := jwkSet(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"alg": nil, "kid": "1"}))
	full := jwkSet(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"kid": "1"}))
	for _, test := range []struct {
		listed  string // by the discovery document
		setting []string
		jwks    []byte
		want    []string
	}{
		{`["PS256","RS384","none","ES256"]`, nil, bare, []string{"PS256", "RS384"}},
		{`["PS256"]`, nil, full, []string{"RS256"}},
		{`[]`, nil, bare, []string{"RS256"}},
		{`"PS256"`, nil, bare, []string{"RS256"}},
		{`["PS256"]`, []string{"RS512"}, bare, []string{"RS512"}},
		{`["PS256"]`, []string{"RS256", "RS512"}, full, []string{"RS256"}},
		{`["RS256"]`, []string{"RS512"}, full, nil}, // the key is for RS256 alone
	} {
		s := newSite(t, named(t, "1").Public())
		s.answer(body("/.well-known/jwks.json", string(test.jwks),
			body("/.well-known/openid-configuration", `{"issuer":"`+issuer+`","jwks_uri":"`+jwksURL+`","id_token_signing_alg_values_supported":`+test.listed+`}`, s.handler)))
		r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Algorithms = test.setting })
		var served []string
		for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "EdDSA", "HS256", "none"} {
			key, err := r.VerificationKey(t.Context(), keys.Header{Algorithm: alg, Kid: "1"})
			switch {
			case err == nil:
				served = append(served, key.Algorithm())
			case !errors.Is(err, keys.ErrAlgorithm):
				t.Errorf("%s, %v: %s: %v", test.listed, test.setting, alg, err)
			}
		}
		slices.Sort(served)
		slices.Sort(test.want)
		if !slices.Equal(served, test.want) {
			t.Errorf("%s, %v: serves %v, want %v", test.listed, test.setting, served, test.want)
		}
	}
}

// A proxy that changes headers says 203, and some editors begin a file with a byte order
// mark: neither is an outage.
func TestAnAnswerOfStatus203AndOneWithAByteOrderMarkAreRead(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	publisher := s.handler
	s.answer(func(w http.ResponseWriter, request *http.Request) {
		recorder := httptest.NewRecorder()
		publisher.ServeHTTP(recorder, request)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNonAuthoritativeInfo)
		_, _ = w.Write(append([]byte("\ufeff"), recorder.Body.Bytes()...))
	})
	wantFound(t, newRemote(t, s, clocktest.NewManual(), nil), "1")
}

// An issuer that adds an odd key, or leaks one, takes nobody down.
func TestAnOddKeyAtTheIssuerTakesNobodyDown(t *testing.T) {
	good := encode(t, named(t, "1").Public())
	for name, odd := range map[string]string{
		"a private key": string(privateJWK(t, "RS256", "a")), "a secret": `{"kty":"oct","k":"AA"}`, "null": "null",
		"an unknown type": `{"kty":"AKP","pub":"AA"}`, "no kty": "{}", "the same key": string(good),
	} {
		s := newSite(t, named(t, "1").Public())
		s.answer(body("/.well-known/jwks.json", string(jwkSet([]byte(odd), good)), s.handler))
		r := newRemote(t, s, clocktest.NewManual(), nil)
		if err := find(r, "1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Both sides of each bound.
func TestTheBoundsOfARemoteAreThese(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		name   string
		change func(*jwks.RemoteConfig)
		want   string // what the error names; empty if there is none
	}{
		{"the shortest MaxAge", func(c *jwks.RemoteConfig) { c.MaxAge = time.Minute }, ""},
		{"a shorter one", func(c *jwks.RemoteConfig) { c.MaxAge = time.Minute - 1 }, "MaxAge"},
		{"the longest MaxAge", func(c *jwks.RemoteConfig) { c.MaxAge = day }, ""},
		{"a longer one", func(c *jwks.RemoteConfig) { c.MaxAge = day + 1 }, "MaxAge"},
		{"the longest Grace", func(c *jwks.RemoteConfig) { c.Grace = day }, ""},
		{"a longer one", func(c *jwks.RemoteConfig) { c.Grace = day + 1 }, "Grace"},
		{"no Grace", func(c *jwks.RemoteConfig) { c.Grace = -1 }, ""},
		{"the shortest Cooldown", func(c *jwks.RemoteConfig) { c.Cooldown = time.Second }, ""},
		{"a shorter one", func(c *jwks.RemoteConfig) { c.Cooldown = time.Second - 1 }, "Cooldown"},
		{"the longest Cooldown", func(c *jwks.RemoteConfig) { c.MaxAge, c.Cooldown = time.Hour, time.Hour }, ""},
		{"a longer one", func(c *jwks.RemoteConfig) { c.MaxAge, c.Cooldown = time.Hour, time.Hour+1 }, "Cooldown"},
		{"the shortest Timeout", func(c *jwks.RemoteConfig) { c.Timeout = 1 }, ""},
		{"the longest Timeout", func(c *jwks.RemoteConfig) { c.Timeout = time.Minute }, ""},
		{"a longer one", func(c *jwks.RemoteConfig) { c.Timeout = time.Minute + 1 }, "Timeout"},
		{"algorithms that issuers sign with", func(c *jwks.RemoteConfig) { c.Algorithms = []string{"RS256", "ES256", "EdDSA"} }, ""},
		{"a secret's algorithm", func(c *jwks.RemoteConfig) { c.Algorithms = []string{"RS256", "HS256"} }, "RemoteConfig.Algorithms holds \"HS256\""},
		{"none", func(c *jwks.RemoteConfig) { c.Algorithms = []string{"none"} }, "RemoteConfig.Algorithms holds \"none\""},
		{"no name", func(c *jwks.RemoteConfig) { c.Algorithms = []string{""} }, "RemoteConfig.Algorithms"},
	} {
		cfg := jwks.RemoteConfig{Issuer: issuer}
		test.change(&cfg)
		r, err := jwks.NewRemote(cfg)
		if (err == nil) != (test.want == "") || (r == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v", test.name, r, err)
		}
	}
}

func TestARemoteKnowsItsIssuerWhereItHasOne(t *testing.T) {
	for want, cfg := range map[string]jwks.RemoteConfig{issuer: {Issuer: issuer}, "": {URL: jwksURL}} {
		r, err := jwks.NewRemote(cfg)
		if err != nil || r.Issuer() != want {
			t.Errorf("got %q, %v, want %q", r.Issuer(), err, want)
		}
	}
	if got := (*jwks.Remote)(nil).Issuer(); got != "" {
		t.Errorf("nil: got %q", got)
	}
}

// A kid of the greatest length is looked for, and a longer one is nobody's.
func TestAKidOfTheGreatestLengthIsLookedFor(t *testing.T) {
	kid := strings.Repeat("k", 512)
	s := newSite(t, named(t, kid).Public())
	r := newRemote(t, s, clocktest.NewManual(), nil)
	wantFound(t, r, kid)
	wantUnknown(t, r, kid+"k")
	wantFetches(t, s, 1)
}

func TestARemoteKeepsItsAlgorithms(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	algorithms := []string{"EdDSA"}
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) { c.Algorithms = algorithms })
	algorithms[0] = "RS256"
	wantFound(t, r, "1")
}

func TestARequestForKeysAsksForJSONAndItsAnswerIsClosed(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	closed, requests := 0, 0
	r := newRemote(t, s, clocktest.NewManual(), func(c *jwks.RemoteConfig) {
		c.Transport = transport(func(request *http.Request) (*http.Response, error) {
			requests++
			if accept := request.Header.Get("Accept"); !strings.Contains(accept, "application/json") {
				t.Errorf("accept %q", accept)
			}
			response, err := s.RoundTrip(request)
			if err == nil {
				response.Body = closing{response.Body, &closed}
			}
			return response, err
		})
	})
	wantFound(t, r, "1")
	if requests == 0 || closed < requests {
		t.Errorf("%d requests, %d answers closed", requests, closed)
	}
}

// closing counts how often it is closed.
type closing struct {
	io.ReadCloser
	closed *int
}

func (c closing) Close() error {
	*c.closed++
	return c.ReadCloser.Close()
}

func TestAnOutageThatIsNotTheCallersDoesNotSpeakOfTheCaller(t *testing.T) {
	s := newSite(t, named(t, "1").Public())
	s.answer(status(http.StatusInternalServerError))
	r := newRemote(t, s, clocktest.NewManual(), nil)
	err := r.Ready(t.Context())
	wantOutage(t, err, "500 Internal Server Error")
	if strings.Contains(err.Error(), "%!") || strings.Contains(err.Error(), "context") {
		t.Errorf("got %v", err)
	}
}

func TestARemoteTellsOfItsFetchesAndOfWhatItDoesWithout(t *testing.T) {
	s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	up := s.answer(withCacheControl(s.handler, ""))
	s.answer(func(w http.ResponseWriter, r *http.Request) {
		c.Add(15 * time.Millisecond) // for discovery and set
		withCacheControl(up, "").ServeHTTP(w, r)
	})
	var told []string
	r := newRemote(t, s, c, func(cfg *jwks.RemoteConfig) {
		cfg.Observer = func(_ context.Context, e keys.Event) {
			told = append(told, fmt.Sprint(e.Source, " ", e.Name, " ", e.Kind, " ", e.Duration, " ", e.Err != nil))
		}
	})
	wantTold := func(when string, want ...string) {
		t.Helper()
		for i := range want {
			want[i] = "jwks.Remote " + issuer + " " + want[i]
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %q, want %q", when, told, want)
		}
		told = nil
	}
	if err := r.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	wantTold("ready", "call 30ms false")
	wantFound(t, r, "1")
	wantTold("a fresh set", "hit 0s false")
	c.Add(jwks.DefaultMaxAge)
	wantFound(t, r, "1")
	wantTold("the same set again", "call 30ms false")

	s.publish(t, named(t, "2").Public(), named(t, "1").Public())
	c.Add(jwks.DefaultCooldown)
	wantFound(t, r, "2")
	wantTold("another set", "hit 0s false", "call 15ms false", "rotated 0s false")
	s.publish(t, named(t, "1").Public(), named(t, "2").Public())
	c.Add(jwks.DefaultMaxAge)
	wantFound(t, r, "2")
	wantTold("the same keys in another order", "call 30ms false")
	s.publish(t, privateKey(t, "1", "EdDSA", "b").Public(), named(t, "2").Public())
	c.Add(jwks.DefaultMaxAge)
	wantFound(t, r, "2")
	wantTold("another key of the same kid", "call 30ms false", "rotated 0s false")

	s.answer(status(500))
	c.Add(jwks.DefaultMaxAge)
	wantFound(t, r, "2")
	wantTold("an outage", "call 0s true", "grace 0s true")
	wantFound(t, r, "2")
	wantTold("an outage, and a pause", "grace 0s true")
	c.Add(jwks.DefaultMaxAge + jwks.DefaultGrace)
	wantOutage(t, find(r, "2"))
	wantTold("no grace any more", "call 0s true")
}

// Which of two sets is the newer one the clock does not say once it was set back.
func TestAfterAClockWasSetBackOneFetchServesAllWhoWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newSite(t, named(t, "1").Public()), clocktest.NewManual()
		r := newRemote(t, s, c, nil)
		wantFound(t, r, "1")
		c.Add(-time.Minute)
		release := s.hang()
		known, unknown := lookup(t.Context(), r, "1"), lookup(t.Context(), r, "2")
		close(release)
		if err := <-known; err != nil {
			t.Error(err)
		}
		if err := <-unknown; !errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("got %v, want ErrUnknownKey", err)
		}
		wantFetches(t, s, 2)
	})
}
