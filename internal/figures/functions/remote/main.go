// Command remote is an authorizer with the keys that an issuer publishes.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

func main() {
	source, err := jwks.NewRemote(jwks.RemoteConfig{URL: os.Getenv("JWKS_URL")})
	function.Start(source, err)
}
