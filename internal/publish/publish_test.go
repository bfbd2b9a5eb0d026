package publish_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/publish"
)

func TestADocumentIsServedWithWhatCachesNeed(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	publish.Serve(w, r, []byte(`{}`), 90*time.Second+time.Millisecond)
	header := w.Header()
	if w.Code != 200 || w.Body.String() != `{}` || header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "public, max-age=90" ||
		header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v %s", w.Code, header, w.Body)
	}
	r.Header.Set("If-None-Match", header.Get("ETag"))
	for text, want := range map[string]int{`{}`: 304, `[]`: 200} {
		w := httptest.NewRecorder()
		if publish.Serve(w, r, []byte(text), time.Second); w.Code != want {
			t.Errorf("%s: got %d, want %d", text, w.Code, want)
		}
	}
}

func TestADocumentIsRead(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "POST": false, "OPTIONS": false} {
		w := httptest.NewRecorder()
		got := publish.IsRead(w, httptest.NewRequest(method, "/", nil))
		if got != want || !want && (w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD") {
			t.Errorf("%s: %v, %d %v", method, got, w.Code, w.Header())
		}
	}
}
