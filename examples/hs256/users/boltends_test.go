package users_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

// records counts what each table of a file has.
func records(t *testing.T, path string) map[string]int {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	counts := map[string]int{}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			counts[string(name)] = b.Stats().KeyN
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestWhatHasEndedIsClearedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.db")
	now := start
	store, err := users.OpenBolt(path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Create(t.Context(), ann))
	must(store.Confirm(t.Context(), ann.ID))
	for i := range 40 {
		name := fmt.Sprint(i)
		u := ann
		u.ID, u.EmailKey = name, name
		must(store.Create(t.Context(), u)) // and nobody confirms it
		must(store.StartSession(t.Context(), users.Session{ID: name, Ends: now.Add(time.Hour)}))
		_, err := store.Count(t.Context(), name, now.Add(time.Minute))
		must(err)
	}
	now = now.Add(2 * time.Hour)
	must(store.StartSession(t.Context(), users.Session{ID: "last", Ends: now.Add(time.Hour)}))
	must(store.EndSession(t.Context(), "none"))
	must(store.Close())

	got := records(t, path)
	want := map[string]int{"users": 1, "emails": 1, "sessions": 1, "counts": 0, "ends": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the file has %v, want %v", got, want)
	}
}
