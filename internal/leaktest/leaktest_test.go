package leaktest_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestAGoroutineThatIsLeftIsShown(t *testing.T) {
	before := runtime.NumGoroutine()
	begun, end := make(chan struct{}), make(chan struct{})
	go wait(begun, end)
	<-begun
	var report strings.Builder
	if leaktest.Settles(before, 0, &report) || !strings.Contains(report.String(), "leaktest_test.wait") {
		t.Errorf("it has settled, or says only %q", report.String())
	}
	close(end)
	if report.Reset(); !leaktest.Settles(before, leaktest.Patience, &report) || report.Len() > 0 {
		t.Errorf("it has ended, and the report is %q", report.String())
	}
}

func wait(begun, end chan struct{}) {
	close(begun)
	<-end
}
