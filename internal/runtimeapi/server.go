package runtimeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const prefix = "/2018-06-01/runtime/"

// An Error is what a function says that went wrong.
type Error struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// server is the runtime API of one execution environment.
type server struct {
	mux     http.ServeMux
	events  chan *invocation
	failed  chan error // to begin
	mu      sync.Mutex
	pending map[string]*invocation
	count   int

	first   sync.Once
	asked   chan struct{} // is closed when the program asks for its first event
	askedAt time.Time
}

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	result   chan result
}

type result struct {
	answer []byte
	err    error
}

func newServer() *server {
	s := &server{events: make(chan *invocation), failed: make(chan error, 1), pending: map[string]*invocation{}, asked: make(chan struct{})}
	s.mux.HandleFunc("GET "+prefix+"invocation/next", s.next)
	s.mux.HandleFunc("POST "+prefix+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		s.finish(w, r, func(body []byte) result { return result{answer: body} })
	})
	s.mux.HandleFunc("POST "+prefix+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		s.finish(w, r, func(body []byte) result { return result{err: parseError(body)} })
	})
	s.mux.HandleFunc("POST "+prefix+"init/error", s.cannotBegin)
	return s
}

// invoke hands out an event and waits for the answer.
func (s *server) invoke(ctx context.Context, event []byte, deadline time.Time) ([]byte, error) {
	s.mu.Lock()
	s.count++
	i := &invocation{id: fmt.Sprintf("00000000-0000-4000-8000-%012d", s.count), event: event, deadline: deadline, result: make(chan result, 1)}
	s.pending[i.id] = i
	s.mu.Unlock()
	defer s.forget(i.id)
	select {
	case s.events <- i:
	case err := <-s.failed:
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case r := <-i.result:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *server) forget(id string) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.pending[id]
	delete(s.pending, id)
	return i
}

func (s *server) next(w http.ResponseWriter, r *http.Request) {
	s.first.Do(func() {
		s.askedAt = time.Now()
		close(s.asked)
	})
	select {
	case i := <-s.events:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", functionARN)
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		w.Write(i.event)
	case <-r.Context().Done(): // the function waits until it is ended
	}
}

func (s *server) finish(w http.ResponseWriter, r *http.Request, read func([]byte) result) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	i := s.forget(r.PathValue("id"))
	if i == nil {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	i.result <- read(body)
}

func (s *server) cannotBegin(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	select {
	case s.failed <- parseError(body):
	default:
	}
}

func parseError(body []byte) error {
	e := new(Error)
	if err := json.Unmarshal(body, e); err != nil {
		return fmt.Errorf("an error that is no JSON object: %s", body)
	}
	return e
}
