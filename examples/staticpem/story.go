package main

import (
	"context"
	"io"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/verifier"
)

func story(ctx context.Context, _ string, out io.Writer) error {
	return tellStory(ctx, out, authorizertest.New)
}

// A builder makes the API Gateway of a story.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// tellStory shows the document's tokens to its key, under strict rules and under its own.
func tellStory(ctx context.Context, out io.Writer, build builder) error {
	t := tell.New(out)
	rules, err := sampleRules()
	if err != nil {
		return err
	}
	strict := rules
	strict.AllowMissingExpiry = false

	t.Title("staticpem: verify RS256 tokens with one public key")
	t.Say(`The key and the tokens are those of the document that this pattern comes from, and of
		jwt.io, which shows the private half of the key too. Everybody can make tokens like
		these: take a key of your own. Tokens are shortened here.`)

	t.Chapter("A token that never ends")
	t.Say("The first sample. There is no exp in it, no iss and no aud:")
	t.Token(firstSample)
	t.Say(`A verifier.Config that skips iss and aud by name (SkipIssuerCheck, SkipAudienceCheck),
		and says nothing of exp, refuses it: whoever gets hold of such a token has it for ever.`)
	shut, err := open(t, build, strict)
	if err != nil {
		return err
	}
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: firstSample, Want: 401}, nil)
	shut()

	t.Chapter("Allowed by name")
	t.Say(`With AllowMissingExpiry the authorizer takes it. The user_id becomes the principal,
		and the claims reach the function behind the authorizer.`)
	if shut, err = open(t, build, rules); err != nil {
		return err
	}
	defer shut()
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: firstSample, Want: 200, Detail: true}, nil)
	t.Say("Asked again, API Gateway remembers:")
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: firstSample, Want: 200}, nil)

	t.Chapter("The other two samples")
	t.Say("The document's second sample has lost two characters of its signature in print:")
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: secondSample, Want: 401}, nil)
	t.Say(`With both put back the signature is right. But the token has no user_id, which
		RequiredClaims asks for. That is the token's fault and a 401; the document's own code
		fails here, for a 500.`)
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: repairedSample, Want: 401}, nil)

	t.Chapter("What does not get in")
	t.Say("No token:")
	t.Call(ctx, tell.Request{Do: "GET /whoami", Want: 401}, nil)
	t.Say("The first sample with another user_id written into it:")
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: tell.Tamper(firstSample, "ncc1701a", "ncc1701d"), Want: 401}, nil)
	t.Say(`A token that says HS256, signed with the text of the public key as if that were a
		secret. The key is one of RS256 whatever a token says:`)
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: tell.Confuse(firstSample, sampleKey), Want: 401}, nil)

	t.Say("That was all. Run it with -serve to try it yourself.")
	return t.End()
}

// open serves the API with an authorizer of these rules.
func open(t *tell.Teller, build builder, rules verifier.Config) (shut func(), err error) {
	a, err := newAuthorizer(rules, nil, t.Outcome)
	if err != nil {
		return nil, err
	}
	api, err := build(newAPI(a, t.Invocation))
	if err != nil {
		return nil, err
	}
	return t.Open(api), nil
}
