package jwks_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

// All tests of this file go over loopback.

// published serves a set with key "1" over TLS, behind a handler that may be put before
// it, and returns the server.
func published(t *testing.T, before func(http.ResponseWriter, *http.Request) (done bool)) *httptest.Server {
	t.Helper()
	var publisher *jwks.Publisher
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if before == nil || !before(w, request) {
			publisher.ServeHTTP(w, request)
		}
	}))
	t.Cleanup(server.Close)
	publisher = newPublisher(t, jwks.PublisherConfig{Issuer: server.URL, Keys: newSet(t, named(t, "1").Public())})
	return server
}

func remoteOf(t *testing.T, server *httptest.Server, change func(*jwks.RemoteConfig)) *jwks.Remote {
	t.Helper()
	return newRemote(t, server.Client().Transport, nil, func(c *jwks.RemoteConfig) {
		c.Issuer = server.URL
		if change != nil {
			change(c)
		}
	})
}

func TestRemoteReadsWhatAPublisherServesOverTLS(t *testing.T) {
	server := published(t, nil)
	wantFound(t, remoteOf(t, server, nil), "1")
}

func TestACertificateThatNobodyVouchesForIsAnOutage(t *testing.T) {
	server := published(t, nil)
	wantOutage(t, find(remoteOf(t, server, func(c *jwks.RemoteConfig) { c.Transport = nil }), "1"), "certificate")
}

func TestARefusedConnectionIsAnOutage(t *testing.T) {
	server := published(t, nil)
	server.Close()
	wantOutage(t, find(remoteOf(t, server, nil), "1"), "fetching")
}

func TestRedirectsAreFollowedToListedOriginsOnly(t *testing.T) {
	target := published(t, nil)
	redirect := func(to string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, request *http.Request) bool {
			http.Redirect(w, request, to, http.StatusFound)
			return true
		}
	}
	elsewhere := published(t, redirect(target.URL+"/.well-known/jwks.json"))
	fromURL := func(origins ...string) func(*jwks.RemoteConfig) {
		return func(c *jwks.RemoteConfig) {
			c.Issuer, c.URL, c.Origins = "", elsewhere.URL+"/jwks", origins
		}
	}
	wantOutage(t, find(remoteOf(t, elsewhere, fromURL()), "1"), "a redirect to", `add "`+target.URL+`" to RemoteConfig.Origins`)
	wantOutage(t, find(remoteOf(t, elsewhere, fromURL(elsewhere.URL)), "1"), "a redirect to")
	wantFound(t, remoteOf(t, elsewhere, fromURL(target.URL)), "1")

	var loop *httptest.Server
	hops := 0
	loop = published(t, func(w http.ResponseWriter, request *http.Request) bool {
		hops++
		http.Redirect(w, request, loop.URL+request.URL.Path, http.StatusMovedPermanently)
		return true
	})
	wantOutage(t, find(remoteOf(t, loop, nil), "1"), "a redirect to") // even to the own origin
	wantOutage(t, find(remoteOf(t, loop, func(c *jwks.RemoteConfig) { c.Origins = []string{loop.URL} }), "1"), "more than 3 redirects")
	if hops != 1+1+3 {
		t.Errorf("%d requests", hops)
	}
}

func TestAHugeHeaderIsNotRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Padding", strings.Repeat("a", 128<<10))
	}))
	t.Cleanup(server.Close)
	r, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	wantOutage(t, find(r, "1"), "headers")
}

func TestARedirectFromHTTPSToHTTPIsNotFollowed(t *testing.T) {
	server := published(t, func(w http.ResponseWriter, request *http.Request) bool {
		http.Redirect(w, request, "http://"+request.Host+request.URL.Path, http.StatusFound)
		return true
	})
	wantOutage(t, find(remoteOf(t, server, func(c *jwks.RemoteConfig) { c.Origins = []string{server.URL} }), "1"), "a redirect to")
}

func TestAHugeBodyIsNotRead(t *testing.T) {
	for _, at := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
		sent := 0
		server := published(t, func(w http.ResponseWriter, request *http.Request) bool {
			if request.URL.Path != at {
				return false
			}
			block := []byte(strings.Repeat(" ", 1<<20))
			for range 100 {
				n, err := w.Write(block)
				if sent += n; err != nil {
					break
				}
			}
			return true
		})
		wantOutage(t, find(remoteOf(t, server, nil), "1"), "more than")
		server.Close() // waits for the handler
		if sent > 64<<20 {
			t.Errorf("%s: %d bytes were taken", at, sent)
		}
	}
}

func TestASmallBodyThatUnpacksToAHugeOneIsNotRead(t *testing.T) {
	body := gzipped(t, strings.Repeat(" ", 1<<20)) // now, since a fetch has no time for it
	server := published(t, func(w http.ResponseWriter, request *http.Request) bool {
		if request.Header.Get("Accept-Encoding") != "gzip" {
			return false
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
		return true
	})
	wantOutage(t, find(remoteOf(t, server, nil), "1"), "more than 65536 bytes")
}

func TestAnAnswerThatDripsEndsWithTheCallersTime(t *testing.T) {
	server := published(t, func(w http.ResponseWriter, request *http.Request) bool {
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		<-request.Context().Done()
		return true
	})
	r := remoteOf(t, server, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: "1"})
	wantOutage(t, err, "deadline exceeded")
}

func TestAnAnswerThatIsCutShortIsAnOutage(t *testing.T) {
	server := published(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"issuer":`))
		return true
	})
	wantOutage(t, find(remoteOf(t, server, nil), "1"), "unexpected EOF")
}

func TestTheOwnTransportLeavesNoConnectionOpen(t *testing.T) {
	opened, closed := make(chan struct{}, 10), make(chan struct{}, 10)
	set := newSet(t, named(t, "1").Public())
	var publisher *jwks.Publisher
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		publisher.ServeHTTP(w, request)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- struct{}{}
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	publisher = newPublisher(t, jwks.PublisherConfig{Issuer: server.URL, Keys: set})
	r, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	wantFound(t, r, "1")
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("the connection stays open")
	}
	if len(opened) != 1 {
		t.Errorf("%d connections for discovery and set", len(opened))
	}
}

func TestTheOwnTransportSpeaksTLS12OrLater(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.StartTLS()
	t.Cleanup(server.Close)
	wantOutage(t, find(remoteOf(t, server, func(c *jwks.RemoteConfig) { c.Transport = nil }), "1"), "protocol version")
}
