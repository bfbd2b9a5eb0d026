package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// What the functions agree on. A stolen token is good for one lifetime, and in the
// hands of someone who keeps renewing it for one session at the most.
const (
	issuerName = "https://login.example.com"
	audience   = "user-api"
	lifetime   = 5 * time.Minute
	session    = 8 * time.Hour
)

// What goes by mail is a token as well, of another type and for another audience, so that
// neither passes for the other.
const (
	confirmType     = "confirm+jwt"
	confirmAudience = "user-api/confirm"
	confirmWithin   = time.Hour
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	secrets  *keys.Refreshing // sign and verify tokens; nil will do for the user function alone
	users    users.Store      // nil will do for the authorizer alone
	mail     mailer           // nil will do but for the account function
	logger   *slog.Logger
	now      func() time.Time
	observer func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
}

// A service is the example's Lambda functions and what they share.
type service struct {
	users         users.Store
	mail          mailer
	logger        *slog.Logger
	now           func() time.Time
	hasher        *hasher
	newID         func() string
	issuer        *signer.Issuer
	verifier      verifier.Verifier
	confirmations confirmations
	authorizer    *authorizer.Authorizer
}

// confirmations are the tokens that go by mail.
type confirmations struct {
	issuer   *signer.Issuer
	verifier verifier.Verifier
}

func newService(set settings) (*service, error) {
	s := &service{
		users: set.users, mail: set.mail, logger: set.logger, now: set.now,
		hasher: newHasher(recommended), newID: newID,
	}
	if set.secrets == nil {
		return s, nil
	}
	return s, s.addTokens(set)
}

// addTokens makes what signs and verifies tokens.
func (s *service) addTokens(set settings) error {
	var errs [6]error
	s.issuer, errs[0] = signer.NewIssuer(signer.IssuerConfig{
		Keys: set.secrets, Issuer: issuerName, Audience: []string{audience},
		Lifetime: lifetime, MaxSession: session, Now: set.now,
	})
	s.verifier, errs[1] = verifier.New(verifier.Config{
		Keys: set.secrets, Issuer: issuerName, Audience: []string{audience},
		RequiredClaims: []string{"sub", "id", "sid", "jti"}, Now: set.now,
	})
	s.confirmations.issuer, errs[2] = signer.NewIssuer(signer.IssuerConfig{
		Keys: set.secrets, Issuer: issuerName, Audience: []string{confirmAudience}, Type: confirmType,
		Lifetime: confirmWithin, Now: set.now,
	})
	s.confirmations.verifier, errs[3] = verifier.New(verifier.Config{
		Keys: set.secrets, Issuer: issuerName, Audience: []string{confirmAudience}, Type: confirmType,
		RequiredClaims: []string{"sub", "email"}, Now: set.now,
	})
	decide, err := permit()
	s.authorizer, errs[4] = authorizer.New(authorizer.Config{
		Verifier: s.verifier, Policy: decide, Logger: set.logger, Observer: set.observer, Now: set.now,
	})
	errs[5] = err
	return errors.Join(errs[:]...)
}

// newID returns an ID that is short and fit for a path.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// functions are the Lambda functions, by the name of their handler.
func (s *service) functions() map[string]any {
	return map[string]any{
		"login":      s.logged(s.login),
		"refresh":    s.logged(s.sessionRoutes),
		"account":    s.logged(s.accountRoutes),
		"user":       s.logged(s.userRoutes),
		"authorizer": s.authorizer, // has the logger
	}
}

type function = func(context.Context, request) (*response, error)

// logged logs a function's errors, of which the caller sees nothing but a 500.
func (s *service) logged(f function) function {
	return func(ctx context.Context, req request) (*response, error) {
		res, err := f(ctx, req)
		if err != nil {
			s.logger.ErrorContext(ctx, "the function failed", "method", req.HTTPMethod, "resource", req.Resource, "error", err)
			return answer(http.StatusInternalServerError, envelope{Message: "Internal server error"}), nil
		}
		return res, nil
	}
}
