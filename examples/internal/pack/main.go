// Command pack builds the Lambda functions of the examples that its arguments name:
// EXAMPLE/build/bootstrap, where template.yaml has it, and the same in build/EXAMPLE.zip,
// and prints the sizes. Run it in the folder of the examples.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lambdajwt/authorizer/examples/internal/bootstrap"
)

func main() {
	arch := flag.String("arch", "arm64", "the processor: arm64, or amd64 and x86_64 in the templates")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "pack: name an example, such as hs256")
		os.Exit(2)
	}
	for _, example := range flag.Args() {
		program := filepath.Join(example, "build", "bootstrap")
		archive := filepath.Join("build", example+".zip")
		err := bootstrap.Compile(".", example, *arch, program)
		if err == nil {
			err = bootstrap.Zip(program, archive)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "pack: %s: %v\n", example, err)
			os.Exit(1)
		}
		fmt.Printf("%-14s %s %5.1f MB, %s %4.1f MB\n", example, program, megabytes(program), archive, megabytes(archive))
	}
}

func megabytes(file string) float64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / 1e6
}
