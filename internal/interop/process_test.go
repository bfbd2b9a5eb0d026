package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"testing"
	"time"
)

// peerTimeout is how long a peer may take for everything. One that hangs must not
// hang the tests.
const peerTimeout = 2 * time.Minute

// A process is a peer that runs: it reads requests as lines of JSON and answers each
// with one.
type process struct {
	requests io.Writer
	answers  *bufio.Reader
}

// start starts a peer, which trusts the certificates of authority besides its own, and
// is stopped when the test ends.
func start(t *testing.T, command []string, authority string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), peerTimeout)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = &stderr
	cmd.Env = []string{ // and no proxy
		"NODE_EXTRA_CA_CERTS=" + authority,
		"SSL_CERT_FILE=" + authority,
		"PYTHONDONTWRITEBYTECODE=1",
	}
	requests, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = requests.Close() // tells it to end
		if err := cmd.Wait(); err != nil {
			t.Errorf("the peer ended with %v\n%s", err, stderr.Bytes())
		}
	})
	return &process{requests: requests, answers: bufio.NewReader(answers)}
}

// A request goes to the function of this name in the peer's script.
type request map[string]any

// ask has the peer do something and stores its result, if result is not nil. An error
// is the peer's own.
func (p *process) ask(t *testing.T, op string, r request, result any) error {
	t.Helper()
	r["op"] = op
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.requests.Write(append(line, '\n')); err != nil {
		t.Fatalf("the peer takes no request: %v", err)
	}
	line, err = p.answers.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the peer has no answer for %s: %v", op, err)
	}
	var answer struct {
		Result json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		t.Fatalf("the peer answers %q: %v", line, err)
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		t.Fatalf("the peer's result is %s: %v", answer.Result, err)
	}
	return nil
}

// must is ask for what has to succeed.
func (p *process) must(t *testing.T, op string, r request, result any) {
	t.Helper()
	if err := p.ask(t, op, r, result); err != nil {
		t.Fatalf("%s: %v", op, err)
	}
}
