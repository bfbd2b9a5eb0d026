// Package userstest is the proof that a store of users has to pass. A store of your own
// runs it in a test:
//
//	func TestMyStoreConforms(t *testing.T) {
//		userstest.Run(t, func(t *testing.T, now func() time.Time, link *userstest.Link) users.Store {
//			return NewMyStore(emptyDatabase(t), now)
//		})
//	}
package userstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

// Open returns a store on a new and empty database. The store reads the time from now. It
// sends each write through link, if it needs more than one for a call.
type Open func(t *testing.T, now func() time.Time, link *Link) users.Store

// Run tests the stores that open opens, one for each test.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*bench)
	}{
		{"a user is found by ID and by address, as stored", found},
		{"an unknown user is no user, and no outage", unknown},
		{"an account waits until it is confirmed, once", confirmed},
		{"an account that is not confirmed in time is gone, and its address free", expired},
		{"an address has one account", taken},
		{"an ID is not used twice, and holds no address that is not its own", usedID},
		{"of many who want one address at once, one gets it", race},
		{"an address that is confirmed and taken over at once has one account", confirmRace},
		{"an account that is confirmed while another takes it over", confirmMeanwhile},
		{"a takeover while the account before it is confirmed", takeoverMeanwhile},
		{"an account that is created so slowly that another takes it over", slowCreate},
		{"a takeover while a slow account is created to the end", slowCreateGoesOn},
		{"an account that is removed while another takes its address", removeMeanwhile},
		{"an account that was created by half leaves its address to another", crashedCreate},
		{"an account that was confirmed by half can be confirmed, or it ends", crashedConfirm},
		{"an account that was removed by half leaves its address to another", crashedRemove},
		{"an answer that is lost is no conflict", lostAnswers},
		{"an update stores what may change, and nothing else", updated},
		{"an update of what has changed since is refused", stale},
		{"of many updates at once, none is lost", updates},
		{"a removed user is gone for good, and the address free", removed},
		{"a list has names, in pages", listed},
		{"a session is renewed with its last token, and ended by any other", renewed},
		{"a session ends", ended},
		{"of many renewals with one token, one succeeds, and the session is over", renewalRace},
		{"events are counted by name", counted},
		{"a call that is cancelled is none that was refused", cancelled},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &bench{T: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
			b.store = open(t, b.now, &b.link)
			test.run(b)
		})
	}
}

