package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/lambdajwt/authorizer/keys"
)

// A loader loads the secrets: a ring that signs with one of them and verifies with all that
// are good.
type loader func(context.Context) (*keys.Ring, error)

// getSecretValueAPI is what a loader asks of a secretsmanager.Client.
type getSecretValueAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// The staging labels of Secrets Manager.
const (
	pendingStage  = "AWSPENDING"
	currentStage  = "AWSCURRENT"
	previousStage = "AWSPREVIOUS"
)

// fromSecretsManager loads the versions of a secret in AWS Secrets Manager, whose value is
// the text of the secret and nothing else. It needs secretsmanager:GetSecretValue.
//
// To withdraw a secret at once, rotate it and then take AWSPREVIOUS off:
//
//	aws secretsmanager update-secret-version-stage --secret-id ID --version-stage AWSPREVIOUS --remove-from-version-id VERSION
//
// Functions know it when they load again, maxAge later at most. Until all do, some good
// tokens of the new version may be refused.
func fromSecretsManager(client getSecretValueAPI, id string, t times, now func() time.Time) loader {
	return func(ctx context.Context) (*keys.Ring, error) {
		// In the order in which a version gets the labels: one that moves on meanwhile is
		// found under the next.
		var versions [3]*version
		for i, stage := range []string{pendingStage, currentStage, previousStage} {
			var err error
			if versions[i], err = getVersion(ctx, client, &secretsmanager.GetSecretValueInput{SecretId: &id, VersionStage: &stage}); err != nil {
				return nil, fmt.Errorf("%s of the secret: %w", stage, err)
			}
		}
		pending, current, previous := versions[0], versions[1], versions[2]
		if current == nil {
			return nil, fmt.Errorf("there is no secret %s, or none of its versions is %s", id, currentStage)
		}
		if previous != nil && previous.id == current.id { // it has moved on meanwhile, and what was there had ended
			previous = nil
		}
		return t.ring(now(), *current, previous, pending)
	}
}

// getVersion returns one version of a secret, or nil if there is none.
func getVersion(ctx context.Context, client getSecretValueAPI, in *secretsmanager.GetSecretValueInput) (*version, error) {
	out, err := client.GetSecretValue(ctx, in)
	var none *types.ResourceNotFoundException
	switch {
	case errors.As(err, &none):
		return nil, nil
	case err != nil:
		return nil, err
	case out.SecretString == nil || out.VersionId == nil || out.CreatedDate == nil:
		return nil, errors.New("it is no text: store the secret as SecretString")
	}
	return &version{*out.VersionId, *out.SecretString, *out.CreatedDate}, nil
}
