// Package awsconfig configures the SDK's clients on Lambda.
package awsconfig

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// OnLambda configures clients for the function's Region, with the function's credentials.
// That is all a function needs on a runtime such as provided.al2023, and it leaves out the
// SDK's module config, 2 MB of program. Use config.LoadDefaultConfig where credentials come
// from elsewhere or change while the program runs.
func OnLambda(getenv func(string) string) (aws.Config, error) {
	credentials := aws.Credentials{
		AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: getenv("AWS_SESSION_TOKEN"), Source: "environment",
	}
	if getenv("AWS_REGION") == "" || !credentials.HasKeys() {
		return aws.Config{}, errors.New("set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda does")
	}
	return aws.Config{
		Region:      getenv("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		HTTPClient:  awshttp.NewBuildableClient().WithTimeout(2 * time.Second), // of one attempt: API Gateway and a user wait
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 100 * time.Millisecond })
		},
	}, nil
}

// Endpoint returns the address in an environment variable, such as AWS_ENDPOINT_URL_DYNAMODB,
// or nil for that of AWS.
func Endpoint(getenv func(string) string, name string) *string {
	if url := getenv(name); url != "" {
		return &url
	}
	return nil
}
