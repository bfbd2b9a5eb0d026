// Package fetch is what everything that asks somebody else's server over HTTPS has in common.
package fetch

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
)

const maxHeaderBytes = 64 << 10 // of one response

// NewTransport makes a transport that keeps one idle connection to a server, speaks
// HTTP/1.1 with TLS 1.2 or later, and uses no proxy.
func NewTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:              protocols,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// Error replaces the address that package http puts into its errors, which has its query,
// by shown, which stands in quotes as in other errors.
func Error(shown string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), "Location") { // all of which package http shows
		err = errors.New("a redirect to what is no URL")
	}
	return fmt.Errorf("fetching %s: %w", shown, err)
}

// ReadAtMost reads a body of at most size bytes. It gives an error for a longer one.
func ReadAtMost(body io.Reader, size int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, int64(size)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > size:
		return nil, fmt.Errorf("it has more than %d bytes", size)
	}
	return text, nil
}

// CheckJSON takes JSON by any of the names that a Content-Type can have for it, and the
// types by which servers of plain files send what they know nothing about. It refuses what
// is surely meant for something else, such as an error page with status 200.
func CheckJSON(contentType string) error {
	if contentType == "" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return fmt.Errorf("its Content-Type %s cannot be read", redact.Quote(contentType))
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
