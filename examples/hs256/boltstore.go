package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// boltUsers keeps the users in a file, in two tables: ID → user, and e-mail
// address → ID. It opens the file for each call, so that several processes can
// take turns: functions that share a file system on Lambda, for example. That is
// good for some calls a second; a busier service wants a database server.
type boltUsers struct {
	path string
	turn sync.RWMutex // orders the calls of this process, where bolt would poll
}

var _ users = (*boltUsers)(nil)

var (
	usersTable  = []byte("users")
	emailsTable = []byte("emails")
)

// lockWait is how long a call waits for other processes.
const lockWait = 2 * time.Second

// newBoltUsers uses a file, or makes it.
func newBoltUsers(path string) (*boltUsers, error) {
	b := &boltUsers{path: path}
	return b, b.write(context.Background(), func(tx *bolt.Tx) error {
		for _, table := range [][]byte{usersTable, emailsTable} {
			if _, err := tx.CreateBucketIfNotExists(table); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *boltUsers) create(ctx context.Context, u user) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		email := emailKey(u.Email)
		if tx.Bucket(emailsTable).Get(email) != nil {
			return errEmailTaken
		}
		if tx.Bucket(usersTable).Get([]byte(u.ID)) != nil {
			return fmt.Errorf("user %s exists", u.ID)
		}
		if err := tx.Bucket(emailsTable).Put(email, []byte(u.ID)); err != nil {
			return err
		}
		return put(tx, u)
	})
}

func (b *boltUsers) byID(ctx context.Context, id string) (u user, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		u, err = get(tx, []byte(id))
		return err
	})
	return u, err
}

func (b *boltUsers) byEmail(ctx context.Context, email string) (u user, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		u, err = get(tx, tx.Bucket(emailsTable).Get(emailKey(email)))
		return err
	})
	return u, err
}

func (b *boltUsers) list(ctx context.Context, after string, limit int) (all []user, err error) {
	err = b.read(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(usersTable).Cursor()
		for id, data := c.Seek([]byte(after)); id != nil && len(all) < limit; id, data = c.Next() {
			if string(id) == after {
				continue
			}
			u, err := decode(data)
			if err != nil {
				return err
			}
			all = append(all, u)
		}
		return nil
	})
	return all, err
}

func (b *boltUsers) update(ctx context.Context, id string, change func(*user)) (u user, err error) {
	err = b.write(ctx, func(tx *bolt.Tx) error {
		u, err = get(tx, []byte(id))
		if err != nil {
			return err
		}
		email := u.Email
		change(&u)
		u.ID, u.Email = id, email
		return put(tx, u)
	})
	return u, err
}

func (b *boltUsers) remove(ctx context.Context, id string) error {
	return b.write(ctx, func(tx *bolt.Tx) error {
		u, err := get(tx, []byte(id))
		if err != nil {
			return err
		}
		if err := tx.Bucket(emailsTable).Delete(emailKey(u.Email)); err != nil {
			return err
		}
		return tx.Bucket(usersTable).Delete([]byte(id))
	})
}

// write runs a transaction: all of it is on disk when it returns, or, after an
// error, none of it.
func (b *boltUsers) write(ctx context.Context, do func(*bolt.Tx) error) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	db, err := b.open(ctx, &bolt.Options{Timeout: lockWait})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(do)
}

func (b *boltUsers) read(ctx context.Context, do func(*bolt.Tx) error) error {
	b.turn.RLock()
	defer b.turn.RUnlock()
	db, err := b.open(ctx, &bolt.Options{Timeout: lockWait, ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(do)
}

func (b *boltUsers) open(ctx context.Context, options *bolt.Options) (*bolt.DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, err := bolt.Open(b.path, 0o600, options)
	if err != nil {
		return nil, fmt.Errorf("open the users' file %s: %w", b.path, err)
	}
	return db, nil
}

// A record is a user as the file has it.
type record struct {
	user
	Created      time.Time `json:"created"`
	PasswordHash string    `json:"password"`
}

func put(tx *bolt.Tx, u user) error {
	data, err := json.Marshal(record{user: u, Created: u.Created, PasswordHash: u.PasswordHash})
	if err != nil {
		return err
	}
	return tx.Bucket(usersTable).Put([]byte(u.ID), data)
}

func get(tx *bolt.Tx, id []byte) (user, error) {
	data := tx.Bucket(usersTable).Get(id)
	if data == nil {
		return user{}, errNoUser
	}
	return decode(data)
}

func decode(data []byte) (user, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return user{}, fmt.Errorf("read a user: %w", err)
	}
	r.user.Created, r.user.PasswordHash = r.Created, r.PasswordHash
	return r.user, nil
}

func emailKey(email string) []byte { return []byte(strings.ToLower(email)) }
