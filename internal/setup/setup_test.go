package setup_test

import (
	"net/http"
	"testing"

	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

type own struct{ Set bool }

type nothing struct{}

func TestWhatNoConstructorMadeIsUnmade(t *testing.T) {
	made, err := keys.GeneratePrivateKey("EdDSA")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		v         any
		nil, want bool
	}{
		"nil":                                {nil, true, true},
		"a nil pointer":                      {(*keys.Set)(nil), true, true},
		"a nil pointer to a user's type":     {(*own)(nil), true, true},
		"a nil function":                     {http.HandlerFunc(nil), true, true},
		"a nil map":                          {map[string]int(nil), true, true},
		"a zero value":                       {new(keys.Set), false, true},
		"a zero value of a user's type":      {new(own), false, false},
		"a user's type without fields":       {new(nothing), false, false},
		"a zero value of somebody else":      {new(http.Server), false, false},
		"one that was made":                  {made, false, false},
		"a user's value":                     {own{Set: true}, false, false},
		"a number":                           {0, false, false},
		"a pointer to what is no struct":     {new(int), false, false},
		"an empty slice":                     {[]int{}, false, false},
		"a zero value that is not a pointer": {keys.Header{}, false, false},
	} {
		if got := setup.IsNil(test.v); got != test.nil {
			t.Errorf("IsNil of %s is %v", name, got)
		}
		if got := setup.Unmade(test.v); got != test.want {
			t.Errorf("Unmade of %s is %v", name, got)
		}
	}
}

func TestDefaultSetsWhatIsZeroOnly(t *testing.T) {
	zero, set := 0, 5
	setup.Default(&zero, 7)
	setup.Default(&set, 7)
	if zero != 7 || set != 5 {
		t.Errorf("got %d and %d", zero, set)
	}
}
