package authorizer

import (
	"fmt"
	"runtime"
	"strings"
)

// guard calls f, which runs the user's code, and makes an error of a panic in it.
// The error tells the type of what was thrown and where, but not its text, which
// may hold anything, a token too.
func guard(f func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("panic with a %T in %s", thrown, panicSite())
		}
	}()
	return f()
}

// panicSite returns the function, file and line that panicked, when called from a
// deferred function.
func panicSite() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !inRuntime {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, frame.File, frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown function"
		}
	}
}
