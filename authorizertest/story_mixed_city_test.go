package authorizertest_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
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
	outage  atomic.Int64  // the number of the outage there is, 0 if there is none
	changed atomic.Int64  // when it last came back, in nanoseconds
	good    atomic.Int64  // when it last answered, likewise
	calls   atomic.Int64
}

var errDown = errors.New("down, as the story has it")

func (d *dependency) call() error {
	d.calls.Add(1)
	if d.outage.Load() > 0 {
		return errDown
	}
	d.good.Store(d.now().UnixNano())
	return nil
}

// settles is for how long after an outage an answer may still be that of the outage: the
// longest pause between calls, and a request that was under way. It is by the city's clock.
const settles = 35 * time.Second

func (d *dependency) isTroubled(since time.Time) bool {
	return d.outage.Load() > 0 || time.Unix(0, d.changed.Load()).Add(settles+d.late).After(since)
}

// play lets the dependency fail and recover until the context ends.
func (d *dependency) play(ctx context.Context, rng *rand.Rand, unit time.Duration) {
	for n := int64(1); ctx.Err() == nil; n++ {
		pause(ctx, time.Duration(20+rng.IntN(200))*unit)
		d.outage.Store(n)
		pause(ctx, time.Duration(1+rng.IntN(60))*unit)
		d.changed.Store(d.now().UnixNano())
		d.outage.Store(0)
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
	asked      *asked
}

// asked are the encrypted data keys that have been put to KMS while it was there, by a
// hash, and whatever it said of them.
type asked struct {
	mu   sync.Mutex
	seed maphash.Seed
	blob map[uint64]bool
}

func (a *asked) add(blob []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.blob[maphash.Bytes(a.seed, blob)] = true
}

// holds reports whether the data key of a token is among them.
func (a *asked) holds(token string) bool {
	var header struct{ EDK string }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err == nil {
		err = json.Unmarshal(text, &header)
	}
	blob, notBase64 := base64.RawURLEncoding.DecodeString(header.EDK)
	if err != nil || notBase64 != nil || len(blob) == 0 {
		return true // it is none that KMS could be asked for
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.blob[maphash.Bytes(a.seed, blob)]
}

func (k flakyKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, options ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if err := k.dependency.call(); err != nil {
		return nil, err
	}
	k.asked.add(in.CiphertextBlob)
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
	elsewhere *signer.Issuer // the same as issuer, for another audience
	depends   *dependency
	asked     *asked // if a token that has not been seen needs the dependency
	kids      bool   // tokens name their keys, so that a new one is looked for only by its name
}

// renewal is the age from which keys are fetched again, and looked for anew for a forgery.
const renewal = time.Minute

// onlyItKnows reports whether nobody but the dependency can say what a token is: KMS has not
// been asked for its data key, or it may be signed by a newer key than those there are.
func (o *origin) onlyItKnows(k ticket, began time.Time) bool {
	if o.asked != nil {
		_, token, _ := strings.Cut(k.header, " ")
		return !o.asked.holds(token)
	}
	return (k.strange || k.forged && !o.kids) && !began.Before(time.Unix(0, o.depends.good.Load()).Add(renewal))
}

// A holder has tokens that are bound to its key, or to its certificate.
type holder struct {
	key         *keys.PrivateKey
	certificate *x509.Certificate
}

// A city is all there is in this story.
type city struct {
	t        *testing.T
	now      func() time.Time
	late     time.Duration
	origins  []*origin
	gateways []http.Handler
	doors    []cityDoor
	routes   []policy.Route
	holders  [2]holder
	proofs   atomic.Int64

	mu       sync.Mutex
	tickets  []ticket
	statuses map[string]int
	bound    map[string]int // answers by what came with a token, or is special about it
	undone   map[string]int // by what was down, answers that there could be none
}

// A cityDoor is a door, with the bound tokens that its authorizer takes.
type cityDoor struct {
	door
	takes  []string // ways to be bound, as in cnf
	cached bool
	needs  string // what a request must have, which the gateway's cache goes by: one of these ways
}

const (
	shopAudience   = "shop"
	ticketLifetime = 2 * time.Minute
	proofWindow    = 10 * time.Minute
)

func (c *city) issuerWith(name, audience string, source keys.SigningSource) *signer.Issuer {
	c.t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: source, Issuer: name, Audience: []string{audience}, Lifetime: ticketLifetime, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	return issuer
}

// add adds an origin with its own keys, and those of a stranger.
func (c *city) add(o *origin, own, strangers keys.SigningSource) {
	c.t.Helper()
	o.issuer, o.stranger = c.issuerWith(o.name, shopAudience, own), c.issuerWith(o.name, shopAudience, strangers)
	o.elsewhere = c.issuerWith(o.name, "https://another.example", own)
	c.origins = append(c.origins, o)
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
	source, err := keys.NewRefreshing(keys.RefreshingConfig{MaxAge: renewal, Now: c.now, Load: func(context.Context) (*keys.Ring, error) { return ring, d.call() }})
	if err != nil {
		c.t.Fatal(err)
	}
	const name = "https://secret.example"
	c.add(&origin{name: name, depends: d}, key, hmacKey(c.t, "another secret of 32 bytes......"))
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
	put := &asked{seed: maphash.MakeSeed(), blob: map[uint64]bool{}}
	source, err := kmskeys.NewEnvelopeVerifier(flakyKMS{k, d, put}, cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	var signs [2]keys.SigningSource
	for i, key := range []string{id, other} {
		cfg.KeyID = key
		if signs[i], err = kmskeys.NewEnvelopeSigner(k, cfg); err != nil {
			c.t.Fatal(err)
		}
	}
	c.add(&origin{name: name, depends: d, asked: put}, signs[0], signs[1])
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
	source, err := jwks.NewRemote(jwks.RemoteConfig{URL: name + "/keys", Transport: flakyHost{text, d}, MaxAge: renewal, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	c.add(&origin{name: name, depends: d, kids: true}, private[0], private[1])
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
	c := &city{t: t, now: now, late: late, statuses: map[string]int{}, bound: map[string]int{}, undone: map[string]int{}, routes: []policy.Route{
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
		if c.holders[i].key, err = keys.GeneratePrivateKey("ES256"); err != nil {
			t.Fatal(err)
		}
		c.holders[i].certificate = newClientCertificate(t).Leaf
	}
	for i, d := range c.cityDoors() {
		decide := authorizer.ByScope(whole)
		if d.byRoute {
			decide = authorizer.ByRoute(table)
		}
		cfg := authorizer.Config{Verifier: all, Policy: authorizer.ExpireWithToken(decide), EnableSimpleResponses: d.simple, Now: now}
		if i%2 == 0 {
			cfg.Verifier = cached
		}
		gateway := authorizertest.Config{Kind: d.kind, EnableSimpleResponses: d.simple, IdentitySources: d.sources, CacheTTL: d.ttl, Now: now}
		if len(d.takes) > 0 {
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
	c.addAppSync(all, cityDoor{door: door{name: "AppSync", kind: authorizer.AppSync}, takes: []string{byKey}})
	c.addAppSync(cached, cityDoor{door: door{name: "AppSync with a cache", kind: authorizer.AppSync, ttl: time.Hour}, cached: true})
	return c
}

// The ways to be bound, by their names in cnf.
const (
	byKey         = "jkt"
	byCertificate = "x5t#S256"
)

// cityDoors returns those of REST and HTTP APIs: all that there are elsewhere, and those
// whose caches go by what comes with a bound token.
func (c *city) cityDoors() []cityDoor {
	var all []cityDoor
	for _, d := range doors() {
		in := cityDoor{door: d, cached: d.ttl > 0}
		if d.simple { // which ends with nothing, and so is not cached
			in.sources, in.ttl, in.cached = []string{}, 0, false
			in.takes = []string{byKey, byCertificate}
		}
		all = append(all, in)
	}
	token := "$request.header.Authorization"
	return append(all,
		cityDoor{cached: true, takes: []string{byKey, byCertificate}, needs: byKey, door: door{
			name: "HTTP 2.0 by proof", kind: authorizer.HTTPFormat2, byRoute: true, ttl: time.Hour,
			sources: []string{token, "$request.header.DPoP", "$context.httpMethod", "$context.path", "$context.routeKey"},
		}},
		cityDoor{cached: true, takes: []string{byKey, byCertificate}, needs: byCertificate, door: door{
			name: "HTTP 2.0 by certificate", kind: authorizer.HTTPFormat2, ttl: time.Hour,
			sources: []string{token, "$context.identity.clientCert.clientCertPem"},
		}},
	)
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
	c.doors = append(c.doors, cityDoor{door: door{name: "WebSocket", kind: authorizer.WebSocket}, takes: []string{byKey}})
	c.gateways = append(c.gateways, newGateway(c.t, authorizertest.Config{
		Kind: authorizer.WebSocket, Authorizer: a, IdentitySources: []string{}, Now: c.now,
		Routes: []authorizertest.Route{{Key: connect.Key, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, connect.Key) })}},
	}))
}

func (c *city) addAppSync(v verifier.Verifier, d cityDoor) {
	c.t.Helper()
	cfg := authorizer.Config{Verifier: v, Fields: authorizer.AllFields, FieldsTTL: d.ttl, Now: c.now}
	if len(d.takes) > 0 {
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
func (c *city) request(rng *rand.Rand, d cityDoor) (r policy.Route, verb, path, called string) {
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

// binding returns what checks the proofs and certificates of one door.
func (c *city) binding() binding.Binding {
	c.t.Helper()
	proofs, err := binding.NewMemory(binding.MemoryConfig{Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	dpop, err := binding.NewDPoP(binding.DPoPConfig{Proofs: proofs, Window: proofWindow, AllowBearerTokens: true, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	either, err := binding.NewEither(binding.NewCertificate(binding.CertificateConfig{AllowBearerTokens: true}), dpop)
	if err != nil {
		c.t.Fatal(err)
	}
	return either
}
