package main

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
)

// withdraw takes a label off a version.
func withdraw(t *testing.T, manager *secretstest.SecretsManager, stage, id string) {
	t.Helper()
	arn := localARN
	if _, err := manager.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{SecretId: &arn, VersionStage: &stage, RemoveFromVersionId: &id}); err != nil {
		t.Fatal(err)
	}
}

// put stores a value that is pending, as no rotation function would.
func put(t *testing.T, manager *secretstest.SecretsManager, id, text string) {
	t.Helper()
	arn := localARN
	if _, err := manager.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &arn, ClientRequestToken: &id, SecretString: &text, VersionStages: []string{pendingStage},
	}); err != nil {
		t.Fatal(err)
	}
}

// A shop is a secret that is to be rotated, by a clock that the test moves.
type shop struct {
	*rotator
	manager *secretstest.SecretsManager
	clock   time.Time
}

func newShop() *shop {
	s := &shop{clock: noon}
	now := func() time.Time { return s.clock }
	s.manager = secretstest.NewSecretsManager(localARN, first, newSecret(), now)
	s.rotator = &rotator{client: s.manager, arn: localARN, times: inEarnest, now: now}
	s.clock = noon.Add(24 * time.Hour)
	return s
}

func (s *shop) steps(t *testing.T, id string, steps ...string) {
	t.Helper()
	for _, step := range steps {
		if err := s.handle(t.Context(), rotationEvent{step, localARN, id}); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
}

func TestARotationMovesTheLabelsAndEveryStepMayBeRepeated(t *testing.T) {
	s := newShop()
	s.manager.Rotate(second)
	s.steps(t, second, "createSecret")
	text := s.manager.Text(second)
	if len(text) != 52 || text == s.manager.Text(first) {
		t.Errorf("a secret of %d bytes", len(text))
	}
	s.steps(t, second, "createSecret", "setSecret", "setSecret", "testSecret", "testSecret")
	if s.manager.Text(second) != text {
		t.Error("the second createSecret has made another secret")
	}
	if got := s.manager.Stages()[currentStage]; got != first {
		t.Errorf("current is %s before the end", got)
	}
	s.steps(t, second, "finishSecret", "finishSecret")
	if got, want := s.manager.Stages(), map[string]string{currentStage: second, previousStage: first, pendingStage: second}; !maps.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
}

func TestAStepThatMakesNoSenseIsRefusedAndChangesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		event   rotationEvent
		prepare func(*testing.T, *shop)
		want    string
	}{
		"another secret":         {rotationEvent{"createSecret", "arn:other", second}, nil, "another secret"},
		"no secret":              {rotationEvent{"createSecret", "", second}, nil, "another secret"},
		"no token":               {rotationEvent{"createSecret", localARN, ""}, nil, "no ClientRequestToken"},
		"a token of nobody's":    {rotationEvent{"createSecret", localARN, third}, nil, "none of the secret's"},
		"no step":                {rotationEvent{"", localARN, second}, nil, `no step ""`},
		"another step":           {rotationEvent{"deleteSecret\n", localARN, second}, nil, `no step "deleteSecret\n"`},
		"a step in capitals":     {rotationEvent{"CREATESECRET", localARN, second}, nil, "no step"},
		"create what is current": {rotationEvent{"createSecret", localARN, first}, nil, "is AWSCURRENT already"},
		"test what is current":   {rotationEvent{"testSecret", localARN, first}, nil, "is AWSCURRENT already"},
		"test without a value":   {rotationEvent{"testSecret", localARN, second}, nil, "has no value"},
		"finish without a value": {rotationEvent{"finishSecret", localARN, second}, nil, "has no value"},
		"a value that is short": {
			rotationEvent{"finishSecret", localARN, second}, func(t *testing.T, s *shop) { put(t, s.manager, second, "tooshort") }, "at least 32 bytes",
		},
		"the value that is current": {
			rotationEvent{"finishSecret", localARN, second}, func(t *testing.T, s *shop) { put(t, s.manager, second, s.manager.Text(first)) }, "in the ring already",
		},
		"a value that waited for too long": {
			rotationEvent{"finishSecret", localARN, second}, func(t *testing.T, s *shop) {
				s.steps(t, second, "createSecret")
				s.clock = s.clock.Add(inEarnest.finish + 1)
			}, "take its label AWSPENDING off",
		},
		"what was previous": {
			rotationEvent{"finishSecret", localARN, first}, func(t *testing.T, s *shop) {
				s.steps(t, second, steps...)
				s.manager.Rotate(third)
			}, "is not AWSPENDING",
		},
		"too soon after the rotation before": {
			rotationEvent{"createSecret", localARN, third}, func(t *testing.T, s *shop) {
				s.steps(t, second, steps...)
				s.clock = s.clock.Add(inEarnest.ends() - 1)
				s.manager.Rotate(third)
			}, "not over until 2030-01-03T13:36:00Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop()
			s.manager.Rotate(second)
			if test.prepare != nil {
				test.prepare(t, s)
			}
			before := s.manager.Stages()
			err := s.handle(t.Context(), test.event)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), s.manager.Text(first)) || strings.Contains(err.Error(), "tooshort") {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if after := s.manager.Stages(); !maps.Equal(before, after) || s.manager.Text(third) != "" {
				t.Errorf("the labels were %v and are %v", before, after)
			}
		})
	}
}

