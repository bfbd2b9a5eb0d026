package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

const pageSize = 50

// A view is what the API shows of a user: to others the names alone.
type view struct {
	ID        string `json:"id"`
	Email     string `json:"email,omitempty"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

func ownView(u users.User) view { return view{u.ID, u.Email, u.FirstName, u.LastName} }

// A caller is whom the authorizer before this function has found out to call.
type caller struct {
	ID string `json:"id"`
}

// userRoutes is the function behind /user and /user/{id}. Who may change whom it decides
// itself, whatever the policy of the authorizer says.
func (s *service) userRoutes(ctx context.Context, req request) (*response, error) {
	who, err := authorizer.FromContext[caller](req.RequestContext.Authorizer)
	if err != nil {
		return nil, err
	}
	if who.ID == "" {
		return nil, errors.New("the authorizer says of nobody who it is")
	}
	id := req.PathParameters["id"]
	switch req.HTTPMethod + " " + req.Resource {
	case "GET /user":
		return s.listUsers(ctx, req.QueryStringParameters["after"])
	case "GET /user/{id}":
		return s.readUser(ctx, id, who)
	case "PUT /user/{id}":
		if id != who.ID {
			return notYours(), nil
		}
		return s.updateUser(ctx, id, req)
	case "DELETE /user/{id}":
		if id != who.ID {
			return notYours(), nil
		}
		return s.deleteUser(ctx, id)
	}
	return nil, fmt.Errorf("no route %s %s", req.HTTPMethod, req.Resource)
}

func notYours() *response {
	return answer(http.StatusForbidden, envelope{Message: "This is not your account."})
}

// ids are the IDs that a store is asked for. DynamoDB takes no key of any length.
var ids = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

func (s *service) listUsers(ctx context.Context, after string) (*response, error) {
	if after != "" && !ids.MatchString(after) {
		return invalid(faults{"after": {"Not a valid ID."}}), nil
	}
	names, err := s.users.List(ctx, after, pageSize)
	if err != nil {
		return nil, err
	}
	page := make([]view, 0, len(names)) // an empty page is [], and not null
	for _, n := range names {
		page = append(page, view{ID: n.ID, FirstName: n.FirstName, LastName: n.LastName})
	}
	return answer(http.StatusOK, envelope{Data: page}), nil
}

func (s *service) readUser(ctx context.Context, id string, who caller) (*response, error) {
	if !ids.MatchString(id) {
		return noUser(), nil
	}
	u, err := s.users.ByID(ctx, id)
	if err == nil && !u.Confirmed {
		err = users.ErrNoUser
	}
	if id != who.ID {
		u.Email = "" // everybody's name, but nobody else's address
	}
	return found(u, err)
}

// tries is how often a change is made again that another got ahead of.
const tries = 3

func (s *service) updateUser(ctx context.Context, id string, req request) (*response, error) {
	form, bad := readForm(req, "first_name", "last_name")
	if bad != nil {
		return bad, nil
	}
	if wrong := wrongNames(form); len(wrong) > 0 {
		return invalid(wrong), nil
	}
	var u users.User
	err := users.ErrStale
	for n := 0; n < tries && errors.Is(err, users.ErrStale); n++ {
		if u, err = s.users.ByID(ctx, id); err == nil {
			u.FirstName, u.LastName = form["first_name"], form["last_name"]
			err = s.users.Update(ctx, u)
		}
	}
	return found(u, err)
}

func (s *service) deleteUser(ctx context.Context, id string) (*response, error) {
	err := s.users.Remove(ctx, id)
	if err == nil {
		return &response{StatusCode: http.StatusNoContent}, nil
	}
	return found(users.User{}, err)
}

// found answers with a user, or with a 404.
func found(u users.User, err error) (*response, error) {
	if errors.Is(err, users.ErrNoUser) {
		return noUser(), nil
	}
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, envelope{Data: ownView(u)}), nil
}

func noUser() *response {
	return answer(http.StatusNotFound, envelope{Message: "There is no such user."})
}