// A bench is what a test has: a store, its link, and its clock.
type bench struct {
	*testing.T
	store users.Store
	link  Link
	mu    sync.Mutex
	clock time.Time
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

// confirmWithin is how long the accounts here may wait for their confirmation.
const confirmWithin = time.Hour

// user returns one who is not stored yet, with an address of this name.
func (b *bench) user(id, name string) users.User {
	return users.User{
		ID: id, Email: name + "@Example.com", EmailKey: name + "@example.com",
		FirstName: "Ann-" + name, LastName: "Lee", PasswordHash: "$argon2id$" + id,
		ConfirmBy: b.now().Add(confirmWithin), Created: b.now(),
	}
}

// must ends the test at an error of what has to succeed.
func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wants(what string, err, want error) {
	b.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		b.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func (b *bench) create(u users.User) {
	b.Helper()
	b.must(b.store.Create(b.Context(), u))
}

// confirmed creates a user and confirms the account.
func (b *bench) confirmed(id, name string) users.User {
	b.Helper()
	b.create(b.user(id, name))
	b.must(b.store.Confirm(b.Context(), id))
	return b.read(id)
}

func (b *bench) read(id string) users.User {
	b.Helper()
	u, err := b.store.ByID(b.Context(), id)
	b.must(err)
	return u
}

// owner returns the ID of the user of an address, empty if there is none.
func (b *bench) owner(name string) string {
	b.Helper()
	u, err := b.store.ByEmail(b.Context(), name+"@example.com")
	if errors.Is(err, users.ErrNoUser) {
		return ""
	}
	b.must(err)
	return u.ID
}

// ids returns the IDs of all who are listed.
func (b *bench) ids() []string {
	b.Helper()
	names, err := b.store.List(b.Context(), "", 100)
	b.must(err)
	var ids []string
	for _, n := range names {
		ids = append(ids, n.ID)
	}
	return ids
}

// same compares users but for their versions, which are the store's.
func (b *bench) same(what string, got, want users.User) {
	b.Helper()
	got.Version, want.Version = "", ""
	if !got.Created.Equal(want.Created) || !got.ConfirmBy.Equal(want.ConfirmBy) {
		b.Errorf("%s: created %v, to be confirmed by %v, want %v and %v", what, got.Created, got.ConfirmBy, want.Created, want.ConfirmBy)
	}
	got.Created, got.ConfirmBy = want.Created, want.ConfirmBy
	if got != want {
		b.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

func found(b *bench) {
	u := b.user("u1", "ann")
	u.FirstName, u.LastName, u.Epoch = "Jürgen 🦉", `O'Neil "x" {}`, 7
	b.create(u)
	b.same("by ID", b.read("u1"), u)
	byEmail, err := b.store.ByEmail(b.Context(), "ann@example.com")
	b.must(err)
	b.same("by address", byEmail, u)
	if byEmail.Version == "" {
		b.Error("it has no version")
	}
}

func unknown(b *bench) {
	b.confirmed("u1", "ann")
	for _, id := range []string{"u2", "u", "U1", "u1 ", "", "ann@example.com", "*"} {
		_, err := b.store.ByID(b.Context(), id)
		b.wants(fmt.Sprintf("ByID(%q)", id), err, users.ErrNoUser)
		b.wants(fmt.Sprintf("Confirm(%q)", id), b.store.Confirm(b.Context(), id), users.ErrNoUser)
		b.wants(fmt.Sprintf("Remove(%q)", id), b.store.Remove(b.Context(), id), users.ErrNoUser)
		b.wants(fmt.Sprintf("Update(%q)", id), b.store.Update(b.Context(), b.user(id, "bob")), users.ErrNoUser)
	}
	for _, key := range []string{"bob@example.com", "ANN@example.com", "u1", "", "*"} {
		_, err := b.store.ByEmail(b.Context(), key)
		b.wants(fmt.Sprintf("ByEmail(%q)", key), err, users.ErrNoUser)
	}
}

func confirmed(b *bench) {
	u := b.user("u1", "ann")
	u.Confirmed = true // which is not Create's to do
	b.create(u)
	if b.read("u1").Confirmed || b.ids() != nil {
		b.Errorf("before: %+v, listed %q", b.read("u1"), b.ids())
	}
	for range 2 {
		b.must(b.store.Confirm(b.Context(), "u1"))
		if !b.read("u1").Confirmed || !slices.Equal(b.ids(), []string{"u1"}) {
			b.Errorf("after: %+v, listed %q", b.read("u1"), b.ids())
		}
	}
	b.advance(2 * confirmWithin)
	if b.owner("ann") != "u1" || !slices.Equal(b.ids(), []string{"u1"}) {
		b.Errorf("later: address of %q, listed %q", b.owner("ann"), b.ids())
	}
	b.wants("another of that address", b.store.Create(b.Context(), b.user("u2", "ann")), users.ErrEmailTaken)
}

func expired(b *bench) {
	b.create(b.user("u1", "ann"))
	u := b.read("u1")
	b.advance(confirmWithin - time.Second)
	b.wants("another, a second before", b.store.Create(b.Context(), b.user("u2", "ann")), users.ErrEmailTaken)
	b.advance(time.Second)
	_, err := b.store.ByID(b.Context(), "u1")
	b.wants("ByID", err, users.ErrNoUser)
	b.wants("Confirm", b.store.Confirm(b.Context(), "u1"), users.ErrNoUser)
	b.wants("Update", b.store.Update(b.Context(), u), users.ErrNoUser)
	b.wants("Remove", b.store.Remove(b.Context(), "u1"), users.ErrNoUser)
	if owner := b.owner("ann"); owner != "" {
		b.Errorf("the address is still that of %q", owner)
	}
	b.confirmed("u2", "ann")
	b.wants("Confirm of the one before", b.store.Confirm(b.Context(), "u1"), users.ErrNoUser)
	if owner := b.owner("ann"); owner != "u2" || !slices.Equal(b.ids(), []string{"u2"}) {
		b.Errorf("the address is that of %q, listed are %q", owner, b.ids())
	}
}

func taken(b *bench) {
	b.create(b.user("u1", "ann"))
	for _, when := range []string{"waiting", "confirmed"} {
		b.wants(when, b.store.Create(b.Context(), b.user("u2", "ann")), users.ErrEmailTaken)
		_, err := b.store.ByID(b.Context(), "u2")
		b.wants("the second, while the first is "+when, err, users.ErrNoUser)
		b.must(b.store.Confirm(b.Context(), "u1"))
	}
	if owner := b.owner("ann"); owner != "u1" {
		b.Errorf("the address is that of %q", owner)
	}
}

func usedID(b *bench) {
	ann := b.confirmed("u1", "ann")
	for _, name := range []string{"bob", "ann"} {
		if err := b.store.Create(b.Context(), b.user("u1", name)); err == nil {
			b.Errorf("%s: no error", name)
		}
	}
	b.same("the first", b.read("u1"), ann)
	if owner := b.owner("bob"); owner != "" {
		b.Errorf("the second address is that of %q", owner)
	}
	if owner := b.owner("ann"); owner != "u1" {
		b.Errorf("the first address is that of %q", owner)
	}
	b.confirmed("u2", "bob")

	for writes := range 4 { // of a second that is created by half
		name := fmt.Sprint("cut", writes)
		b.link.CutAfter(writes)
		if err := b.store.Create(b.Context(), b.user("u1", name)); err == nil {
			b.Errorf("%s: no error", name)
		}
		b.link.Mend()
		if owner := b.owner(name); owner != "" {
			b.Errorf("the address %s is that of %q", name, owner)
		}
		b.advance(users.ReservedFor)
		b.confirmed("u-"+name, name)
	}
}

func race(b *bench) {
	const many = 16
	errs := make([]error, many)
	b.together(many, func(i int) { errs[i] = b.store.Create(b.Context(), b.user(fmt.Sprintf("u%02d", i), "ann")) })
	var winners []string
	for i, err := range errs {
		id := fmt.Sprintf("u%02d", i)
		if err == nil {
			winners = append(winners, id)
			continue
		}
		b.wants(id, err, users.ErrEmailTaken)
		b.wants("Confirm of a loser", b.store.Confirm(b.Context(), id), users.ErrNoUser)
	}
	if len(winners) != 1 || b.owner("ann") != winners[0] {
		b.Fatalf("created were %q, and the address is that of %q", winners, b.owner("ann"))
	}
	b.must(b.store.Confirm(b.Context(), winners[0]))
}

// together runs functions at the same time, and waits for them.
func (b *bench) together(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func confirmRace(b *bench) {
	for round := range 20 {
		name := fmt.Sprintf("ann%d", round)
		first, second := name+"-1", name+"-2"
		b.create(b.user(first, name))
		b.advance(confirmWithin - time.Second)
		next := b.user(second, name)
		next.ConfirmBy = next.ConfirmBy.Add(confirmWithin)
		var confirm, create error
		b.together(2, func(i int) {
			if i == 0 {
				confirm = b.store.Confirm(b.Context(), first)
				return
			}
			b.advance(time.Second)
			create = b.store.Create(b.Context(), next)
		})
		owner := b.owner(name)
		switch {
		case confirm == nil && errors.Is(create, users.ErrEmailTaken) && owner == first && b.read(first).Confirmed:
		case errors.Is(confirm, users.ErrNoUser) && create == nil && owner == second:
			b.must(b.store.Confirm(b.Context(), second))
		default:
			b.Errorf("confirmed: %v, created: %v, and the address is that of %q", confirm, create, owner)
		}
		if _, err := b.store.ByID(b.Context(), first); owner == second && !errors.Is(err, users.ErrNoUser) {
			b.Errorf("the first is still there: %v", err)
		}
	}
}

// meanwhile runs an operation as often as it has writes, and has something else done before
// another one of them each time, or at last behind it.
func (b *bench) meanwhile(prepare, operation func(name string) error, other func(name string), check func(name string, err error)) {
	b.Helper()
	for write := 0; ; write++ {
		name := fmt.Sprint("meanwhile", write)
		b.must(prepare(name))
		done := b.link.before(write, func() { other(name) })
		err := operation(name)
		b.link.Mend()
		if !*done {
			other(name)
		}
		check(name, err)
		if !*done {
			return
		}
	}
}

// oneOf checks that an address is one user's, and no other's: the one who can be confirmed.
func (b *bench) oneOf(name, owner, other string) {
	b.Helper()
	if got := b.owner(name); got != owner {
		b.Errorf("%s: the address is that of %q, want %q", name, got, owner)
		return
	}
	b.must(b.store.Confirm(b.Context(), owner))
	b.wants(name+": Confirm of the other", b.store.Confirm(b.Context(), other), users.ErrNoUser)
	if ids := b.ids(); slices.Contains(ids, other) || !slices.Contains(ids, owner) {
		b.Errorf("%s: listed are %q, want %q and not %q", name, ids, owner, other)
	}
}

// createFirst creates an account, and createSecond one of the same address.
func (b *bench) createFirst(name string) error {
	return b.store.Create(b.Context(), b.user(name+"-1", name))
}

func (b *bench) createSecond(name string) error {
	return b.store.Create(b.Context(), b.user(name+"-2", name))
}

// createExpired creates the first account, which nobody confirms in time.
func (b *bench) createExpired(name string) error {
	err := b.createFirst(name)
	b.advance(confirmWithin)
	return err
}

func (b *bench) confirmFirst(name string) error { return b.store.Confirm(b.Context(), name+"-1") }

func (b *bench) confirmedFirst(name string) error {
	if err := b.createFirst(name); err != nil {
		return err
	}
	return b.confirmFirst(name)
}

func confirmMeanwhile(b *bench) {
	var create error
	other := func(name string) {
		b.advance(confirmWithin)
		create = b.createSecond(name)
	}
	b.meanwhile(b.createFirst, b.confirmFirst, other, func(name string, err error) {
		if err == nil {
			b.wants("the second", create, users.ErrEmailTaken)
			b.oneOf(name, name+"-1", name+"-2")
			return
		}
		b.wants("the first", err, users.ErrNoUser)
		b.must(create)
		b.oneOf(name, name+"-2", name+"-1")
	})
}

// The clocks of two machines differ: here by a second, for which an account is gone for one
// and can be confirmed for the other.
func takeoverMeanwhile(b *bench) {
	var confirm error
	other := func(name string) {
		b.advance(-time.Second)
		confirm = b.confirmFirst(name)
		b.advance(time.Second)
	}
	b.meanwhile(b.createExpired, b.createSecond, other, func(name string, err error) {
		if confirm == nil {
			b.wants("the second", err, users.ErrEmailTaken)
			b.oneOf(name, name+"-1", name+"-2")
			return
		}
		b.wants("the first", confirm, users.ErrNoUser)
		b.must(err)
		b.oneOf(name, name+"-2", name+"-1")
	})
}

func slowCreate(b *bench) {
	for _, wait := range []time.Duration{0, users.ReservedFor - time.Second, users.ReservedFor} {
		var second error
		other := func(name string) {
			b.advance(wait)
			second = b.createSecond(wait.String() + name)
		}
		create := func(name string) error { return b.createFirst(wait.String() + name) }
		b.meanwhile(nothing, create, other, func(name string, err error) {
			name = wait.String() + name
			if b.owner(name) == name+"-1" {
				b.must(err)
				b.wants("the second", second, users.ErrEmailTaken)
				b.oneOf(name, name+"-1", name+"-2")
				return
			}
			b.must(second) // the first may have been created, but cannot be confirmed
			b.oneOf(name, name+"-2", name+"-1")
		})
	}
}

func slowCreateGoesOn(b *bench) {
	var confirm error
	reserved := func(name string) error {
		b.link.CutAfter(1)
		err := b.createFirst(name)
		b.link.Mend()
		b.advance(users.ReservedFor)
		if err == nil { // it takes one write
			return b.store.Remove(b.Context(), name+"-1")
		}
		return nil
	}
	goOn := func(name string) {
		if confirm = b.createFirst(name); confirm == nil {
			confirm = b.confirmFirst(name)
		}
	}
	b.meanwhile(reserved, b.createSecond, goOn, func(name string, err error) {
		if confirm == nil {
			b.wants("the second", err, users.ErrEmailTaken)
			b.oneOf(name, name+"-1", name+"-2")
			return
		}
		b.must(err)
		b.oneOf(name, name+"-2", name+"-1")
	})
}

func removeMeanwhile(b *bench) {
	var create error
	b.meanwhile(b.confirmedFirst,
		func(name string) error { return b.store.Remove(b.Context(), name+"-1") },
		func(name string) { create = b.createSecond(name) },
		func(name string, err error) {
			b.must(err)
			if errors.Is(create, users.ErrEmailTaken) { // it was too early
				create = b.createSecond(name)
			}
			b.must(create)
			b.oneOf(name, name+"-2", name+"-1")
		})
}

// interrupted runs an operation as often as it has writes, each time ended by force after
// one more of them, with a name of its own, and then has check look at the damage.
func (b *bench) interrupted(prepare, operation func(name string) error, check func(name string)) {
	b.Helper()
	for writes := 0; ; writes++ {
		name := fmt.Sprintf("cut%d", writes)
		b.must(prepare(name))
		b.link.CutAfter(writes)
		err := operation(name)
		done := b.link.sent() <= writes
		b.link.Mend()
		if done {
			b.must(err)
			return // all writes have passed
		}
		if err == nil {
			b.Errorf("cut after %d writes: no error", writes)
		}
		for _, refusal := range []error{users.ErrNoUser, users.ErrEmailTaken, users.ErrStale} {
			if errors.Is(err, refusal) {
				b.Errorf("cut after %d writes: %v is no outage", writes, err)
			}
		}
		check(name)
	}
}

func nothing(string) error { return nil }

func crashedCreate(b *bench) {
	b.interrupted(nothing, b.createFirst, func(name string) {
		b.advance(max(confirmWithin, users.ReservedFor))
		b.must(b.createSecond(name))
		b.oneOf(name, name+"-2", name+"-1")
	})
}

func crashedConfirm(b *bench) {
	b.interrupted(b.createFirst, b.confirmFirst, func(name string) {
		b.must(b.confirmFirst(name))
		b.advance(2 * confirmWithin)
		b.wants("the second", b.createSecond(name), users.ErrEmailTaken)
		b.oneOf(name, name+"-1", name+"-2")
	})
	b.interrupted(
		func(name string) error { return b.createFirst(name + "x") },
		func(name string) error { return b.confirmFirst(name + "x") },
		func(name string) {
			name += "x"
			b.advance(confirmWithin) // and nobody confirms again
			b.must(b.createSecond(name))
			b.oneOf(name, name+"-2", name+"-1")
		})
}

func crashedRemove(b *bench) {
	b.interrupted(
		b.confirmedFirst,
		func(name string) error { return b.store.Remove(b.Context(), name+"-1") },
		func(name string) {
			if there := slices.Contains(b.ids(), name+"-1"); there != (b.owner(name) == name+"-1") {
				b.Errorf("listed: %v, and the address is that of %q", there, b.owner(name))
			}
			if err := b.store.Remove(b.Context(), name+"-1"); err != nil && !errors.Is(err, users.ErrNoUser) {
				b.Error(err)
			}
			if slices.Contains(b.ids(), name+"-1") || b.owner(name) != "" {
				b.Errorf("listed are %q, and the address is that of %q", b.ids(), b.owner(name))
			}
			b.confirmed(name+"-2", name)
		})
}

// lostAnswers loses the answer of each write of each operation once. What the store then
// sends again meets what it has written itself.
func lostAnswers(b *bench) {
	for _, test := range []struct {
		operation    string
		before, does func(name string) error
	}{
		{"Create", nothing, b.createFirst},
		{"Create that takes over", b.createExpired, b.createSecond},
		{"Confirm", b.createFirst, b.confirmFirst},
		{"Update", b.createFirst, func(name string) error { return b.store.Update(b.Context(), b.read(name+"-1")) }},
		{"Remove", b.createFirst, func(name string) error { return b.store.Remove(b.Context(), name+"-1") }},
		{"StartSession", nothing, b.startSession},
		{"RenewSession", b.startSession, func(name string) error { return b.renew(name, "t1", "t2") }},
		{"EndSession", b.startSession, func(name string) error { return b.store.EndSession(b.Context(), name) }},
	} {
		for write := 0; ; write++ {
			name := fmt.Sprintf("%s-%d", test.operation, write)
			b.must(test.before(name))
			b.link.loseAnswer(write)
			err := test.does(name)
			sent := b.link.sent()
			b.link.Mend()
			if err != nil {
				b.Errorf("%s: %v", name, err)
			}
			if sent <= write {
				break
			}
		}
	}
}

func updated(b *bench) {
	u := b.confirmed("u1", "ann")
	want := u
	want.FirstName, want.LastName, want.PasswordHash, want.Epoch = "Eve", "Doe", "$argon2id$new", 3
	change := want
	change.Email, change.EmailKey, change.Confirmed = "eve@example.com", "eve@example.com", false
	change.Created, change.ConfirmBy = b.now().Add(time.Hour), b.now().Add(time.Hour)
	b.must(b.store.Update(b.Context(), change))
	got := b.read("u1")
	b.same("updated", got, want)
	if got.Version == u.Version {
		b.Error("the version is the one before")
	}
	if b.owner("eve") != "" || b.owner("ann") != "u1" {
		b.Errorf("the addresses are those of %q and %q", b.owner("eve"), b.owner("ann"))
	}
	names, err := b.store.List(b.Context(), "", 10)
	b.must(err)
	if !slices.Equal(names, []users.Name{{ID: "u1", FirstName: "Eve", LastName: "Doe"}}) {
		b.Errorf("listed are %v", names)
	}
}

func stale(b *bench) {
	before := b.confirmed("u1", "ann")
	first := before
	first.FirstName = "First"
	b.must(b.store.Update(b.Context(), first))
	second := before
	second.FirstName = "Second"
	b.wants("an update of the version before", b.store.Update(b.Context(), second), users.ErrStale)
	second.Version = ""
	b.wants("an update of no version", b.store.Update(b.Context(), second), users.ErrStale)
	if got := b.read("u1").FirstName; got != "First" {
		b.Errorf("the name is %q", got)
	}
	waiting := b.user("u2", "bob")
	b.create(waiting)
	waiting = b.read("u2")
	b.must(b.store.Confirm(b.Context(), "u2"))
	b.wants("an update of one who was not confirmed then", b.store.Update(b.Context(), waiting), users.ErrStale)
	if !b.read("u2").Confirmed {
		b.Error("no longer confirmed")
	}
}

func updates(b *bench) {
	const many = 16
	b.confirmed("u1", "ann")
	b.together(many, func(int) {
		for {
			u, err := b.store.ByID(b.Context(), "u1")
			if err != nil {
				b.Error(err)
				return
			}
			u.Epoch++
			err = b.store.Update(b.Context(), u)
			if errors.Is(err, users.ErrStale) {
				continue // another was faster
			}
			if err != nil {
				b.Error(err)
			}
			return
		}
	})
	if got := b.read("u1").Epoch; got != many {
		b.Errorf("%d updates of %d", got, many)
	}
}

func removed(b *bench) {
	before := b.confirmed("u1", "ann")
	b.confirmed("u2", "bob")
	b.must(b.store.Remove(b.Context(), "u1"))
	_, err := b.store.ByID(b.Context(), "u1")
	b.wants("ByID", err, users.ErrNoUser)
	b.wants("Update", b.store.Update(b.Context(), before), users.ErrNoUser)
	b.wants("Confirm", b.store.Confirm(b.Context(), "u1"), users.ErrNoUser)
	b.wants("Remove", b.store.Remove(b.Context(), "u1"), users.ErrNoUser)
	_, err = b.store.ByID(b.Context(), "u1")
	b.wants("ByID afterwards", err, users.ErrNoUser)
	if owner := b.owner("ann"); owner != "" {
		b.Errorf("the address is that of %q", owner)
	}
	b.confirmed("u3", "ann")
	if got := b.ids(); !slices.Equal(got, []string{"u2", "u3"}) {
		b.Errorf("listed are %q", got)
	}
}

func listed(b *bench) {
	for _, id := range []string{"d", "b", "a", "c", "e", "waits"} {
		b.create(b.user(id, id))
		if id != "waits" {
			b.must(b.store.Confirm(b.Context(), id))
		}
	}
	for _, test := range []struct {
		after string
		limit int
		want  string
	}{
		{"", 2, "[{a Ann-a Lee} {b Ann-b Lee}]"},
		{"b", 2, "[{c Ann-c Lee} {d Ann-d Lee}]"},
		{"bb", 3, "[{c Ann-c Lee} {d Ann-d Lee} {e Ann-e Lee}]"}, // one that has been deleted in between
		{"d", 2, "[{e Ann-e Lee}]"},
		{"e", 2, "[]"},
		{"zzz", 2, "[]"},
		{"", 3, "[{a Ann-a Lee} {b Ann-b Lee} {c Ann-c Lee}]"},
		{"", 5, "[{a Ann-a Lee} {b Ann-b Lee} {c Ann-c Lee} {d Ann-d Lee} {e Ann-e Lee}]"},
		{"", 100, "[{a Ann-a Lee} {b Ann-b Lee} {c Ann-c Lee} {d Ann-d Lee} {e Ann-e Lee}]"},
	} {
		names, err := b.store.List(b.Context(), test.after, test.limit)
		b.must(err)
		if got := fmt.Sprint(names); got != test.want {
			b.Errorf("%d after %q: %s, want %s", test.limit, test.after, got, test.want)
		}
	}
}

// startSession starts one that is known by the token t1 and lasts for an hour.
func (b *bench) startSession(id string) error {
	return b.store.StartSession(b.Context(), users.Session{ID: id, UserID: "u1", TokenID: "t1", Ends: b.now().Add(time.Hour)})
}

func (b *bench) renew(id, from, to string) error {
	return b.store.RenewSession(b.Context(), id, from, to)
}

func renewed(b *bench) {
	b.must(b.startSession("s1"))
	b.must(b.startSession("s2"))
	b.must(b.renew("s1", "t1", "t2"))
	b.must(b.renew("s1", "t2", "t3"))
	b.wants("a token that was renewed before", b.renew("s1", "t1", "stolen"), users.ErrReused)
	b.wants("the last token, after that", b.renew("s1", "t3", "t4"), users.ErrNoSession)
	b.must(b.renew("s2", "t1", "t2")) // another session goes on
	b.wants("a token of nobody", b.renew("s2", "t9", "t3"), users.ErrReused)
	b.wants("a session of nobody", b.renew("s3", "t1", "t2"), users.ErrNoSession)
}

func ended(b *bench) {
	b.must(b.startSession("s1"))
	b.must(b.startSession("s2"))
	b.must(b.store.EndSession(b.Context(), "s1"))
	b.wants("a session that was ended", b.renew("s1", "t1", "t2"), users.ErrNoSession)
	b.must(b.store.EndSession(b.Context(), "s1"))
	b.must(b.store.EndSession(b.Context(), "unknown"))

	b.advance(time.Hour - time.Second)
	b.must(b.renew("s2", "t1", "t2"))
	b.advance(time.Second)
	b.wants("a session whose time is over", b.renew("s2", "t2", "t3"), users.ErrNoSession)
	b.wants("the same, with a token that was renewed", b.renew("s2", "t1", "t3"), users.ErrNoSession)
}

func renewalRace(b *bench) {
	const many = 8
	b.must(b.startSession("s1"))
	errs := make([]error, many)
	b.together(many, func(i int) { errs[i] = b.renew("s1", "t1", fmt.Sprint("new", i)) })
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			b.Error("two have renewed one token")
		case !errors.Is(err, users.ErrReused) && !errors.Is(err, users.ErrNoSession):
			b.Error(err)
		}
	}
	if winner < 0 {
		b.Fatal("nobody has renewed the token")
	}
	b.wants("the winner's token", b.renew("s1", fmt.Sprint("new", winner), "next"), users.ErrNoSession)
}

func counted(b *bench) {
	until := b.now().Add(time.Minute)
	for want := 1; want <= 3; want++ {
		n, err := b.store.Count(b.Context(), "login ann@example.com", until)
		if err != nil || n != want {
			b.Errorf("%d, %v, want %d", n, err, want)
		}
	}
	seen := make([]int, 16)
	b.together(len(seen), func(i int) {
		n, err := b.store.Count(b.Context(), "login bob@example.com", until)
		if err != nil {
			b.Error(err)
		}
		seen[i] = n
	})
	slices.Sort(seen)
	for i, n := range seen {
		if n != i+1 {
			b.Fatalf("counted at the same time: %v", seen)
		}
	}
}

func cancelled(b *bench) {
	u := b.confirmed("u1", "ann")
	b.must(b.startSession("s1"))
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	_, byID := b.store.ByID(ctx, "u1")
	_, byEmail := b.store.ByEmail(ctx, "ann@example.com")
	_, list := b.store.List(ctx, "", 1)
	_, count := b.store.Count(ctx, "login", b.now())
	for name, err := range map[string]error{
		"ByID": byID, "ByEmail": byEmail, "List": list, "Count": count,
		"Create":       b.store.Create(ctx, b.user("u2", "bob")),
		"Confirm":      b.store.Confirm(ctx, "u1"),
		"Update":       b.store.Update(ctx, u),
		"Remove":       b.store.Remove(ctx, "u1"),
		"StartSession": b.store.StartSession(ctx, users.Session{ID: "s2", Ends: b.now().Add(time.Hour)}),
		"RenewSession": b.store.RenewSession(ctx, "s1", "t1", "t2"),
		"EndSession":   b.store.EndSession(ctx, "s1"),
	} {
		b.wants(name, err, context.Canceled)
	}
	b.same("the user", b.read("u1"), u)
	b.must(b.renew("s1", "t1", "t2"))
}
