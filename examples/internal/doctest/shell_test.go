package doctest_test

import (
	"slices"
	"strings"
	"testing"
)

// known are the commands that documents may show beside those that are tried here, by who runs
// them.
var known = map[string][]string{
	".ci/run": {
		"go run ./examples/hs256",
		"go test ./... ./examples/...",
		".ci/run",
	},
	"TestTheProgramOfTheReadmeBecomesALambdaFunction": {
		"go mod init example.com/orders",
		"GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -o bootstrap .",
	},
	"the reader, since they need the network, an account or a zip program": {
		"go mod tidy",
		"git clone https://github.com/lambdajwt/authorizer && cd authorizer",
		"zip authorizer.zip bootstrap",
	},
}

func TestEveryCommandIsRun(t *testing.T) {
	var all []string
	for _, commands := range known {
		all = append(all, commands...)
	}
	shown := map[string]bool{}
	for _, s := range snippetsIn(t, "sh") {
		for line := range strings.Lines(s.code) {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			shown[line] = true
			if !slices.Contains(all, line) {
				t.Errorf("%s: nobody is known to run %q", s.document, line)
			}
		}
	}
	for _, command := range all {
		if !shown[command] {
			t.Errorf("no document shows %q any more", command)
		}
	}
}
