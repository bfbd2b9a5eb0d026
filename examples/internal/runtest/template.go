package runtest

import (
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

// Template reads a template of the example whose test this is: see sam.Read.
func Template(t *testing.T, file string, parameters map[string]string) *sam.Template {
	t.Helper()
	template, err := sam.Read(file, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// Routes returns the routes of a template, as sam.Route prints them.
func Routes(t *testing.T, template *sam.Template) (routes []string) {
	t.Helper()
	all, err := template.Routes()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		routes = append(routes, r.String())
	}
	return routes
}

// Roles returns what the functions of a template may do.
func Roles(t *testing.T, template *sam.Template) []string {
	t.Helper()
	roles, err := template.Roles()
	if err != nil {
		t.Fatal(err)
	}
	return roles
}
