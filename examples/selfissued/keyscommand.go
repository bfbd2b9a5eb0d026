package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

const keysUsage = `selfissued keys makes, publishes and rotates the keys of an issuer:

  keys init    [-dir FOLDER]                   makes the first key
  keys publish [-dir FOLDER] [-issuer URL] DIR writes the files to publish into DIR
  keys secret  [-dir FOLDER]                   prints what the token function loads, for a pipe
  keys rotate  [-dir FOLDER] [-in DURATION]    makes the next key, which signs once all know it
  keys revoke  [-dir FOLDER] KID               withdraws a key that somebody else may have

FOLDER is where the private keys and schedule.json are, selfissued-keys if not said. URL
is the issuer: the iss of the tokens and where DIR is served, ` + issuerName + ` if
not said, which is for trying it out. DURATION, such as 720h, has the next key sign only
then: until it does it is a spare that all know already, for the day on which the key that
signs has to be revoked.
`

// keysCommand does what comes after keys on the command line.
func keysCommand(ctx context.Context, args []string, now time.Time, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("which command? init, publish, secret, rotate or revoke: try -h")
	}
	commands := map[string]struct {
		flag      string // that it has besides -dir
		arguments int
		do        func(c command, ctx context.Context, argument string) error
	}{
		"init":    {"", 0, command.init},
		"publish": {"issuer", 1, command.publish},
		"secret":  {"", 0, command.secret},
		"rotate":  {"in", 0, command.rotate},
		"revoke":  {"", 1, command.revoke},
	}
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", "selfissued-keys", "")
	issuer := flags.String("issuer", issuerName, "")
	later := flags.Duration("in", 0, "")
	chosen, known := commands[args[0]]
	if known {
		args = args[1:]
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err := io.WriteString(out, keysUsage)
		return err
	case !known:
		return fmt.Errorf("unknown command %q: try -h", args[0])
	case err != nil:
		return fmt.Errorf("%w: try -h", err)
	case hasOthers(flags, "dir", chosen.flag):
		return errors.New("a flag of another command: try -h")
	case flags.NArg() != chosen.arguments:
		return fmt.Errorf("%d arguments rather than %d, flags come before them: try -h", flags.NArg(), chosen.arguments)
	}
	return chosen.do(command{keys: folder{path: *dir}, issuer: *issuer, later: *later, now: now, out: out}, ctx, flags.Arg(0))
}

// hasOthers reports whether flags were set that are not among those of these names.
func hasOthers(flags *flag.FlagSet, names ...string) bool {
	others := false
	flags.Visit(func(f *flag.Flag) { others = others || !slices.Contains(names, f.Name) })
	return others
}

// A command is one that is carried out.
type command struct {
	keys   folder
	issuer string
	later  time.Duration // 0: as soon as it can be
	now    time.Time
	out    io.Writer
}

// init makes the folder and the first key.
func (c command) init(context.Context, string) error {
	if err := os.MkdirAll(c.keys.path, 0o700); err != nil {
		return err
	}
	var made *rotation.Schedule
	err := c.keys.change(func(root *os.Root) (*rotation.Schedule, error) {
		_, err := root.Lstat(scheduleFile)
		if err == nil {
			return nil, fmt.Errorf(`%s has keys already: "keys rotate" makes the next`, c.keys.path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := ignore(root); err != nil {
			return nil, err
		}
		made, err = c.add(root, &rotation.Schedule{TokenLifetime: lifetime})
		return made, err
	})
	if err != nil {
		return err
	}
	c.show(made)
	c.print("\nShow %s to nobody. Publish the key: keys publish -issuer URL DIR\n", c.keys.path)
	c.printSecret("Give it to the token function:")
	return nil
}

// rotate makes the next key.
func (c command) rotate(context.Context, string) error {
	var old, next *rotation.Schedule
	err := c.keys.change(func(root *os.Root) (_ *rotation.Schedule, err error) {
		if old, err = c.keys.schedule(root); err != nil {
			return nil, err
		}
		next, err = c.add(root, old)
		return next, err
	})
	if err != nil {
		return err
	}
	c.show(next)
	added := next.Keys[len(next.Keys)-1]
	c.print("\nPublish it now: keys publish -issuer URL DIR\n")
	if added.Sign.After(c.now) {
		c.printSecret("Give it to the token function before " + stamp(added.Sign) + ":")
	}
	c.showGone(old, next)
	return nil
}

// secret prints the private keys, as the token function loads them.
func (c command) secret(context.Context, string) error {
	text, err := c.keys.secret(c.now)
	if err == nil {
		c.print("%s\n", text)
	}
	return err
}

// printSecret says how the token function gets the keys.
func (c command) printSecret(why string) {
	c.print("%s\nkeys secret | aws secretsmanager put-secret-value --secret-id SECRET --secret-string file:///dev/stdin\n", why)
}

// showGone names the files of keys that are not in the schedule any more.
func (c command) showGone(old, next *rotation.Schedule) {
	for _, gone := range old.Keys {
		if slices.ContainsFunc(next.Keys, func(k rotation.Key) bool { return k.Kid == gone.Kid }) {
			continue
		}
		file := c.keys.join(keyFile(gone.Kid))
		if _, err := os.Lstat(file); err == nil {
			c.print("%s is of no more use to anybody: delete it.\n", file)
		}
	}
}

// revoke withdraws a key.
func (c command) revoke(_ context.Context, kid string) error {
	var next *rotation.Schedule
	err := c.keys.change(func(root *os.Root) (*rotation.Schedule, error) {
		schedule, err := c.keys.schedule(root)
		if err != nil {
			return nil, err
		}
		next, err = schedule.Revoke(c.now, kid)
		if err != nil && schedule.At(c.now).Sign == kid {
			return nil, fmt.Errorf(`%w ("keys rotate" is what calls Next)`, err)
		}
		return next, err
	})
	if err != nil {
		return err
	}
	c.show(next)
	c.print("\nPublish at once: keys publish -issuer URL DIR\n")
	c.printSecret("Have the token function sign with another at once:")
	c.print("The token function may go by the old keys until %s.\n", stamp(c.now.Add(keys.DefaultMaxAge)))
	c.print("API Gateway may go by the old keys until %s.\n", stamp(c.now.Add(next.CacheTime)))
	return nil
}

func (c command) add(root *os.Root, schedule *rotation.Schedule) (*rotation.Schedule, error) {
	next, kid, err := c.keys.add(root, schedule, c.now, c.later)
	if err != nil {
		return nil, err
	}
	c.print("made %s\n", c.keys.join(keyFile(kid)))
	return next, nil
}

// show says what each key of a schedule is there for.
func (c command) show(schedule *rotation.Schedule) {
	for _, k := range schedule.Keys {
		c.print("%s %s\n", k.Kid, lifeOf(k, c.now))
	}
}

func lifeOf(k rotation.Key, now time.Time) string {
	var life []string
	switch {
	case !k.Revoked.IsZero():
		return "was revoked at " + stamp(k.Revoked)
	case !k.Expire.IsZero() && !now.Before(k.Expire):
		return "has expired: delete its file"
	case now.Before(k.Sign):
		life = append(life, "is published, signs from "+stamp(k.Sign)+" on")
	case k.Retire.IsZero():
		life = append(life, "signs")
	case now.Before(k.Retire):
		life = append(life, "signs until "+stamp(k.Retire))
	}
	if !k.Expire.IsZero() {
		life = append(life, "is published until "+stamp(k.Expire))
	}
	return strings.Join(life, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (c command) print(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }
