package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// claims are what a token says beside the registered claims.
type claims struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`

	Session       string `json:"sid"`
	Epoch         int    `json:"epoch"`     // see users.User
	Authenticated int64  `json:"auth_time"` // when the session began
}

func claimsOf(u users.User) claims {
	return claims{ID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Epoch: u.Epoch}
}

// sessionRoutes is the function behind /user/refresh-token and /user/logout. It verifies
// the token itself and so needs no authorizer before it, whose cached answer might be older
// than the token's end.
func (s *service) sessionRoutes(ctx context.Context, req request) (*response, error) {
	switch req.HTTPMethod + " " + req.Resource {
	case "POST /user/refresh-token":
		return s.refresh(ctx, req)
	case "POST /user/logout":
		return s.logout(ctx, req)
	}
	return nil, fmt.Errorf("no route %s %s", req.HTTPMethod, req.Resource)
}

// issue returns a token of these claims, and its jti.
func (s *service) issue(ctx context.Context, c claims) (token, id string, err error) {
	token, err = s.issuer.Issue(ctx, c.ID, c)
	if err != nil {
		return "", "", fmt.Errorf("issue a token: %w", err)
	}
	verified, err := s.verifier.Verify(ctx, token)
	if err != nil {
		return "", "", fmt.Errorf("issue a token: %w", err)
	}
	return token, verified.ID, nil
}

const sessionOver = "The session is over. Please log in again."

// refresh puts a new token in the place of one that is still good. What the new one says of
// the user is read anew. The old one cannot be renewed again: if somebody tries, one of the
// two who have it has stolen it, and the session ends for both (RFC 9700 section 4.14.2).
// A client whose answer got lost has to log in again.
func (s *service) refresh(ctx context.Context, req request) (*response, error) {
	token, old, bad, err := s.readToken(ctx, req)
	if bad != nil || err != nil {
		return bad, err
	}
	u, err := s.users.ByID(ctx, token.Subject)
	switch {
	case errors.Is(err, users.ErrNoUser):
		return refused(sessionOver), nil
	case err != nil:
		return nil, err
	case !u.Confirmed || u.Epoch != old.Epoch: // the password is another one by now
		return refused(sessionOver), nil
	}
	c := claimsOf(u)
	c.Session, c.Authenticated = old.Session, old.Authenticated
	renewed, id, err := s.issue(ctx, c)
	if errors.Is(err, signer.ErrSessionExpired) {
		return refused(sessionOver), nil
	}
	if err != nil {
		return nil, err
	}
	err = s.users.RenewSession(ctx, c.Session, token.ID, id)
	if errors.Is(err, users.ErrReused) {
		s.logger.WarnContext(ctx, "a token was renewed twice: its session is ended", "user", u.ID)
		return refused(sessionOver), nil
	}
	if errors.Is(err, users.ErrNoSession) {
		return refused(sessionOver), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Data: tokenData{renewed}}), nil
}

// logout ends the session of a token, which cannot be renewed any more. It is still good
// for the authorizer until it expires: nothing but time ends a token.
func (s *service) logout(ctx context.Context, req request) (*response, error) {
	_, c, bad, err := s.readToken(ctx, req)
	if bad != nil || err != nil {
		return bad, err
	}
	if err := s.users.EndSession(ctx, c.Session); err != nil {
		return nil, err
	}
	return &response{StatusCode: http.StatusNoContent}, nil
}

// readToken reads a body with a token that is good, or has the answer to one that is not.
func (s *service) readToken(ctx context.Context, req request) (*verifier.Token, claims, *response, error) {
	form, bad := readForm(req, "token")
	if bad != nil {
		return nil, claims{}, bad, nil
	}
	token, err := s.verifier.Verify(ctx, form["token"])
	switch {
	case verifier.ReasonOf(err) == verifier.Expired:
		return nil, claims{}, refused("Token has expired !"), nil
	case errors.Is(err, verifier.ErrInvalidToken):
		return nil, claims{}, refused("Unable to decode data !"), nil
	case err != nil:
		return nil, claims{}, nil, err
	}
	var c claims
	if token.Claims(&c) != nil || c.Session == "" {
		return nil, claims{}, refused("Unable to decode data !"), nil
	}
	return token, c, nil, nil
}
