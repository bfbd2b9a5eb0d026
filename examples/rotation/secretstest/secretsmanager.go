// Package secretstest plays AWS Secrets Manager and Parameter Store in memory, with the
// methods of the SDK's clients that the example calls, and over HTTP.
package secretstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

// A SecretsManager has one secret. Make it with [NewSecretsManager]. It is safe for
// concurrent use.
type SecretsManager struct {
	arn string
	now func() time.Time

	mu       sync.Mutex
	versions map[string]*value
	stages   map[string]string // the version that has a label
	err      error             // what every call fails with, if it is not nil
	calls    int
}

// A value is a version of a secret or a parameter. One that is only pending has no text.
type value struct {
	text    string
	created time.Time
}

// NewSecretsManager returns a Secrets Manager with a secret of this ARN, whose first version
// has this ID and text. Rotation is enabled.
func NewSecretsManager(arn, id, text string, now func() time.Time) *SecretsManager {
	return &SecretsManager{
		arn: arn, now: now, versions: map[string]*value{id: {text, now()}}, stages: map[string]string{current: id},
	}
}

// Rotate begins a rotation, as RotateSecret does: the version that is to be made has the
// label AWSPENDING before it has a value.
func (s *SecretsManager) Rotate(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stages[pending] = id
}

// Fail has every call fail with an error, or none if it is nil.
func (s *SecretsManager) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Calls returns how many calls there were.
func (s *SecretsManager) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Stages returns the version of each label.
func (s *SecretsManager) Stages() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	stages := map[string]string{}
	for stage, id := range s.stages {
		stages[stage] = id
	}
	return stages
}

// Text returns the text of a version, empty if it has none.
func (s *SecretsManager) Text(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.versions[id]; v != nil {
		return v.text
	}
	return ""
}

// enter counts a call about the secret of an ARN. If it returns no error the caller has to
// unlock s.mu.
func (s *SecretsManager) enter(ctx context.Context, id *string) error {
	s.mu.Lock()
	s.calls++
	err := ctx.Err()
	switch {
	case err != nil:
	case s.err != nil:
		err = s.err
	case id == nil || *id != s.arn:
		err = notFound("Secrets Manager can't find the specified secret.")
	}
	if err != nil {
		s.mu.Unlock()
	}
	return err
}

func notFound(message string) error { return &types.ResourceNotFoundException{Message: &message} }
func invalid(message string) error  { return &types.InvalidRequestException{Message: &message} }

// GetSecretValue returns the version of an ID, of a label, or of both if they agree.
func (s *SecretsManager) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if err := s.enter(ctx, in.SecretId); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	stage := current
	if in.VersionStage != nil {
		stage = *in.VersionStage
	}
	id := s.stages[stage]
	if in.VersionId != nil {
		if in.VersionStage != nil && id != *in.VersionId {
			return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: " + *in.VersionId)
		}
		id = *in.VersionId
	}
	v := s.versions[id]
	if v == nil {
		return nil, notFound("Secrets Manager can't find the specified secret value for staging label: " + stage)
	}
	text, created := v.text, v.created
	return &secretsmanager.GetSecretValueOutput{ARN: &s.arn, VersionId: &id, SecretString: &text, CreatedDate: &created, VersionStages: s.stagesOf(id)}, nil
}

func (s *SecretsManager) stagesOf(id string) (stages []string) {
	for stage, of := range s.stages {
		if of == id {
			stages = append(stages, stage)
		}
	}
	slices.Sort(stages)
	return stages
}

// DescribeSecret returns which version has which labels.
func (s *SecretsManager) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	if err := s.enter(ctx, in.SecretId); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	versions, enabled := map[string][]string{}, true
	for _, id := range s.stages {
		versions[id] = s.stagesOf(id)
	}
	return &secretsmanager.DescribeSecretOutput{ARN: &s.arn, RotationEnabled: &enabled, VersionIdsToStages: versions}, nil
}

// PutSecretValue makes a version with labels, which others lose. One that is there must have
// the same text.
func (s *SecretsManager) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	if err := s.enter(ctx, in.SecretId); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if in.ClientRequestToken == nil || in.SecretString == nil {
		return nil, invalid("You must provide a value.")
	}
	id := *in.ClientRequestToken
	switch v := s.versions[id]; {
	case v == nil:
		s.versions[id] = &value{*in.SecretString, s.now()}
	case v.text != *in.SecretString:
		message := "You can't use ClientRequestToken " + id + " because that value is already in use for a version of the secret."
		return nil, &types.ResourceExistsException{Message: &message}
	}
	stages := in.VersionStages
	if len(stages) == 0 {
		stages = []string{current}
	}
	for _, stage := range stages {
		s.move(stage, id)
	}
	return &secretsmanager.PutSecretValueOutput{ARN: &s.arn, VersionId: &id, VersionStages: s.stagesOf(id)}, nil
}

// move gives a label to a version. Where AWSCURRENT was, AWSPREVIOUS goes.
func (s *SecretsManager) move(stage, id string) {
	if stage == current && s.stages[current] != id && s.stages[current] != "" {
		s.stages[previous] = s.stages[current]
	}
	s.stages[stage] = id
}

// UpdateSecretVersionStage moves a label from one version to another, or takes it off.
func (s *SecretsManager) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	if err := s.enter(ctx, in.SecretId); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	stage := *in.VersionStage
	has := s.stages[stage]
	if has != "" && (in.RemoveFromVersionId == nil || *in.RemoveFromVersionId != has) && (in.MoveToVersionId == nil || *in.MoveToVersionId != has) {
		return nil, invalid(fmt.Sprintf("The parameter RemoveFromVersionId must be the version that has staging label %s.", stage))
	}
	if in.MoveToVersionId == nil {
		delete(s.stages, stage)
		return &secretsmanager.UpdateSecretVersionStageOutput{ARN: &s.arn}, nil
	}
	if s.versions[*in.MoveToVersionId] == nil {
		return nil, notFound("Secrets Manager can't find the specified version.")
	}
	s.move(stage, *in.MoveToVersionId)
	return &secretsmanager.UpdateSecretVersionStageOutput{ARN: &s.arn}, nil
}
