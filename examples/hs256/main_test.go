package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, authorizertest.New) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	ids := 0
	newID := func() string {
		ids++
		return fmt.Sprintf("user%08d", ids)
	}
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), t.TempDir(), &out, build, start, newID, newHasher(cheap)); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", out.String())
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), t.TempDir(), &out, authorizertest.New, time.Now(), newID, newHasher(cheap)); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"grey owls", "a wrong password", "coconuts", "argon2"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("it shows %q", secret)
		}
	}
	if token := regexp.MustCompile(`eyJ[\w-]{8}`).FindString(out.String()); token != "" {
		t.Errorf("it shows more than the beginning of a token: %s", token)
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "hs256", serve) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	if got, want := runtest.Try(t, runtest.Serve(t, serve).Commands), []int{202, 200, 200, 200, 401, 200, 403, 200, 400}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}
