package kmstest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// maxRequest is the number of bytes that a request may have. The longest that KMS
// takes, a key policy of 32 KiB escaped twice, is well below it.
const maxRequest = 256 << 10

// contentType is that of requests and answers in AWS JSON 1.1
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
const contentType = "application/x-amz-json-1.1"

// Serve serves the KMS on a free port of 127.0.0.1 until the test ends, and returns
// its endpoint: http://127.0.0.1:port. Give it to a client as Options.BaseEndpoint,
// or in the environment variable AWS_ENDPOINT_URL_KMS. Outside a test, a KMS is an
// [http.Handler] for a server of your own.
//
// At the test's end it breaks the connections that there are, so that calls which
// hang ([KMS.Hang]) end too.
func (k *KMS) Serve(t testing.TB) (endpoint string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("kmstest: no port to serve on: %v", err)
	}
	server := &http.Server{Handler: k}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(listener) // always an error: that it was closed
	}()
	t.Cleanup(func() {
		_ = server.Close() // which ends the contexts of calls, too
		<-stopped
	})
	return "http://" + listener.Addr().String()
}

// ServeHTTP answers one request in AWS JSON 1.1: POST / with the operation in
// X-Amz-Target, as TrentService.Decrypt, and its parameters in a JSON object of at
// most 256 KiB. Credentials and SigV4 signatures are not looked at, and neither is
// the Content-Type. An error has its code in __type.
func (k *KMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := k.answer(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	body, err := encode(out)
	if err != nil {
		writeError(w, internalError(err))
		return
	}
	write(w, http.StatusOK, body)
}

func (k *KMS) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	target := r.Header.Get("X-Amz-Target")
	name, ours := strings.CutPrefix(target, "TrentService.")
	if r.Method != http.MethodPost || r.URL.Path != "/" || !ours || !isOperation(name) {
		return nil, errorf("UnknownOperationException", "kmstest has no operation %.64q", target) // with status 400 (M)
	}
	// The whole body is read before the call is served: only then does net/http
	// notice that the client has gone, and end the context.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, bodyError(err)
	}
	return k.serve(r.Context(), name, body)
}

func bodyError(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return errorf("RequestEntityTooLargeException", "kmstest reads requests of at most %d bytes", tooLarge.Limit)
	}
	return err
}

// writeError answers with an error of AWS. Any other is a connection that breaks: a
// fault that a test planned, or a client that has gone.
func writeError(w http.ResponseWriter, err error) {
	var c coded
	if !errors.As(err, &c) {
		panic(http.ErrAbortHandler) // how net/http has a handler break a connection
	}
	members := map[string]string{"__type": c.ErrorCode()}
	if c.ErrorMessage() != "" {
		members["message"] = c.ErrorMessage()
	}
	body, err := json.Marshal(members)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	write(w, httpStatus(c.ErrorCode()), body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Requestid", uuid([16]byte(randomBytes(16))))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone reads no answer
}

// serve calls the method of an operation with the parameters in body.
func (k *KMS) serve(ctx context.Context, operation string, body []byte) (any, error) {
	method := reflect.ValueOf(k).MethodByName(operation)
	in := reflect.New(method.Type().In(1).Elem())
	if err := decode(body, in.Interface()); err != nil {
		return nil, errorf("SerializationException", "kmstest: %v", err)
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), err
}
