package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
)

type (
	request  = events.APIGatewayProxyRequest
	response = events.APIGatewayProxyResponse
)

// proxy makes a handler of net/http the function behind a REST API. Pages of every origin may
// read its answers: none has a token that it was not given.
func proxy(h http.Handler) func(context.Context, request) (response, error) {
	return func(ctx context.Context, e request) (response, error) {
		r, err := requestOf(ctx, e)
		if err != nil {
			return response{}, err
		}
		w := &answer{status: http.StatusOK, header: http.Header{"Access-Control-Allow-Origin": {"*"}}}
		h.ServeHTTP(w, r)
		body := w.body.String()
		if !utf8.ValidString(body) {
			return response{StatusCode: w.status, MultiValueHeaders: w.header, Body: base64.StdEncoding.EncodeToString(w.body.Bytes()), IsBase64Encoded: true}, nil
		}
		return response{StatusCode: w.status, MultiValueHeaders: w.header, Body: body}, nil
	}
}

// requestOf makes a request of an event. Its context has the user whom the authorizer named.
func requestOf(ctx context.Context, e request) (*http.Request, error) {
	if e.RequestContext.Authorizer != nil {
		said, err := authorizer.FromContext[struct {
			Subject string `json:"sub"`
		}](e.RequestContext.Authorizer)
		if err != nil {
			return nil, err
		}
		ctx = withUser(ctx, said.Subject)
	}
	body := e.Body
	if e.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, err
		}
		body = string(decoded)
	}
	target := url.URL{Path: e.Path, RawQuery: url.Values(e.MultiValueQueryStringParameters).Encode()}
	r, err := http.NewRequestWithContext(ctx, e.HTTPMethod, target.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range e.MultiValueHeaders {
		for _, value := range values {
			r.Header.Add(name, value)
		}
	}
	r.Host = e.RequestContext.DomainName
	return r, nil
}

// An answer is a ResponseWriter that keeps what is written.
type answer struct {
	status  int
	header  http.Header
	body    bytes.Buffer
	written bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *answer) Write(text []byte) (int, error) {
	a.written = true
	return a.body.Write(text)
}
