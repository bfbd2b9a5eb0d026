package outage_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
