package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/keys"
)

const parameter = "/orders/jwt-secret"

func TestTheLatestTwoVersionsOfAParameterAreLoaded(t *testing.T) {
	clock := noon
	now := func() time.Time { return clock }
	store := secretstest.NewParameterStore(parameter, newSecret(), now)
	load := fromParameterStore(store, parameter, inEarnest, now)
	for _, test := range []struct {
		after          time.Duration // since the step before
		put            bool
		signs, accepts string
	}{
		{0, false, "1", "1"},
		{time.Hour, true, "1", "12"},
		{inEarnest.settles(), false, "2", "12"},
		{inEarnest.ends(), false, "2", "2"},
		{time.Hour, true, "2", "23"},
		{time.Second, true, "3", "34"}, // which withdraws 2
	} {
		clock = clock.Add(test.after)
		if test.put {
			name, secret, overwrite := parameter, newSecret(), true
			if _, err := store.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &secret, Overwrite: &overwrite}); err != nil {
				t.Fatal(err)
			}
		}
		ring, err := load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		key, err := ring.SigningKey(t.Context())
		accepts := ""
		for _, kid := range []string{"1", "2", "3", "4"} {
			if _, err := ring.VerificationKey(t.Context(), keys.Header{Algorithm: "HS256", Kid: kid}); err == nil {
				accepts += kid
			}
		}
		if err != nil || key.Header().Kid != test.signs || accepts != test.accepts {
			t.Errorf("at %v: signs with %v, %v, accepts %s; want %s and %s", clock, key, err, accepts, test.signs, test.accepts)
		}
	}
}

// A store that gives what a function gives.
type given func(name string) (*ssm.GetParameterOutput, error)

func (g given) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	return g(*in.Name)
}

func TestAPreviousVersionThatIsGoneIsNotMissed(t *testing.T) {
	text := newSecret()
	ring, err := fromParameterStore(given(func(name string) (*ssm.GetParameterOutput, error) {
		if name != parameter {
			return nil, &types.ParameterVersionNotFound{}
		}
		return &ssm.GetParameterOutput{Parameter: &types.Parameter{Type: types.ParameterTypeSecureString, Value: &text, Version: 7, LastModifiedDate: &noon}}, nil
	}), parameter, inEarnest, func() time.Time { return noon })(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ring.SigningKey(t.Context()); err != nil || key.Header().Kid != "7" {
		t.Errorf("signs with %v, %v", key, err)
	}
}

func TestWhatParameterStoreCannotGiveIsAnErrorThatShowsNoSecret(t *testing.T) {
	text := "a-secret-that-is-long-enough-for-us"
	answer := func(p *types.Parameter) given {
		return func(string) (*ssm.GetParameterOutput, error) { return &ssm.GetParameterOutput{Parameter: p}, nil }
	}
	failing := secretstest.NewParameterStore(parameter, text, time.Now)
	failing.Fail(errAway)
	half := given(func(name string) (*ssm.GetParameterOutput, error) {
		if name != parameter {
			return nil, errAway
		}
		return &ssm.GetParameterOutput{Parameter: &types.Parameter{Type: types.ParameterTypeSecureString, Value: &text, Version: 7, LastModifiedDate: &noon}}, nil
	})
	for name, test := range map[string]struct {
		client getParameterAPI
		want   string
	}{
		"an outage":                       {failing, "the parameter " + parameter + ": the store is away"},
		"an outage at the second version": {half, "the parameter " + parameter + ":6: the store is away"},
		"another parameter":               {secretstest.NewParameterStore("/other", text, time.Now), "ParameterNotFound"},
		"nothing":                         {answer(nil), "SecureString"},
		"no value":                        {answer(&types.Parameter{Type: types.ParameterTypeSecureString, Version: 1, LastModifiedDate: &noon}), "SecureString"},
		"no time":                         {answer(&types.Parameter{Type: types.ParameterTypeSecureString, Version: 1, Value: &text}), "SecureString"},
		"a String, which nobody encrypts": {answer(&types.Parameter{Type: types.ParameterTypeString, Version: 1, Value: &text, LastModifiedDate: &noon}), "is no SecureString"},
		"the same secret a second time":   {answer(&types.Parameter{Type: types.ParameterTypeSecureString, Version: 2, Value: &text, LastModifiedDate: &noon}), "in the ring already"},
		"a short one":                     {secretstest.NewParameterStore(parameter, "a-short-secret", time.Now), "version 1: keys: HS256 needs"},
	} {
		ring, err := fromParameterStore(test.client, parameter, inEarnest, func() time.Time { return noon })(t.Context())
		if ring != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "a-short-secret") {
			t.Errorf("%s: %v, %v", name, ring, err)
		}
	}
}

func TestAParameterIsRotatedNoSoonerThanItsPreviousVersionHasEnded(t *testing.T) {
	clock := noon
	now := func() time.Time { return clock }
	store := secretstest.NewParameterStore(parameter, newSecret(), now)
	rotate := rotateParameter(store, parameter, inEarnest, now)
	if err := rotate(t.Context()); err != nil {
		t.Errorf("the first: %v", err)
	}
	clock = clock.Add(inEarnest.ends() - 1)
	if err := rotate(t.Context()); err == nil || !strings.Contains(err.Error(), "not over until 2030-01-02T13:36:00Z") {
		t.Errorf("too soon: %v", err)
	}
	clock = clock.Add(1)
	if err := rotate(t.Context()); err != nil {
		t.Errorf("in time: %v", err)
	}
	store.Fail(errAway)
	if err := rotate(t.Context()); err == nil {
		t.Error("an outage is no error")
	}
}
