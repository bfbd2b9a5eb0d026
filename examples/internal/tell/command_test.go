package tell_test

import (
	"bytes"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

func TestACommandIsToldWithWhatItHasPrinted(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	teller.Command("keys init", "made a key\n\nshow it to nobody\n")
	if want := "  $ keys init\n    made a key\n\n    show it to nobody\n\n"; out.String() != want || teller.End() != nil {
		t.Errorf("%q, %v", out.String(), teller.End())
	}
}
