package kmstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
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
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")
	serve, found := k.operations[name]
	if r.Method != http.MethodPost || r.URL.Path != "/" || !ours || !found {
		return nil, Error("UnknownOperationException", "") // with status 400 (M)
	}
	// The whole body is read before the call is served: only then does net/http
	// notice that the client has gone, and end the context.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, bodyError(err)
	}
	return serve(r.Context(), body)
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
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Requestid", uuid(id))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone reads no answer
}

// An operation serves the parameters of one request.
type operation func(ctx context.Context, body []byte) (out any, err error)

func operationsOf(k *KMS) map[string]operation {
	return map[string]operation{
		"CancelKeyDeletion":               overHTTP(k.CancelKeyDeletion),
		"CreateAlias":                     overHTTP(k.CreateAlias),
		"CreateKey":                       overHTTP(k.CreateKey),
		"Decrypt":                         overHTTP(k.Decrypt),
		"DeleteAlias":                     overHTTP(k.DeleteAlias),
		"DescribeKey":                     overHTTP(k.DescribeKey),
		"DisableKey":                      overHTTP(k.DisableKey),
		"EnableKey":                       overHTTP(k.EnableKey),
		"Encrypt":                         overHTTP(k.Encrypt),
		"GenerateDataKey":                 overHTTP(k.GenerateDataKey),
		"GenerateDataKeyWithoutPlaintext": overHTTP(k.GenerateDataKeyWithoutPlaintext),
		"GenerateMac":                     overHTTP(k.GenerateMac),
		"GetPublicKey":                    overHTTP(k.GetPublicKey),
		"RotateKeyOnDemand":               overHTTP(k.RotateKeyOnDemand),
		"ScheduleKeyDeletion":             overHTTP(k.ScheduleKeyDeletion),
		"Sign":                            overHTTP(k.Sign),
		"UpdateAlias":                     overHTTP(k.UpdateAlias),
		"Verify":                          overHTTP(k.Verify),
		"VerifyMac":                       overHTTP(k.VerifyMac),
	}
}

// overHTTP makes an operation of a method. The SDK's input types have no JSON tags,
// and need none: members are named as the fields are, []byte is base64 in both, and
// the inputs here have no times. Unknown members are ignored, as KMS does (M).
func overHTTP[In, Out any](method func(context.Context, *In, ...func(*kms.Options)) (*Out, error)) operation {
	return func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		if len(bytes.TrimSpace(body)) > 0 {
			if err := json.Unmarshal(body, in); err != nil {
				return nil, Error("SerializationException", "")
			}
		}
		return method(ctx, in)
	}
}
