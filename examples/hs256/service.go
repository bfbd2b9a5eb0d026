package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// What the functions agree on. A stolen token is good for one lifetime, and in the
// hands of someone who keeps renewing it for one session.
const (
	issuerName = "https://login.example.com"
	audience   = "user-api"
	lifetime   = 5 * time.Minute
	session    = 8 * time.Hour
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	secret   []byte // signs the tokens: at least 32 random bytes
	users    users  // nil will do for the authorizer alone
	logger   *slog.Logger
	now      func() time.Time
	observer func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
}

// A service is the example's Lambda functions and what they share.
type service struct {
	users      users
	logger     *slog.Logger
	now        func() time.Time
	hasher     *hasher
	newID      func() string
	issuer     *signer.Issuer
	verifier   verifier.Verifier
	authorizer *authorizer.Authorizer
}

func newService(set settings) (*service, error) {
	// Most deployed HS256 tokens have no kid, and neither have these. To rotate the
	// secret, give both to keys.NewRing: it signs with one and verifies with two.
	key, err := keys.HMAC("HS256", set.secret)
	if err != nil {
		return nil, err
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Issuer: issuerName, Audience: []string{audience},
		Lifetime: lifetime, MaxSession: session, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	verify, err := verifier.New(verifier.Config{
		Keys: key, Issuer: issuerName, Audience: []string{audience},
		RequiredClaims: []string{"sub", "id"}, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	auth, err := authorizer.New(authorizer.Config{
		Verifier: verify, Policy: permit, Logger: set.logger, Observer: set.observer, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return &service{
		users: set.users, logger: set.logger, now: set.now,
		hasher: newHasher(recommended), newID: newID,
		issuer: issuer, verifier: verify, authorizer: auth,
	}, nil
}

// newID returns an ID that is short and fit for a path.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// functions are the Lambda functions, by the name of their handler.
func (s *service) functions() map[string]any {
	return map[string]any{
		"login":      s.logged(s.login),
		"refresh":    s.logged(s.refresh),
		"user":       s.logged(s.userRoutes),
		"authorizer": s.authorizer, // has the logger
	}
}

type function = func(context.Context, request) (*response, error)

// logged logs a function's errors, of which the caller sees nothing but a 502.
func (s *service) logged(f function) function {
	return func(ctx context.Context, req request) (*response, error) {
		res, err := f(ctx, req)
		if err != nil {
			s.logger.ErrorContext(ctx, "the function failed", "method", req.HTTPMethod, "resource", req.Resource, "error", err)
		}
		return res, err
	}
}
