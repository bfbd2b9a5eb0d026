package local_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/local"
)

func TestOnlyRequestsToThisMachinesOwnNamesAreAnswered(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for host, want := range map[string]int{
		"localhost:8080":             200,
		"localhost":                  200,
		"LocalHost:8080":             200,
		"127.0.0.1:8080":             200,
		"127.0.0.1":                  200,
		"[::1]:8080":                 200,
		"[::1]":                      200,
		"192.0.2.7:8080":             200,
		"laptop.example.com:8080":    200,
		"evil.example:8080":          421,
		"evil.example":               421,
		"localhost.evil.example":     421,
		"127.0.0.1.evil.example:80":  421,
		"evil.example:80:127.0.0.1":  421,
		"xlaptop.example.com:8080":   421,
		"":                           421,
		":8080":                      421,
		"127.0.0.1, evil.example:80": 421,
	} {
		req := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		req.Host = host
		res := httptest.NewRecorder()
		local.Only(hello, "laptop.example.com", "").ServeHTTP(res, req)
		if res.Code != want {
			t.Errorf("Host %q: %d, want %d", host, res.Code, want)
		}
	}
}
