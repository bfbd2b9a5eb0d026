package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/internal/awsconfig"
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
		cfg, err := awsconfig.OnLambda(env)
		if err != nil {
			return nil, err
		}
		load = fromSecretsManager(secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
			o.BaseEndpoint = awsconfig.Endpoint(env, "AWS_ENDPOINT_URL_SECRETS_MANAGER")
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
	cfg, err := awsconfig.OnLambda(env)
	if err != nil {
		return nil, err
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = awsconfig.Endpoint(env, "AWS_ENDPOINT_URL_DYNAMODB") })
	return users.NewDynamo(client, table, time.Now), nil
}

func (env environment) mail() (mailer, error) {
	from, page := env("MAIL_FROM"), env("CONFIRM_URL")
	if from == "" || page == "" {
		return nil, errors.New("set MAIL_FROM to an address that is verified in Amazon SES, and CONFIRM_URL to your page that confirms accounts")
	}
	cfg, err := awsconfig.OnLambda(env)
	if err != nil {
		return nil, err
	}
	client := sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.BaseEndpoint = awsconfig.Endpoint(env, "AWS_ENDPOINT_URL_SESV2") })
	return withSES(client, from, page), nil
}
