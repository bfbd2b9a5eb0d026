package runtimeapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	functionName = "function"
	functionARN  = "arn:aws:lambda:us-east-1:123456789012:function:" + functionName
)

// A Config says which program to run, and as which function.
type Config struct {
	Program string   // the file
	Args    []string // of the program
	Handler string   // the function's setting of that name
	Env     []string // "NAME=value", beside what Lambda sets itself; it has nothing else

	// Timeout is how long an event may take. 0 means a minute.
	Timeout time.Duration

	// Concurrency is how many events the program is given at a time, as the functions of
	// Lambda Managed Instances are: AWS_LAMBDA_MAX_CONCURRENCY. 0 means one.
	Concurrency int
}

// A Function is a program that runs as a Lambda function. It is safe for concurrent use:
// what is one event too many waits.
type Function struct {
	cfg     Config
	server  *server
	api     *httptest.Server
	program *exec.Cmd
	printed output
	started time.Time
	ended   chan struct{}
	err     error         // of the program, once ended is closed
	turns   chan struct{} // as many as there may be events at a time
}

// Start starts a program. Close ends it.
func Start(cfg Config) (*Function, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	cfg.Concurrency = max(1, cfg.Concurrency)
	f := &Function{cfg: cfg, server: newServer(), ended: make(chan struct{}), turns: make(chan struct{}, cfg.Concurrency)}
	f.api = httptest.NewServer(&f.server.mux)
	f.program = exec.Command(cfg.Program, cfg.Args...)
	f.program.Stdout, f.program.Stderr = &f.printed, &f.printed
	f.program.Env = append(slices.Clone(cfg.Env),
		"_HANDLER="+cfg.Handler,
		"AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(f.api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME="+functionName,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+functionName,
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"TZ=:UTC",
	)
	if cfg.Concurrency > 1 {
		f.program.Env = append(f.program.Env, "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(cfg.Concurrency))
	}
	f.started = time.Now()
	if err := f.program.Start(); err != nil {
		f.api.Close()
		return nil, err
	}
	go func() {
		f.err = f.program.Wait()
		close(f.ended)
	}()
	return f, nil
}

// Invoke has the function handle an event. An error is the function's own, which is an
// [*Error], or says that the program has ended, or that the event took too long: then the
// program is ended, as Lambda does.
func (f *Function) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	f.turns <- struct{}{}
	defer func() { <-f.turns }()
	deadline := time.Now().Add(f.cfg.Timeout)
	ctx, cancel := context.WithDeadlineCause(ctx, deadline, fmt.Errorf("the function timed out after %v", f.cfg.Timeout))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-f.ended:
			end(fmt.Errorf("the program has ended (%v): %s", f.err, f.printed.String()))
		case <-ctx.Done():
		}
	}()
	answer, err = f.server.invoke(ctx, event, deadline)
	if err != nil && ctx.Err() != nil {
		f.program.Process.Kill()
	}
	return answer, err
}

// Began waits until the program asks for its first event, and returns how long that has
// taken since it was started.
func (f *Function) Began(ctx context.Context) (time.Duration, error) {
	select {
	case <-f.server.asked:
		return f.server.askedAt.Sub(f.started), nil
	case err := <-f.server.failed:
		return 0, err
	case <-f.ended:
		return 0, fmt.Errorf("the program has ended (%v): %s", f.err, f.printed.String())
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// Printed returns what the program has printed, its log: all of it once it is closed.
func (f *Function) Printed() string { return f.printed.String() }

// Close ends the program, without a warning, as Lambda does without extensions.
func (f *Function) Close() {
	f.program.Process.Kill()
	<-f.ended
	f.api.CloseClientConnections()
	f.api.Close()
}

// output is a buffer that may be written and read at a time.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}
