package kmstest

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// isOperation reports whether this KMS has an operation of that name.
func isOperation(name string) bool {
	_, found := reflect.TypeFor[API]().MethodByName(name)
	return found
}

// perform is what every operation has in common: it counts the call, lets it meet
// the faults that are planned for it, and wraps an error as the SDK's client does.
// Nil stands for parameters of which none is set, as it does there.
func perform[In, Out any](ctx context.Context, k *KMS, in *In, do func(*In) (*Out, error)) (*Out, error) {
	if in == nil {
		in = new(In)
	}
	operation := strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")
	if err := k.receive(ctx, operation, k.keyNamed(in)); err != nil {
		return nil, operationError(operation, err)
	}
	out, err := do(in)
	if err != nil {
		return nil, operationError(operation, err)
	}
	return out, nil
}

// manage is perform for what needs k.mu from beginning to end.
func manage[In, Out any](ctx context.Context, k *KMS, in *In, do func(*In) (*Out, error)) (*Out, error) {
	return perform(ctx, k, in, func(in *In) (*Out, error) {
		k.lock()
		defer k.mu.Unlock()
		return do(in)
	})
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

// keyNamed returns the key that a request names, in any form; nil if it names none.
func (k *KMS) keyNamed(in any) *string {
	if d, decrypts := in.(*kms.DecryptInput); decrypts && d.KeyId == nil {
		return k.blobKey(d.CiphertextBlob)
	}
	for _, name := range []string{"KeyId", "DestinationKeyId", "TargetKeyId", "AliasName"} {
		if member := reflect.ValueOf(in).Elem().FieldByName(name); member.IsValid() {
			return member.Interface().(*string)
		}
	}
	return nil
}

// lock locks k.mu and brings the keys up to date: it deletes those whose waiting
// period is over, and rotates those whose next automatic rotation is due.
func (k *KMS) lock() {
	k.mu.Lock()
	now := k.account.now()
	for id, key := range k.keys {
		switch {
		case !key.deletion.IsZero() && !now.Before(key.deletion):
			k.delete(id)
		case key.checkEnabled() == nil:
			key.material.rotateDue(now)
		}
	}
}

func (k *KMS) delete(id string) {
	if r := k.keys[id].replicas; r != nil {
		r.remove(k.keys[id].arn)
	}
	delete(k.keys, id)
	for name, alias := range k.aliases {
		if alias.target == id {
			delete(k.aliases, name)
		}
	}
}
