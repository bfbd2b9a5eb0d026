package main

import (
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	template, err := sam.Read("template.yaml", map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, readTemplate(t).Gateway)
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	routes, err := readTemplate(t).Routes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range routes {
		got = append(got, r.String())
	}
	want := []string{
		`GET /whoami Whoami`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestNoFunctionMayDoAnything(t *testing.T) {
	if got, err := readTemplate(t).Roles(); err != nil || got != nil {
		t.Errorf("%q, %v", got, err)
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
