package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/lambdajwt/authorizer/keys"
)

// getParameterAPI is what a loader asks of an ssm.Client.
type getParameterAPI interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// putParameterAPI is what a rotation asks of it.
type putParameterAPI interface {
	getParameterAPI
	PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error)
}

// fromParameterStore loads the latest two versions of a parameter in AWS Systems Manager's
// Parameter Store. It needs ssm:GetParameter, and kms:Decrypt for the key of the parameter.
//
// Parameter Store has no staging labels of its own: a new version is current at once, which
// does not matter, since it signs once it has settled. To withdraw a secret at once, put two
// new versions.
func fromParameterStore(client getParameterAPI, name string, t times, now func() time.Time) loader {
	return func(ctx context.Context) (*keys.Ring, error) {
		current, number, err := getParameter(ctx, client, name)
		if err != nil {
			return nil, err
		}
		if number == 1 {
			return t.ring(now(), *current, nil, nil)
		}
		previous, _, err := getParameter(ctx, client, name+":"+strconv.FormatInt(number-1, 10))
		var gone *types.ParameterVersionNotFound
		if err != nil && !errors.As(err, &gone) {
			return nil, err
		}
		return t.ring(now(), *current, previous, nil)
	}
}

// getParameter returns a version of a parameter, by default the latest, and its number.
func getParameter(ctx context.Context, client getParameterAPI, name string) (*version, int64, error) {
	decrypt := true
	out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: &decrypt})
	if err != nil {
		return nil, 0, fmt.Errorf("the parameter %s: %w", name, err)
	}
	p := out.Parameter
	if p == nil || p.Value == nil || p.LastModifiedDate == nil || p.Type != types.ParameterTypeSecureString {
		return nil, 0, fmt.Errorf("the parameter %s is no SecureString: store the secret as one", name)
	}
	return &version{strconv.FormatInt(p.Version, 10), *p.Value, *p.LastModifiedDate}, p.Version, nil
}

// rotateParameter is the function that replaces a secret in Parameter Store, on a schedule.
// It needs ssm:PutParameter and ssm:GetParameter, and must not run twice at the same time.
func rotateParameter(client putParameterAPI, name string, t times, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		latest, number, err := getParameter(ctx, client, name)
		if err != nil {
			return err
		}
		if over := latest.created.Add(t.ends()); number > 1 && now().Before(over) {
			return fmt.Errorf("the rotation before is not over until %s", over.UTC().Format(time.RFC3339))
		}
		secret, overwrite := newSecret(), true
		_, err = client.PutParameter(ctx, &ssm.PutParameterInput{
			Name: &name, Value: &secret, Type: types.ParameterTypeSecureString, Overwrite: &overwrite,
		})
		return err
	}
}

// newSecret returns a random text of 260 bits.
func newSecret() string { return rand.Text() + rand.Text() }
