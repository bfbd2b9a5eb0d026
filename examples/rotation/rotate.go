package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// rotationAPI is what a rotation asks of a secretsmanager.Client.
type rotationAPI interface {
	getSecretValueAPI
	DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// A rotationEvent is what Secrets Manager sends a rotation function, once for each step.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
type rotationEvent struct {
	Step               string
	SecretId           string
	ClientRequestToken string // the ID of the version to be made
}

// A rotator is the rotation function of one secret. Every step may be repeated, as Secrets
// Manager does after a failure.
type rotator struct {
	client rotationAPI
	arn    string // of the secret
	times  times
	now    func() time.Time
}

// handle takes one step. An error ends the rotation, and the secret stays as it was.
func (r *rotator) handle(ctx context.Context, e rotationEvent) error {
	if e.SecretId != r.arn || e.ClientRequestToken == "" {
		return fmt.Errorf("the event is about another secret than %s, or has no ClientRequestToken", r.arn)
	}
	current, err := r.check(ctx, e.ClientRequestToken)
	if err != nil {
		return err
	}
	if current == e.ClientRequestToken {
		if e.Step != "finishSecret" {
			return fmt.Errorf("version %s is %s already", current, currentStage)
		}
		return nil
	}
	switch e.Step {
	case "createSecret":
		return r.create(ctx, e.ClientRequestToken)
	case "setSecret":
		return nil // nobody else has to be told the secret
	case "testSecret":
		_, err := r.test(ctx, e.ClientRequestToken)
		return err
	case "finishSecret":
		return r.finish(ctx, e.ClientRequestToken, current)
	}
	return fmt.Errorf("there is no step %.32q", e.Step)
}

// check returns the ID of the current version, if a version is to be made or pending.
func (r *rotator) check(ctx context.Context, token string) (current string, err error) {
	out, err := r.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &r.arn})
	if err != nil {
		return "", err
	}
	for id, stages := range out.VersionIdsToStages {
		if slices.Contains(stages, currentStage) {
			current = id
		}
	}
	stages, known := out.VersionIdsToStages[token]
	switch {
	case out.RotationEnabled == nil || !*out.RotationEnabled:
		return "", errors.New("rotation is not enabled for the secret")
	case current == "":
		return "", fmt.Errorf("the secret has no version that is %s: give it a value first", currentStage)
	case !known:
		return "", fmt.Errorf("version %s is none of the secret's", token)
	case !slices.Contains(stages, pendingStage) && current != token:
		return "", fmt.Errorf("version %s is not %s", token, pendingStage)
	}
	return current, nil
}

// create makes the pending version, unless that has been done.
func (r *rotator) create(ctx context.Context, token string) error {
	there, err := r.version(ctx, token, pendingStage)
	if err != nil || there != nil {
		return err
	}
	if err := r.checkOver(ctx); err != nil {
		return err
	}
	secret := newSecret()
	_, err = r.client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &r.arn, ClientRequestToken: &token, SecretString: &secret, VersionStages: []string{pendingStage},
	})
	return err
}

// checkOver refuses a rotation while tokens of the previous version may be good: this one
// would take its label.
func (r *rotator) checkOver(ctx context.Context) error {
	stage := previousStage
	previous, err := getVersion(ctx, r.client, &secretsmanager.GetSecretValueInput{SecretId: &r.arn, VersionStage: &stage})
	if err != nil || previous == nil {
		return err
	}
	stage = currentStage
	current, err := getVersion(ctx, r.client, &secretsmanager.GetSecretValueInput{SecretId: &r.arn, VersionStage: &stage})
	switch {
	case err != nil:
		return err
	case current == nil:
		return fmt.Errorf("none of the secret's versions is %s", currentStage)
	}
	if over := current.created.Add(r.times.ends()); r.now().Before(over) {
		return fmt.Errorf("the rotation before is not over until %s", over.UTC().Format(time.RFC3339))
	}
	return nil
}

// test returns the pending version if functions can use it: alone and beside the others.
func (r *rotator) test(ctx context.Context, token string) (*version, error) {
	pending, err := r.version(ctx, token, pendingStage)
	switch {
	case err != nil:
		return nil, err
	case pending == nil:
		return nil, fmt.Errorf("version %s has no value", token)
	}
	ring, err := fromSecretsManager(r.client, r.arn, r.times, r.now)(ctx)
	if err != nil {
		return nil, err
	}
	key, err := pending.key()
	if err != nil {
		return nil, err
	}
	input := []byte("a test of the pending secret")
	signature, err := key.Sign(ctx, input)
	if err != nil {
		return nil, err
	}
	verifies, err := ring.VerificationKey(ctx, key.Header())
	if err != nil {
		return nil, err
	}
	return pending, verifies.Verify(ctx, input, signature)
}

// finish makes the pending version the current one, whose label the previous one gets.
func (r *rotator) finish(ctx context.Context, token, current string) error {
	pending, err := r.test(ctx, token)
	if err != nil {
		return err
	}
	if r.now().Sub(pending.created) > r.times.finish {
		// Functions would give the current version up as if it had been replaced in time.
		return fmt.Errorf("version %s has been pending for more than %v: take its label %s off, and rotate again", token, r.times.finish, pendingStage)
	}
	stage := currentStage
	_, err = r.client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &r.arn, VersionStage: &stage, MoveToVersionId: &token, RemoveFromVersionId: &current,
	})
	return err
}

func (r *rotator) version(ctx context.Context, id, stage string) (*version, error) {
	return getVersion(ctx, r.client, &secretsmanager.GetSecretValueInput{SecretId: &r.arn, VersionId: &id, VersionStage: &stage})
}
