package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newStore(t *testing.T) *boltUsers {
	t.Helper()
	store, err := newBoltUsers(filepath.Join(t.TempDir(), "users.db"))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

var ann = user{
	ID: "1", Email: "Ann@example.com", FirstName: "Ann", LastName: "Lee",
	Created: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), PasswordHash: "$argon2id$…",
}

func TestUsersOutliveTheProcessThatMadeThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.db")
	for run := range 2 {
		store, err := newBoltUsers(path)
		if err != nil {
			t.Fatal(err)
		}
		if run == 0 {
			if err := store.create(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
		}
		byID, err := store.byID(t.Context(), "1")
		if err != nil || byID != ann {
			t.Errorf("run %d: by ID %+v, %v", run, byID, err)
		}
		byEmail, err := store.byEmail(t.Context(), "ann@EXAMPLE.com")
		if err != nil || byEmail != ann {
			t.Errorf("run %d: by e-mail %+v, %v", run, byEmail, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v: want it readable for its owner alone", info, err)
	}
}

func TestTwoProcessesTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.db")
	var stores [2]*boltUsers // bbolt's lock is on the open file, so these are as good as two processes
	for i := range stores {
		var err error
		if stores[i], err = newBoltUsers(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := stores[0].create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if u, err := stores[1].byID(t.Context(), "1"); err != nil || u != ann {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAnEmailAddressHasOneAccountWhateverItsCase(t *testing.T) {
	store := newStore(t)
	if err := store.create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	err := store.create(t.Context(), user{ID: "2", Email: "ANN@example.com"})
	if !errors.Is(err, errEmailTaken) {
		t.Errorf("error %v", err)
	}
	if _, err := store.byID(t.Context(), "2"); !errors.Is(err, errNoUser) {
		t.Errorf("the second user was kept: %v", err)
	}
}

func TestAnIDIsNotUsedTwice(t *testing.T) {
	store := newStore(t)
	if err := store.create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if err := store.create(t.Context(), user{ID: "1", Email: "bob@example.com"}); err == nil {
		t.Error("no error")
	}
	if _, err := store.byEmail(t.Context(), "bob@example.com"); !errors.Is(err, errNoUser) {
		t.Errorf("the address was kept: %v", err)
	}
	if u, _ := store.byID(t.Context(), "1"); u != ann {
		t.Errorf("the first user is now %+v", u)
	}
}

func TestOfManyWhoWantOneAddressAtOnceOneGetsIt(t *testing.T) {
	store := newStore(t)
	var wg sync.WaitGroup
	var made, taken atomic.Int32
	for i := range 16 {
		wg.Go(func() {
			err := store.create(t.Context(), user{ID: fmt.Sprint(i), Email: "ann@example.com"})
			switch {
			case err == nil:
				made.Add(1)
			case errors.Is(err, errEmailTaken):
				taken.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || taken.Load() != 15 {
		t.Errorf("%d made, %d taken", made.Load(), taken.Load())
	}
}

func TestNoUpdateGetsLostAmongOthers(t *testing.T) {
	store := newStore(t)
	if err := store.create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := store.update(t.Context(), "1", func(u *user) { u.LastName += "!" }); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := store.byEmail(t.Context(), ann.Email); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if u, err := store.byID(t.Context(), "1"); err != nil || u.LastName != "Lee!!!!!!!!!!!!!!!!" {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAnUpdateLeavesIDAndAddress(t *testing.T) {
	store := newStore(t)
	if err := store.create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	u, err := store.update(t.Context(), "1", func(u *user) { *u = user{ID: "2", Email: "eve@example.com", FirstName: "Eve"} })
	if err != nil || u.ID != "1" || u.Email != ann.Email || u.FirstName != "Eve" {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestARemovedUserIsGoneAndTheAddressFree(t *testing.T) {
	store := newStore(t)
	if err := store.create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if err := store.remove(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	_, byID := store.byID(t.Context(), "1")
	_, byEmail := store.byEmail(t.Context(), ann.Email)
	_, update := store.update(t.Context(), "1", func(*user) {})
	remove := store.remove(t.Context(), "1")
	for _, err := range []error{byID, byEmail, update, remove} {
		if !errors.Is(err, errNoUser) {
			t.Errorf("error %v", err)
		}
	}
	if err := store.create(t.Context(), ann); err != nil {
		t.Errorf("the address is not free: %v", err)
	}
}

func TestAListGoesOnWhereTheLastEnded(t *testing.T) {
	store := newStore(t)
	for _, id := range []string{"d", "b", "a", "c", "e"} {
		if err := store.create(t.Context(), user{ID: id, Email: id + "@example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		after string
		want  []string
	}{
		{"", []string{"a", "b"}},
		{"b", []string{"c", "d"}},
		{"bb", []string{"c", "d"}}, // someone deleted in between
		{"d", []string{"e"}},
		{"e", nil},
	} {
		page, err := store.list(t.Context(), test.after, 2)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, u := range page {
			ids = append(ids, u.ID)
		}
		if !slices.Equal(ids, test.want) {
			t.Errorf("after %q: %q, want %q", test.after, ids, test.want)
		}
	}
}

func TestAFileThatCannotBeOpenedIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "users.db")
	if _, err := newBoltUsers(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
