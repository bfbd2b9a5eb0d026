package authorizer_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lambdajwt/authorizer"

// goList runs go list in this module and returns its lines.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	command := exec.Command("go", append([]string{"list"}, args...)...)
	command.Env = append(command.Environ(), "GOWORK=off")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(output))
}

// Whoever verifies with a PEM must not link, start and ship an SDK: only the packages
// for KMS do.
func TestTheCorePackagesLinkNoAWSSDK(t *testing.T) {
	for _, name := range []string{"", "/verifier", "/signer", "/keys", "/keys/jwks", "/keys/rotation", "/policy", "/authorizertest", "/keys/keystest", "/keys/golangjwt", "/verifier/binding", "/verifier/revocation", "/httpauth", "/observe"} {
		for _, dependency := range goList(t, "-deps", module+name) {
			if strings.HasPrefix(dependency, "github.com/aws/aws-sdk-go") || strings.HasPrefix(dependency, "github.com/aws/smithy-go") {
				t.Errorf("%s%s links %s", module, name, dependency)
			}
		}
	}
}

func TestArrowsBetweenPackagesRunOneWay(t *testing.T) {
	allowed := map[string][]string{ // beside the internal packages, which all may use
		"":                     {"/verifier", "/verifier/binding", "/policy", "/keys"},
		"/signer":              {"/keys", "/verifier"},
		"/verifier":            {"/keys"},
		"/policy":              {},
		"/keys":                {},
		"/keys/jwks":           {"/keys"},
		"/keys/rotation":       {"/keys"},
		"/keys/keystest":       {"/keys"},
		"/keys/kmskeys":        {"/keys"},
		"/keys/kmstest":        {},
		"/keys/golangjwt":      {"/keys"},
		"/verifier/binding":    {"/verifier", "/keys"},
		"/verifier/revocation": {"/verifier", "/keys"},
		"/httpauth":            {"/verifier", "/verifier/binding", "/policy", "/keys"},
		"/authorizertest":      {"", "/policy", "/verifier", "/verifier/binding", "/keys"},
		"/observe":             {"", "/policy", "/verifier", "/verifier/binding", "/keys"},
		"/internal/jose":       {},
		"/internal/lru":        {},
	}
	for name, want := range allowed {
		for _, dependency := range goList(t, "-deps", module+name) {
			path, ours := strings.CutPrefix(dependency, module)
			internal := strings.HasPrefix(path, "/internal/")
			if ours && !internal && path != name && !slices.Contains(want, path) {
				t.Errorf("%s imports %s", module+name, dependency)
			}
		}
	}
}

func TestTheDirectRequirementsAreTheThree(t *testing.T) {
	got := goList(t, "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all")
	slices.Sort(got)
	want := []string{
		"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2/service/kms", "github.com/golang-jwt/jwt/v5",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a go.mod replaces counts for this module alone: a user would build something else.
func TestNothingIsReplaced(t *testing.T) {
	if got := goList(t, "-m", "-f", "{{if .Replace}}{{.Path}}{{end}}", "all"); len(got) > 0 {
		t.Errorf("go.mod replaces %q", got)
	}
}
