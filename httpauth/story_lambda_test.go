package httpauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"github.com/lambdajwt/authorizer/httpauth"
)

// This story puts the middleware behind the front doors that Lambda functions have. Events are
// in the form that AWS documents; adapters are those of this test, apart from lambdaurl.

// An answer is what a front door gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// A door makes an event of a request, and gives it to a handler.
type door func(t *testing.T, h http.Handler, r *http.Request) answer

// functionURL is a function URL, in the way of package lambdaurl: the answer is a stream,
// which begins with JSON and eight zeros.
func functionURL(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	event, err := json.Marshal(events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery, Headers: headers,
		RequestContext: events.LambdaFunctionURLRequestContext{
			DomainName: "abcdef.lambda-url.eu-west-1.on.aws",
			HTTP:       events.LambdaFunctionURLRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path, Protocol: "HTTP/1.1"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := lambda.NewHandler(lambdaurl.Wrap(h)).Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	head, body, found := strings.Cut(string(stream), strings.Repeat("\x00", 8))
	var prelude struct {
		StatusCode int
		Headers    map[string]string
	}
	if err := json.Unmarshal([]byte(head), &prelude); err != nil || !found {
		t.Fatalf("%v in %q", err, stream)
	}
	header := http.Header{}
	for name, value := range prelude.Headers {
		header.Set(name, value)
	}
	return answer{prelude.StatusCode, header, body}
}

// loadBalancer is a target group of an ALB with multi-value headers.
func loadBalancer(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	headers := map[string][]string{"host": {r.Host}}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = values
	}
	event, err := json.Marshal(events.ALBTargetGroupRequest{HTTPMethod: r.Method, Path: r.URL.EscapedPath(), MultiValueHeaders: headers, IsBase64Encoded: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := lambda.NewHandler(func(ctx context.Context, e events.ALBTargetGroupRequest) (events.ALBTargetGroupResponse, error) {
		w := httptest.NewRecorder()
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return events.ALBTargetGroupResponse{}, err
		}
		h.ServeHTTP(w, requestOf(ctx, t, e.HTTPMethod, e.Path, e.MultiValueHeaders, string(body)))
		return events.ALBTargetGroupResponse{StatusCode: w.Code, MultiValueHeaders: w.Header(), Body: w.Body.String()}, nil
	}).Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var response events.ALBTargetGroupResponse
	if err := json.Unmarshal(text, &response); err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.MultiValueHeaders, response.Body}
}

// restProxy is the proxy integration of a REST API, which renames WWW-Authenticate.
func restProxy(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	event, err := json.Marshal(events.APIGatewayProxyRequest{HTTPMethod: r.Method, Path: r.URL.EscapedPath(), MultiValueHeaders: r.Header})
	if err != nil {
		t.Fatal(err)
	}
	text, err := lambda.NewHandler(func(ctx context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, requestOf(ctx, t, e.HTTPMethod, e.Path, e.MultiValueHeaders, e.Body))
		return events.APIGatewayProxyResponse{StatusCode: w.Code, MultiValueHeaders: w.Header(), Body: w.Body.String()}, nil
	}).Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var response events.APIGatewayProxyResponse
	if err := json.Unmarshal(text, &response); err != nil {
		t.Fatal(err)
	}
	header := http.Header(response.MultiValueHeaders)
	if values, found := header["Www-Authenticate"]; found {
		delete(header, "Www-Authenticate")
		header["X-Amzn-Remapped-Www-Authenticate"] = values
	}
	return answer{response.StatusCode, header, response.Body}
}

// server is no door of Lambda's, but net/http's server, as in a container.
func server(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	out := r.Clone(t.Context())
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	out.URL.Scheme, out.URL.Host, out.RequestURI = address.Scheme, address.Host, ""
	res, err := s.Client().Do(out)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// requestOf makes a request of an event.
func requestOf(ctx context.Context, t *testing.T, method, path string, headers map[string][]string, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		for _, value := range values {
			r.Header.Add(name, value)
		}
	}
	return r
}

func TestEveryFrontDoorLeadsToTheSameDecisions(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", handler)
	mux.Handle("GET /tenants/{tenant}/users", handler)
	h := newAuth(t, func(c *httpauth.Config) {
		c.ResourceMetadata = "https://api.example.com/.well-known/oauth-protected-resource"
	}).Wrap(mux)
	for name, door := range map[string]door{"a function URL": functionURL, "a load balancer": loadBalancer, "a REST API": restProxy, "a server": server} {
		t.Run(name, func(t *testing.T) {
			for _, test := range []struct {
				do, token string
				want      int
				body      string
			}{
				{"GET /orders/7", "ann", 200, "hello ann"},
				{"GET /orders/a%2Fb", "ann", 200, "hello ann"},
				{"GET /tenants/acme/users", "ann", 200, "hello ann"},
				{"GET /tenants/acme%2Fx/users", "ann", 403, "{\"message\":\"Forbidden\"}\n"},
				{"GET /orders/7", "plain", 403, "{\"message\":\"Forbidden\"}\n"},
				{"GET /orders/7", "", 401, "{\"message\":\"Unauthorized\"}\n"},
				{"GET /orders/7", "down", 503, "{\"message\":\"Service Unavailable\"}\n"},
			} {
				got := door(t, h, request(test.do, test.token))
				if got.status != test.want || got.body != test.body {
					t.Errorf("%s by %q: %d %s", test.do, test.token, got.status, got.body)
				}
				challenge := got.header.Get("WWW-Authenticate")
				if name == "a REST API" {
					challenge = got.header.Get("X-Amzn-Remapped-Www-Authenticate")
				}
				challenged := test.do == "GET /orders/7" && (test.want == 401 || test.want == 403)
				if challenged != strings.Contains(challenge, `scope="orders:read", resource_metadata="https://api.example.com/`) {
					t.Errorf("%s by %q: %v", test.do, test.token, got.header)
				}
				if retry := got.header.Get("Retry-After"); (test.want == 503) != (retry != "") {
					t.Errorf("%s by %q: Retry-After %q", test.do, test.token, retry)
				}
			}
		})
	}
}
