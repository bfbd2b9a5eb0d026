package setting_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/setting"
)

func TestAFlagIsOneOrNotThere(t *testing.T) {
	for value, want := range map[string]struct {
		on  bool
		err string
	}{"": {}, "1": {on: true}, "0": {err: "set X to 1"}, "true": {err: `it is "true"`}, " 1": {err: "set X to 1"}} {
		on, err := setting.Flag(func(name string) string { return map[string]string{"X": value}[name] }, "X")
		if on != want.on || (err == nil) != (want.err == "") || err != nil && !strings.Contains(err.Error(), want.err) {
			t.Errorf("%q: %v, %v", value, on, err)
		}
	}
}
