// Command kmsmac is an authorizer with a MAC key of KMS.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/internal/figures/kmsclient"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

func main() {
	source, err := kmskeys.NewMACVerifier(kmsclient.New(), kmskeys.MACConfig{KeyID: os.Getenv("KMS_KEY"), Algorithm: "HS256"})
	function.Start(source, err)
}
