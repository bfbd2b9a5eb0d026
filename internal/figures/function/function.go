// Package function is what the functions that are measured have in common.
package function

import (
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// Start is the main of an authorizer with these keys.
func Start(source keys.VerificationSource, err error) {
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: os.Getenv("JWT_ISSUER"), Audience: []string{os.Getenv("JWT_AUDIENCE")}})
	if err != nil {
		log.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(a)
}
