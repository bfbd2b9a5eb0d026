package jwks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/fetch"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

const (
	maxRedirects = 3
	maxSetSize   = 1 << 20 // what keys.ParseJWKS reads
)

// setClient makes the client, and the transport if there is none.
func (r *Remote) setClient() {
	r.idle = func() {}
	transport := r.cfg.Transport
	if transport == nil {
		own := fetch.NewTransport()
		r.idle = own.CloseIdleConnections
		transport = own
	}
	r.client = &http.Client{Transport: transport, CheckRedirect: r.checkRedirect}
}

// checkRedirect lets a redirect lead to an origin that is listed, and nowhere else.
func (r *Remote) checkRedirect(request *http.Request, via []*http.Request) error {
	_, err := discovery.ParseEndpoint(request.URL.String())
	switch {
	case err != nil:
		return fmt.Errorf("a redirect: %w", err)
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case !r.origins[discovery.Origin(request.URL)]:
		return fmt.Errorf("a redirect to %s: if it is to be followed, add %s to RemoteConfig.Origins",
			discovery.Show(request.URL.Redacted()), redact.Quote(discovery.ShowOrigin(request.URL)))
	}
	return nil
}

// A remoteSet is a set as it was published at one time. It does not change.
type remoteSet struct {
	set  *keys.Set
	kids map[string]bool
}

func newRemoteSet(set *keys.Set) *remoteSet {
	s := &remoteSet{set, map[string]bool{}}
	for _, key := range set.Keys() {
		s.kids[key.Kid()] = true
	}
	return s
}

// same reports whether a set has the keys of another one, in any order.
func (s *remoteSet) same(other *remoteSet) bool {
	members := func(set *keys.Set) map[[3]string]bool {
		m := map[[3]string]bool{}
		for _, key := range set.Keys() {
			m[[3]string{key.Kid(), key.Algorithm(), key.Thumbprint()}] = true
		}
		return m
	}
	return maps.Equal(members(s.set), members(other.set))
}

// A location is where discovery has found the set.
type location struct {
	address    string   // empty if it has to be asked
	algorithms []string // with which the issuer says that it signs
	found      time.Time
}

// fetch gets the set as it is published now, and how long it may be used. It is not
// conditional on an ETag: a set is small, and a server whose ETag lies would hide a new
// key for good.
func (r *Remote) fetch(ctx context.Context, last *remoteSet) (*remoteSet, time.Duration, error) {
	defer r.idle() // a frozen function keeps no connection alive
	elapsed := clock.Start(r.cfg.Now)
	set, lifetime, err := r.download(ctx)
	if err != nil {
		r.location = location{} // the issuer may have moved its set
		if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
			// A server that sees the request end may end its answer as if that was all.
			err = fmt.Errorf("%w: %w", ended, err)
		}
	}
	r.tell(ctx, keys.Event{Kind: keys.EventCall, Duration: elapsed(), Err: err})
	if err != nil {
		return nil, 0, err
	}
	fetched := newRemoteSet(set)
	if last != nil && !fetched.same(last) {
		r.tell(ctx, keys.Event{Kind: keys.EventRotated})
	}
	return fetched, lifetime, nil
}

func (r *Remote) download(ctx context.Context) (*keys.Set, time.Duration, error) {
	at, err := r.locate(ctx)
	if err != nil {
		return nil, 0, err
	}
	body, header, err := r.get(ctx, at.address, maxSetSize)
	if err != nil {
		return nil, 0, err
	}
	algorithms := r.cfg.Algorithms
	if len(algorithms) == 0 {
		algorithms = at.algorithms
	}
	set, err := keys.ParseJWKS(body, algorithms...)
	if err != nil {
		return nil, 0, fmt.Errorf("what is served at %s: %w", discovery.Show(at.address), err)
	}
	lifetime, ok := cacheLifetime(header)
	if !ok {
		return set, r.cfg.MaxAge, nil
	}
	return set, max(lifetime, r.cfg.Cooldown), nil
}

// locate returns where the set is. What discovery says is asked for again when
// it is as old as a set may be, and after a failure.
func (r *Remote) locate(ctx context.Context) (location, error) {
	now := r.now()
	switch {
	case r.cfg.URL != "":
		return location{address: r.cfg.URL}, nil
	case r.location.address != "" && clock.Within(now, r.location.found, r.cfg.MaxAge):
		return r.location, nil
	}
	document, err := r.discover(ctx)
	if err != nil {
		return location{}, err
	}
	r.location = location{document.JWKSURI, document.Algorithms, now}
	return r.location, nil
}

// discover asks the issuer where its set is.
func (r *Remote) discover(ctx context.Context) (document discovery.Document, err error) {
	address := discovery.Behind(r.cfg.Issuer, discovery.Path)
	body, _, err := r.get(ctx, address, discovery.MaxSize)
	if err != nil {
		return document, err
	}
	document, err = discovery.Parse(body)
	if err != nil {
		return document, fmt.Errorf("what is served at %s: %w", discovery.Show(address), err)
	}
	if document.Issuer != r.cfg.Issuer {
		// OpenID Connect Discovery 1.0 section 4.3: they must be the same.
		return document, fmt.Errorf("what is served at %s is the document of issuer %s: its tokens have that iss, and RemoteConfig.Issuer must be the same, byte for byte",
			discovery.Show(address), discovery.Show(document.Issuer))
	}
	u, err := discovery.ParseEndpoint(document.JWKSURI)
	if err != nil {
		return document, fmt.Errorf("the jwks_uri in %s: %w", discovery.Show(address), err)
	}
	if origin := discovery.Origin(u); origin != r.own && !r.origins[origin] {
		return document, fmt.Errorf("the jwks_uri in %s is %s, at another origin than the issuer: if that is right, add %s to RemoteConfig.Origins",
			discovery.Show(address), discovery.Show(document.JWKSURI), redact.Quote(discovery.ShowOrigin(u)))
	}
	return document, nil
}

// get fetches a document of at most size bytes.
func (r *Remote) get(ctx context.Context, address string, size int) (body []byte, header http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	response, err := r.client.Do(request)
	if err != nil {
		return nil, nil, fetch.Error(discovery.Show(address), err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNonAuthoritativeInfo { // of a proxy that changes headers
		return nil, nil, fmt.Errorf("the answer at %s is %d %s", discovery.Show(address), response.StatusCode, http.StatusText(response.StatusCode))
	}
	err = fetch.CheckJSON(response.Header.Get("Content-Type"))
	if err == nil {
		body, err = fetch.ReadAtMost(response.Body, size)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the answer at %s: %w", discovery.Show(address), err)
	}
	return bytes.TrimPrefix(body, []byte("\ufeff")), response.Header, nil // some editors begin a file so
}
