package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/keys"
)

// startWithin is how long a function may take to load the secrets when it starts.
const startWithin = 5 * time.Second

// lambdaFunction makes the Lambda function of a name from the environment variables that
// README.md lists. A function gets what it needs, and neither secrets nor users otherwise.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	needs, known := map[string]struct{ secrets, users, mail bool }{
		"authorizer": {secrets: true},
		"login":      {secrets: true, users: true},
		"refresh":    {secrets: true, users: true},
		"account":    {secrets: true, users: true, mail: true},
		"user":       {users: true},
	}[name]
	if !known {
		return nil, fmt.Errorf("there is no function %q: set Handler to login, refresh, account, user or authorizer", name)
	}
	env := environment(getenv)
	set := settings{logger: logger, now: time.Now}
	var err error
	if needs.secrets {
		set.secrets, err = env.secrets()
	}
	if needs.users && err == nil {
		set.users, err = env.users()
	}
	if needs.mail && err == nil {
		set.mail, err = env.mail()
	}
	if err != nil {
		return nil, err
	}
	s, err := newService(set)
	if err != nil {
		return nil, err
	}
	return s.functions()[name], nil
}

// An environment is that of a Lambda function.
type environment func(string) string

// secrets loads the secrets once, so that one that will not do is found now.
func (env environment) secrets() (*keys.Refreshing, error) {
	load := fromEnvironment(env)
	if id := env("JWT_SECRET_ID"); id != "" {
		cfg, err := env.aws()
		if err != nil {
			return nil, err
		}
		load = fromSecretsManager(secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
			o.BaseEndpoint = env.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER")
		}), id)
	}
	source, err := newSecrets(load, time.Now)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return source, source.Ready(ctx)
}

func (env environment) users() (users.Store, error) {
	table := env("USERS_TABLE")
	if table == "" {
		return nil, errors.New("set USERS_TABLE to the name of the users' table in DynamoDB")
	}
	cfg, err := env.aws()
	if err != nil {
		return nil, err
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = env.endpoint("AWS_ENDPOINT_URL_DYNAMODB") })
	return users.NewDynamo(client, table, time.Now), nil
}

func (env environment) mail() (mailer, error) {
	from, page := env("MAIL_FROM"), env("CONFIRM_URL")
	if from == "" || page == "" {
		return nil, errors.New("set MAIL_FROM to an address that is verified in Amazon SES, and CONFIRM_URL to your page that confirms accounts")
	}
	cfg, err := env.aws()
	if err != nil {
		return nil, err
	}
	client := sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.BaseEndpoint = env.endpoint("AWS_ENDPOINT_URL_SESV2") })
	return withSES(client, from, page), nil
}

func (env environment) endpoint(name string) *string {
	if url := env(name); url != "" {
		return &url
	}
	return nil
}

// aws configures clients for the function's Region, with the function's credentials. That
// is all a function needs on a runtime such as provided.al2023, and it leaves out the SDK's
// module config, 2 MB of program. Use config.LoadDefaultConfig where credentials come from
// elsewhere or change while the program runs.
func (env environment) aws() (aws.Config, error) {
	credentials := aws.Credentials{
		AccessKeyID: env("AWS_ACCESS_KEY_ID"), SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
		SessionToken: env("AWS_SESSION_TOKEN"), Source: "environment",
	}
	if env("AWS_REGION") == "" || !credentials.HasKeys() {
		return aws.Config{}, errors.New("set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda does")
	}
	return aws.Config{
		Region:      env("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		HTTPClient:  awshttp.NewBuildableClient().WithTimeout(2 * time.Second), // of one attempt: API Gateway and a user wait
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 100 * time.Millisecond })
		},
	}, nil
}
