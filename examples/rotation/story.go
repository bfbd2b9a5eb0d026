package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
)

// The IDs of the versions in the story. Those of Secrets Manager are UUIDs.
const (
	first  = "11111111-1111-4111-8111-111111111111"
	second = "22222222-2222-4222-8222-222222222222"
	third  = "33333333-3333-4333-8333-333333333333"
)

// A builder makes the API Gateway of a story.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// A stage is where the story plays: a store, the functions and a clock.
type stage struct {
	*tell.Teller
	build     builder
	clock     time.Time
	password  string
	manager   *secretstest.SecretsManager
	rotator   *rotator
	set       settings
	login     *onelogin.Login // the token function, which may be replaced by one that has just started
	firstText string          // the first version of the secret, to forge with
	token     string          // the first of Ann's
}

// tellStory plays a rotation at noon. Its clock stands still but for the leaps that the story
// tells of.
func tellStory(ctx context.Context, out io.Writer, build builder, noon time.Time) error {
	s, shut, err := newStage(out, build, noon)
	if err != nil {
		return err
	}
	defer shut()
	s.Title("rotation: a secret is replaced at noon")
	s.Say(`An API Gateway is played in this process, at %s, and so are Secrets Manager and
		Parameter Store. The token function signs with a secret of HS256, and the authorizer
		verifies with it. Each loads the secret by itself, and again when that is %g minutes old.
		Tokens are good for %g minutes. They are shortened here, passwords hidden.`,
		s.URL(), inEarnest.maxAge.Minutes(), inEarnest.lifetime.Minutes())
	for _, chapter := range []func(context.Context) error{s.before, s.rotation, s.takeover, s.end, s.outage, s.parameters} {
		if err := errors.Join(chapter(ctx), s.End()); err != nil {
			return err
		}
	}
	s.Say("That was all. Run it with -serve to try it yourself.")
	return s.End()
}

func newStage(out io.Writer, build builder, noon time.Time) (s *stage, shut func(), err error) {
	s = &stage{Teller: tell.New(out), build: build, clock: noon.Add(-24 * time.Hour), password: rand.Text(), firstText: newSecret()}
	now := func() time.Time { return s.clock }
	s.manager = secretstest.NewSecretsManager(localARN, first, s.firstText, now)
	s.clock = noon.Add(-10 * time.Second)
	s.rotator = &rotator{client: s.manager, arn: localARN, times: inEarnest, now: now}
	s.set = settings{
		load: fromSecretsManager(s.manager, localARN, inEarnest, now), times: inEarnest, user: onelogin.Ann(s.password),
		logger: slog.New(slog.DiscardHandler), now: now, observer: s.Outcome,
	}
	shut, err = s.open()
	return s, shut, err
}

// open serves functions that have loaded nothing yet.
func (s *stage) open() (shut func(), err error) {
	if s.login, err = newLogin(s.set); err != nil {
		return nil, err
	}
	a, err := newAuthorizer(s.set)
	if err != nil {
		return nil, err
	}
	api, err := s.build(newAPI(s.login, a, s.Invocation, s.set.now))
	if err != nil {
		return nil, err
	}
	return s.Open(api), nil
}

// restartLogin replaces the token function by one that has just started.
func (s *stage) restartLogin() error {
	fresh, err := newLogin(s.set)
	if err == nil {
		*s.login = *fresh
	}
	return err
}

// logIn gets a token and says which version has signed it. The story needs that to be id.
func (s *stage) logIn(ctx context.Context, id string) (token string, err error) {
	var answer struct{ Token string }
	s.Call(ctx, tell.Request{Do: "POST /token", Body: map[string]string{"user": "ann", "password": s.password}, Want: 200}, &answer)
	if s.End() != nil {
		return "", s.End()
	}
	var header struct{ Kid string }
	encoded, _, _ := strings.Cut(answer.Token, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err := errors.Join(err, json.Unmarshal(text, &header)); err != nil {
		return "", err
	}
	s.Say("Signed by version %s.", header.Kid)
	if header.Kid != id {
		return "", fmt.Errorf("version %s has signed, and the story needs version %s", header.Kid, id)
	}
	return answer.Token, nil
}

// logInAndCall gets a token of a version, and uses it.
func (s *stage) logInAndCall(ctx context.Context, id string) (token string, err error) {
	if token, err = s.logIn(ctx, id); err == nil {
		s.whoami(ctx, token, 200)
	}
	return token, err
}

func (s *stage) whoami(ctx context.Context, token string, want int) {
	s.Call(ctx, tell.Request{Do: "GET /whoami", Token: token, Want: want}, nil)
}

func (s *stage) rotate(ctx context.Context, step, id string) error {
	return s.rotator.handle(ctx, rotationEvent{Step: step, SecretId: localARN, ClientRequestToken: id})
}

// stages says which version has which label.
func (s *stage) stages() {
	labels := s.manager.Stages()
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		s.Say("%s: version %s", label, labels[label])
	}
}

// forge makes a token with a version of the secret, as somebody can who has stolen it.
func (s *stage) forge(ctx context.Context, id, text string) (string, error) {
	key, err := keys.HMAC("HS256", []byte(text))
	if err != nil {
		return "", err
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key.WithKid(id), Issuer: issuerName, Audience: []string{audience}, Lifetime: inEarnest.lifetime, Now: s.set.now,
	})
	if err != nil {
		return "", err
	}
	return issuer.Issue(ctx, "ann", nil)
}

