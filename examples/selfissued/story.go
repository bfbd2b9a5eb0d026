package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const issuerName = "https://login.example.com"

// A builder makes the API Gateway of a story.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// tellStory plays what becomes of an issuer's keys and of the tokens they sign. Its clock
// stands still but for the leaps that the story tells of.
func tellStory(ctx context.Context, dir string, out io.Writer, build builder, clock time.Time) error {
	s := &stage{
		build:  build,
		Teller: tell.New(out), out: out, ctx: ctx, clock: clock.UTC().Truncate(time.Second), password: rand.Text(),
		keys: folder{path: filepath.Join(dir, "selfissued-keys")}, public: filepath.Join(dir, "public"),
	}
	s.Title("selfissued: your own tokens for API Gateway's own JWT authorizer")
	s.Say(`An API Gateway is played in this process: an HTTP API with the JWT authorizer that it has
		of its own. There is no Lambda authorizer. It asks the tokens' issuer, %s,
		for the public keys, and keeps them for %g hours. Tokens are good for %g minutes, and
		shortened here; passwords are hidden.`, issuerName, rotation.DefaultCacheTime.Hours(), lifetime.Minutes())

	s.Chapter("A key, and two files")
	s.run("init")
	s.publish()
	s.Say(`In this story %s serves the two files out of that folder, so there is no
		need to copy them. API Gateway begins with the first, which leads it to the other:`, issuerName)
	s.file("openid-configuration")
	s.file("jwks.json")
	shut, err := s.open()
	if err != nil {
		return err
	}
	defer shut()

	for _, chapter := range []func(*stage){
		annGetsATokenAndCalls, anybodyMayVerify, whatDoesNotGetIn, rotate, emergency,
	} {
		if chapter(s); s.err != nil {
			return s.err
		}
	}
	s.Say(`That was all. Run it with -serve to try it yourself, or with "keys init" to make keys of
		your own.`)
	return s.End()
}

func annGetsATokenAndCalls(s *stage) {
	s.Chapter("Ann gets a token")
	s.Say("The token function signs with the private key. The token's kid names the public one:")
	token := s.login("", 200)
	s.Token(token)

	s.Chapter("She calls protected routes")
	s.Say(`API Gateway fetches both files, verifies the token, and finds in it the scope that this
		route asks for. The function behind gets the claims:`)
	s.call("user", token, 200)
	s.Say("Another route asks for another scope. API Gateway has the keys by now:")
	s.call("admin", token, 403)
	s.Say("Ann may have that scope too. She has to ask for it:")
	s.call("admin", s.login("USER ADMIN", 200), 200)
}

func anybodyMayVerify(s *stage) {
	s.Chapter("Anybody may verify")
	s.Say(`What API Gateway can read, others can. This is a verifier for a Lambda authorizer, say,
		whose keys come from jwks.NewRemote with nothing but the issuer's name:`)
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuerName, Transport: s.bucket(), Now: s.now})
	if s.fail(err) {
		return
	}
	verify, err := verifier.New(verifier.Config{Keys: remote, Issuer: issuerName, Audience: []string{audience}, Now: s.now})
	if s.fail(err) {
		return
	}
	token := s.login("USER ADMIN", 200)
	if s.End() != nil {
		return
	}
	verified, err := verify.Verify(s.ctx, token)
	if s.fail(err) {
		return
	}
	s.Say("It takes the token for one of %s, with the scopes %s.", verified.Subject, strings.Join(verified.Scopes(), " and "))
}

func whatDoesNotGetIn(s *stage) {
	s.Chapter("What does not get in")
	token := s.login("", 200)
	s.Say("No token:")
	s.call("user", "", 401)
	s.Say("Ann's token, with the scope ADMIN written into it and the signature as it was:")
	s.call("admin", tell.Tamper(token, scopeUser, scopeAdmin), 401)
	s.Say(`The same claims in a token that says HS256, signed with the text of the public key as if
		that were a secret:`)
	key := s.signing()
	if key == nil {
		return
	}
	text, err := key.Public().MarshalPEM()
	if s.fail(err) {
		return
	}
	s.call("user", tell.Confuse(token, string(text)), 401)
	s.Say("A token that somebody has signed with a key of their own, under the kid of ours:")
	other, err := keys.GeneratePrivateKey(algorithm)
	if s.fail(err) {
		return
	}
	s.call("admin", s.forge(other.WithKid(key.Kid())), 401)
}

