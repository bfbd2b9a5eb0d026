package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"

	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A profile is what a token says of its user, beside the registered claims.
type profile struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

type tokenData struct {
	Token string `json:"token"`
}

// login is POST /user/login: an e-mail address and a password in, a token out.
func (s *service) login(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "email", "password")
	if bad != nil {
		return bad, nil
	}
	if !isEmail(form["email"]) {
		return invalid(faults{"email": {"Not a valid email address."}}), nil
	}
	u, err := s.authenticate(ctx, form["email"], form["password"])
	if errors.Is(err, errCredentials) {
		return refused("The e-mail address or the password is wrong."), nil
	}
	if err != nil {
		return nil, err
	}
	if u.FirstName == "" || u.LastName == "" {
		s.logger.ErrorContext(ctx, "a stored user has no name", "user", u.ID)
		return answer(http.StatusBadRequest, envelope{Message: "Something went wrong. The account has no name."}), nil
	}
	token, err := s.issuer.Issue(ctx, u.ID, profile{u.ID, u.FirstName, u.LastName})
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Message: "Welcome !", Data: tokenData{token}}), nil
}

var errCredentials = errors.New("the e-mail address or the password is wrong")

// authenticate returns the user of an address and password, or errCredentials. It
// takes the same time whether the address or the password is wrong: otherwise
// anyone could find out who has an account.
func (s *service) authenticate(ctx context.Context, email, password string) (user, error) {
	u, err := s.users.byEmail(ctx, email)
	if err != nil && !errors.Is(err, errNoUser) {
		return user{}, err
	}
	known := err == nil
	same, err := s.hasher.matches(ctx, u.PasswordHash, password) // a nobody has no hash, which takes as long
	if known && errors.Is(err, errHash) {
		s.logger.ErrorContext(ctx, "a stored password hash cannot be read", "user", u.ID)
	}
	switch {
	case err != nil && !errors.Is(err, errHash):
		return user{}, err
	case !known || !same:
		return user{}, errCredentials
	}
	return u, nil
}

// refresh is POST /user/refresh-token: a token that is still good in, a new one
// out. It verifies the token itself and so needs no authorizer before it, whose
// cached answer might be older than the token's end.
func (s *service) refresh(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "token")
	if bad != nil {
		return bad, nil
	}
	token, err := s.verifier.Verify(ctx, form["token"])
	switch {
	case verifier.ReasonOf(err) == verifier.Expired:
		return refused("Token has expired !"), nil
	case errors.Is(err, verifier.ErrInvalidToken):
		return refused("Unable to decode data !"), nil
	case err != nil:
		return nil, err
	}
	// The token of a user who is gone stays good until it expires, but gets no
	// successor.
	_, err = s.users.byID(ctx, token.Subject)
	if errors.Is(err, errNoUser) {
		return refused("The session is over. Please log in again."), nil
	}
	if err != nil {
		return nil, err
	}
	renewed, err := s.issuer.Refresh(ctx, token)
	switch {
	case errors.Is(err, signer.ErrSessionExpired):
		return refused("The session is over. Please log in again."), nil
	case errors.Is(err, signer.ErrContradiction): // for another audience as well
		return refused("Unable to decode data !"), nil
	case err != nil:
		return nil, fmt.Errorf("renew a token: %w", err)
	}
	return answer(http.StatusOK, envelope{Data: tokenData{renewed}}), nil
}

// isEmail reports whether text is an e-mail address and nothing else: no name before
// it, no list.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) <= 254 // RFC 5321 section 4.5.3.1.3
}
