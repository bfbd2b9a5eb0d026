package users

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Bolt is a store in a file. One process has the file at a time: that is for a laptop, and
// keeps no reader from a writer. Use [Dynamo] where there are several processes.
type Bolt struct {
	db  *bolt.DB
	now func() time.Time
}

var _ Store = (*Bolt)(nil)

// The tables of the file: from what to what.
var (
	usersTable    = []byte("users")    // ID → User
	emailsTable   = []byte("emails")   // EmailKey → ID
	sessionsTable = []byte("sessions") // ID → Session
	countsTable   = []byte("counts")   // name → count
)

// lockWait is how long OpenBolt waits for another process to close the file.
const lockWait = time.Second

// OpenBolt uses a file, or makes it, until Close is called. now is the clock.
func OpenBolt(path string, now func() time.Time) (*Bolt, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open the users' file %s: another process has it open: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the users' file %s: %w", path, err)
	}
	b := &Bolt{db, now}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, table := range [][]byte{usersTable, emailsTable, sessionsTable, countsTable, endsTable} {
			if _, err := tx.CreateBucketIfNotExists(table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

// Close closes the file, once all calls have returned.
func (b *Bolt) Close() error { return b.db.Close() }

// Create is that of [Store].
func (b *Bolt) Create(ctx context.Context, u User) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		if tx.Bucket(usersTable).Get([]byte(u.ID)) != nil {
			return fmt.Errorf("user %s exists", u.ID)
		}
		if err := b.makeRoom(tx, u.EmailKey); err != nil {
			return err
		}
		if err := tx.Bucket(emailsTable).Put([]byte(u.EmailKey), []byte(u.ID)); err != nil {
			return err
		}
		u.Confirmed = false
		if err := endAt(tx, usersTable, u.ID, u.ConfirmBy); err != nil {
			return err
		}
		return putUser(tx, u)
	})
}

// makeRoom frees an address whose user did not confirm it in time.
func (b *Bolt) makeRoom(tx *bolt.Tx, emailKey string) error {
	held, err := b.byEmail(tx, emailKey)
	switch {
	case errors.Is(err, ErrNoUser):
		return nil
	case err != nil:
		return err
	case !held.gone(b.now()):
		return ErrEmailTaken
	}
	return remove(tx, held)
}

// Confirm is that of [Store].
func (b *Bolt) Confirm(ctx context.Context, id string) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		u, err := b.byID(tx, id)
		if err != nil || u.Confirmed {
			return err
		}
		u.Confirmed = true
		return putUser(tx, u)
	})
}

// ByID is that of [Store].
func (b *Bolt) ByID(ctx context.Context, id string) (u User, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		u, err = b.byID(tx, id)
		return err
	})
	return u, err
}

// ByEmail is that of [Store].
func (b *Bolt) ByEmail(ctx context.Context, emailKey string) (u User, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		found, err := b.byEmail(tx, emailKey)
		if err == nil && found.gone(b.now()) {
			return ErrNoUser
		}
		u = found
		return err
	})
	return u, err
}

// List is that of [Store].
func (b *Bolt) List(ctx context.Context, after string, limit int) (names []Name, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(usersTable).Cursor()
		for id, data := c.Seek([]byte(after)); id != nil && len(names) < limit; id, data = c.Next() {
			var u User
			if err := decode(data, &u); err != nil {
				return err
			}
			if u.Confirmed && u.ID != after {
				names = append(names, Name{u.ID, u.FirstName, u.LastName})
			}
		}
		return nil
	})
	return names, err
}

// Update is that of [Store].
func (b *Bolt) Update(ctx context.Context, u User) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		stored, err := b.byID(tx, u.ID)
		switch {
		case err != nil:
			return err
		case stored.Version != u.Version:
			return ErrStale
		}
		stored.FirstName, stored.LastName = u.FirstName, u.LastName
		stored.PasswordHash, stored.Epoch = u.PasswordHash, u.Epoch
		return putUser(tx, stored)
	})
}

