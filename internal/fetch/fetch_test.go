package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lambdajwt/authorizer/internal/fetch"
)

func TestABodyIsReadUpToItsLimit(t *testing.T) {
	for text, want := range map[string]bool{"": true, "1234": true, "12345": true, "123456": false} {
		got, err := fetch.ReadAtMost(strings.NewReader(text), 5)
		if want != (err == nil) || want && string(got) != text || !want && (got != nil || !strings.Contains(err.Error(), "more than 5 bytes")) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	long := strings.NewReader(strings.Repeat("x", 1000))
	if _, err := fetch.ReadAtMost(long, 5); err == nil || long.Len() != 1000-6 {
		t.Errorf("got %v, and %d bytes are left", err, long.Len())
	}
	broken := errors.New("broken")
	if got, err := fetch.ReadAtMost(iotest.ErrReader(broken), 5); got != nil || !errors.Is(err, broken) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestContentTypesOfJSONAreTaken(t *testing.T) {
	for contentType, want := range map[string]bool{
		"": true, "application/json": true, "Application/JSON; charset=utf-8": true, "application/jwk-set+json": true,
		"text/json": true, "text/plain": true, "application/octet-stream": true, "binary/octet-stream": true,
		"application/json; a; b=": true, // parameters that nobody can read
		"text/html":               false, "application/jwt": false, "text/x+json": false, "application/json+jwt": false, "json": false, ";": false, "/": false,
	} {
		if err := fetch.CheckJSON(contentType); want != (err == nil) {
			t.Errorf("%q: %v", contentType, err)
		}
	}
	for contentType, want := range map[string]string{
		"text/html; charset=utf-8": `its Content-Type is "text/html" and not application/json`,
		";":                        `its Content-Type ";" cannot be read`,
	} {
		if err := fetch.CheckJSON(contentType); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", contentType, err, want)
		}
	}
}

func TestAnErrorShowsTheAddressAsItIsTold(t *testing.T) {
	cause := errors.New("refused")
	for _, err := range []error{cause, &url.Error{Op: "Get", URL: "https://a.example/?secret", Err: cause}} {
		got := fetch.Error(`"https://a.example/"`, err)
		if got.Error() != `fetching "https://a.example/": refused` || !errors.Is(got, cause) {
			t.Errorf("got %v", got)
		}
	}
}

func TestAnErrorShowsNothingOfARedirect(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://a.example:secret/")
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	client := &http.Client{Transport: fetch.NewTransport()}
	defer client.CloseIdleConnections()
	response, err := client.Get(server.URL)
	if err == nil {
		response.Body.Close()
		t.Fatal("it was followed")
	}
	if got := fetch.Error(`"https://a.example/"`, err).Error(); got != `fetching "https://a.example/": a redirect to what is no URL` {
		t.Errorf("got %s", got)
	}
}

func TestTheTransportSpeaksHTTP1OnOneConnection(t *testing.T) {
	connections := map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	transport := fetch.NewTransport()
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	defer transport.CloseIdleConnections()
	for range 3 {
		request, err := http.NewRequest(http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil || string(text) != "HTTP/1.1" {
			t.Errorf("got %q, %v", text, err)
		}
		response.Body.Close()
	}
	if len(connections) != 1 || transport.MaxIdleConnsPerHost != 1 {
		t.Errorf("%d connections", len(connections))
	}
	if p := transport.Protocols; !p.HTTP1() || p.HTTP2() {
		t.Errorf("speaks %v", p)
	}
	if got := transport.MaxResponseHeaderBytes; got != 65536 {
		t.Errorf("reads headers of %d bytes", got)
	}
	if transport.Proxy != nil {
		t.Error("uses a proxy")
	}
}

func TestLongHeadersAreNotRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 70_000))
	}))
	defer server.Close()
	transport := fetch.NewTransport()
	defer transport.CloseIdleConnections()
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := transport.RoundTrip(request); err == nil {
		response.Body.Close()
		t.Error("read")
	}
}