func (s *stage) before(ctx context.Context) error {
	s.Chapter("Ten seconds before noon")
	s.Say("Ann logs in. The kid of her token is the ID of the version that has signed it.")
	var err error
	s.token, err = s.logInAndCall(ctx, first)
	return err
}

func (s *stage) rotation(ctx context.Context) error {
	s.Chapter("Noon")
	s.Say(`Secrets Manager begins a rotation. It gives the label AWSPENDING to a version that has no
		value yet, and calls the rotation function four times. After createSecret, which stores
		one:`)
	s.clock = s.clock.Add(10 * time.Second)
	s.manager.Rotate(second)
	if err := s.rotate(ctx, "createSecret", second); err != nil {
		return err
	}
	s.stages()
	s.Say(`A function that loads the secret from now on accepts the new version, and signs with the
		old one. setSecret has nothing to do. testSecret verifies a signature of the new version
		with what a function would load. After finishSecret:`)
	for _, step := range steps[1:] {
		if err := s.rotate(ctx, step, second); err != nil {
			return err
		}
	}
	s.stages()
	s.Say(`The authorizer has loaded the secret ten seconds ago. If somebody signed with the new
		version at once, it would refuse a good token:`)
	rash, err := s.forge(ctx, second, s.manager.Text(second))
	if err != nil {
		return err
	}
	s.whoami(ctx, rash, 401)
	s.Say("So nobody does. Even a token function that starts now signs with the old version:")
	if err := s.restartLogin(); err != nil {
		return err
	}
	_, err = s.logInAndCall(ctx, first)
	return err
}

func (s *stage) takeover(ctx context.Context) error {
	s.Chapter("Six minutes past noon")
	s.clock = s.clock.Add(inEarnest.settles())
	s.Say(`Every function has loaded the secret since noon, and the new version signs. Both tokens
		are good:`)
	if _, err := s.logInAndCall(ctx, second); err != nil {
		return err
	}
	s.whoami(ctx, s.token, 200)
	s.Say("Another rotation would take the label of a version whose tokens are in use:")
	s.manager.Rotate(third)
	err := s.rotate(ctx, "createSecret", third)
	if err == nil {
		return errors.New("a rotation before its time was not refused")
	}
	s.Say("createSecret says: %v.", err)
	return nil
}

func (s *stage) end(ctx context.Context) error {
	s.Chapter("The end of the old version")
	s.clock = s.clock.Add(inEarnest.ends() - inEarnest.settles())
	s.Say(`It is %s. The last token of the old version has expired, and no function accepts the
		version any more. Whoever has stolen it comes too late:`, s.clock.Format("15:04"))
	forged, err := s.forge(ctx, first, s.firstText)
	if err != nil {
		return err
	}
	s.whoami(ctx, forged, 401)
	s.Say("The next rotation may begin:")
	if err := s.rotate(ctx, "createSecret", third); err != nil {
		return err
	}
	s.stages()
	return nil
}

func (s *stage) outage(ctx context.Context) error {
	s.Chapter("Secrets Manager fails")
	token, err := s.logIn(ctx, second)
	if err != nil {
		return err
	}
	s.manager.Fail(errors.New("the secret store is not well"))
	s.clock = s.clock.Add(inEarnest.maxAge)
	s.Say("Five minutes later it answers no more. Functions go on with what they have loaded:")
	s.whoami(ctx, token, 200)
	s.Say(`One that starts now has nothing, and cannot tell a good token from a bad one. That is an
		outage and no refusal:`)
	shut, err := s.open()
	if err != nil {
		return err
	}
	defer shut()
	s.whoami(ctx, token, 500)
	s.manager.Fail(nil)
	s.clock = s.clock.Add(time.Second)
	s.whoami(ctx, token, 200)
	return nil
}

func (s *stage) parameters(ctx context.Context) error {
	s.Chapter("The same in Parameter Store")
	const name = "/orders/jwt-secret"
	store := secretstest.NewParameterStore(name, newSecret(), s.set.now)
	s.set.load = fromParameterStore(store, name, inEarnest, s.set.now)
	shut, err := s.open()
	if err != nil {
		return err
	}
	defer shut()
	s.Say(`There are no labels here: the secret is the latest version of a SecureString, and the kid is
		its number. A function that runs once a day puts the next:`)
	token, err := s.logIn(ctx, "1")
	if err != nil {
		return err
	}
	s.clock = s.clock.Add(time.Minute)
	rotate := rotateParameter(store, name, inEarnest, s.set.now)
	if err := errors.Join(rotate(ctx), s.restartLogin()); err != nil {
		return err
	}
	s.Say("A token function that starts right after that does not sign with it yet:")
	if _, err := s.logInAndCall(ctx, "1"); err != nil {
		return err
	}
	s.clock = s.clock.Add(inEarnest.settles())
	s.Say("Six minutes later it does, and Ann's token is good all the same:")
	if _, err := s.logInAndCall(ctx, "2"); err != nil {
		return err
	}
	s.whoami(ctx, token, 200)
	return nil
}
