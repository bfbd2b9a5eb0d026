package authorizertest_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestThePanelShowsLinesOfTheLogBesideTheirRequest(t *testing.T) {
	var out strings.Builder
	logger := slog.New(authorizertest.PanelLog(slog.NewJSONHandler(&out, nil))).With("service", "orders").WithGroup("call")
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Routes = []authorizertest.Route{{Key: "GET /orders", Handler: func(_ http.ResponseWriter, r *http.Request) {
			logger.WarnContext(r.Context(), "careful", "user", "ann")
			logger.DebugContext(r.Context(), "not said")
			for range 100 {
				logger.InfoContext(r.Context(), strings.Repeat("x", 10000))
			}
		}}}
	}, authorizertest.PanelConfig{})
	logger.WarnContext(context.Background(), "elsewhere")
	w.call("GET /orders", w.token("ann", ""), "")
	text := w.page("request?number=1")
	want(t, text, `level=WARN msg=careful service=orders call.user=ann`, "not elsewhere", "not not said")
	if len(text) > 20*5000+20000 {
		t.Errorf("%d bytes", len(text))
	}
	want(t, out.String(), `"msg":"careful","service":"orders","call":{"user":"ann"}`, `"msg":"elsewhere"`, "not not said")
}