func TestARotationMayFollowWhenTheOneBeforeIsOver(t *testing.T) {
	s := newShop()
	s.manager.Rotate(second)
	s.steps(t, second, steps...)
	s.clock = s.clock.Add(inEarnest.ends())
	s.manager.Rotate(third)
	s.steps(t, third, steps...)
	if got := s.manager.Stages(); got[currentStage] != third || got[previousStage] != second {
		t.Errorf("labels %v", got)
	}
}

// A switchable client says that rotation is off, that nothing is current, or fails at a call.
type switchable struct {
	*secretstest.SecretsManager
	off, nothing bool
	failAt       int
	calls        int
}

var errAway = errors.New("the store is away")

func (s *switchable) next() error {
	if s.calls++; s.calls == s.failAt {
		return errAway
	}
	return nil
}

func (s *switchable) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput, o ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	out, err := s.SecretsManager.DescribeSecret(ctx, in, o...)
	if err == nil && s.off {
		out.RotationEnabled = nil
	}
	if err == nil && s.nothing {
		delete(out.VersionIdsToStages, first)
	}
	return out, err
}

func (s *switchable) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, o ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	return s.SecretsManager.GetSecretValue(ctx, in, o...)
}

func (s *switchable) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput, o ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	return s.SecretsManager.PutSecretValue(ctx, in, o...)
}

func (s *switchable) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput, o ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	if err := s.next(); err != nil {
		return nil, err
	}
	return s.SecretsManager.UpdateSecretVersionStage(ctx, in, o...)
}

func TestASecretThatIsNotToBeRotatedOrHasNoValueIsLeftAlone(t *testing.T) {
	for want, client := range map[string]*switchable{
		"rotation is not enabled": {off: true}, "no version that is AWSCURRENT": {nothing: true},
	} {
		s := newShop()
		client.SecretsManager = s.manager
		s.client = client
		s.manager.Rotate(second)
		for _, step := range steps {
			if err := s.handle(t.Context(), rotationEvent{step, localARN, second}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", step, err, want)
			}
		}
	}
}

func TestAnOutageAtAnyCallEndsAStepWhichMayThenBeRepeated(t *testing.T) {
	s := newShop()
	s.manager.Rotate(second) // so that there is a previous version
	s.steps(t, second, steps...)
	s.clock = s.clock.Add(inEarnest.ends())
	s.manager.Rotate(third)
	failures := 0
	for _, step := range steps {
		for call := 1; ; call++ {
			if call > 100 {
				t.Fatalf("%s makes more than 100 calls", step)
			}
			client := &switchable{SecretsManager: s.manager, failAt: call}
			s.client = client
			before := s.manager.Stages()
			err := s.handle(t.Context(), rotationEvent{step, localARN, third})
			if client.calls < call {
				break // with no call left to fail
			}
			failures++
			if !errors.Is(err, errAway) || !maps.Equal(before, s.manager.Stages()) {
				t.Errorf("%s, call %d: %v, labels %v", step, call, err, s.manager.Stages())
			}
		}
	}
	if got := s.manager.Stages(); got[currentStage] != third || failures < 12 {
		t.Errorf("labels %v after %d failures", got, failures)
	}
}
