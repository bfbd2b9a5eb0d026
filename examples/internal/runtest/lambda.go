// Package runtest tests the examples: as Lambda functions, and the stories that they
// tell.
package runtest

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
	"github.com/lambdajwt/authorizer/internal/runtimeapi"
)

// Main is a TestMain that calls leaktest.Main, and lets Invoke start the test binary as a
// Lambda function:
//
//	func TestMain(m *testing.M) { runtest.Main(m, main) }
func Main(m *testing.M, main func()) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		main()
		return
	}
	leaktest.Main(m)
}

// Invoke starts the program as Lambda would, as the function of a name with these
// environment variables ("NAME=value"), has it handle one event, and stores the
// answer in what answer points to. The error is the function's own, in JSON, or, if it did
// not even start, what it has printed.
func Invoke(t *testing.T, name string, env []string, event, answer any) error {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	function, err := runtimeapi.Start(runtimeapi.Config{Program: os.Args[0], Handler: name, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer function.Close()
	text, err := function.Invoke(t.Context(), payload)
	var own *runtimeapi.Error
	if errors.As(err, &own) {
		said, _ := json.Marshal(own)
		return errors.New(string(said))
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return nil
}
