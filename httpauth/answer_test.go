package httpauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
)

func TestNoCacheKeepsARefusal(t *testing.T) {
	auth := newAuth(t, nil)
	for token, want := range map[string]int{"": 401, "forged": 401, "plain": 403, "down": 503, "misconfigured": 500} {
		got := serve(auth.Wrap(handler), request("GET /orders/7", token))
		header := got.Header()
		if got.Code != want || header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "application/json" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %d %v", token, got.Code, header)
		}
		if body := fmt.Sprintf("{\"message\":%q}\n", http.StatusText(want)); got.Body.String() != body {
			t.Errorf("%q: %s", token, got.Body)
		}
	}
}

// Clients throw tokens away on a 401, and all log in again at once.
func TestAnOutageIsA503WithATimeToTryAgainAndNoChallenge(t *testing.T) {
	for set, want := range map[time.Duration]string{0: "5", time.Nanosecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Hour: "3600"} {
		auth := newAuth(t, func(c *httpauth.Config) { c.RetryAfter = set })
		got := serve(auth.Wrap(handler), request("GET /orders/7", "down"))
		if got.Code != 503 || got.Header().Get("Retry-After") != want || got.Header()["Www-Authenticate"] != nil {
			t.Errorf("%v: %d %v", set, got.Code, got.Header())
		}
	}
}

func TestAMistakeOfTheSetupIsA500WithoutATimeToTryAgain(t *testing.T) {
	got := serve(newAuth(t, nil).Wrap(handler), request("GET /orders/7", "misconfigured"))
	if got.Code != 500 || got.Header()["Retry-After"] != nil || got.Header()["Www-Authenticate"] != nil {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

func TestSeveralTokensAreA400(t *testing.T) {
	for name, values := range map[string][]string{
		"two headers":     {"Bearer ann", "Bearer admin"},
		"one and another": {"Bearer ann", "Basic eDp5"},
		"joined":          {"Bearer ann, Bearer admin"},
	} {
		r := request("GET /orders/7", "")
		r.Header["Authorization"] = values
		got := serve(newAuth(t, nil).Wrap(handler), r)
		want := `Bearer realm="api", error="invalid_request", error_description="the request has several tokens"`
		if got.Code != 400 || got.Header().Get("WWW-Authenticate") != want {
			t.Errorf("%s: %d %v", name, got.Code, got.Header())
		}
	}
}

// RFC 9111 section 3.5 keeps shared caches from answers to requests with Authorization; not
// all of them keep to it, and none knows of a token in another place.
func TestAnAnswerToATokenIsForItsBearerAlone(t *testing.T) {
	got := serve(newAuth(t, nil).Wrap(handler), request("GET /orders/7", "ann"))
	if got.Header().Get("Cache-Control") != "private" || got.Header().Get("Vary") != "Authorization" {
		t.Errorf("%v", got.Header())
	}
	elsewhere := newAuth(t, func(c *httpauth.Config) {
		c.Extract = func(r *http.Request) (string, error) { return r.Header.Get("X-Token"), nil }
	})
	r := request("GET /orders/7", "")
	r.Header.Set("X-Token", "ann")
	got = serve(elsewhere.Wrap(handler), r)
	if got.Code != 200 || got.Header().Get("Cache-Control") != "private" || got.Header()["Vary"] != nil {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

// What stands in front, such as one that answers CORS, goes on to say what else an answer varies by.
func TestAnAnswerKeepsWhatWasSaidOfItsVariants(t *testing.T) {
	auth := newAuth(t, nil).Wrap(handler)
	cors := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		w.Header().Set("Cache-Control", "public, max-age=60")
		auth.ServeHTTP(w, r)
	})
	got := serve(cors, request("GET /orders/7", "ann"))
	if vary := strings.Join(got.Header()["Vary"], ","); got.Code != 200 || vary != "Origin,Authorization" {
		t.Errorf("%d, Vary: %q", got.Code, vary)
	}
	if kept := got.Header()["Cache-Control"]; len(kept) != 1 || kept[0] != "private" {
		t.Errorf("Cache-Control: %q", kept)
	}
}

func TestAHandlerMaySayOtherwiseOfCaches(t *testing.T) {
	h := newAuth(t, nil).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "Accept")
	}))
	got := serve(h, request("GET /orders/7", "ann"))
	if got.Header().Get("Cache-Control") != "no-store" || strings.Join(got.Header()["Vary"], ",") != "Authorization,Accept" {
		t.Errorf("%v", got.Header())
	}
}
