package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

const (
	scheduleFile = "schedule.json"
	changedFile  = "schedule.json.new" // becomes scheduleFile
)

// A folder is where an issuer's private keys are, each in KID.pem, and schedule.json,
// which says when each of them does what. It is what to back up and to show to nobody.
// (With keys in KMS there is no such folder: a key's public half and a signer of package
// kmskeys make a rotation.Pair as well.)
type folder struct{ path string }

// errNoSchedule says that there are no keys yet.
var errNoSchedule = errors.New(`no keys: make the first with "keys init"`)

// read returns the schedule, and those of its keys that are still of use.
func (f folder) read(now time.Time) (*rotation.Schedule, []rotation.Pair, error) {
	root, err := f.open()
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	schedule, err := f.schedule(root)
	if err != nil {
		return nil, nil, err
	}
	var pairs []rotation.Pair
	for _, kid := range schedule.InUse(now) {
		key, err := f.key(root, kid)
		if err != nil {
			return nil, nil, err
		}
		pairs = append(pairs, rotation.PairOf(key))
	}
	return schedule, pairs, nil
}

// open opens the folder. One that others may write to is not opened: they may have put
// keys of their own there.
func (f folder) open() (*os.Root, error) {
	root, err := os.OpenRoot(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has %w", f.path, errNoSchedule)
	}
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && info.Mode().Perm()&0o077 != 0 && hasModes {
		err = fmt.Errorf("others may use the folder %s, which has mode %04o: look at what is in it, then chmod 700 it", f.path, info.Mode().Perm())
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// hasModes reports whether file modes say who has access.
const hasModes = runtime.GOOS != "windows"

func (f folder) schedule(root *os.Root) (*rotation.Schedule, error) {
	text, err := root.ReadFile(scheduleFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has %w", f.path, errNoSchedule)
	}
	if err != nil {
		return nil, err
	}
	schedule, err := rotation.ParseSchedule(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.join(scheduleFile), err)
	}
	if err := outlastsTokens(schedule); err != nil {
		return nil, fmt.Errorf("%s %w", f.join(scheduleFile), err)
	}
	return schedule, nil
}

// outlastsTokens refuses a schedule by which keys go before the last of their tokens: lifetime
// has been changed since.
func outlastsTokens(schedule *rotation.Schedule) error {
	if schedule.TokenLifetime < lifetime {
		return fmt.Errorf("has a token_lifetime of %v, and tokens are good for %v: set it to that, and let keys expire that long after they retire",
			schedule.TokenLifetime, lifetime)
	}
	return nil
}

func (f folder) key(root *os.Root, kid string) (*keys.PrivateKey, error) {
	name := keyFile(kid)
	info, err := root.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("the private key %s: %w", f.join(name), err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && hasModes {
		return nil, fmt.Errorf("the private key %s has mode %04o, and so others may have read it: chmod 600 it, or revoke it", f.join(name), mode)
	}
	text, err := root.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := keys.ParsePrivatePEM(algorithm, text)
	if err != nil {
		return nil, fmt.Errorf("the private key %s: %w", f.join(name), err)
	}
	key = key.WithKid(kid)
	return key, nil
}

// change puts another schedule in the place of the one that is there. There is never
// half a schedule, and never more than one who changes it.
func (f folder) change(edit func(root *os.Root) (*rotation.Schedule, error)) (err error) {
	root, err := f.open()
	if err != nil {
		return err
	}
	defer root.Close()
	file, err := root.OpenFile(changedFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("another command is changing %s: if there is none, it was interrupted: delete %s", f.path, f.join(changedFile))
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			root.Remove(changedFile)
		}
	}()
	schedule, err := edit(root)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	text, err := json.MarshalIndent(schedule, "", "  ")
	if err != nil {
		return errors.Join(err, file.Close())
	}
	if err := finish(file, append(text, '\n')); err != nil {
		return err
	}
	return root.Rename(changedFile, scheduleFile)
}

// add makes a key and its file, and returns the schedule with it. The key signs that
// much later than now or, if that is 0, as soon as everybody can know it.
func (f folder) add(root *os.Root, schedule *rotation.Schedule, now time.Time, later time.Duration) (*rotation.Schedule, string, error) {
	kid := newKeyID(schedule, now)
	next, err := schedule.Next(now, kid)
	if later != 0 {
		next, err = schedule.NextAt(now, now.Add(later), kid)
	}
	if err != nil {
		return nil, "", err
	}
	key, err := keys.GeneratePrivateKey(algorithm)
	if err != nil {
		return nil, "", err
	}
	key = key.WithKid(kid)
	text, err := key.MarshalPrivatePEM()
	if err != nil {
		return nil, "", err
	}
	// O_EXCL: a key is never written over another. The file is there before the schedule
	// that names it.
	file, err := root.OpenFile(keyFile(kid), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, "", fmt.Errorf("the new private key %s: %w", f.join(keyFile(kid)), err)
	}
	return next, kid, finish(file, text)
}

// newKeyID returns a kid that tells of its key's age, and is no other key's.
func newKeyID(schedule *rotation.Schedule, now time.Time) string {
	second := now.UTC().Format("2006-01-02-150405")
	kid := second
	for n := 2; slices.ContainsFunc(schedule.Keys, func(k rotation.Key) bool { return k.Kid == kid }); n++ {
		kid = fmt.Sprintf("%s-%d", second, n)
	}
	return kid
}

// ignore has git leave the folder alone, wherever it is.
func ignore(root *os.Root) error {
	file, err := root.OpenFile(".gitignore", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return finish(file, []byte("*\n"))
}

// finish writes a file and has it on the disk.
func finish(file *os.File, text []byte) error {
	_, err := file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (f folder) join(name string) string { return filepath.Join(f.path, name) }

func keyFile(kid string) string { return kid + ".pem" }
