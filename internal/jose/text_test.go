package jose_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestTextUndoesEveryEscape(t *testing.T) {
	for raw, want := range map[string]string{
		`""`:                         "",
		`"plain é 😀"`:                "plain é 😀",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u20AC"`:       "Aé€",
		`"\ud83d\ude00 and \u0000"`:  "😀 and \x00",
		`"x\\u0041"`:                 `x\u0041`,
		`"\u0009\u0090\u00aA\u00fF"`: "\t\u0090\u00aa\u00ff",
	} {
		got, ok := jose.Value{Kind: jose.String, Raw: raw}.Text()
		if !ok || got != want {
			t.Errorf("%s: got %q, %v; want %q", raw, got, ok, want)
		}
	}
	if _, ok := (jose.Value{Kind: jose.Number, Raw: "1"}).Text(); ok {
		t.Error("a number passed for a string")
	}
}
