package authorizertest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
)

const (
	maxRequestHead = 10240    // bytes of request line and headers together
	maxBody        = 10 << 20 // bytes
)

// An exchange is one request on its way through the gateway.
type exchange struct {
	http       *http.Request
	route      *route
	path       string            // as events have it
	parameters map[string]string // of the path, likewise
	query      url.Values
	body       []byte
	number     int64
	id         string
	connection string // of a WebSocket
	now        time.Time
	sourceIP   string
	userAgent  string
	domain     string
	clientCert object // nil without mutual TLS
	arn        policy.ARN
	granted    *granted // what the authorizer said; nil without one
	challenge  string   // www-authenticate of a refusal; empty for none
	seen       *record  // what the panel shows of it; nil without a panel
}

// receive finds the route of a request, which has a number for its ID. The exchange is
// never nil, and neither is its route. HTTP APIs take the percent-encoding out of paths: "/a%2Fb" becomes "/a/b". (M)
func (g *Gateway) receive(r *http.Request, number int64) (*exchange, *failure) {
	x := &exchange{
		http: r, number: number, route: &route{}, query: r.URL.Query(), now: g.cfg.Now(), userAgent: r.UserAgent(),
		id: fmt.Sprintf("request-%d", number), connection: fmt.Sprintf("connection-%d", number),
	}
	x.sourceIP, _, _ = net.SplitHostPort(r.RemoteAddr)
	x.domain = cmp.Or(r.Host, g.domain())
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		x.clientCert = clientCert(r.TLS.PeerCertificates[0])
	}
	if size := headSize(r); size > maxRequestHead {
		return x, headTooLong
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/" // the root of an absolute-form target without a path
	}
	if path[0] != '/' { // "*", for one
		return x, badRequest
	}
	x.path = path
	if isHTTP(g.cfg.Kind) {
		x.path = unescape(path)
	}
	x.arn = g.arn(r.Method, x.path)
	if g.cfg.Unconfirmed.RouteARNAsSent {
		x.arn = g.arn(r.Method, path)
	}
	taken := g.find(r.Method, path)
	if taken == nil {
		return x, noRoute
	}
	x.route = taken
	if len(x.arn.String()) > maxARN {
		return x, pathTooLong
	}
	x.parameters, _ = x.route.parameters(path)
	if isHTTP(g.cfg.Kind) { // by analogy with the path (L)
		for name, value := range x.parameters {
			x.parameters[name] = unescape(value)
		}
	}
	return x, nil
}

// unescape decodes a part of an escaped path, where every escape is well-formed.
func unescape(escaped string) string {
	text, _ := url.PathUnescape(escaped)
	return text
}

// maxARN is the longest ARN of a method, in bytes, that API Gateway works with.
const maxARN = 1600

func (x *exchange) readBody(w http.ResponseWriter) *failure {
	if x.http.Body == nil {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, x.http.Body, maxBody))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return bodyTooLong
	} else if err != nil {
		return badRequest
	}
	x.body = body
	return nil
}

// arn names the method that is called.
func (g *Gateway) arn(method, path string) policy.ARN {
	arn := policy.ARN{
		Partition: g.cfg.Partition, Region: g.cfg.Region, Account: g.cfg.AccountID,
		API: g.cfg.APIID, Stage: g.cfg.Stage, Verb: method, Path: path,
	}
	if g.cfg.Kind == authorizer.WebSocket {
		arn.Verb, arn.Path = "", "$connect"
	}
	return arn
}

// headSize returns the length of the request line and the headers as HTTP/1.1
// writes them.
func headSize(r *http.Request) int {
	size := len(r.Method) + len(r.URL.RequestURI()) + len(r.Proto) + len("  \r\n") + len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}

// header returns the headers as the backend sees them: what was sent, the host, and
// what API Gateway adds.
func (x *exchange) header() http.Header {
	h := x.http.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Host", x.http.Host)
	h.Set("X-Forwarded-For", strings.Join(append(h.Values("X-Forwarded-For"), x.sourceIP), ", "))
	h.Set("X-Forwarded-Port", "443")
	h.Set("X-Forwarded-Proto", "https")
	return h
}
