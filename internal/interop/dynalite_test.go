package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func dynalite() peer {
	return peer{name: "dynalite", version: "4.0.0", runtime: node{script: "dynalite.mjs"}}
}

// The stores of the examples are tested with nothing but Go, on a stand-in for DynamoDB of
// their own. Here their tests run once more, on one that others have made.
func TestTheStoresOfTheExamplesAreKeptInDynalite(t *testing.T) {
	p := dynalite().command(t)
	var endpoint string
	start(t, p, newAuthority(t).file).must(t, "listen", request{}, &endpoint)

	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "./hs256/users", "./revoked")
	command.Dir = filepath.Join("..", "..", "examples")
	command.Env = append(os.Environ(), "DYNAMODB_ENDPOINT="+endpoint)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{"TestDynamoConforms/", "TestTokensSessionsAndUsersAreRevoked "} {
		if !strings.Contains(string(output), "--- PASS: "+name) {
			t.Errorf("%s has not been run:\n%s", name, output)
		}
	}
}

func TestTheREADMENamesDynalite(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if name := dynalite().name + " " + dynalite().version; !strings.Contains(string(text), name) {
		t.Errorf("README.md does not name %s", name)
	}
}
