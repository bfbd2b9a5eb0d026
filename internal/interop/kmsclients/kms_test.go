package kmsclients_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A server is a KMS behind HTTP with two keys, and the client that reaches it.
type server struct {
	*kmstest.KMS
	client     *kms.Client
	key, other string // ARNs of symmetric keys
}

func serve(t *testing.T) *server {
	t.Helper()
	memory := kmstest.New(kmstest.Config{})
	client := kms.New(kms.Options{
		Region:           memory.Region(),
		BaseEndpoint:     aws.String(memory.Serve(t)),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		RetryMaxAttempts: 1,
	})
	s := &server{KMS: memory, client: client}
	for _, arn := range []*string{&s.key, &s.other} {
		var err error
		if *arn, err = memory.AddKey(types.KeySpecSymmetricDefault, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}
