package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

type tokenData struct {
	Token string `json:"token"`
}

// wrongCredentials does not say what is wrong: that would tell who has an account.
const wrongCredentials = "The e-mail address or the password is wrong, or the address has not been confirmed."

// login is POST /user/login: an e-mail address and a password in, a token out.
func (s *service) login(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "email", "password")
	if bad != nil {
		return bad, nil
	}
	u, bad, err := s.authenticate(ctx, form["email"], form["password"])
	if bad != nil || err != nil {
		return bad, err
	}
	if u.FirstName == "" || u.LastName == "" {
		s.logger.ErrorContext(ctx, "a stored user has no name", "user", u.ID)
		return answer(http.StatusBadRequest, envelope{Message: "Something went wrong. The account has no name."}), nil
	}
	begun := s.now()
	c := claimsOf(u)
	c.Session, c.Authenticated = rand.Text(), begun.Unix()
	token, id, err := s.issue(ctx, c)
	if err != nil {
		return nil, err
	}
	err = s.users.StartSession(ctx, users.Session{ID: c.Session, UserID: u.ID, TokenID: id, Ends: begun.Add(session)})
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Message: "Welcome !", Data: tokenData{token}}), nil
}

// authenticate returns the user of an address and a password, or the answer to somebody
// who has not both. It counts as an attempt. It takes the same time whether the address or
// the password is wrong.
func (s *service) authenticate(ctx context.Context, email, password string) (u users.User, bad *response, err error) {
	wrong := faults{}
	a, ok := parseAddress(email)
	if !ok {
		wrong.add("email", "Not a valid email address.")
	}
	password, ok = normalPassword(password)
	if !ok {
		wrong.add("password", "Not a valid string.")
	}
	if len(wrong) > 0 {
		return users.User{}, invalid(wrong), nil
	}
	if busy, err := s.attempt(ctx, "login", a); busy != nil || err != nil {
		return users.User{}, busy, err
	}
	u, err = s.users.ByEmail(ctx, a.key)
	if err != nil && !errors.Is(err, users.ErrNoUser) {
		return users.User{}, nil, err
	}
	known := err == nil
	same, err := s.matches(ctx, u, password) // a nobody has no hash, which takes as long
	if err != nil {
		return users.User{}, nil, err
	}
	if !known || !same || !u.Confirmed {
		return users.User{}, refused(wrongCredentials), nil
	}
	return u, nil, nil
}

// matches reports whether a password is a user's. One of a hash that cannot be read is not.
func (s *service) matches(ctx context.Context, u users.User, password string) (bool, error) {
	same, err := s.hasher.matches(ctx, u.PasswordHash, password)
	if !errors.Is(err, errHash) {
		return same, err
	}
	if u.ID != "" {
		s.logger.ErrorContext(ctx, "a stored password hash cannot be read", "user", u.ID)
	}
	return false, nil
}
