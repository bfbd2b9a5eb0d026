// Command kmsasymmetric is an authorizer with the public key of a KMS key.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/internal/figures/kmsclient"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

func main() {
	source, err := kmskeys.NewAsymmetricVerifier(kmsclient.New(), kmskeys.AsymmetricConfig{KeyID: os.Getenv("KMS_KEY"), Algorithm: "RS256"})
	function.Start(source, err)
}