// Remove is that of [Store].
func (b *Bolt) Remove(ctx context.Context, id string) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		u, err := b.byID(tx, id)
		if err != nil {
			return err
		}
		return remove(tx, u)
	})
}

// StartSession is that of [Store].
func (b *Bolt) StartSession(ctx context.Context, s Session) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		if err := endAt(tx, sessionsTable, s.ID, s.Ends); err != nil {
			return err
		}
		return put(tx, sessionsTable, s.ID, s)
	})
}

// RenewSession is that of [Store].
func (b *Bolt) RenewSession(ctx context.Context, id, oldToken, newToken string) error {
	reused := false
	err := b.write(ctx, func(tx *bolt.Tx) error {
		var s Session
		switch found, err := get(tx, sessionsTable, id, &s); {
		case err != nil:
			return err
		case !found || !b.now().Before(s.Ends):
			return ErrNoSession
		case s.TokenID != oldToken:
			reused = true // after an error nothing would be written
			return tx.Bucket(sessionsTable).Delete([]byte(id))
		}
		s.TokenID = newToken
		return put(tx, sessionsTable, id, s)
	})
	if err == nil && reused {
		return ErrReused
	}
	return err
}

// EndSession is that of [Store].
func (b *Bolt) EndSession(ctx context.Context, id string) error {
	return b.write(ctx, func(tx *bolt.Tx) error { return tx.Bucket(sessionsTable).Delete([]byte(id)) })
}

// Count is that of [Store].
func (b *Bolt) Count(ctx context.Context, name string, until time.Time) (n int, err error) {
	err = b.write(ctx, func(tx *bolt.Tx) error {
		if _, err := get(tx, countsTable, name, &n); err != nil {
			return err
		}
		n++
		if err := endAt(tx, countsTable, name, until); err != nil {
			return err
		}
		return put(tx, countsTable, name, n)
	})
	return n, err
}

// write runs a transaction: all of it is on disk when it returns, or, after an error, none
// of it.
func (b *Bolt) write(ctx context.Context, do func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.db.Update(func(tx *bolt.Tx) error {
		if err := sweep(tx, b.now()); err != nil {
			return err
		}
		return do(tx)
	})
}

func (b *Bolt) read(ctx context.Context, do func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.db.View(do)
}

func (b *Bolt) byID(tx *bolt.Tx, id string) (User, error) {
	var u User
	found, err := get(tx, usersTable, id, &u)
	switch {
	case err != nil:
		return User{}, err
	case !found || u.gone(b.now()):
		return User{}, ErrNoUser
	}
	return u, nil
}

// byEmail returns the user of an address, even one who has not confirmed it in time.
func (b *Bolt) byEmail(tx *bolt.Tx, emailKey string) (User, error) {
	id := tx.Bucket(emailsTable).Get([]byte(emailKey))
	if id == nil {
		return User{}, ErrNoUser
	}
	var u User
	found, err := get(tx, usersTable, string(id), &u)
	if err == nil && !found {
		err = fmt.Errorf("user %s has an address and no account", id)
	}
	return u, err
}

func remove(tx *bolt.Tx, u User) error {
	if err := tx.Bucket(emailsTable).Delete([]byte(u.EmailKey)); err != nil {
		return err
	}
	return tx.Bucket(usersTable).Delete([]byte(u.ID))
}

// putUser stores a user under a new version.
func putUser(tx *bolt.Tx, u User) error {
	u.Version = rand.Text()
	return put(tx, usersTable, u.ID, u)
}

func put(tx *bolt.Tx, table []byte, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return tx.Bucket(table).Put([]byte(key), data)
}

func get(tx *bolt.Tx, table []byte, key string, value any) (found bool, err error) {
	data := tx.Bucket(table).Get([]byte(key))
	if data == nil {
		return false, nil
	}
	return true, decode(data, value)
}

func decode(data []byte, value any) error {
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("read the users' file: %w", err)
	}
	return nil
}
