package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

const (
	maxRedirects   = 3
	maxHeaderBytes = 64 << 10 // of one response
	maxETagSize    = 256
	maxSetSize     = 1 << 20 // what keys.ParseJWKS reads
)

// setClient makes the client, and the transport if there is none.
func (r *Remote) setClient() {
	r.idle = func() {}
	transport := r.cfg.Transport
	if transport == nil {
		own := newTransport()
		r.idle = own.CloseIdleConnections
		transport = own
	}
	r.client = &http.Client{Transport: transport, CheckRedirect: r.checkRedirect}
}

// newTransport makes a transport that keeps a connection from one request of a fetch to
// the next.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:              protocols,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
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
			redact.Quote(request.URL.Redacted()), redact.Quote(discovery.ShowOrigin(request.URL)))
	}
	return nil
}

// fetch gets the set as it is published now.
func (r *Remote) fetch(ctx context.Context) (*remoteSet, error) {
	defer r.idle() // a frozen function keeps no connection alive
	now := r.now()
	address, err := r.locate(ctx, now)
	if err != nil {
		return nil, err
	}
	last := r.last()
	etag := ""
	if last != nil && last.address == address {
		etag = last.etag
	}
	response, err := r.get(ctx, address, maxSetSize, etag)
	if err != nil {
		return nil, err
	}
	fetched := &remoteSet{address: address, etag: response.etag, fetched: now, lifetime: r.cfg.MaxAge}
	if response.unchanged {
		fetched.set, fetched.kids, fetched.etag, fetched.lifetime = last.set, last.kids, last.etag, last.lifetime
	}
	if lifetime, ok := cacheLifetime(response.header); ok {
		fetched.lifetime = min(max(lifetime, r.cfg.Cooldown), r.cfg.MaxAge)
	}
	fetched.freshUntil = now.Add(fetched.lifetime)
	fetched.goodUntil = fetched.freshUntil.Add(r.cfg.Grace)
	if response.unchanged {
		return fetched, nil
	}
	if fetched.set, err = keys.ParseJWKS(response.body); err != nil {
		return nil, fmt.Errorf("what is served at %s: %w", redact.Quote(address), err)
	}
	fetched.kids = kidsOf(fetched.set)
	return fetched, nil
}

// last returns the last set that was had, however old it is.
func (r *Remote) last() *remoteSet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.held
}

// locate returns the address of the set. What discovery says is asked for again when
// it is as old as a set may be, and after a failure.
func (r *Remote) locate(ctx context.Context, now time.Time) (string, error) {
	if r.cfg.URL != "" {
		return r.cfg.URL, nil
	}
	r.mu.Lock()
	known, discovered := r.state.jwksURI, r.state.discovered
	r.mu.Unlock()
	if known != "" && since(now, discovered, r.cfg.MaxAge) {
		return known, nil
	}
	found, err := r.discover(ctx)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	r.state.jwksURI, r.state.discovered = found, now
	r.mu.Unlock()
	return found, nil
}

// discover asks the issuer where its set is.
func (r *Remote) discover(ctx context.Context) (string, error) {
	address := discovery.Behind(r.cfg.Issuer, discovery.Path)
	response, err := r.get(ctx, address, discovery.MaxSize, "")
	if err != nil {
		return "", err
	}
	issuer, jwksURI, err := discovery.Parse(response.body)
	if err != nil {
		return "", fmt.Errorf("what is served at %s: %w", redact.Quote(address), err)
	}
	if issuer != r.cfg.Issuer {
		// OpenID Connect Discovery 1.0 section 4.3: they must be the same.
		return "", fmt.Errorf("what is served at %s is the document of issuer %s: its tokens have that iss, and RemoteConfig.Issuer must be the same, byte for byte",
			redact.Quote(address), redact.Quote(issuer))
	}
	u, err := discovery.ParseEndpoint(jwksURI)
	if err != nil {
		return "", fmt.Errorf("the jwks_uri in %s: %w", redact.Quote(address), err)
	}
	if origin := discovery.Origin(u); origin != r.own && !r.origins[origin] {
		return "", fmt.Errorf("the jwks_uri in %s is %s, at another origin than the issuer: if that is right, add %s to RemoteConfig.Origins",
			redact.Quote(address), redact.Quote(jwksURI), redact.Quote(discovery.ShowOrigin(u)))
	}
	return jwksURI, nil
}

// A remoteResponse is the part of a response that matters.
type remoteResponse struct {
	body      []byte
	header    http.Header
	etag      string
	unchanged bool // status 304: there is no body
}

// get fetches a document of at most size bytes. With an etag, the document may be
// unchanged since.
func (r *Remote) get(ctx context.Context, address string, size int, etag string) (remoteResponse, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return remoteResponse{}, err
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return remoteResponse{}, fetchError(address, err)
	}
	defer response.Body.Close()
	result := remoteResponse{header: response.Header, etag: usableETag(response.Header.Get("ETag"))}
	switch {
	case response.StatusCode == http.StatusNotModified && etag != "":
		result.unchanged = true
		return result, nil
	case response.StatusCode != http.StatusOK:
		return remoteResponse{}, fmt.Errorf("the answer at %s is %d %s", redact.Quote(address), response.StatusCode, http.StatusText(response.StatusCode))
	}
	if err := checkContentType(response.Header.Get("Content-Type")); err != nil {
		return remoteResponse{}, fmt.Errorf("the answer at %s: %w", redact.Quote(address), err)
	}
	if result.body, err = readAtMost(response.Body, size); err != nil {
		return remoteResponse{}, fmt.Errorf("the answer at %s: %w", redact.Quote(address), err)
	}
	return result, nil
}

// fetchError takes the address that package http puts before its errors out again, for
// it is in whole, and puts it in as other errors have it.
func fetchError(address string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("fetching %s: %w", redact.Quote(address), err)
}

func readAtMost(body io.Reader, size int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, int64(size)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > size:
		return nil, fmt.Errorf("it has more than %d bytes", size)
	}
	return text, nil
}

// checkContentType takes JSON by any of its names, and the types by which servers of
// plain files send what they know nothing about. It refuses what is surely meant for
// something else, such as an error page with status 200.
func checkContentType(value string) error {
	if value == "" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return fmt.Errorf("its Content-Type %s cannot be read", redact.Quote(value))
	}
	switch mediaType {
	case "application/json", "text/json", "text/plain", "application/octet-stream", "binary/octet-stream":
		return nil
	}
	if strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json") {
		return nil
	}
	return fmt.Errorf("its Content-Type is %s and not application/json", redact.Quote(mediaType))
}

// usableETag returns an entity tag that can be sent back (RFC 9110 section 8.8.3), or
// nothing.
func usableETag(etag string) string {
	opaque := strings.TrimPrefix(etag, "W/")
	if len(etag) > maxETagSize || len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return ""
	}
	for _, c := range []byte(opaque[1 : len(opaque)-1]) {
		if c <= ' ' || c >= 0x7f || c == '"' {
			return ""
		}
	}
	return etag
}
