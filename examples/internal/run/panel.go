package run

import (
	"context"
	"net/http"
	"strings"

	"github.com/lambdajwt/authorizer/authorizertest"
)

// A panelled is an API with a panel.
type panelled struct{ http.Handler }

// WithPanel puts the panel of a gateway beside an API that it is behind.
func WithPanel(api http.Handler, gateway *authorizertest.Gateway, cfg authorizertest.PanelConfig) http.Handler {
	panel := gateway.Panel(cfg)
	return panelled{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isPanels(r):
			panel.ServeHTTP(w, r)
		case r.URL.Path+"/" == authorizertest.PanelPath:
			http.Redirect(w, r, authorizertest.PanelPath, http.StatusMovedPermanently)
		default:
			api.ServeHTTP(w, r)
		}
	})}
}

func isPanels(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, authorizertest.PanelPath) }

// endPanels has requests to a panel end with ctx: one that waits for news has no end of its
// own, and would hold up the server's.
func endPanels(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPanels(r) {
			until, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			r = r.WithContext(until)
		}
		next.ServeHTTP(w, r)
	})
}
