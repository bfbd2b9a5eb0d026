package runtimeapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/lambdajwt/authorizer/internal/leaktest"
	"github.com/lambdajwt/authorizer/internal/runtimeapi"
)

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		program()
		return
	}
	leaktest.Main(m)
}

// program is the function that the tests start.
func program() {
	events := 0
	switch os.Getenv("_HANDLER") {
	case "echo":
		lambda.Start(func(ctx context.Context, event map[string]any) (map[string]any, error) {
			events++
			fmt.Fprintln(os.Stderr, "event", events)
			known, _ := lambdacontext.FromContext(ctx)
			deadline, _ := ctx.Deadline()
			return map[string]any{
				"event": event, "count": events, "id": known.AwsRequestID, "name": lambdacontext.FunctionName,
				"left": time.Until(deadline) > 0, "home": os.Getenv("HOME"), "greeting": os.Getenv("GREETING"),
			}, nil
		})
	case "fail":
		lambda.Start(func() error { return errors.New("Unauthorized") })
	case "panic":
		lambda.Start(func() { panic("oh no") })
	case "hang":
		lambda.Start(func() { select {} })
	case "meet":
		var all sync.WaitGroup
		all.Add(3)
		lambda.Start(func() (string, error) {
			all.Done()
			all.Wait() // until there are three at a time
			return "met", nil
		})
	case "sleep":
		time.Sleep(time.Hour) // asks for nothing
	case "refuse":
		fmt.Fprintln(os.Stderr, "set KEY")
		os.Exit(1)
	}
}

func start(t *testing.T, handler string, timeout time.Duration) *runtimeapi.Function {
	t.Helper()
	f, err := runtimeapi.Start(runtimeapi.Config{Program: os.Args[0], Handler: handler, Env: []string{"GREETING=hello"}, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

type echo struct {
	Event                    map[string]any
	Count                    int
	ID, Name, Home, Greeting string
	Left                     bool
}

func TestAFunctionGetsItsEventsOneAfterTheOther(t *testing.T) {
	f := start(t, "echo", 0)
	ids := map[string]bool{}
	for n := 1; n <= 3; n++ {
		answer, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"n":%d}`, n))
		if err != nil {
			t.Fatal(err)
		}
		var got echo
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatal(err)
		}
		if got.Event["n"] != float64(n) || got.Count != n || got.Name != "function" || !got.Left || got.Home != "" || got.Greeting != "hello" {
			t.Errorf("%s", answer)
		}
		ids[got.ID] = true
	}
	if len(ids) != 3 || ids[""] {
		t.Errorf("IDs %v", ids)
	}
	f.Close()
	if log := f.Printed(); !strings.Contains(log, "event 3\n") {
		t.Errorf("printed %q", log)
	}
}

func TestEventsThatComeAtATimeAreHandledOneByOne(t *testing.T) {
	f := start(t, "echo", 0)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := f.Invoke(t.Context(), []byte(`{}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	f.Close()
	if log := f.Printed(); !strings.Contains(log, "event 8\n") {
		t.Errorf("printed %q", log)
	}
}

func TestAnErrorIsThatOfTheFunction(t *testing.T) {
	var e *runtimeapi.Error
	if _, err := start(t, "fail", 0).Invoke(t.Context(), []byte(`{}`)); !errors.As(err, &e) || e.Message != "Unauthorized" || e.Type != "errorString" {
		t.Errorf("error %v", err)
	}
	if _, err := start(t, "panic", 0).Invoke(t.Context(), []byte(`{}`)); !errors.As(err, &e) || e.Message != "oh no" {
		t.Errorf("error %v", err)
	}
}

func TestAProgramThatEndsSaysWhy(t *testing.T) {
	if _, err := start(t, "refuse", 0).Invoke(t.Context(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "set KEY") {
		t.Errorf("error %v", err)
	}
	if _, err := runtimeapi.Start(runtimeapi.Config{Program: os.Args[0] + ".none"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestAFunctionThatTakesTooLongIsEnded(t *testing.T) {
	f := start(t, "hang", 50*time.Millisecond)
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "timed out after 50ms") {
		t.Errorf("error %v", err)
	}
	const enoughTries = 100 // the end of a process may be noticed later than the next event times out
	for try := 1; ; try++ {
		_, err := f.Invoke(t.Context(), []byte(`{}`))
		if err != nil && strings.Contains(err.Error(), "the program has ended") {
			break
		}
		if err == nil || !strings.Contains(err.Error(), "timed out after 50ms") || try == enoughTries {
			t.Fatalf("it goes on: %v", err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := start(t, "hang", 0).Invoke(ctx, []byte(`{}`)); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
}

func TestAFunctionCanHaveSeveralEventsAtATime(t *testing.T) {
	f, err := runtimeapi.Start(runtimeapi.Config{Program: os.Args[0], Handler: "meet", Concurrency: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var events sync.WaitGroup
	for range 3 {
		events.Go(func() {
			if answer, err := f.Invoke(t.Context(), []byte("{}")); err != nil || string(answer) != `"met"` {
				t.Errorf("%s, %v", answer, err)
			}
		})
	}
	events.Wait()
}

func TestAProgramIsKnownToHaveBegunOnceItAsksForAnEvent(t *testing.T) {
	f := start(t, "echo", 0)
	for range 2 {
		if took, err := f.Began(t.Context()); err != nil || took <= 0 {
			t.Errorf("%v, %v", took, err)
		}
	}
	if took, err := start(t, "refuse", 0).Began(t.Context()); err == nil || !strings.Contains(err.Error(), "set KEY") || took != 0 {
		t.Errorf("a program that ends: %v, %v", took, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no more time"))
	if _, err := start(t, "sleep", 0).Began(ctx); err == nil || err.Error() != "no more time" {
		t.Errorf("a program that asks for nothing: %v", err)
	}
}
