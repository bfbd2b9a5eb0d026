package secretstest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// keptVersions is how many versions Parameter Store keeps of a parameter.
const keptVersions = 100

// A ParameterStore has one parameter, a SecureString. Make it with [NewParameterStore]. It is
// safe for concurrent use.
type ParameterStore struct {
	name string
	now  func() time.Time

	mu       sync.Mutex
	versions []value // of which the first has the number 1
	err      error
}

// NewParameterStore returns a Parameter Store with a parameter of this name, whose version 1
// has this text.
func NewParameterStore(name, text string, now func() time.Time) *ParameterStore {
	return &ParameterStore{name: name, now: now, versions: []value{{text, now()}}}
}

// Fail has every call fail with an error, or none if it is nil.
func (p *ParameterStore) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// GetParameter returns the latest version of a parameter, or the one after a colon.
func (p *ParameterStore) GetParameter(ctx context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, selector, selected := strings.Cut(*in.Name, ":")
	number := int64(len(p.versions))
	if selected {
		var err error
		if number, err = strconv.ParseInt(selector, 10, 64); err != nil {
			return nil, err
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.err != nil:
		return nil, p.err
	case name != p.name:
		return nil, &types.ParameterNotFound{}
	case number < 1 || number > int64(len(p.versions)) || number <= int64(len(p.versions)-keptVersions):
		return nil, &types.ParameterVersionNotFound{}
	}
	v := p.versions[number-1]
	if in.WithDecryption == nil || !*in.WithDecryption {
		v.text = "AQICAHgencrypted"
	}
	return &ssm.GetParameterOutput{Parameter: &types.Parameter{
		Name: &p.name, Type: types.ParameterTypeSecureString, Version: number, Value: &v.text, LastModifiedDate: &v.created,
	}}, nil
}

// PutParameter adds a version.
func (p *ParameterStore) PutParameter(ctx context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.err != nil:
		return nil, p.err
	case *in.Name != p.name:
		return nil, fmt.Errorf("there is no parameter %s here", *in.Name)
	case in.Overwrite == nil || !*in.Overwrite:
		return nil, &types.ParameterAlreadyExists{}
	}
	p.versions = append(p.versions, value{*in.Value, p.now()})
	return &ssm.PutParameterOutput{Version: int64(len(p.versions))}, nil
}
