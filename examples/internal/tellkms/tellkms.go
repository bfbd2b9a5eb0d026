// Package tellkms tells stories with a KMS in them: of each request it says which
// calls to KMS that took.
package tellkms

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A Teller is a tell.Teller that counts.
type Teller struct {
	*tell.Teller
	kms *kmstest.KMS
	err error
}

// New returns a teller of a story with this KMS.
func New(out io.Writer, kms *kmstest.KMS) *Teller {
	return &Teller{Teller: tell.New(out), kms: kms}
}

// Call is Teller.Call, and says which calls to KMS that took. Others than calls, which
// is such as "1 Sign" or "none", are the end of the story, as another status is.
func (t *Teller) Call(ctx context.Context, r tell.Request, calls string, into any) {
	if t.err != nil {
		return
	}
	before := Count(t.kms)
	t.Teller.Call(ctx, r, into)
	got := Count(t.kms).Since(before)
	t.Say("Calls to KMS: %s.", got)
	if got != calls && t.Teller.End() == nil {
		t.err = fmt.Errorf("%s took these calls to KMS: %s; the story needs: %s", r.Do, got, calls)
	}
}

// End returns the first failure.
func (t *Teller) End() error {
	if t.err != nil {
		return t.err
	}
	return t.Teller.End()
}

// operations are those that a story may tell of by name.
var operations = [...]string{"GenerateDataKey", "Decrypt", "Sign", "GetPublicKey", "Verify"}

// Counts are how often a KMS was called.
type Counts struct {
	each [len(operations)]int
	all  int
}

// Count returns how often it was called so far.
func Count(kms *kmstest.KMS) Counts {
	c := Counts{all: kms.Calls("")}
	for i, operation := range operations {
		c.each[i] = kms.Calls(operation)
	}
	return c
}

// Since names the calls since an earlier count, such as "1 Sign and 2 Decrypt" or
// "none".
func (c Counts) Since(earlier Counts) string {
	var calls []string
	other := c.all - earlier.all
	for i, operation := range operations {
		n := c.each[i] - earlier.each[i]
		other -= n
		if n > 0 {
			calls = append(calls, fmt.Sprintf("%d %s", n, operation))
		}
	}
	switch {
	case other > 0:
		calls = append(calls, fmt.Sprintf("%d of something else", other))
	case calls == nil:
		return "none"
	}
	return strings.Join(calls, " and ")
}