func rotate(s *stage) {
	s.Chapter("The next key")
	s.wait(30 * 24 * time.Hour)
	s.Say(`A month later (this story has a clock of its own) it is time for another key. Ann has just
		called, and so API Gateway has just fetched the keys:`)
	before := s.login("", 200)
	s.call("user", before, 200)
	s.run("rotate")
	s.publish()
	s.file("jwks.json")
	s.deploy()
	s.Say(`The token function has been given the new key, too. It is published, but does not sign: API Gateway does not know it, and will not look again for two hours. If it signed
		at once, this is what its tokens would get:`)
	s.call("user", s.forge(s.newest()), 401)
	s.Say("So tokens are still signed with the old key, and nobody notices anything:")
	s.call("user", before, 200)
	s.call("user", s.login("", 200), 200)

	s.Chapter("The new key signs")
	s.wait(rotation.DefaultCacheTime)
	s.Say("Two hours later API Gateway fetches the keys again, and then has both:")
	old := s.login("", 200)
	s.call("user", old, 200)
	s.wait(rotation.DefaultMargin)
	s.Say(`Ten minutes after that, which is room for clocks and caches, the new key signs. Nothing had
		to be started or deployed for it: the token function has the schedule, and follows it.`)
	token := s.login("", 200)
	s.Token(token)
	s.call("user", token, 200)
	s.Say("The token of ten minutes ago is as good as before:")
	s.call("user", old, 200)

	s.Chapter("The old key goes")
	s.wait(lifetime + rotation.DefaultMargin)
	s.Say(`%g minutes later the last token of the old key has long expired. Nobody needs the key any
		more, and the next publication is without it:`, (lifetime + rotation.DefaultMargin).Minutes())
	s.call("user", old, 401)
	s.publish()
	s.file("jwks.json")
	s.Say("From init to here no good token has been refused.")
}

func emergency(s *stage) {
	s.Chapter("A spare key")
	s.Say(`The next key may be published long before it signs. This one has a month, and until then
		it is a spare:`)
	s.run("rotate", "-in", "720h")
	s.publish()
	s.deploy()

	s.Chapter("Somebody else has the private key")
	s.wait(24 * time.Hour)
	s.Say("The next day Ann calls as ever, and API Gateway gets to know the spare:")
	s.call("user", s.login("", 200), 200)
	stolen := s.signing()
	if stolen == nil {
		return
	}
	s.Say("But Mallory has got hold of the private key. His tokens are as good as hers:")
	s.call("admin", s.forge(stolen), 200)
	s.run("revoke", stolen.Kid())
	s.publish()
	s.deploy()
	s.wait(keys.DefaultMaxAge)
	s.Say(`Within %g minutes the token function loads its keys again. The spare signs from now on. API
		Gateway knows it, and Ann notices nothing:`, keys.DefaultMaxAge.Minutes())
	s.call("user", s.login("", 200), 200)
	s.Say("For up to two hours, though, it goes by what it has read. Mallory is still let in:")
	s.call("admin", s.forge(stolen), 200)
	s.Say(`An issuer cannot change that. An API that must not wait is given another issuer, such as
		%s/2: it refuses the tokens of the old one at once.`, issuerName)
	s.wait(rotation.DefaultCacheTime)
	s.Say("Two hours later Mallory is out, and Ann is still in:")
	s.call("admin", s.forge(stolen), 401)
	s.call("user", s.login("", 200), 200)
	s.Say(`Who has got the whole folder has the spare as well. Then revoke that first, rotate, and
		revoke the other: the key that is left is a new one, and API Gateway refuses its tokens,
		Ann's too, until it has read the keys again. That is also how it is without a spare.`)
}

// A stage is what a story happens on. Once something has gone wrong nothing happens on
// it any more.
type stage struct {
	*tell.Teller
	out      io.Writer
	ctx      context.Context
	clock    time.Time
	password string
	keys     folder
	public   string // where the published files are
	secret   []byte // of the token function
	build    builder
	err      error
}

func (s *stage) now() time.Time { return s.clock }

func (s *stage) wait(d time.Duration) { s.clock = s.clock.Add(d) }

func (s *stage) fail(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err != nil
}

