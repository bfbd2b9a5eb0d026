package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// A secret is what the token function loads while it runs: those keys of the folder that are
// still of use, and the schedule. A function's package is no place for them, and neither is
// its environment: more people may read these than may make tokens.
type secret struct {
	Schedule *rotation.Schedule `json:"schedule"`
	Keys     map[string]string  `json:"keys"` // private, in PEM, by kid
}

// secret returns the folder as a secret.
func (f folder) secret(now time.Time) ([]byte, error) {
	schedule, pairs, err := f.read(now)
	if err != nil {
		return nil, err
	}
	s := secret{schedule, map[string]string{}}
	for _, pair := range pairs {
		key, ok := pair.Signing.(*keys.PrivateKey)
		if !ok {
			return nil, errors.New("a key that is in no file")
		}
		text, err := key.MarshalPrivatePEM()
		if err != nil {
			return nil, err
		}
		s.Keys[key.Kid()] = string(text)
	}
	return json.Marshal(s)
}

// parseSecret returns the keys in a secret, which sign as its schedule says. No error holds
// any of its text.
func parseSecret(text []byte, now func() time.Time) (*keys.Ring, error) {
	var s secret
	if json.Unmarshal(text, &s) != nil || s.Schedule == nil {
		return nil, errors.New(`this is not what "keys secret" makes`)
	}
	if err := outlastsTokens(s.Schedule); err != nil {
		return nil, fmt.Errorf("the schedule %w", err)
	}
	var pairs []rotation.Pair
	for kid, text := range s.Keys {
		key, err := keys.ParsePrivatePEM(algorithm, []byte(text))
		if err != nil {
			return nil, fmt.Errorf("the private key %q: %w", kid, err)
		}
		pairs = append(pairs, rotation.PairOf(key.WithKid(kid)))
	}
	ring, err := rotation.NewRing(rotation.RingConfig{Schedule: s.Schedule, Keys: pairs, Now: now})
	if err != nil {
		return nil, err
	}
	return keys.NewRing(ring)
}

// newKeys has the secret loaded when it is needed, and again when it is five minutes old:
// rotation and revocation deploy nothing.
func newKeys(load func(context.Context) ([]byte, error), now func() time.Time) (*keys.Refreshing, error) {
	return keys.NewRefreshing(keys.RefreshingConfig{Now: now, Load: func(ctx context.Context) (*keys.Ring, error) {
		text, err := load(ctx)
		if err != nil {
			return nil, err
		}
		return parseSecret(text, now)
	}})
}

// getSecretValueAPI is what the token function asks of a secretsmanager.Client.
type getSecretValueAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

func fromSecretsManager(client getSecretValueAPI, id string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return nil, fmt.Errorf("KEYS_SECRET_ID: %w", err)
		}
		if out.SecretString == nil {
			return nil, errors.New("KEYS_SECRET_ID: the secret is no text")
		}
		return []byte(*out.SecretString), nil
	}
}
