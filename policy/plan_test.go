package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// A thousand routes do not fit, which is seen before they are compared with each other.
func TestMoreThanAThousandRoutesAreNotEvenMeasured(t *testing.T) {
	for n, isMeasured := range map[int]bool{1000: true, 1001: false} {
		var routes []policy.Route
		for i := range n {
			routes = append(routes, policy.Route{Key: fmt.Sprintf("GET /r%d", i), AnyToken: true})
		}
		r, err := policy.NewRoutes(routes...)
		if r != nil {
			t.Errorf("%d routes are accepted", n)
		}
		var limit *policy.LimitError
		if errors.As(err, &limit) != isMeasured {
			t.Errorf("%d routes: %v", n, err)
		}
		if !isMeasured {
			wantError(t, err, "overlap in too many ways")
		}
	}
}

func TestAPathMayHaveSixteenSegments(t *testing.T) {
	path := strings.Repeat("/x", 16)
	r, err := policy.NewRoutes(policy.Route{Key: "GET " + path, AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := suffixes(t, policyFor(t, r), "Allow"); !slices.Equal(got, []string{"GET" + path}) {
		t.Errorf("Allow %q", got)
	}
	r, err = policy.NewRoutes(policy.Route{Key: "GET " + path + "/x", AnyToken: true})
	if r != nil {
		t.Error("got routes along with an error")
	}
	wantError(t, err, "more than 16 segments")
}

// conflictsOf returns the conflicts that an error lists.
func conflictsOf(t *testing.T, err error) []*policy.ConflictError {
	t.Helper()
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%v lists no errors", err)
	}
	var all []*policy.ConflictError
	for _, err := range list.Unwrap() {
		c, ok := err.(*policy.ConflictError)
		if !ok {
			t.Fatalf("%v is no conflict", err)
		}
		all = append(all, c)
	}
	return all
}

func TestTheFirstEightConflictsAreListed(t *testing.T) {
	for _, n := range []int{1, 7, 8, 9, 12} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "GET /o%[1]d/{o} org\n GET /o%[1]d/{o}/members members\n GET /o%[1]d/{o}/projects/{p}/members project\n", i)
		}
		_, err := policy.NewRoutes(table(text.String())...)
		conflicts := conflictsOf(t, err)
		if len(conflicts) != min(n, 8) {
			t.Errorf("of %d conflicts %d are listed", n, len(conflicts))
		}
		for i, c := range conflicts {
			if want := fmt.Sprintf("GET /o%d/{o}", i); c.Allowed.Key != want {
				t.Errorf("conflict %d is of %s, want %s", i, c.Allowed.Key, want)
			}
		}
	}
}
