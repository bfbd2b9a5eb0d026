// Command secret is an authorizer with an HMAC secret.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/keys"
)

func main() {
	key, err := keys.HMAC("HS256", []byte(os.Getenv("JWT_SECRET")))
	function.Start(key, err)
}
