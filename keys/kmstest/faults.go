package kmstest

import (
	"context"
	"math"
	"time"
)

// Forever, as a number of calls, is all of them until [KMS.Heal].
const Forever = math.MaxInt

// A plan is the fate of the next calls of an operation.
type plan struct {
	calls int // still to come
	fault func(context.Context) error
}

// Fail makes the next n calls of an operation return err, wrapped, as soon as they
// arrive. operation is a name such as "Decrypt"; "" is every operation. [Error] makes
// errors of AWS. Over HTTP an err without an error code breaks the connection
// instead, which a client sees as an EOF. A nil err lets them pass, so that later
// calls can be made to fail.
//
// Plans for one operation are met in the order in which they were made, and those
// for every operation after them. Fail, Delay and Hang panic when this KMS has no
// such operation: a test that fails nothing would prove nothing.
func (k *KMS) Fail(operation string, n int, err error) {
	k.plan(operation, n, func(context.Context) error { return err })
}

// Delay makes the next n calls of an operation wait for d, or until their context
// ends, before they are served.
func (k *KMS) Delay(operation string, n int, d time.Duration) {
	k.plan(operation, n, func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// Hang makes the next n calls of an operation wait until their context ends, and
// return its error. A call whose context never ends hangs forever.
func (k *KMS) Hang(operation string, n int) {
	k.plan(operation, n, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
}

// Heal forgets what Fail, Delay and Hang have planned. Calls that wait already go
// on waiting.
func (k *KMS) Heal() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.plans)
}

func (k *KMS) plan(operation string, n int, fault func(context.Context) error) {
	if operation != "" && !isOperation(operation) {
		panic("kmstest: no operation " + operation + `: give a name such as "Decrypt", or "" for every operation`)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plans[operation] = append(k.plans[operation], &plan{calls: n, fault: fault})
}

// meetFault takes the next fault that is planned for an operation, if any, and lets
// it happen.
func (k *KMS) meetFault(ctx context.Context, operation string) error {
	fault := k.takeFault(operation)
	if fault == nil {
		fault = k.takeFault("")
	}
	if fault == nil {
		return nil
	}
	return fault(ctx)
}

func (k *KMS) takeFault(operation string) func(context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	plans := k.plans[operation]
	for len(plans) > 0 && plans[0].calls <= 0 {
		plans = plans[1:]
	}
	k.plans[operation] = plans
	if len(plans) == 0 {
		return nil
	}
	if plans[0].calls != Forever {
		plans[0].calls--
	}
	return plans[0].fault
}
