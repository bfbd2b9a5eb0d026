package kmstest_test

import (
	"context"
	"os"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestContract(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	served := kmstest.New(kmstest.Config{Region: "eu-west-1"})
	harnesses := map[string]kmstest.Harness{
		"in memory": {
			API:     east,
			Other:   east.In("us-west-2"),
			Refuses: kmstest.Refused(),
		},
		"through the SDK's client": {
			API:     clientOf(t, served),
			Other:   clientOf(t, served.In("eu-central-1")),
			Refuses: kmstest.Refused(),
		},
	}
	if endpoint := os.Getenv("KMSTEST_ENDPOINT"); endpoint != "" {
		harnesses["at "+endpoint] = kmstest.Harness{API: clientFromEnvironment(endpoint)}
	}
	for name, harness := range harnesses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kmstest.Contract(t, harness)
		})
	}
}

// clientFromEnvironment returns a client for a KMS elsewhere: an emulator, or AWS
// itself with KMSTEST_ENDPOINT=https://kms.eu-west-1.amazonaws.com and AWS_REGION,
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN set.
func clientFromEnvironment(endpoint string) *kms.Client {
	options := kms.Options{Region: os.Getenv("AWS_REGION"), BaseEndpoint: &endpoint}
	if access := os.Getenv("AWS_ACCESS_KEY_ID"); access != "" {
		options.Credentials = static(options.Credentials, access, os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	}
	return kms.New(options)
}

// clientOf returns an unmodified client of the SDK for a KMS behind HTTP. It has no
// credentials, so it does not sign; and it does not retry.
func clientOf(t *testing.T, k *kmstest.KMS) *kms.Client {
	t.Helper()
	endpoint := k.Serve(t)
	return kms.New(kms.Options{Region: k.Region(), BaseEndpoint: &endpoint, RetryMaxAttempts: 1})
}

// A provider gives the same credentials always. C is aws.Credentials, inferred, so
// that aws-sdk-go-v2 itself stays an indirect requirement.
type provider[C any] struct{ credentials C }

func (p provider[C]) Retrieve(context.Context) (C, error) { return p.credentials, nil }

func static[C any](_ interface {
	Retrieve(context.Context) (C, error)
}, access, secret, session string) provider[C] {
	var p provider[C]
	fields := reflect.ValueOf(&p.credentials).Elem()
	fields.FieldByName("AccessKeyID").SetString(access)
	fields.FieldByName("SecretAccessKey").SetString(secret)
	fields.FieldByName("SessionToken").SetString(session)
	return p
}
