package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// publish writes the discovery document and the JWK set into dir, if API Gateway would
// take them.
func (c command) publish(ctx context.Context, dir string) error {
	if c.issuer == "" {
		return errors.New("say -issuer URL: the iss of the tokens, an https URL")
	}
	if err := apart(c.keys.path, dir); err != nil {
		return err
	}
	schedule, pairs, err := c.keys.read(c.now)
	if err != nil {
		return err
	}
	files, err := published(ctx, schedule, pairs, c.issuer, c.now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	late := c.late(root, files[1].name, schedule)
	for _, f := range files {
		if err := replace(root, f.name, f.text); err != nil {
			return err
		}
		c.print("wrote %s\n", filepath.Join(dir, f.name))
	}
	c.show(schedule)
	where := path.Dir(files[0].name) // of both
	c.print("\nServe both at %s, such as from S3 and CloudFront:\n", c.issuer)
	c.print("aws s3 cp --recursive %s s3://BUCKET/%s \\\n  --content-type application/json --cache-control 'public, max-age=%.0f'\n",
		filepath.Join(dir, where), where, jwks.DefaultCacheControl.Seconds())
	if again := nextExpiry(schedule, c.now); !again.IsZero() {
		c.print("Publish again after %s, without the key that has expired by then.\n", stamp(again))
	}
	c.warn(late, schedule.CacheTime)
	return nil
}

// A document is a file to publish, by its path on the issuer's host.
type document struct {
	name string
	text []byte
}

// published returns what to publish at that time: the discovery document and the JWK set.
func published(ctx context.Context, schedule *rotation.Schedule, pairs []rotation.Pair, issuer string, now time.Time) ([]document, error) {
	ring, err := rotation.NewRing(rotation.RingConfig{
		Schedule: schedule, Keys: pairs, Now: func() time.Time { return now },
	})
	if err != nil {
		return nil, err
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: ring})
	if err != nil {
		return nil, err
	}
	discovery, err := publisher.Discovery(ctx)
	if err != nil {
		return nil, err
	}
	set, err := publisher.JWKS(ctx)
	if err != nil {
		return nil, err
	}
	problems := jwks.CheckGateway(jwks.GatewayConfig{
		Issuer: issuer, Audience: []string{audience}, Discovery: discovery, JWKS: set, Scopes: scopesByRoute(),
	})
	return []document{
		{relative(publisher.DiscoveryPath()), discovery},
		{relative(publisher.JWKSPath()), set},
	}, errors.Join(problems...)
}

// relative returns the path of a file for a path of a URL.
func relative(urlPath string) string { return path.Clean(urlPath)[1:] }

// apart refuses to publish into a folder that holds the private keys: who uploads the
// one would upload the other.
func apart(private, public string) error {
	private, public = resolved(private), resolved(public)
	inside, err := filepath.Rel(public, private)
	if err == nil && filepath.IsLocal(inside) {
		return fmt.Errorf("the private keys are in %s: publish into a folder without them", public)
	}
	return nil
}

// resolved returns the path of a folder without links, if it exists.
func resolved(folder string) string {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	if path, err := filepath.EvalSymlinks(absolute); err == nil {
		return path
	}
	return absolute
}

// replace writes a file that whoever reads it sees as it was or as it is to be. Until
// then it has a name that nobody else gives: another may publish at the same time.
func replace(root *os.Root, name string, text []byte) (err error) {
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return err
	}
	unfinished := ".unfinished-" + rand.Text()
	file, err := root.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			root.Remove(unfinished)
		}
	}()
	if err := finish(file, text); err != nil {
		return err
	}
	return root.Rename(unfinished, name)
}

// makeFolders makes a folder and those around it. It refuses links: they may lead to what
// is not for publishing.
func makeFolders(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder: move it away", filepath.Join(root.Name(), name))
	}
	return err
}

// late returns the keys that sign before everybody can know them, if they are published
// now for the first time. What has been published before tells.
func (c command) late(root *os.Root, jwks string, schedule *rotation.Schedule) []rotation.Key {
	text, err := root.ReadFile(jwks)
	if err != nil {
		return nil // nothing has been published here, or nobody can tell what
	}
	before, err := keys.ParseJWKS(text)
	if err != nil {
		return nil
	}
	var late []rotation.Key
	inUse := schedule.InUse(c.now)
	for _, k := range schedule.Keys {
		_, err := before.VerificationKey(context.Background(), keys.Header{Algorithm: algorithm, Kid: k.Kid})
		if err != nil && slices.Contains(inUse, k.Kid) && k.Sign.Before(c.now.Add(schedule.CacheTime)) {
			late = append(late, k)
		}
	}
	return late
}

func (c command) warn(late []rotation.Key, cacheTime time.Duration) {
	for _, k := range late {
		c.print("\nWARNING: %s is published for the first time, and signs from %s on.\n", k.Kid, stamp(k.Sign))
		c.print("API Gateway may not know it, and refuse its tokens, until %s.\n", stamp(c.now.Add(cacheTime)))
		if c.now.Before(k.Sign) {
			c.print("Rather revoke it, rotate, and publish at once.\n")
		}
	}
}

// nextExpiry returns when the next key expires, or zero.
func nextExpiry(schedule *rotation.Schedule, now time.Time) time.Time {
	var next time.Time
	for _, k := range schedule.Keys {
		if k.Revoked.IsZero() && k.Expire.After(now) && (next.IsZero() || k.Expire.Before(next)) {
			next = k.Expire
		}
	}
	return next
}
