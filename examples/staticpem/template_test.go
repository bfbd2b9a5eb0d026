package main

import (
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", nil)
}

func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, readTemplate(t).Gateway)
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	want := []string{
		`GET /whoami Whoami`,
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestNoFunctionMayDoAnything(t *testing.T) {
	if got := runtest.Roles(t, readTemplate(t)); got != nil {
		t.Errorf("%q", got)
	}
}

// The policy is about every route, and so the token alone will do.
func TestAnswersAreCachedByWhatTheyHangOn(t *testing.T) {
	cfg, err := readTemplate(t).Config(newAPI(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) || cfg.Kind != authorizer.RESTToken || cfg.CacheTTL != time.Minute {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}
