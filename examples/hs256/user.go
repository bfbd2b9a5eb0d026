package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/lambdajwt/authorizer"
)

const (
	minPassword = 15 // characters, of a password that stands alone: NIST SP 800-63B-4 section 3.1.1.2
	maxPassword = 256
	maxName     = 100
	pageSize    = 50
)

// userRoutes is the function behind /user and /user/{id}.
func (s *service) userRoutes(ctx context.Context, req request) (*response, error) {
	if req.HTTPMethod == "POST" && req.Resource == "/user" {
		return s.createUser(ctx, req) // the one route without an authorizer
	}
	caller, err := authorizer.FromContext[profile](req.RequestContext.Authorizer)
	if err != nil {
		return nil, err
	}
	if caller.ID == "" {
		return nil, fmt.Errorf("%s %s has no authorizer before it", req.HTTPMethod, req.Resource)
	}
	id := req.PathParameters["id"]
	switch req.HTTPMethod + " " + req.Resource {
	case "GET /user":
		return s.listUsers(ctx, req.QueryStringParameters["after"])
	case "GET /user/{id}":
		return s.readUser(ctx, id, caller)
	case "PUT /user/{id}": // of the caller alone: the policy sees to that
		return s.updateUser(ctx, id, req)
	case "DELETE /user/{id}": // likewise
		return s.deleteUser(ctx, id)
	}
	return nil, fmt.Errorf("no route %s %s", req.HTTPMethod, req.Resource)
}

func (s *service) createUser(ctx context.Context, req request) (*response, error) {
	form, bad := readForm(req, "email", "password", "first_name", "last_name")
	if bad != nil {
		return bad, nil
	}
	wrong := wrongNames(form)
	if !isEmail(form["email"]) {
		wrong.add("email", "Not a valid email address.")
	}
	if n := utf8.RuneCountInString(form["password"]); n < minPassword || n > maxPassword {
		wrong.add("password", fmt.Sprintf("Must have %d to %d characters.", minPassword, maxPassword))
	}
	if len(wrong) > 0 {
		return invalid(wrong), nil
	}
	hash, err := s.hasher.hash(ctx, form["password"])
	if err != nil {
		return nil, err
	}
	u := user{
		ID: s.newID(), Email: form["email"], FirstName: form["first_name"], LastName: form["last_name"],
		Created: s.now().UTC().Truncate(time.Second), PasswordHash: hash,
	}
	err = s.users.create(ctx, u)
	if errors.Is(err, errEmailTaken) {
		// This tells who has an account. Whoever can send e-mail had better answer
		// "look into your inbox" to everybody.
		return answer(http.StatusConflict, envelope{Message: "Error !", Data: faults{"email": {"Has an account already."}}}), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusCreated, envelope{Message: "Created !", Data: u}), nil
}

func (s *service) listUsers(ctx context.Context, after string) (*response, error) {
	page, err := s.users.list(ctx, after, pageSize)
	if err != nil {
		return nil, err
	}
	for i := range page {
		page[i].Email = ""
	}
	return answer(http.StatusOK, envelope{Data: page}), nil
}

func (s *service) readUser(ctx context.Context, id string, caller profile) (*response, error) {
	u, err := s.users.byID(ctx, id)
	if u.ID != caller.ID {
		u.Email = "" // everybody's name, but nobody else's address
	}
	return found(u, err)
}

func (s *service) updateUser(ctx context.Context, id string, req request) (*response, error) {
	form, bad := readForm(req, "first_name", "last_name")
	if bad != nil {
		return bad, nil
	}
	if wrong := wrongNames(form); len(wrong) > 0 {
		return invalid(wrong), nil
	}
	return found(s.users.update(ctx, id, func(u *user) {
		u.FirstName, u.LastName = form["first_name"], form["last_name"]
	}))
}

func (s *service) deleteUser(ctx context.Context, id string) (*response, error) {
	err := s.users.remove(ctx, id)
	if err == nil {
		return &response{StatusCode: http.StatusNoContent}, nil
	}
	return found(user{}, err)
}

// found answers with a user, or with a 404.
func found(u user, err error) (*response, error) {
	if errors.Is(err, errNoUser) {
		return answer(http.StatusNotFound, envelope{Message: "There is no such user."}), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Data: u}), nil
}

func wrongNames(form map[string]string) faults {
	wrong := faults{}
	for _, name := range []string{"first_name", "last_name"} {
		if n := utf8.RuneCountInString(form[name]); n == 0 || n > maxName {
			wrong.add(name, fmt.Sprintf("Must have 1 to %d characters.", maxName))
		}
	}
	return wrong
}
