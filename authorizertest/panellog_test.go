package authorizertest_test

import (
	"context"
	"fmt"
	"io"
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

func TestOfALogTheFirst20LinesAreKeptAndOfEachTheFirst4KB(t *testing.T) {
	logger := slog.New(authorizertest.PanelLog(slog.NewTextHandler(io.Discard, nil)))
	whole := strings.Repeat("x", 4096-len("level=INFO msg="))
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Routes = []authorizertest.Route{{Key: "POST /login", NoAuthorizer: true, Handler: func(_ http.ResponseWriter, r *http.Request) {
			logger.InfoContext(r.Context(), whole)
			logger.InfoContext(r.Context(), whole+"y")
			for n := 3; n <= 21; n++ {
				logger.InfoContext(r.Context(), fmt.Sprint("line-", n))
			}
		}}}
	}, authorizertest.PanelConfig{})
	w.call("POST /login", "", "")
	text := w.text("request?number=1")
	want(t, text, whole+" ", whole+"…", "not "+whole+"y", "line-20", "not line-21")
}
