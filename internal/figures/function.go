package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/runtimeapi"
)

// A share is how much of the machine a function has.
type share struct {
	name    string
	command []string // before the program
	beside  []string // what runs meanwhile
}

var shares = []share{
	{name: "one core", command: []string{"taskset", "-c", "0"}},
	{
		name:    "a quarter of a core", // by weight: 335 of 1024 + 335
		command: []string{"taskset", "-c", "0", "nice", "-n", "5"},
		beside:  []string{"taskset", "-c", "0", "sh", "-c", "while :; do :; done"},
	},
}

// A function is one that is measured.
type function struct {
	name, title, token string
	env                []string

	program     string
	size, zip   int                  // of the program for arm64, in bytes
	init, first map[string][]float64 // by share, in milliseconds
	later       map[string][]float64 // in microseconds
}

// build makes the program of this machine and that of arm64.
func (f *function) build(folder string) error {
	for _, arch := range []string{"", "arm64"} {
		program := filepath.Join(folder, arch, "bootstrap")
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "lambda.norpc", "-o", program, "./internal/figures/functions/"+f.name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if arch != "" {
			build.Env = append(build.Env, "GOARCH="+arch)
		}
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		if arch == "" {
			f.program = program
			continue
		}
		text, err := os.ReadFile(program)
		if err != nil {
			return err
		}
		f.size = len(text)
		if f.zip, err = zipped(text); err != nil {
			return err
		}
	}
	f.init, f.first, f.later = map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	return nil
}

// zipped returns how many bytes the package of a program has.
func zipped(program []byte) (int, error) {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	file, err := archive.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(file, bytes.NewReader(program)); err != nil {
		return 0, err
	}
	return buffer.Len(), archive.Close()
}

// laterEvents is how many events are measured after the first.
const laterEvents = 200

// measure starts the function once, and has it answer.
func (f *function) measure(ctx context.Context, s share) error {
	if len(s.beside) > 0 {
		busy := exec.Command(s.beside[0], s.beside[1:]...)
		if err := busy.Start(); err != nil {
			return err
		}
		defer busy.Wait()
		defer busy.Process.Kill()
	}
	running, err := runtimeapi.Start(runtimeapi.Config{
		Program: s.command[0], Args: append(s.command[1:len(s.command):len(s.command)], f.program), Handler: "bootstrap",
		Env: append([]string{"GOMAXPROCS=1", "PATH=" + os.Getenv("PATH"), "JWT_ISSUER=" + issuer, "JWT_AUDIENCE=" + audience}, f.env...),
	})
	if err != nil {
		return err
	}
	defer running.Close()
	began, err := running.Began(ctx)
	if err != nil {
		return err
	}
	event, err := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": "Bearer " + f.token,
		"methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/orders",
	})
	if err != nil {
		return err
	}
	start := time.Now()
	answer, err := running.Invoke(ctx, event)
	if err != nil {
		return fmt.Errorf("%w: %s", err, running.Printed())
	}
	first := time.Since(start)
	if !strings.Contains(string(answer), `"user-1"`) {
		return fmt.Errorf("it answers %s", answer)
	}
	start = time.Now()
	for range laterEvents {
		if _, err := running.Invoke(ctx, event); err != nil {
			return err
		}
	}
	f.init[s.name] = append(f.init[s.name], milliseconds(began))
	f.first[s.name] = append(f.first[s.name], milliseconds(first))
	f.later[s.name] = append(f.later[s.name], 1000*milliseconds(time.Since(start))/laterEvents)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
