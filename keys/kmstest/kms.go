package kmstest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A Config says where a KMS stands. The zero value is good for most tests.
type Config struct {
	// Region is the AWS Region in the ARNs of keys and aliases. Empty is
	// "us-east-1". A Region that begins with "cn-" or "us-gov-" puts the ARNs into
	// the partition aws-cn or aws-us-gov.
	Region string

	// Account is the AWS account in the ARNs, twelve digits. Empty is
	// "111122223333", the account of AWS's own documents.
	Account string

	// Now is the clock: keys are created and deleted by it. It must be safe for
	// concurrent use. Nil is [time.Now].
	Now func() time.Time
}

// A KMS is the Key Management Service of one account in one Region, in memory.
// Make it with [New]. All methods are safe for concurrent use; it starts no
// goroutine. It implements [API] and [net/http.Handler].
type KMS struct {
	region     string
	account    string
	partition  string
	now        func() time.Time
	operations map[string]operation

	mu      sync.Mutex
	keys    map[string]*key   // by key ID
	aliases map[string]string // alias name to key ID
	plans   map[string][]*plan
	calls   map[call]int
}

var _ API = (*KMS)(nil)

// New returns a KMS without keys.
func New(cfg Config) *KMS {
	k := &KMS{
		region:  orDefault(cfg.Region, "us-east-1"),
		account: orDefault(cfg.Account, "111122223333"),
		now:     cfg.Now,
		keys:    map[string]*key{},
		aliases: map[string]string{},
		plans:   map[string][]*plan{},
		calls:   map[call]int{},
	}
	if k.now == nil {
		k.now = time.Now
	}
	k.partition = partitionOf(k.region)
	k.operations = operationsOf(k)
	return k
}

// partitionOf returns the ARN partition of a Region (AWS General Reference, "Amazon
// Resource Names").
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Region returns the Region in the ARNs of this KMS.
func (k *KMS) Region() string { return k.region }

// String returns the KMS's place, never its keys.
func (k *KMS) String() string {
	return "kmstest.KMS(" + k.region + ", " + k.account + ")"
}

// Format writes what [KMS.String] returns, for every verb and flag.
func (k *KMS) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, k.String()) // a fmt.State gives no error
}

// LogValue returns what [KMS.String] returns.
func (k *KMS) LogValue() slog.Value { return slog.StringValue(k.String()) }

// perform is what every operation has in common: it counts the call, lets it meet
// the faults that are planned for it, and wraps an error as the SDK's client does.
// keyID is the key that the request names, in any form; nil when it names none.
func perform[Out any](ctx context.Context, k *KMS, operation string, keyID *string, do func() (*Out, error)) (*Out, error) {
	if err := k.receive(ctx, operation, keyID); err != nil {
		return nil, operationError(operation, err)
	}
	out, err := do()
	if err != nil {
		return nil, operationError(operation, err)
	}
	return out, nil
}

// operationError wraps err as smithy.OperationError does, so that code which
// asserts a type instead of calling errors.As fails in a test as it would on AWS.
func operationError(operation string, err error) error {
	return fmt.Errorf("operation error KMS: %s, %w", operation, err)
}

// receive lets a call in. A call whose context has ended never reaches a KMS, and
// is not counted.
func (k *KMS) receive(ctx context.Context, operation string, keyID *string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.count(operation, keyID)
	return k.meetFault(ctx, operation)
}

// orZero stands in for nil parameters, as the SDK's client does.
func orZero[In any](in *In) *In {
	if in == nil {
		return new(In)
	}
	return in
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
