package main

import (
	"context"
	"errors"
	"time"
)

// A user is a person who can log in. Its JSON is what the API shows, and so has no
// password in it.
type user struct {
	ID        string    `json:"id"`
	Email     string    `json:"email,omitempty"`
	FirstName string    `json:"first_name"`
	LastName  string    `json:"last_name"`
	Created   time.Time `json:"-"`

	PasswordHash string `json:"-"` // a PHC string, see hasher
}

var (
	errNoUser     = errors.New("there is no such user")
	errEmailTaken = errors.New("the e-mail address has an account")
)

// users is where the users are. Replace it to keep them elsewhere, in DynamoDB for
// example, which is what to do on Lambda. E-mail addresses are compared without
// case: Ann@example.com must not be able to open a second account beside
// ann@example.com.
//
// An error other than errNoUser and errEmailTaken means that the store failed.
type users interface {
	// create adds a user. It gives errEmailTaken if the address has one.
	create(context.Context, user) error

	// byID and byEmail give errNoUser if there is none.
	byID(ctx context.Context, id string) (user, error)
	byEmail(ctx context.Context, email string) (user, error)

	// list returns up to limit users in the order of their IDs, from the first one
	// behind after.
	list(ctx context.Context, after string, limit int) ([]user, error)

	// update changes a user's data, all at once; ID and e-mail stay. It gives
	// errNoUser if there is none.
	update(ctx context.Context, id string, change func(*user)) (user, error)

	// remove deletes a user. It gives errNoUser if there is none.
	remove(ctx context.Context, id string) error
}
