package authorizertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

type contextKey struct{}

// AuthorizerContext returns, in an http.Handler behind the gateway, what the
// authorizer said, just as the event of a function has it: requestContext.authorizer
// or, on HTTP APIs, requestContext.authorizer.lambda. It is nil on a route without
// authorizer.
//
// Behind the JWT authorizer of an HTTP API it is requestContext.authorizer too, with the
// one member jwt:
//
//	{"jwt": {"claims": {"sub": "user-1", "exp": "1700000000", …}, "scopes": ["read"]}}
//
// All claims are strings. scopes are those of the token, and null on a route without
// Scopes. What the one of a REST API hands on, [RESTJWTAuthorizer] says.
func AuthorizerContext(r *http.Request) map[string]any {
	values, _ := r.Context().Value(contextKey{}).(map[string]any)
	return values
}

// integrate has the request answered by what is behind the route.
func (g *Gateway) integrate(w http.ResponseWriter, x *exchange) *failure {
	if x.route.web != nil {
		said := copyOf(g.authorizerContext(x))
		r := x.http.WithContext(context.WithValue(x.http.Context(), contextKey{}, said))
		r.Body = io.NopCloser(bytes.NewReader(x.body))
		for name, value := range x.parameters {
			r.SetPathValue(name, value)
		}
		g.setRequestID(w, x)
		if isREST(g.cfg.Kind) {
			w = &renamer{ResponseWriter: w}
		}
		x.route.web.ServeHTTP(w, r)
		return nil
	}
	answer, err := x.route.function.invoke(x.http.Context(), x.id, g.functionEvent(x))
	var response events.APIGatewayV2HTTPResponse // has all that REST's has
	if err == nil {
		response, err = g.readResponse(answer)
	}
	if err != nil {
		g.log(x, "the function failed", err)
		return functionFailed
	}
	g.setRequestID(w, x)
	header := w.Header()
	for name, value := range response.Headers {
		header.Set(name, value)
	}
	for name, values := range response.MultiValueHeaders {
		header.Del(name)
		for _, value := range values {
			header.Add(name, value)
		}
	}
	for _, cookie := range response.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	if isREST(g.cfg.Kind) {
		renameChallenge(header)
	}
	w.WriteHeader(response.StatusCode)
	_, _ = io.WriteString(w, response.Body)
	return nil
}

// renameChallenge renames a header of what is behind a REST API as API Gateway does. (H)
func renameChallenge(header http.Header) {
	if values := header.Values("WWW-Authenticate"); len(values) > 0 {
		header["X-Amzn-Remapped-Www-Authenticate"] = values
		header.Del("WWW-Authenticate")
	}
}

// A renamer renames the headers of an http.Handler behind a REST API.
type renamer struct {
	http.ResponseWriter
	renamed bool
}

func (w *renamer) WriteHeader(status int) {
	if !w.renamed && status >= http.StatusOK {
		w.renamed = true
		renameChallenge(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *renamer) Write(body []byte) (int, error) {
	if !w.renamed {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap is for [http.ResponseController].
func (w *renamer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// copyOf returns values as an event's reader would have them, sharing nothing with
// the cache.
func copyOf(values object) object {
	var c object
	if values != nil {
		_ = json.Unmarshal(marshal(values), &c)
	}
	return c
}

// readResponse reads a function's answer, its body decoded. On HTTP APIs any JSON
// without a statusCode is the body of a 200 (H). Its errors show nothing of the answer.
func (g *Gateway) readResponse(answer []byte) (response events.APIGatewayV2HTTPResponse, err error) {
	if !json.Valid(answer) {
		return response, errors.New("the function's answer is no JSON")
	}
	err = json.Unmarshal(answer, &response)
	if isHTTP(g.cfg.Kind) && response.StatusCode == 0 {
		return events.APIGatewayV2HTTPResponse{
			StatusCode: http.StatusOK, Headers: map[string]string{"Content-Type": "application/json"}, Body: string(answer),
		}, nil
	}
	if err == nil && (response.StatusCode < 200 || response.StatusCode > 599) {
		err = fmt.Errorf("its statusCode is %d", response.StatusCode)
	}
	if err == nil && response.IsBase64Encoded {
		var body []byte
		if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			err = errors.New("its body is not in base64")
		}
		response.Body = string(body)
	}
	if err != nil {
		return response, fmt.Errorf("the function's answer: %w", err)
	}
	if contentType(response) == "" {
		if response.Headers == nil {
			response.Headers = map[string]string{}
		}
		response.Headers["Content-Type"] = "application/json" // REST's; HTTP APIs' is not documented
	}
	return response, nil
}

func contentType(response events.APIGatewayV2HTTPResponse) string {
	header := http.Header{}
	for name, value := range response.Headers {
		header.Set(name, value)
	}
	for name := range response.MultiValueHeaders {
		header.Set(name, "several")
	}
	return header.Get("Content-Type")
}

// encodeBody returns a body as an event has it: in base64 if it is no text. API
// Gateway goes by the content type.
func encodeBody(body []byte) (text string, isBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}
