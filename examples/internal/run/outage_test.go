package run_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func TestAnOutageIsA503UntilItEnds(t *testing.T) {
	var outage run.Outage
	site := outage.Before(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, failing := range []bool{false, true, true, false} {
		outage.Set(failing)
		res := httptest.NewRecorder()
		site.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		if (res.Code == http.StatusServiceUnavailable) != failing || (outage.Err() != nil) != failing {
			t.Errorf("failing %v: %d, %v", failing, res.Code, outage.Err())
		}
	}
}
