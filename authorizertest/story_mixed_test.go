package authorizertest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// A dependency is something that can be down: KMS, an issuer, a store of secrets.
type dependency struct {
	name    string
	now     func() time.Time
	late    time.Duration // by how much a request may run late, by that clock
	down    atomic.Bool
	changed atomic.Int64 // when it came back, in nanoseconds
	calls   atomic.Int64
}

var errDown = errors.New("down, as the story has it")

func (d *dependency) call() error {
	d.calls.Add(1)
	if d.down.Load() {
		return errDown
	}
	return nil
}

// settles is for how long after an outage an answer may still be that of the outage: the
// longest pause between calls, and a request that was under way. It is by the city's clock.
const settles = 35 * time.Second

func (d *dependency) isTroubled(since time.Time) bool {
	return d.down.Load() || time.Unix(0, d.changed.Load()).Add(settles+d.late).After(since)
}

// play lets the dependency fail and recover until the context ends.
func (d *dependency) play(ctx context.Context, rng *rand.Rand, unit time.Duration) {
	for ctx.Err() == nil {
		pause(ctx, time.Duration(20+rng.IntN(200))*unit)
		d.down.Store(true)
		pause(ctx, time.Duration(1+rng.IntN(60))*unit)
		d.down.Store(false)
		d.changed.Store(d.now().UnixNano())
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

type flakyKMS struct {
	*kmstest.KMS
	dependency *dependency
}

func (k flakyKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, options ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if err := k.dependency.call(); err != nil {
		return nil, err
	}
	return k.KMS.Decrypt(ctx, in, options...)
}

type flakyHost struct {
	text       []byte
	dependency *dependency
}

func (h flakyHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := h.dependency.call(); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(h.text)), Request: r,
	}, nil
}

// An origin of tokens is an issuer, with what verifying its tokens depends on.
type origin struct {
	name      string
	issuer    *signer.Issuer
	stranger  *signer.Issuer // says that it is the same and has other keys
	depends   *dependency
	eachToken bool // a token that has not been seen needs the dependency
}

// A ticket is a token, and what is true of it.
type ticket struct {
	header  string
	origin  *origin // nil for what is no token at all
	scopes  []string
	expires time.Time
	forged  bool
	bound   *keys.PrivateKey // to which the token is bound, nil if it is a bearer token
}

// A city is all there is in this story.
type city struct {
	t        *testing.T
	now      func() time.Time
	late     time.Duration
	origins  []*origin
	gateways []http.Handler
	doors    []door
	routes   []policy.Route
	holders  [2]*keys.PrivateKey // of clients whose tokens are bound
	proofs   atomic.Int64

	mu       sync.Mutex
	tickets  []ticket
	statuses map[string]int
	bound    map[string]int // answers to bound tokens where there is a Binding, by what came with them
}

const (
	shopAudience   = "shop"
	ticketLifetime = 10 * time.Minute
)

func (c *city) issuerWith(name string, source keys.SigningSource) *signer.Issuer {
	c.t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: source, Issuer: name, Audience: []string{shopAudience}, Lifetime: ticketLifetime, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	return issuer
}

