package tell_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

func TestAnOverheardRequestIsToldWithItsAnswerAndWithoutTokens(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	teller.Overheard(tell.Overheard{
		Request: "POST /token", Status: 200, Headers: []string{"Cache-Control: no-store"}, Body: []byte(`{"access_token":"` + aToken + `"}`),
	})
	want := "  → POST /token\n  ← 200 OK\n    Cache-Control: no-store\n"
	if !strings.HasPrefix(out.String(), want) || strings.Contains(out.String(), aToken) || teller.End() != nil {
		t.Errorf("%s%v", out.String(), teller.End())
	}
}
