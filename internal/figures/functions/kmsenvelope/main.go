// Command kmsenvelope is an authorizer whose tokens bring a data key of KMS along.
package main

import (
	"os"

	"github.com/lambdajwt/authorizer/internal/figures/function"
	"github.com/lambdajwt/authorizer/internal/figures/kmsclient"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

func main() {
	source, err := kmskeys.NewEnvelopeVerifier(kmsclient.New(), kmskeys.EnvelopeConfig{
		KeyID: os.Getenv("KMS_KEY"), EncryptionContext: kmskeys.TokenContext(os.Getenv("JWT_ISSUER"), os.Getenv("JWT_AUDIENCE")),
	})
	function.Start(source, err)
}
