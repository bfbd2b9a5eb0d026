// Package runtest tests the examples: as Lambda functions, and the stories that they
// tell.
package runtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Main is a TestMain that lets Invoke start the test binary as a Lambda function:
//
//	func TestMain(m *testing.M) { runtest.Main(m, main) }
func Main(m *testing.M, main func()) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Invoke starts the program as Lambda would, as the function of a name with these
// environment variables ("NAME=value"), has it handle one event, and stores the
// answer in what answer points to. The error is the function's own or, if it did not
// even start, what it has printed.
func Invoke(t *testing.T, name string, env []string, event, answer any) error {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan result, 1)
	runtime := httptest.NewServer(runtimeAPI(payload, results))
	defer runtime.Close()

	var printed bytes.Buffer
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Stdout, program.Stderr = &printed, &printed
	program.Env = append(env, "_HANDLER="+name, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(runtime.URL, "http://"))
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	select {
	case err := <-ended:
		return fmt.Errorf("the function did not start: %w: %s", err, printed.String())
	case got := <-results:
		program.Process.Kill() // Lambda's way, too
		<-ended
		if got.failed {
			return fmt.Errorf("%s", got.body)
		}
		if err := json.Unmarshal(got.body, answer); err != nil {
			t.Fatalf("%v in %s", err, got.body)
		}
		return nil
	}
}

type result struct {
	failed bool
	body   []byte
}

// runtimeAPI is Lambda's side of a function: it hands out one event and takes the
// answer. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func runtimeAPI(event []byte, results chan<- result) http.Handler {
	const prefix = "/2018-06-01/runtime/invocation/"
	events := make(chan []byte, 1)
	events <- event
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			w.Write(event)
		case <-r.Context().Done(): // no more events: the function waits until it is killed
		}
	})
	answer := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusAccepted)
			results <- result{failed, body}
		}
	}
	mux.HandleFunc("POST "+prefix+"{id}/response", answer(false))
	mux.HandleFunc("POST "+prefix+"{id}/error", answer(true))
	return mux
}
