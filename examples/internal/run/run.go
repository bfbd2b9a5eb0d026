// Package run starts an example in one of its three forms: a story that plays and
// ends, an API on localhost, or a function on Lambda.
package run

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/local"
)

// A Program is an example in its three forms.
type Program struct {
	// Name is the folder's.
	Name string

	// Story plays the example and prints it. Files go to dir, which is deleted
	// afterwards.
	Story func(ctx context.Context, dir string, out io.Writer) error

	// API makes the API to be served at url, and says in commands what to try. A panel is
	// announced if WithPanel has added one.
	API func(dir, url string, logger *slog.Logger) (api http.Handler, try string, err error)

	// Function makes the Lambda function of a name, the one that the function's
	// Handler setting has, from environment variables.
	Function func(name string, getenv func(string) string, logger *slog.Logger) (any, error)
}

// Main runs the program and exits.
func (p Program) Main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
		function, err := p.Function(os.Getenv("_HANDLER"), os.Getenv, logger)
		p.check(err)
		lambda.Start(function) // does not return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p.check(p.Local(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func (p Program) check(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		os.Exit(1)
	}
}

// Local plays the story or, with -serve among the arguments, serves the API until
// ctx ends, with a line in log for each decision.
func (p Program) Local(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	serve := flags.Bool("serve", false, "serve the API on localhost until interrupted, rather than play the story")
	address := flags.String("addr", "127.0.0.1:8080", "with -serve: where to listen; port 0 is any that is free")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "%s plays its story, unless told otherwise:\n", p.Name)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w: try -h", err)
	case flags.NArg() > 0:
		return fmt.Errorf("unknown argument %q: try -h", flags.Arg(0))
	}
	dir, err := os.MkdirTemp("", "authorizer-"+p.Name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if !*serve {
		return p.Story(ctx, dir, out)
	}
	return p.serve(ctx, *address, dir, out, slog.New(authorizertest.PanelLog(slog.NewTextHandler(log, nil))))
}

func (p Program) serve(ctx context.Context, address, dir string, out io.Writer, logger *slog.Logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer listener.Close()
	url := "http://" + listener.Addr().String()
	api, commands, err := p.API(dir, url, logger)
	try := pasteable(commands)
	if err != nil {
		return err
	}
	panel := ""
	if _, has := api.(panelled); has {
		panel = "Its panel shows what is decided, and why: " + url + authorizertest.PanelPath + "\n"
	}
	fmt.Fprintf(out, "%s listens at %s until you press Ctrl-C.\n%sTry:\n\n%s\n", p.Name, url, panel, try)

	host, _, _ := net.SplitHostPort(address) // net.Listen has taken it
	server := &http.Server{Handler: endPanels(ctx, local.Only(api, host)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Requests that have begun may end.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
