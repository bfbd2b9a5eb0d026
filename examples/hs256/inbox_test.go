package main

import (
	"fmt"
	"net/http/httptest"
	"testing"
)

func TestAnInboxShowsItsLastMailAndKeepsSome(t *testing.T) {
	var i inbox
	for n := range 2 * maxInbox {
		if err := i.send(t.Context(), mail{To: fmt.Sprintf("%d@example.com", n), Token: "eyJ"}); err != nil {
			t.Fatal(err)
		}
	}
	res := httptest.NewRecorder()
	i.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), "GET", "/inbox", nil))
	if got, want := res.Body.String(), `{"to":"39@example.com","token":"eyJ"}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(i.mails) != maxInbox {
		t.Errorf("%d mails", len(i.mails))
	}
}

func TestAnEmptyInboxShowsNone(t *testing.T) {
	res := httptest.NewRecorder()
	new(inbox).ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), "GET", "/inbox", nil))
	if got := res.Body.String(); got != `{"to":"","token":""}`+"\n" {
		t.Error(got)
	}
}
