package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Of the issuer and its API.
const (
	issuerName = "https://login.example.com"
	audience   = "orders"
)

// An issuer publishes its keys by discovery, to so many requests a second. What is beyond
// that gets 429. It is the http.RoundTripper of a Remote.
type issuer struct {
	quota *quota
	set   []byte
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	switch err := i.quota.call(r.Context()); {
	case err == throttling{}:
		return answer(r, http.StatusTooManyRequests, nil), nil
	case err != nil:
		return nil, err
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		return answer(r, http.StatusOK, fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":%q}`, issuerName, issuerName+"/jwks")), nil
	}
	return answer(r, http.StatusOK, i.set), nil
}

func answer(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}
}
