package interop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A function is a Lambda function, as authorizertest and lambda.Start take one.
type function func(ctx context.Context, event json.RawMessage) (json.RawMessage, error)

// buildExample builds an example, which is a module of its own, and returns the program.
func buildExample(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-tags", "lambda.norpc", "-o", program, "./"+name)
	build.Dir = filepath.Join("..", "..", "examples")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return program
}

// onLambda starts a program as Lambda would, as the function of a handler's name, until
// the test ends. It handles one event at a time.
func onLambda(t *testing.T, program, handler string, env ...string) function {
	t.Helper()
	events, results := make(chan json.RawMessage), make(chan result)
	runtime := httptest.NewServer(runtimeAPI(events, results))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), peerTimeout)
	var printed bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Stdout, cmd.Stderr = &printed, &printed
	cmd.Env = append(env, "_HANDLER="+handler, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(runtime.URL, "http://"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed in the end
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		runtime.Close()
	})
	return func(_ context.Context, event json.RawMessage) (json.RawMessage, error) {
		select {
		case events <- event:
		case <-ended:
			return nil, fmt.Errorf("%s did not start: %s", handler, printed.String())
		}
		select {
		case r := <-results:
			return r.answer, r.err
		case <-ended:
			return nil, fmt.Errorf("%s ended: %s", handler, printed.String())
		}
	}
}

// A result is what a function answered to an event.
type result struct {
	answer json.RawMessage
	err    error
}

// runtimeAPI is Lambda's side of a function: it hands out events and takes the answers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func runtimeAPI(events <-chan json.RawMessage, results chan<- result) http.Handler {
	const prefix = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			_, _ = w.Write(event)
		case <-r.Context().Done(): // the function is gone
		}
	})
	mux.HandleFunc("POST "+prefix+"{id}/response", func(w http.ResponseWriter, r *http.Request) {
		answer, err := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		results <- result{answer, err}
	})
	mux.HandleFunc("POST "+prefix+"{id}/error", func(w http.ResponseWriter, r *http.Request) {
		var failure struct{ ErrorMessage string }
		err := json.NewDecoder(r.Body).Decode(&failure)
		w.WriteHeader(http.StatusAccepted)
		results <- result{err: errors.Join(err, errors.New(failure.ErrorMessage))}
	})
	return mux
}
