package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// lambdaFunction makes the Lambda function of a name. All but whoami need SECRET_ARN, the
// ARN of a secret in Secrets Manager, or PARAMETER_NAME, the name of a SecureString in
// Parameter Store. token needs LOGIN_USER and LOGIN_PASSWORD_SHA256 too.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	switch name {
	case "whoami": // needs no secret, and so gets none
		return whoami, nil
	case "token", "authorizer", "rotate":
	default:
		return nil, fmt.Errorf("there is no function %q: set Handler to token, authorizer, rotate or whoami", name)
	}
	cfg, err := onLambda(getenv)
	if err != nil {
		return nil, err
	}
	s := store{arn: getenv("SECRET_ARN"), parameter: getenv("PARAMETER_NAME")}
	switch {
	case (s.arn == "") == (s.parameter == ""):
		return nil, errors.New("set SECRET_ARN to the ARN of a secret in Secrets Manager, or PARAMETER_NAME to the name of a SecureString in Parameter Store")
	case s.arn != "":
		s.secrets = secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.BaseEndpoint = endpoint(getenv, "AWS_ENDPOINT_URL_SECRETS_MANAGER") })
	default:
		s.parameters = ssm.NewFromConfig(cfg, func(o *ssm.Options) { o.BaseEndpoint = endpoint(getenv, "AWS_ENDPOINT_URL_SSM") })
	}
	return s.function(name, getenv, logger)
}

// A store is where the secret is: one of the two.
type store struct {
	arn        string
	secrets    rotationAPI
	parameter  string
	parameters putParameterAPI
}

func (s store) loader(now func() time.Time) loader {
	if s.arn != "" {
		return fromSecretsManager(s.secrets, s.arn, inEarnest, now)
	}
	return fromParameterStore(s.parameters, s.parameter, inEarnest, now)
}

func (s store) function(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{load: s.loader(time.Now), times: inEarnest, logger: logger, now: time.Now}
	switch name {
	case "authorizer":
		return newAuthorizer(set)
	case "rotate":
		if s.arn != "" {
			return (&rotator{client: s.secrets, arn: s.arn, times: inEarnest, now: time.Now}).handle, nil
		}
		return rotateParameter(s.parameters, s.parameter, inEarnest, time.Now), nil
	}
	var err error
	if set.user, err = onelogin.FromEnvironment(getenv); err != nil {
		return nil, err
	}
	l, err := newLogin(set)
	if err != nil {
		return nil, err
	}
	return l.Handle, nil
}

func endpoint(getenv func(string) string, name string) *string {
	if url := getenv(name); url != "" {
		return &url
	}
	return nil
}

// onLambda configures clients for the function's Region, with the function's credentials:
// package awskms of these examples says why that is enough, and when it is not.
func onLambda(getenv func(string) string) (aws.Config, error) {
	credentials := aws.Credentials{
		AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: getenv("AWS_SESSION_TOKEN"),
	}
	region := getenv("AWS_REGION")
	if region == "" || !credentials.HasKeys() {
		return aws.Config{}, errors.New("AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not all set, which Lambda does: elsewhere, use the SDK's module config")
	}
	return aws.Config{
		Region:           region,
		Credentials:      aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		RetryMaxAttempts: 2, // API Gateway and a user wait
	}, nil
}
