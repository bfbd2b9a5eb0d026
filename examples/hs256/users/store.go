// Package users keeps accounts, the sessions of those who are logged in, and counts of
// attempts: [Bolt] in a file, for a laptop, and [Dynamo] in a DynamoDB table, for Lambda.
// What a store has to do is what package userstest tests.
package users

import (
	"context"
	"errors"
	"time"
)

// A User is the account of a person.
type User struct {
	ID        string
	Email     string // as mail is sent to it
	EmailKey  string // the same for all spellings of one address; never changes
	FirstName string
	LastName  string

	PasswordHash string

	// Epoch goes up when all sessions have to end, as after a new password: those of an
	// earlier epoch are over.
	Epoch int

	// Confirmed says that the owner of the address has confirmed the account. Until then
	// it waits, up to the moment ConfirmBy, and then it is gone.
	Confirmed bool
	ConfirmBy time.Time // in whole seconds

	Created time.Time // in whole seconds

	// Version is the store's: it is another one after each change.
	Version string
}

// gone reports whether an account was not confirmed in time.
func (u User) gone(now time.Time) bool { return !u.Confirmed && !now.Before(u.ConfirmBy) }

// A Name is what everybody may see of a user.
type Name struct{ ID, FirstName, LastName string }

// A Session begins with a login. It is known by the one token that can be renewed: each
// renewal puts a new token in the place of the one before.
type Session struct {
	ID      string
	UserID  string
	TokenID string    // jti
	Ends    time.Time // in whole seconds
}

var (
	ErrNoUser     = errors.New("there is no such user")
	ErrEmailTaken = errors.New("the e-mail address has an account")
	ErrStale      = errors.New("the user has been changed in the meantime")
	ErrNoSession  = errors.New("there is no such session, or it is over")
	ErrReused     = errors.New("a token that has been renewed before was to be renewed again")
)

// A Store keeps users, sessions and counts. It is safe for concurrent use, and so is a
// database that several processes use at the same time.
//
// A method does all that it has to, or it gives an error. An error that wraps none of the
// above says that the store failed. It leaves open how much has been done, and the method
// can be called again.
type Store interface {
	// Create adds an account, unconfirmed. ErrEmailTaken says that the EmailKey has one
	// already, which is confirmed or may still be: one that was not confirmed in time
	// makes room. So may an account that could not be created to the end, but it takes
	// up to [ReservedFor].
	Create(ctx context.Context, u User) error

	// Confirm confirms an account, once and for all. ErrNoUser says that there is none,
	// or that it comes too late.
	Confirm(ctx context.Context, id string) error

	// ByID and ByEmail return what has been stored last, or ErrNoUser.
	ByID(ctx context.Context, id string) (User, error)
	ByEmail(ctx context.Context, emailKey string) (User, error)

	// List returns up to limit confirmed users in the order of their IDs, from the first
	// one behind after. It may miss what has been stored within the last moments.
	List(ctx context.Context, after string, limit int) ([]Name, error)

	// Update stores the names, the password's hash and the epoch of a user. ErrStale
	// says that u.Version is no longer what is stored: read the user again. ErrNoUser
	// says that there is none; Update does not bring one back.
	Update(ctx context.Context, u User) error

	// Remove deletes a user and makes the address free, or gives ErrNoUser.
	Remove(ctx context.Context, id string) error

	// StartSession stores a session.
	StartSession(ctx context.Context, s Session) error

	// RenewSession puts a token in the place of the one that a session is known by.
	// ErrNoSession says that the session is over. ErrReused says that it is known by
	// another token than the old one: this one has been renewed before, so somebody has
	// stolen it or the new one. The session is over then.
	RenewSession(ctx context.Context, id, oldToken, newToken string) error

	// EndSession ends a session, if there is one.
	EndSession(ctx context.Context, id string) error

	// Count counts an event of this name and returns how many there have been. It may
	// forget the name from the moment on that until says.
	Count(ctx context.Context, name string, until time.Time) (int, error)
}

// ReservedFor is how long an account that is being created keeps its address from others,
// if the process ends before it is done.
const ReservedFor = time.Minute
