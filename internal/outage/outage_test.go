package outage_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/lambdajwt/authorizer/internal/outage"
)

func TestAnOutageIsNoVerdictAndIsOtherwiseWhatItWas(t *testing.T) {
	refused, unknown, down := errors.New("refused"), errors.New("unknown"), errors.New("down")
	for name, err := range map[string]error{"one": fmt.Errorf("the store: %w", refused), "another": fmt.Errorf("the store: %w, %w", down, unknown)} {
		got := outage.Of(err, refused, unknown)
		if errors.Is(got, refused) || errors.Is(got, unknown) || errors.Is(got, down) || got.Error() != err.Error() {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for name, err := range map[string]error{"no verdict": fmt.Errorf("the store: %w", down), "no error": nil} {
		if got := outage.Of(err, refused, unknown); got != err {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := outage.Of(refused); got != refused {
		t.Errorf("without verdicts: got %v", got)
	}
}
