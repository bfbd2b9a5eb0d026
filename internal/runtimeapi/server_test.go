package runtimeapi

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// do makes a request as a function's runtime does.
func do(s *server, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest(method, "/2018-06-01/runtime/"+path, strings.NewReader(body)))
	return w
}

func TestAnAnswerGoesToItsEventAndToNoOther(t *testing.T) {
	s := newServer()
	go func() {
		next := do(s, "GET", "invocation/next", "")
		id := next.Header().Get("Lambda-Runtime-Aws-Request-Id")
		for _, wrong := range []string{"invocation/other/response", "invocation/other/error"} {
			if w := do(s, "POST", wrong, "{}"); w.Code != 400 {
				t.Errorf("%s: %d", wrong, w.Code)
			}
		}
		if next.Body.String() != `{"n":1}` || next.Header().Get("Lambda-Runtime-Deadline-Ms") != "1000" {
			t.Errorf("%s, %v", next.Body, next.Header())
		}
		if w := do(s, "POST", "invocation/"+id+"/response", `"answer"`); w.Code != 202 {
			t.Errorf("%d", w.Code)
		}
		if w := do(s, "POST", "invocation/"+id+"/response", `"again"`); w.Code != 400 {
			t.Errorf("a second answer: %d", w.Code)
		}
	}()
	if answer, err := s.invoke(t.Context(), []byte(`{"n":1}`), time.UnixMilli(1000)); err != nil || string(answer) != `"answer"` {
		t.Errorf("%s, %v", answer, err)
	}
}

func TestAnAnswerThatIsTooLateIsRefused(t *testing.T) {
	s := newServer()
	ctx, cancel := context.WithCancelCause(t.Context())
	late := make(chan string)
	go func() {
		next := do(s, "GET", "invocation/next", "")
		cancel(errors.New("over"))
		late <- next.Header().Get("Lambda-Runtime-Aws-Request-Id")
	}()
	if _, err := s.invoke(ctx, nil, time.Time{}); err == nil || err.Error() != "over" {
		t.Errorf("error %v", err)
	}
	if w := do(s, "POST", "invocation/"+<-late+"/response", "{}"); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
}

func TestAFunctionThatCannotBeginSaysSo(t *testing.T) {
	s := newServer()
	for range 2 { // of which the first is heard
		if w := do(s, "POST", "init/error", `{"errorMessage":"set KEY","errorType":"init"}`); w.Code != 202 {
			t.Errorf("%d", w.Code)
		}
	}
	if _, err := s.invoke(t.Context(), nil, time.Time{}); err == nil || err.Error() != "init: set KEY" {
		t.Errorf("error %v", err)
	}
}

func TestAnErrorThatIsNoJSONIsShownAsItIs(t *testing.T) {
	if err := parseError([]byte("oh no")); err == nil || !strings.Contains(err.Error(), "oh no") {
		t.Errorf("error %v", err)
	}
}
