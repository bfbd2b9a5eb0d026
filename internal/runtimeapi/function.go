package runtimeapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"slices"
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
	Handler string   // the function's setting of that name
	Env     []string // "NAME=value", beside what Lambda sets itself; it has nothing else

	// Timeout is how long an event may take. 0 means a minute.
	Timeout time.Duration
}

// A Function is a program that runs as a Lambda function. It is safe for concurrent use,
// and has one event at a time.
type Function struct {
	cfg     Config
	server  *server
	api     *httptest.Server
	program *exec.Cmd
	printed output
	ended   chan struct{}
	err     error // of the program, once ended is closed
	one     sync.Mutex
}

// Start starts a program. Close ends it.
func Start(cfg Config) (*Function, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	f := &Function{cfg: cfg, server: newServer(), ended: make(chan struct{})}
	f.api = httptest.NewServer(&f.server.mux)
	f.program = exec.Command(cfg.Program)
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
	f.one.Lock()
	defer f.one.Unlock()
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
