package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/verifier"
)

const maxName = 100

// accountRoutes is the function that is open to all: who has no token yet opens an account,
// and who has another password than the token's owner does not change it.
func (s *service) accountRoutes(ctx context.Context, req request) (*response, error) {
	switch req.HTTPMethod + " " + req.Resource {
	case "POST /user":
		return s.createUser(ctx, req)
	case "POST /user/confirm":
		return s.confirmUser(ctx, req)
	case "POST /user/password":
		return s.changePassword(ctx, req)
	}
	return nil, fmt.Errorf("no route %s %s", req.HTTPMethod, req.Resource)
}

// createUser opens an account, which waits until whoever reads the mail that is sent to its
// address confirms it with its password. The answer is the same for an address that has an
// account: who has one is nobody's business.
func (s *service) createUser(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "email", "password", "first_name", "last_name")
	if bad != nil {
		return bad, nil
	}
	wrong := wrongNames(form)
	a, ok := parseAddress(form["email"])
	if !ok {
		wrong.add("email", "Not a valid email address.")
	}
	password := s.newPassword(form["password"], wrong, "password", a, form["first_name"], form["last_name"])
	if len(wrong) > 0 {
		return invalid(wrong), nil
	}
	if busy, err := s.attempt(ctx, "create", a); busy != nil || err != nil {
		return busy, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Second)
	u := users.User{
		ID: s.newID(), Email: a.text, EmailKey: a.key, FirstName: form["first_name"], LastName: form["last_name"],
		PasswordHash: hash, Created: now, ConfirmBy: now.Add(confirmWithin),
	}
	err = s.users.Create(ctx, u)
	if errors.Is(err, users.ErrEmailTaken) {
		u, err = s.users.ByEmail(ctx, a.key)
	}
	if errors.Is(err, users.ErrNoUser) { // another request is about to create it, and to send a mail
		err = nil
	} else if err == nil {
		err = s.mailTo(ctx, u)
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusAccepted, envelope{Message: "Please look into your inbox."}), nil
}

// newPassword returns a password that somebody chooses in normal form, or adds what is
// wrong with it.
func (s *service) newPassword(password string, wrong faults, member string, a address, names ...string) string {
	normal, ok := normalPassword(password)
	if !ok {
		wrong.add(member, "Not a valid string.")
		return ""
	}
	for part := range strings.FieldsFuncSeq(a.key, func(r rune) bool { return !unicode.IsLetter(r) }) {
		names = append(names, part)
	}
	if sentence, ok := checkNewPassword(normal, names...); !ok {
		wrong.add(member, sentence)
	}
	return normal
}

// A confirmation is what a token that goes by mail says. It is of use to nobody who does
// not know the account's password: whoever opened it with somebody else's address does not
// get it confirmed by them, and they do not get in.
type confirmation struct {
	Email string `json:"email"`
}

func (s *service) mailTo(ctx context.Context, u users.User) error {
	if u.Confirmed {
		return s.mail(ctx, mail{To: u.Email})
	}
	token, err := s.confirmations.issuer.Issue(ctx, u.ID, confirmation{u.Email})
	if err != nil {
		return fmt.Errorf("issue a confirmation: %w", err)
	}
	return s.mail(ctx, mail{To: u.Email, Token: token})
}

// confirmUser confirms an account, with the token out of the mail and the password.
func (s *service) confirmUser(ctx context.Context, req request) (*response, error) {
	const noAccount = "There is no account to confirm. Please open it again."
	form, bad := readForm(req, "token", "password")
	if bad != nil {
		return bad, nil
	}
	password, ok := normalPassword(form["password"])
	if !ok {
		return invalid(faults{"password": {"Not a valid string."}}), nil
	}
	token, err := s.confirmations.verifier.Verify(ctx, form["token"])
	switch {
	case verifier.ReasonOf(err) == verifier.Expired:
		return refused(noAccount), nil
	case errors.Is(err, verifier.ErrInvalidToken):
		return refused("Unable to decode data !"), nil
	case err != nil:
		return nil, err
	}
	u, err := s.users.ByID(ctx, token.Subject)
	if errors.Is(err, users.ErrNoUser) {
		return refused(noAccount), nil
	}
	if err != nil {
		return nil, err
	}
	var c confirmation
	if token.Claims(&c) != nil || c.Email != u.Email {
		return refused(noAccount), nil
	}
	if busy, err := s.attempt(ctx, "login", address{u.Email, u.EmailKey}); busy != nil || err != nil {
		return busy, err
	}
	same, err := s.matches(ctx, u, password)
	if err != nil {
		return nil, err
	}
	if !same {
		return refused("The password is wrong."), nil
	}
	err = s.users.Confirm(ctx, u.ID)
	if errors.Is(err, users.ErrNoUser) {
		return refused(noAccount), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Message: "Confirmed !", Data: ownView(u)}), nil
}

// changePassword puts a new password in the place of the old one, and ends all sessions.
func (s *service) changePassword(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "email", "password", "new_password")
	if bad != nil {
		return bad, nil
	}
	u, bad, err := s.authenticate(ctx, form["email"], form["password"])
	if bad != nil || err != nil {
		return bad, err
	}
	wrong := faults{}
	password := s.newPassword(form["new_password"], wrong, "new_password", address{u.Email, u.EmailKey}, u.FirstName, u.LastName)
	if len(wrong) > 0 {
		return invalid(wrong), nil
	}
	u.PasswordHash, err = s.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	u.Epoch++
	err = s.users.Update(ctx, u) // of the very version that the old password was compared with
	if errors.Is(err, users.ErrStale) || errors.Is(err, users.ErrNoUser) {
		return answer(http.StatusConflict, envelope{Message: "The account has been changed in the meantime. Please try again."}), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Message: "Changed ! Please log in again."}), nil
}

func wrongNames(form map[string]string) faults {
	wrong := faults{}
	for _, name := range []string{"first_name", "last_name"} {
		value := form[name]
		switch n := utf8.RuneCountInString(value); {
		case n > maxName || strings.TrimSpace(value) == "":
			wrong.add(name, fmt.Sprintf("Must have 1 to %d characters.", maxName))
		case strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsRune(value, utf8.RuneError):
			wrong.add(name, "Must have no control characters.")
		}
	}
	return wrong
}
