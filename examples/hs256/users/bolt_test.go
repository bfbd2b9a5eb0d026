package users_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/hs256/users/userstest"
)

func openBolt(t *testing.T, path string, now func() time.Time) *users.Bolt {
	t.Helper()
	store, err := users.OpenBolt(path, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestBoltConforms(t *testing.T) {
	userstest.Run(t, func(t *testing.T, now func() time.Time, _ *userstest.Link) users.Store {
		return openBolt(t, filepath.Join(t.TempDir(), "users.db"), now)
	})
}

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

var ann = users.User{
	ID: "u1", Email: "Ann@example.com", EmailKey: "ann@example.com", FirstName: "Ann", LastName: "Lee",
	PasswordHash: "$argon2id$…", Created: start, ConfirmBy: start.Add(time.Hour),
}

func TestUsersOutliveTheProcessThatMadeThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.db")
	first, err := users.OpenBolt(path, at(start))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.Create(t.Context(), ann), first.Confirm(t.Context(), "u1"), first.Close()); err != nil {
		t.Fatal(err)
	}
	u, err := openBolt(t, path, at(start)).ByEmail(t.Context(), "ann@example.com")
	if err != nil || u.ID != "u1" || !u.Confirmed {
		t.Errorf("%+v, %v", u, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v: want it readable for its owner alone", info, err)
	}
}

func TestASecondProcessIsToldThatTheFileIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.db")
	openBolt(t, path, at(start)) // the lock is on the open file, so this is as good as another process
	if _, err := users.OpenBolt(path, at(start)); err == nil || !errorSays(err, path, "another process has it open") {
		t.Errorf("error %v", err)
	}
}

func TestAFileThatCannotBeOpenedIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "users.db")
	if _, err := users.OpenBolt(path, at(start)); !errors.Is(err, os.ErrNotExist) || !errorSays(err, path) {
		t.Errorf("error %v", err)
	}
}

// Eight readers that never pause once kept every writer from the file.
func TestReadersKeepNoWriterWaiting(t *testing.T) {
	store := openBolt(t, filepath.Join(t.TempDir(), "users.db"), at(start))
	ctx, written := context.WithTimeout(t.Context(), time.Minute)
	defer written()
	var reading sync.WaitGroup
	for range 8 {
		reading.Go(func() {
			for ctx.Err() == nil {
				if _, err := store.ByEmail(t.Context(), "ann@example.com"); err != nil && !errors.Is(err, users.ErrNoUser) {
					t.Error(err)
					return
				}
			}
		})
	}
	err := errors.Join(store.Create(t.Context(), ann), store.Confirm(t.Context(), "u1"))
	if ctx.Err() != nil {
		t.Error("a writer waited until nobody read any more")
	}
	written()
	reading.Wait()
	if err != nil {
		t.Error(err)
	}
}
