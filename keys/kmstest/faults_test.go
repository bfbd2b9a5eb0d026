package kmstest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// outcomes describes the key n times, and returns the code of each error, "ok" for none.
func outcomes(t *testing.T, k kmstest.API, key *string, n int) string {
	t.Helper()
	var codes []string
	for range n {
		_, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key})
		code := codeOf(err)
		if err == nil {
			code = "ok"
		}
		codes = append(codes, code)
	}
	return strings.Join(codes, " ")
}

func TestFaultsMeetTheNextCallsInTheOrderOfPlanning(t *testing.T) {
	throttled, denied := kmstest.Error("ThrottlingException", ""), kmstest.Error("AccessDeniedException", "")
	for name, test := range map[string]struct {
		plan func(*kmstest.KMS)
		want string
	}{
		"none planned":              {func(*kmstest.KMS) {}, "ok ok ok ok"},
		"two of one kind":           {func(k *kmstest.KMS) { k.Fail("DescribeKey", 2, throttled) }, "ThrottlingException ThrottlingException ok ok"},
		"no calls":                  {func(k *kmstest.KMS) { k.Fail("DescribeKey", 0, throttled) }, "ok ok ok ok"},
		"another operation's":       {func(k *kmstest.KMS) { k.Fail("Decrypt", 2, throttled) }, "ok ok ok ok"},
		"one after the other":       {func(k *kmstest.KMS) { k.Fail("DescribeKey", 1, throttled); k.Fail("DescribeKey", 1, denied) }, "ThrottlingException AccessDeniedException ok ok"},
		"after two that pass":       {func(k *kmstest.KMS) { k.Fail("DescribeKey", 2, nil); k.Fail("DescribeKey", 1, denied) }, "ok ok AccessDeniedException ok"},
		"every operation's come on": {func(k *kmstest.KMS) { k.Fail("", 2, denied); k.Fail("DescribeKey", 1, throttled) }, "ThrottlingException AccessDeniedException AccessDeniedException ok"},
		"until it is healed":        {func(k *kmstest.KMS) { k.Fail("", kmstest.Forever, denied) }, "AccessDeniedException AccessDeniedException AccessDeniedException AccessDeniedException"},
		"healed":                    {func(k *kmstest.KMS) { k.Fail("", kmstest.Forever, denied); k.Heal() }, "ok ok ok ok"},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			key := add(t, k, types.KeySpecHmac256)
			test.plan(k)
			if got := outcomes(t, k, key, 4); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAFaultForAnOperationThatThereIsNotPanics(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	defer func() {
		if message, _ := recover().(string); !strings.Contains(message, `no operation Decript`) {
			t.Errorf("got the panic %q", message)
		}
	}()
	k.Fail("Decript", 1, errors.New("never met"))
}

func TestADelayedCallIsServedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kmstest.New(kmstest.Config{})
		key := add(t, k, types.KeySpecHmac256)
		k.Delay("DescribeKey", 1, time.Minute)
		start := time.Now()
		if got := outcomes(t, k, key, 2); got != "ok ok" {
			t.Errorf("got %s", got)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("it took %v, want one minute", took)
		}
	})
}

func TestADelayEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kmstest.New(kmstest.Config{})
		key := add(t, k, types.KeySpecHmac256)
		k.Delay("DescribeKey", 1, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := k.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v, want one second", took)
		}
	})
}

func TestACallHangsUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kmstest.New(kmstest.Config{})
		key := add(t, k, types.KeySpecHmac256)
		k.Hang("DescribeKey", 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := k.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key})
			ended <- err
		}()
		synctest.Wait()
		if got := k.Calls("DescribeKey"); got != 1 {
			t.Errorf("a call that hangs is counted %d times", got)
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before its context: %v", err)
		default:
		}
		if got := outcomes(t, k, key, 1); got != "ok" {
			t.Errorf("another call meanwhile: %s", got)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestACallOverHTTPHangsUntilTheClientGivesUp(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	client := clientOf(t, k)
	k.Hang("DescribeKey", 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: ptr("alias/login")})
		ended <- err
	}()
	for deadline := time.Now().Add(time.Minute); k.Calls("DescribeKey") == 0; runtime.Gosched() {
		if len(ended) > 0 {
			t.Fatalf("it ended before its context: %v", <-ended)
		}
		if time.Now().After(deadline) {
			t.Fatal("the call does not reach the KMS")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheEndOfATestEndsCallsThatHang(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	k.Hang("", kmstest.Forever)
	ended := make(chan error, 1)
	t.Run("serves", func(t *testing.T) {
		client := clientOf(t, k)
		go func() {
			_, err := client.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: ptr("alias/login")})
			ended <- err
		}()
		for deadline := time.Now().Add(time.Minute); k.Calls("") == 0; runtime.Gosched() {
			if len(ended) > 0 {
				t.Fatalf("it ended before the test: %v", <-ended)
			}
			if time.Now().After(deadline) {
				t.Fatal("the call does not reach the KMS")
			}
		}
	})
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the call was served")
		}
	case <-time.After(time.Minute):
		t.Error("the call goes on")
	}
}

func TestACallWhoseContextHasEndedDoesNotReachTheKMS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := k.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := k.Calls("DescribeKey"); got != 0 {
		t.Errorf("it was counted %d times", got)
	}
}
