package jwks

import (
	"context"
	"net/http"

	"github.com/lambdajwt/authorizer/internal/publish"
)

var _ http.Handler = (*Publisher)(nil)

// ServeHTTP serves the discovery document and the JWK set at their paths to GET and
// HEAD, with ETag and Cache-Control. Any other method gets 405 and any other path 404.
// If the keys cannot be had the answer is a 500, which no cache keeps and which does
// not say why.
//
// The Content-Type of both is application/json. application/jwk-set+json would be the
// set's own (RFC 7517 section 8.5.1), but there are verifiers that refuse it,
// aws-jwt-verify before version 5 among them, and none that need it.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var document func(context.Context) ([]byte, error)
	switch request.URL.Path {
	case p.DiscoveryPath():
		document = p.Discovery
	case p.JWKSPath():
		document = p.JWKS
	default:
		http.NotFound(w, request)
		return
	}
	if !publish.IsRead(w, request) {
		return
	}
	text, err := document(request.Context())
	if err != nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "the keys are not available", http.StatusInternalServerError)
		return
	}
	publish.Serve(w, request, text, p.cfg.CacheControl)
}
