package interop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// An authority issues the certificate of all sites. Nobody trusts it but the peers,
// which are told to, and this library where a test says so.
type authority struct {
	file string // its certificate, as PEM
	pool *x509.CertPool
	site tls.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "interop"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "site"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootKey, leafKey := newECKey(t), newECKey(t)
	rootDER := certify(t, root, root, rootKey, rootKey)
	leafDER := certify(t, leaf, root, leafKey, rootKey)

	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem"), pool: x509.NewCertPool()}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	if err := os.WriteFile(a.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a.pool.AppendCertsFromPEM(text)
	a.site = tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}
	return a
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t *testing.T, certificate, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, certificate, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// transport returns one that trusts the authority alone.
func (a *authority) transport(t *testing.T) http.RoundTripper {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// A site serves over TLS on this machine and counts the requests for each path.
type site struct {
	url string

	mu       sync.Mutex
	handler  http.Handler
	requests map[string]int
}

func (a *authority) newSite(t *testing.T) *site {
	t.Helper()
	s := &site{requests: map[string]int{}, handler: http.NotFoundHandler()}
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{a.site}}
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// serve has the site answer by handler from now on.
func (s *site) serve(handler http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = handler
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests[r.URL.Path]++
	handler := s.handler
	s.mu.Unlock()
	handler.ServeHTTP(w, r)
}

// count returns how many requests there have been for a path.
func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[path]
}
