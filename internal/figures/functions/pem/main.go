// Command pem is an authorizer with a public key.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/keys"
)

func main() {
	key, err := keys.ParsePublicPEM("RS256", []byte(os.Getenv("JWT_PUBLIC_KEY")))
	function.Start(key, err)
}