// open makes the API, and serves it until shut is called.
func (s *stage) open() (shut func(), err error) {
	if s.err != nil {
		return nil, s.err
	}
	s.deploy()
	ring, err := newKeys(func(context.Context) ([]byte, error) { return s.secret, s.err }, s.now)
	if err != nil {
		return nil, err
	}
	ann, err := newAnn(s.password)
	if err != nil {
		return nil, err
	}
	cfg, err := newAPI(settings{
		issuer: issuerName, keys: ring, user: ann, scopes: []string{scopeUser, scopeAdmin},
		logger: slog.New(slog.DiscardHandler), now: s.now,
	}, &http.Client{Transport: s.bucket()}, s.Invocation)
	if err != nil {
		return nil, err
	}
	api, err := s.build(cfg)
	if err != nil {
		return nil, err
	}
	return s.Open(api), nil
}

// deploy gives the token function the keys as they are now.
func (s *stage) deploy() {
	text, err := s.keys.secret(s.clock)
	if !s.fail(err) {
		s.secret = text
	}
}

// run carries out a command and tells of it, without the folder for this story alone.
func (s *stage) run(name string, arguments ...string) {
	if s.err != nil {
		return
	}
	var printed bytes.Buffer
	err := keysCommand(s.ctx, append([]string{name, "-dir", s.keys.path}, arguments...), s.clock, &printed)
	if s.fail(err) {
		return
	}
	short := strings.NewReplacer(filepath.Dir(s.keys.path)+string(filepath.Separator), "")
	s.Command(short.Replace(strings.Join(append([]string{"go run ./examples/selfissued keys", name}, arguments...), " ")), short.Replace(printed.String()))
}

func (s *stage) publish() { s.run("publish", "-issuer", issuerName, s.public) }

// file shows a published file, without the moduli of the keys.
func (s *stage) file(name string) {
	text, err := os.ReadFile(filepath.Join(s.public, ".well-known", name))
	if s.fail(err) || s.End() != nil {
		return
	}
	s.JSON(name, modulus.ReplaceAll(text, []byte(`"n":"…"`)))
	fmt.Fprintln(s.out)
}

var modulus = regexp.MustCompile(`"n":"[^"]*"`)

// login asks for a token with these scopes.
func (s *stage) login(scope string, want int) (token string) {
	if s.err != nil {
		return ""
	}
	var got struct{ Token string }
	s.Call(s.ctx, tell.Request{Do: "POST /token", Want: want, Body: credentials{"ann", s.password, scope}}, &got)
	return got.Token
}

type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Scope    string `json:"scope,omitempty"`
}

func (s *stage) call(route, token string, want int) {
	if s.err == nil {
		s.Call(s.ctx, tell.Request{Do: "GET /protected/" + route, Token: token, Want: want}, nil)
	}
}

// newest returns the private key that was made last, and signing the one that signs.
func (s *stage) newest() *keys.PrivateKey {
	return s.private(func(schedule *rotation.Schedule) string { return schedule.Keys[len(schedule.Keys)-1].Kid })
}

func (s *stage) signing() *keys.PrivateKey {
	return s.private(func(schedule *rotation.Schedule) string { return schedule.At(s.clock).Sign })
}

func (s *stage) private(choose func(*rotation.Schedule) string) *keys.PrivateKey {
	schedule, pairs, err := s.keys.read(s.clock)
	if s.fail(err) {
		return nil
	}
	for _, pair := range pairs {
		if key, ok := pair.Signing.(*keys.PrivateKey); ok && key.Kid() == choose(schedule) {
			return key
		}
	}
	return nil
}

// forge makes a token that the token function has not made, with the scopes of Ann.
func (s *stage) forge(key *keys.PrivateKey) string {
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Issuer: issuerName, Audience: []string{audience}, Lifetime: lifetime, Now: s.now,
	})
	if s.fail(err) {
		return ""
	}
	token, err := issuer.Issue(s.ctx, "mallory", map[string]string{"scope": "USER ADMIN"})
	s.fail(err)
	return token
}

// bucket serves the published files, as a bucket does that has been given them with
// their type.
func (s *stage) bucket() http.RoundTripper {
	return bucket{http.NewFileTransportFS(os.DirFS(s.public))}
}

type bucket struct{ files http.RoundTripper }

func (b bucket) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.files.RoundTrip(r)
	if err == nil {
		res.Header.Set("Content-Type", "application/json")
	}
	return res, err
}