func hmacKey(t *testing.T, secret string) *keys.Secret {
	t.Helper()
	key, err := keys.HMAC("HS256", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (c *city) addSecrets() verifier.IssuerVerifier {
	d := &dependency{name: "the store of secrets", now: c.now, late: c.late}
	key := hmacKey(c.t, "0123456789abcdef0123456789abcdef")
	ring, err := keys.NewRing(key)
	if err != nil {
		c.t.Fatal(err)
	}
	source, err := keys.NewRefreshing(keys.RefreshingConfig{MaxAge: time.Minute, Now: c.now, Load: func(context.Context) (*keys.Ring, error) { return ring, d.call() }})
	if err != nil {
		c.t.Fatal(err)
	}
	const name = "https://secret.example"
	c.origins = append(c.origins, &origin{
		name: name, issuer: c.issuerWith(name, key), stranger: c.issuerWith(name, hmacKey(c.t, "another secret of 32 bytes......")), depends: d,
	})
	return c.verify(name, source)
}

func (c *city) addKMS() verifier.IssuerVerifier {
	d := &dependency{name: "KMS", now: c.now, late: c.late}
	k := kmstest.New(kmstest.Config{})
	id, err := k.AddKey(types.KeySpecSymmetricDefault, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		c.t.Fatal(err)
	}
	other, err := k.AddKey(types.KeySpecSymmetricDefault, bytes.Repeat([]byte{8}, 32))
	if err != nil {
		c.t.Fatal(err)
	}
	const name = "https://kms.example"
	cfg := kmskeys.EnvelopeConfig{KeyID: id, EncryptionContext: kmskeys.TokenContext(name, shopAudience), CacheSize: 200, Now: c.now}
	source, err := kmskeys.NewEnvelopeVerifier(flakyKMS{k, d}, cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	var issuers [2]*signer.Issuer
	for i, key := range []string{id, other} {
		cfg.KeyID = key
		signs, err := kmskeys.NewEnvelopeSigner(k, cfg)
		if err != nil {
			c.t.Fatal(err)
		}
		issuers[i] = c.issuerWith(name, signs)
	}
	c.origins = append(c.origins, &origin{name: name, issuer: issuers[0], stranger: issuers[1], depends: d, eachToken: true})
	return c.verify(name, source)
}

func (c *city) addRemote() verifier.IssuerVerifier {
	d := &dependency{name: "the issuer", now: c.now, late: c.late}
	var private [2]*keys.PrivateKey
	for i := range private {
		key, err := keys.GeneratePrivateKey("ES256")
		if err != nil {
			c.t.Fatal(err)
		}
		private[i] = key.WithKid(fmt.Sprint("key-", i))
	}
	const name = "https://idp.example"
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: name, Keys: private[0]})
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := publisher.JWKS(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	source, err := jwks.NewRemote(jwks.RemoteConfig{URL: name + "/keys", Transport: flakyHost{text, d}, MaxAge: time.Minute, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	c.origins = append(c.origins, &origin{
		name: name, issuer: c.issuerWith(name, private[0]), stranger: c.issuerWith(name, private[1]), depends: d,
	})
	return c.verify(name, source)
}

func (c *city) verify(name string, source keys.VerificationSource) verifier.IssuerVerifier {
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: name, Audience: []string{shopAudience}, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func newCity(t *testing.T, now func() time.Time, late time.Duration) *city {
	t.Helper()
	c := &city{t: t, now: now, late: late, statuses: map[string]int{}, bound: map[string]int{}, routes: []policy.Route{
		{Key: "GET /me", AnyToken: true},
		{Key: "GET /orders/{id}", Scopes: []string{"read"}},
		{Key: "POST /orders", Scopes: []string{"write"}},
		{Key: "DELETE /orders/{id}", Scopes: []string{"read write"}},
	}}
	each := []verifier.IssuerVerifier{c.addSecrets(), c.addKMS(), c.addRemote()}
	all, err := verifier.ByIssuer(each...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range each {
		if each[i], err = verifier.Cached(each[i].(*verifier.Local), verifier.CacheConfig{Size: 50}); err != nil {
			t.Fatal(err)
		}
	}
	cached, err := verifier.ByIssuer(each...)
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.NewTable(c.routes...)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := policy.NewRoutes(c.routes...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.holders {
		if c.holders[i], err = keys.GeneratePrivateKey("ES256"); err != nil {
			t.Fatal(err)
		}
	}
	for i, d := range doors() {
		decide := authorizer.ByScope(whole)
		if d.byRoute {
			decide = authorizer.ByRoute(table)
		}
		cfg := authorizer.Config{Verifier: all, Policy: authorizer.ExpireWithToken(decide), EnableSimpleResponses: d.simple, Now: now}
		if i%2 == 0 {
			cfg.Verifier = cached
		}
		gateway := authorizertest.Config{Kind: d.kind, EnableSimpleResponses: d.simple, IdentitySources: d.sources, CacheTTL: d.ttl, Now: now}
		if d.simple { // which ends with nothing, and so is not cached
			gateway.IdentitySources, gateway.CacheTTL = []string{}, 0
			cfg.Binding = c.binding()
		}
		if gateway.Authorizer, err = authorizer.New(cfg); err != nil {
			t.Fatal(err)
		}
		for _, r := range c.routes {
			gateway.Routes = append(gateway.Routes, authorizertest.Route{
				Key: r.Key, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, r.Key) }),
			})
		}
		c.doors, c.gateways = append(c.doors, d), append(c.gateways, newGateway(t, gateway))
	}
	c.addWebSocket(all)
	c.addAppSync(all, door{name: "AppSync", kind: authorizer.AppSync})
	c.addAppSync(cached, door{name: "AppSync with a cache", kind: authorizer.AppSync, ttl: time.Hour})
	return c
}

// binds reports whether a door's authorizer has a Binding.
func (d door) binds() bool {
	return d.simple || d.kind == authorizer.WebSocket || d.kind == authorizer.AppSync && d.ttl == 0
}

// The routes of the APIs that have just one. The key of AppSync's is the story's own.
var (
	connect = policy.Route{Key: "$connect", Scopes: []string{"read"}}
	graphQL = policy.Route{Key: "POST /graphql", AnyToken: true}
)

func (c *city) addWebSocket(v verifier.Verifier) {
	c.t.Helper()
	table, err := policy.NewTable(connect)
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.ByRoute(table), Binding: c.binding(), Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	c.doors = append(c.doors, door{name: "WebSocket", kind: authorizer.WebSocket})
	c.gateways = append(c.gateways, newGateway(c.t, authorizertest.Config{
		Kind: authorizer.WebSocket, Authorizer: a, IdentitySources: []string{}, Now: c.now,
		Routes: []authorizertest.Route{{Key: connect.Key, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, connect.Key) })}},
	}))
}

func (c *city) addAppSync(v verifier.Verifier, d door) {
	c.t.Helper()
	cfg := authorizer.Config{Verifier: v, Fields: authorizer.AllFields, FieldsTTL: d.ttl, Now: c.now}
	if d.binds() {
		cfg.Binding = c.binding()
	}
	a, err := authorizer.New(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	api := newAppSync(c.t, authorizertest.AppSyncConfig{Authorizer: a, Now: c.now})
	c.doors = append(c.doors, d)
	c.gateways = append(c.gateways, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Host", r.Host)
		_, err := api.Authorize(r.Context(), authorizertest.Operation{Query: "{ orders { id } }", Header: r.Header})
		switch {
		case err == nil:
			fmt.Fprint(w, graphQL.Key)
		case strings.Contains(err.Error(), "the authorizer: "): // which has failed: to AppSync that is the same
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
}

// request returns one for a door: its route, its method and path, and the path of its URL.
func (c *city) request(rng *rand.Rand, d door) (r policy.Route, verb, path, called string) {
	switch d.kind {
	case authorizer.WebSocket:
		return connect, "GET", "/", "/test"
	case authorizer.AppSync:
		return graphQL, "POST", "/graphql", "/graphql"
	}
	r = c.routes[rng.IntN(len(c.routes))]
	verb, path, _ = strings.Cut(strings.Replace(r.Key, "{id}", fmt.Sprint(rng.IntN(5)), 1), " ")
	return r, verb, path, path
}

// binding returns what checks the proofs of one door.
func (c *city) binding() binding.Binding {
	c.t.Helper()
	proofs, err := binding.NewMemory(binding.MemoryConfig{Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := binding.NewDPoP(binding.DPoPConfig{Proofs: proofs, Window: 10 * time.Minute, AllowBearerTokens: true, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// proof returns what the holder of a key signs for one request with a token.
func (c *city) proof(key *keys.PrivateKey, verb, path, token string) string {
	hash := sha256.Sum256([]byte(token))
	proof, method, err := golangjwt.NewWithClaims(context.Background(), key, jwt.MapClaims{
		"jti": fmt.Sprint(c.proofs.Add(1)), "htm": verb, "htu": "https://" + storyHost + path, "iat": c.now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	})
	if err != nil {
		c.t.Error(err)
		return ""
	}
	proof.Header["typ"], proof.Header["jwk"] = "dpop+jwt", key.Public()
	text, err := proof.SignedString(method)
	if err != nil {
		c.t.Error(err)
	}
	return text
}

var scopeSets = [][]string{nil, {"read"}, {"write"}, {"read", "write"}}

// ticket returns a token of one kind or another: most are good, and used before.
func (c *city) ticket(rng *rand.Rand) ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.tickets); n > 300 {
		c.tickets = slices.Delete(c.tickets, 0, 100)
	}
	if n := len(c.tickets); n > 20 && rng.IntN(20) > 0 {
		used := c.tickets[rng.IntN(n)]
		if rng.IntN(8) == 0 { // one bit of it is wrong
			i := len(used.header) - 1 - rng.IntN(40)
			other := "A"
			if used.header[i] == 'A' {
				other = "B"
			}
			used.header = used.header[:i] + other + used.header[i+1:]
			used.forged = true
		}
		return used
	}
	switch rng.IntN(12) {
	case 0:
		return ticket{}
	case 1:
		return ticket{header: "Bearer " + []string{"x", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("A", 9000)}[rng.IntN(5)]}
	}
	o := c.origins[rng.IntN(len(c.origins))]
	made := ticket{origin: o, scopes: scopeSets[rng.IntN(len(scopeSets))]}
	by := o.issuer
	if made.forged = rng.IntN(10) == 0; made.forged {
		by = o.stranger
	}
	claims, scheme := map[string]any{"scope": strings.Join(made.scopes, " ")}, "Bearer "
	if rng.IntN(3) == 0 {
		made.bound, scheme = c.holders[rng.IntN(len(c.holders))], "DPoP "
		claims["cnf"] = map[string]string{"jkt": made.bound.Public().Thumbprint()}
	}
	token, err := by.Issue(context.Background(), fmt.Sprint("user-", rng.IntN(100)), claims)
	if err != nil {
		c.t.Error(err)
		return ticket{}
	}
	made.header, made.expires = scheme+token, c.expiry(token)
	c.tickets = append(c.tickets, made)
	return made
}

// expiry returns the exp of a token.
func (c *city) expiry(token string) time.Time {
	var claims struct{ Exp int64 }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		c.t.Error(err)
	}
	return time.Unix(claims.Exp, 0)
}

// visit makes one request, and sends it once more if it has a good proof.
func (c *city) visit(rng *rand.Rand) {
	k, i := c.ticket(rng), rng.IntN(len(c.gateways))
	r, verb, path, called := c.request(rng, c.doors[i])
	with, proof := c.prove(rng, k, verb, called)
	status := c.ask(i, k, r, verb, path, with, proof)
	if with == "its proof" && c.doors[i].binds() && (status == 200 || status == 403) { // otherwise it is not used up
		c.ask(i, k, r, verb, path, "a used proof", proof)
	}
}

// prove returns the proof that comes with a ticket, and what kind of proof it is.
func (c *city) prove(rng *rand.Rand, k ticket, verb, path string) (with, proof string) {
	if k.bound == nil {
		return "", ""
	}
	_, token, _ := strings.Cut(k.header, " ")
	switch rng.IntN(6) {
	case 0:
		return "no proof", ""
	case 1:
		other := c.holders[0]
		if other == k.bound {
			other = c.holders[1]
		}
		return "a proof of another key", c.proof(other, verb, path, token)
	case 2:
		return "a proof for another path", c.proof(k.bound, verb, path+"/other", token)
	case 3:
		return "a proof for another token", c.proof(k.bound, verb, path, token+"A")
	}
	return "its proof", c.proof(k.bound, verb, path, token)
}

// ask makes a request and holds the answer against what may be said of it.
func (c *city) ask(i int, k ticket, r policy.Route, verb, path, with, proof string) int {
	began := c.now()
	status, key := ask(c.gateways[i], verb, path, k.header, proof)
	ended := c.now()

	open := r.AnyToken || slices.ContainsFunc(r.Scopes, func(all string) bool {
		return !slices.ContainsFunc(strings.Fields(all), func(s string) bool { return !slices.Contains(k.scopes, s) })
	})
	var may []int
	switch {
	case k.origin == nil:
		may = []int{401}
	case k.forged:
		may = []int{401}
	case k.bound != nil && (!c.doors[i].binds() || with != "its proof"):
		may = []int{401}
	case !began.Before(k.expires):
		may = []int{401, 403} // a policy in the cache has ended with the token
	case !ended.Before(k.expires):
		may = []int{200, 401, 403}
	case open:
		may = []int{200}
	default:
		may = []int{403}
	}
	// What was verified before, or is verified by keys that were there before, is decided
	// without what is down. A forgery makes it look for newer keys.
	if k.origin != nil && k.origin.depends.isTroubled(began) && (k.forged || k.origin.eachToken) {
		may = append(may, 500)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[fmt.Sprint(status)]++
	c.statuses[fmt.Sprint(c.doors[i].kind, ": ", status)]++
	if k.bound != nil && !k.forged && c.doors[i].binds() && began.Before(k.expires) {
		c.bound[fmt.Sprint(with, ": ", status)]++
	}
	if !slices.Contains(may, status) || status == 200 && key != r.Key {
		c.t.Errorf("%s: %s %s with scopes %v, forged %v, bound %v with %q, %v before its end: got %d %s, want one of %v",
			c.doors[i].name, verb, path, k.scopes, k.forged, k.bound != nil, with, k.expires.Sub(began), status, key, may)
	}
	return status
}

// live sends so many requests, so many at a time, and returns how much memory was in use
// after four fifths and at the end.
func (c *city) live(requests, workers int, unit time.Duration) (early, late uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, o := range c.origins { // each works before it fails
		token, err := o.issuer.Issue(ctx, "user-1", nil)
		if err != nil {
			c.t.Fatal(err)
		}
		if status, _ := ask(c.gateways[0], "GET", "/me", "Bearer "+token); status != http.StatusOK {
			c.t.Fatalf("%s: %d before anything fails", o.name, status)
		}
	}
	var around, visitors sync.WaitGroup
	for i, o := range c.origins {
		around.Go(func() { o.depends.play(ctx, rand.New(rand.NewPCG(uint64(i), 2026)), unit) })
	}
	var done atomic.Int64
	for w := range workers {
		visitors.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), uint64(requests)))
			for n := done.Add(1); n <= int64(requests) && !c.t.Failed(); n = done.Add(1) {
				time.Sleep(time.Duration(workers) * time.Duration(rng.Int64N(int64(unit)/5)))
				c.visit(rng)
				if n == 4*int64(requests)/5 {
					early = inUse()
				}
			}
		})
	}
	visitors.Wait()
	late = inUse()
	cancel()
	around.Wait()
	return early, late
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (c *city) report(t *testing.T, early, late uint64) {
	t.Helper()
	t.Logf("answers %v; %d kB in use after four fifths, %d kB at the end", c.statuses, early>>10, late>>10)
	for _, status := range []string{"200", "401", "403", "500"} {
		if c.statuses[status] == 0 {
			t.Errorf("no answer was %s: the story no longer looks at it", status)
		}
	}
	for _, d := range c.doors {
		if c.statuses[fmt.Sprint(d.kind, ": 200")] == 0 || c.statuses[fmt.Sprint(d.kind, ": 401")] == 0 {
			t.Errorf("%s: nobody was let in, or nobody was refused", d.kind)
		}
	}
	t.Logf("to bound tokens %v", c.bound)
	for _, kind := range []string{
		"its proof: 200", "its proof: 403", "no proof: 401", "a used proof: 401",
		"a proof of another key: 401", "a proof for another path: 401", "a proof for another token: 401",
	} {
		if c.bound[kind] == 0 {
			t.Errorf("no bound token had %s: the story no longer looks at it", kind)
		}
	}
	for _, o := range c.origins {
		if o.depends.calls.Load() < 2 {
			t.Errorf("%s was called %d times", o.depends.name, o.depends.calls.Load())
		}
	}
}

// Good, expired, forged, malformed and bound tokens, through every form of event, with the caches
// on, while KMS, an issuer and a store of secrets fail and recover: every answer is right.
func TestEveryAnswerIsRightWhateverFailsAndRecovers(t *testing.T) {
	requests := 4_000
	if os.Getenv("STORIES") == "whole" {
		requests = 100_000
	}
	for _, workers := range []int{2, 16} {
		t.Run(fmt.Sprint(workers, " at a time"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCity(t, time.Now, 0)
				early, late := c.live(requests, workers, time.Second)
				c.report(t, early, late)
				if requests >= 100_000 && late > early*11/10 { // by then the gateways' caches are full
					t.Errorf("memory in use grew from %d to %d bytes", early, late)
				}
			})
		})
	}
}

// The same in real time, for what simulated time does not show, and no goroutine is left.
// The city's clock is as much faster as the outages are shorter, so that the pauses after an
// outage end with it and tokens expire.
func TestEveryAnswerIsRightInRealTime(t *testing.T) {
	before := runtime.NumGoroutine()
	const unit = 2 * time.Millisecond
	start := time.Now()
	c := newCity(t, func() time.Time { return start.Add(time.Since(start) * (time.Second / unit)) }, time.Minute)
	c.live(3000, 16, unit)
	t.Logf("answers %v", c.statuses)
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}
