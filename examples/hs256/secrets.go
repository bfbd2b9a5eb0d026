package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/keys"
)

// A loader loads the secrets that tokens are signed with: a ring that signs with one of
// them and verifies with all.
type loader func(context.Context) (*keys.Ring, error)

// newSecrets has the secrets loaded when they are needed, and again when they are five
// minutes old or when a token comes that none of them has signed. A secret can be replaced
// while the functions run, and no two of them disagree for long.
func newSecrets(load loader, now func() time.Time) (*keys.Refreshing, error) {
	return keys.NewRefreshing(keys.RefreshingConfig{Load: load, Now: now})
}

// newRing makes the ring of the secret that signs and of another that is good as well: the
// one before it, or the one that comes next. It may be empty. Most deployed HS256 tokens
// have no kid, and neither have these.
func newRing(current, previous string) (*keys.Ring, error) {
	secret, err := keys.HMAC("HS256", []byte(current))
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET: %w", err)
	}
	if previous == "" {
		return keys.NewRing(secret)
	}
	other, err := keys.HMAC("HS256", []byte(previous))
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET_PREVIOUS: %w", err)
	}
	return keys.NewRing(secret, other)
}

// fromEnvironment loads JWT_SECRET and JWT_SECRET_PREVIOUS from environment variables.
func fromEnvironment(getenv func(string) string) loader {
	return func(context.Context) (*keys.Ring, error) {
		return newRing(getenv("JWT_SECRET"), getenv("JWT_SECRET_PREVIOUS"))
	}
}

// getSecretValueAPI is what a loader asks of a secretsmanager.Client.
type getSecretValueAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// fromSecretsManager loads both from one secret in AWS Secrets Manager, the JSON object
// {"JWT_SECRET": …, "JWT_SECRET_PREVIOUS": …}: together, so that they fit each other.
func fromSecretsManager(client getSecretValueAPI, id string) loader {
	return func(ctx context.Context) (*keys.Ring, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return nil, fmt.Errorf("load the secrets: %w", err)
		}
		var secrets struct {
			Current  string `json:"JWT_SECRET"`
			Previous string `json:"JWT_SECRET_PREVIOUS"`
		}
		if out.SecretString == nil || json.Unmarshal([]byte(*out.SecretString), &secrets) != nil {
			return nil, errors.New(`load the secrets: they are no JSON object {"JWT_SECRET": …, "JWT_SECRET_PREVIOUS": …}`)
		}
		return newRing(secrets.Current, secrets.Previous)
	}
}
