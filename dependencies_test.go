package authorizer_test

import (
	"encoding/json"
	"io/fs"
	"os/exec"
	"path/filepath"
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

// What a module or a workspace replaces counts here alone: a user would build something else.
func TestNothingIsReplaced(t *testing.T) {
	kinds := map[string]string{"go.mod": "mod", "go.work": "work"}
	looked := 0
	for _, file := range sources(t) {
		kind := kinds[filepath.Base(file)]
		if kind == "" {
			continue
		}
		looked++
		output, err := exec.Command("go", kind, "edit", "-json", file).Output()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var read struct{ Replace []json.RawMessage }
		if err := json.Unmarshal(output, &read); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if len(read.Replace) > 0 {
			t.Errorf("%s replaces %s", file, read.Replace)
		}
	}
	if looked < 13 {
		t.Errorf("there are only %d modules and workspaces", looked)
	}
}

// sources returns the files of this repository, those of the modules beside this one too.
func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			files = append(files, path)
		case entry.Name() == ".git" || entry.Name() == "node_modules" || entry.Name() == "testdata":
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
