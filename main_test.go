package authorizer_test

import (
	"os"
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
)

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		concurrentFunction()
		return
	}
	leaktest.Main(m)
}
