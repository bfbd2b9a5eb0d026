// Package awskms makes the KMS clients of the examples: for Lambda, and for a KMS in
// memory that is reached over HTTP as the real one is.
package awskms

import (
	"context"
	"errors"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// OnLambda returns a client for KMS in the function's Region, with the function's
// credentials: Lambda sets AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN, and ends an environment before its credentials do.
// AWS_ENDPOINT_URL_KMS may name another endpoint, as for every AWS SDK.
//
// That is all a function needs on a runtime such as provided.al2023, and it leaves
// out the SDK's module config, 2 MB of program that starts with every cold start. Use
// config.LoadDefaultConfig where credentials come from elsewhere or change while the
// program runs: on a laptop with profiles or SSO, in a container (ECS, EKS), on EC2,
// and wherever a role is assumed.
func OnLambda(getenv func(string) string) (*kms.Client, error) {
	credentials := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	region := getenv("AWS_REGION")
	switch {
	case region == "":
		return nil, errors.New("AWS_REGION is not set, which Lambda does: elsewhere, make the client with the SDK's module config")
	case !credentials.HasKeys(): // without any, a client would send its requests unsigned
		return nil, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, which Lambda does: elsewhere, make the client with the SDK's module config")
	}
	options := kms.Options{
		Region: region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
	}
	if endpoint := getenv("AWS_ENDPOINT_URL_KMS"); endpoint != "" {
		options.BaseEndpoint = &endpoint
	}
	return kms.New(options, kmskeys.Retry), nil
}

// A Local is a KMS in memory, served on a free port of this machine.
type Local struct {
	KMS    *kmstest.KMS
	Client *kms.Client // an unmodified one, which has no credentials and so signs nothing
	server *httptest.Server
}

// NewLocal starts a KMS in memory, which runs until Close or the end of the program.
func NewLocal(now func() time.Time) *Local {
	memory := kmstest.New(kmstest.Config{Now: now})
	server := httptest.NewServer(memory)
	client := kms.New(kms.Options{Region: memory.Region(), BaseEndpoint: &server.URL}, kmskeys.Retry)
	return &Local{memory, client, server}
}

// URL is the endpoint, for AWS_ENDPOINT_URL_KMS.
func (l *Local) URL() string { return l.server.URL }

// Environment is what Lambda sets for a function in this KMS's Region, for OnLambda to
// find this KMS instead of the real one.
func (l *Local) Environment() []string {
	return []string{
		"AWS_REGION=" + l.KMS.Region(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=session",
		"AWS_ENDPOINT_URL_KMS=" + l.URL(),
	}
}

// Close ends it.
func (l *Local) Close() { l.server.Close() }
