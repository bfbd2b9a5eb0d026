package main

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

func TestTheStoryIsAsItWasTold(t *testing.T) {
	var out strings.Builder
	ids := 0
	newID := func() string {
		ids++
		return fmt.Sprintf("user%08d", ids)
	}
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tellStory(t.Context(), t.TempDir(), &out, start, newID, newHasher(cheap)); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", out.String())
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), t.TempDir(), &out, time.Now(), newID, newHasher(cheap)); err != nil {
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

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	api, try, err := serve(t.TempDir(), "http://"+server.Listener.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	defer server.Close()
	if got, want := runtest.Try(t, try), []int{202, 200, 200, 200, 401, 200, 403, 200, 400}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestTheTemplateHasTheRoutesOfTheLocalGateway(t *testing.T) {
	data, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var inTemplate []string
	for _, m := range regexp.MustCompile(`Method: (\w+), Path: ("[^"]+"|[^,}]+)(, Auth: \{Authorizer: NONE\})?`).FindAllStringSubmatch(string(data), -1) {
		inTemplate = append(inTemplate, fmt.Sprintf("%s %s open=%v", m[1], strings.Trim(m[2], `"`), m[3] != ""))
	}
	var local []string
	for _, r := range newFixture(t).routes() {
		local = append(local, fmt.Sprintf("%s open=%v", r.Key, r.NoAuthorizer))
	}
	slices.Sort(inTemplate)
	slices.Sort(local)
	if !slices.Equal(inTemplate, local) {
		t.Errorf("template %q\nlocal    %q", inTemplate, local)
	}
	if want := fmt.Sprintf("ReauthorizeEvery: %g ", cacheTTL.Seconds()); !strings.Contains(string(data), want) {
		t.Errorf("no %q in the template", want)
	}
}
