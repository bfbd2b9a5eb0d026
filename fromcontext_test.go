package authorizer_test

import (
	"reflect"
	"testing"

	"github.com/lambdajwt/authorizer"
)

type account struct {
	Tenant string `json:"tenant"`
}

type member struct {
	account
	Role  string   `json:"role"`
	Score *float32 `json:"score"`
}

func TestFromContextFillsTheFieldsOfEmbeddedStructs(t *testing.T) {
	score := float32(1.5)
	got, err := authorizer.FromContext[member](map[string]any{"tenant": "acme", "role": "owner", "score": 1.5})
	if want := (member{account{"acme"}, "owner", &score}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := authorizer.FromContext[member](map[string]any{"tenant": []any{}}); err == nil || !reflect.DeepEqual(got, member{}) {
		t.Errorf("got %+v, %v, want an error and nothing", got, err)
	}
}

func TestFromContextRefusesAnIntegerThatHasLostDigits(t *testing.T) {
	type ids struct {
		Text   string   `json:"text"`
		Number int64    `json:"number"`
		Float  *float64 `json:"float"`
	}
	const beyond = float64(1 << 60) // 2^60 and 2^60+1 are one float64
	for _, name := range []string{"text", "number"} {
		if got, err := authorizer.FromContext[ids](map[string]any{name: beyond}); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	got, err := authorizer.FromContext[ids](map[string]any{"text": 1234567.0, "number": float64(1<<53 - 1), "float": beyond})
	if err != nil || got.Text != "1234567" || got.Number != 1<<53-1 || *got.Float != beyond {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextRefusesAFieldThatNoValueFits(t *testing.T) {
	type lists struct {
		Roles []string `json:"roles"`
	}
	if got, err := authorizer.FromContext[lists](map[string]any{"roles": "1"}); err == nil {
		t.Errorf("got %+v", got)
	}
}
