package run_test

import (
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func TestAClockIsThisMachinesPutForward(t *testing.T) {
	var clock run.Clock
	before := time.Now()
	if now := clock.Now(); now.Before(before) || now.After(time.Now()) {
		t.Errorf("it is %v", now)
	}
	clock.Forward(time.Hour)
	clock.Forward(time.Hour)
	if now := clock.Now(); now.Before(before.Add(2*time.Hour)) || now.After(time.Now().Add(2*time.Hour)) {
		t.Errorf("two hours later it is %v", now)
	}
}
