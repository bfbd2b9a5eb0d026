// Package bootstrap builds the examples as Lambda runs them.
package bootstrap

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Compile builds an example for a processor, arm64 or amd64. The folder of the examples is
// dir. Who builds the same sources with the same Go gets the same bytes, wherever that is.
func Compile(dir, example, arch, program string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	command := exec.Command("go", "build",
		"-trimpath",             // no folders of this machine
		"-buildvcs=false",       // and no state of its clone
		"-tags", "lambda.norpc", // nothing of the runtime go1.x, which is gone
		"-ldflags", "-s -w", // no debugging information: panics keep their lines
		"-o", program, "./"+example)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	return nil
}
