package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A teller also tells what requests cost in calls to KMS.
type teller struct {
	*tell.Teller
	kms *kmstest.KMS
	err error
}

// call is Call, and says which calls to KMS that took. Others than these are the end
// of the story, as another status is.
func (t *teller) call(ctx context.Context, r tell.Request, want string, into any) {
	if t.err != nil {
		return
	}
	before := t.count()
	t.Call(ctx, r, into)
	calls := t.count().since(before)
	t.Say("Calls to KMS: %s.", calls)
	if calls != want && t.End() == nil {
		t.err = fmt.Errorf("%s took these calls to KMS: %s; the story needs: %s", r.Do, calls, want)
	}
}

// counts are how often KMS was called, by operation.
type counts struct{ dataKeys, decrypted, all int }

func (t *teller) count() counts {
	return counts{t.kms.Calls("GenerateDataKey"), t.kms.Calls("Decrypt"), t.kms.Calls("")}
}

// since names the calls since an earlier count.
func (c counts) since(earlier counts) string {
	var calls []string
	add := func(n int, operation string) {
		if n > 0 {
			calls = append(calls, fmt.Sprintf("%d %s", n, operation))
		}
	}
	dataKeys, decrypted := c.dataKeys-earlier.dataKeys, c.decrypted-earlier.decrypted
	add(dataKeys, "GenerateDataKey")
	add(decrypted, "Decrypt")
	add(c.all-earlier.all-dataKeys-decrypted, "of something else")
	if calls == nil {
		return "none"
	}
	return strings.Join(calls, " and ")
}

// end returns the first failure.
func (t *teller) end() error {
	if t.err != nil {
		return t.err
	}
	return t.End()
}
