package authorizertest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// A function is a Lambda function: what lambda.Start takes, called as the runtime
// calls it, JSON in and JSON out.
type function struct {
	handler any
	mu      sync.Mutex
}

// invoke calls the function. A panic in it is an error, as the runtime makes it.
//
// What aws-lambda-go's own handlers return is overwritten by their next call, since
// their buffers are pooled: so each call gets a handler of its own, or, where it is
// the user who has made the handler, its turn.
func (f *function) invoke(ctx context.Context, requestID string, event []byte) (answer []byte, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			answer, err = nil, &panicked{thrown, debug.Stack()}
		}
	}()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: requestID})
	if h, ok := f.handler.(lambda.Handler); ok {
		f.mu.Lock()
		defer f.mu.Unlock()
		answer, err = h.Invoke(ctx, event)
		return bytes.Clone(answer), err
	}
	return lambda.NewHandler(f.handler).Invoke(ctx, event)
}

// panicked is a panic of a function. Its text is the errorMessage that the runtime reports.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint(p.value) }

// errorMessage returns the errorMessage that the runtime reports of an error.
func errorMessage(err error) string {
	if own, ok := err.(messages.InvokeResponse_Error); ok {
		return own.Message
	}
	return err.Error()
}
