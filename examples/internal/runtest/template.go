package runtest

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Resource returns what template.yaml says of one resource.
func Resource(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("template.yaml")
	found := regexp.MustCompile(`(?m)^  ` + name + `:\n((?:(?:    .*)?\n)+)`).FindSubmatch(data)
	if found == nil {
		t.Fatal(errors.Join(err, fmt.Errorf("no %s in the template", name)))
	}
	return string(found[1])
}

var (
	action = regexp.MustCompile(`Action: (.*)`)
	event  = regexp.MustCompile(`Method: (\w+), Path: ("[^"]+"|[^,}]+)(, Auth: \{Authorizer: NONE\})?`)
)

// Actions returns the actions that the text of a resource allows, one after the other.
func Actions(resource string) string {
	var actions []string
	for _, found := range action.FindAllStringSubmatch(resource, -1) {
		actions = append(actions, found[1])
	}
	return strings.Join(actions, " ")
}

// Routes returns the routes to these functions of template.yaml, such as
// "POST /login open=true".
func Routes(t *testing.T, functions ...string) (routes []string) {
	t.Helper()
	for _, name := range functions {
		for _, m := range event.FindAllStringSubmatch(Resource(t, name), -1) {
			routes = append(routes, fmt.Sprintf("%s %s open=%v", m[1], strings.Trim(m[2], `"`), m[3] != ""))
		}
	}
	return routes
}
