package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

// A builder makes the API Gateway of a story.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// tellStory plays all that happens to a user and her tokens. Its clock stands still
// but for the leaps that the story tells of.
func tellStory(ctx context.Context, dir string, out io.Writer, build builder, clock time.Time, newID func() string, passwords *hasher) error {
	now := func() time.Time { return clock }
	store, err := users.OpenBolt(filepath.Join(dir, "users.db"), now)
	if err != nil {
		return err
	}
	defer store.Close()
	secrets, err := newSecrets(randomSecret(), now)
	if err != nil {
		return err
	}
	t := tell.New(out)
	var mails inbox
	s, err := newService(settings{
		secrets: secrets, users: store, mail: mails.send, logger: slog.New(slog.DiscardHandler),
		now: now, observer: t.Outcome,
	})
	if err != nil {
		return err
	}
	s.newID, s.hasher = newID, passwords
	gateway, err := build(s.api(t.Invocation))
	if err != nil {
		return err
	}
	defer t.Open(gateway)()

	t.Title("hs256: log a user in, call a protected route, and see what is refused")
	t.Say(`An API Gateway is played in this process, at %s: a REST API with a Lambda
		authorizer of type TOKEN, which caches policies for %g seconds. Tokens are signed with a
		random secret and are good for %g minutes. Tokens are shortened here, passwords hidden.`,
		t.URL(), cacheTTL.Seconds(), lifetime.Minutes())

	t.Chapter("Two people open accounts")
	t.Say(`An account waits until whoever reads the mail to its address confirms it, with its
		password. The answer is the same for an address that has an account already: nobody finds
		out here who has one.`)
	open := func(email, password, first, last string) (account view) {
		t.Call(ctx, tell.Request{Do: "POST /user", Want: 202, Body: map[string]string{
			"email": email, "password": password, "first_name": first, "last_name": last,
		}}, nil)
		var answer struct{ Data view }
		t.Call(ctx, tell.Request{Do: "POST /user/confirm", Want: 200, Body: map[string]string{
			"token": mails.last().Token, "password": password,
		}}, &answer)
		return answer.Data
	}
	ann := open("ann@example.com", "three grey owls at noon", "Ann", "Lee")
	bob := open("bob@example.com", "a lovely bunch of coconuts", "Bob", "Ray")

	t.Chapter("Ann logs in")
	t.Say(`A wrong password and an unknown address get the same answer, after the same work:
		nobody finds out here who has an account.`)
	login := func(email, password string, want int) (token string) {
		var answer struct{ Data tokenData }
		t.Call(ctx, tell.Request{Do: "POST /user/login", Want: want, Body: credentials{email, password}}, &answer)
		return answer.Data.Token
	}
	const password, another = "three grey owls at noon", "four grey owls by night"
	login("ann@example.com", "a wrong password", 400)
	login("nobody@example.com", "a wrong password", 400)
	token := login("ann@example.com", password, 200)
	t.Say("This is in the token. Everybody can read it, and only who has the secret can make it:")
	t.Token(token)
	t.Say("exp, in seconds since 1970, is %g minutes from now, at %s.", lifetime.Minutes(), clock.Add(lifetime).UTC().Format("15:04:05 MST"))

	t.Chapter("She calls a protected route")
	t.Say(`API Gateway asks the authorizer, which verifies the token and answers with a policy.
		What the token says of Ann reaches the function behind it.`)
	self := "/user/" + ann.ID
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: token, Want: 200, Detail: true}, nil)

	t.Chapter("The policy is cached, and right for every route")
	t.Say(`It went into the cache under the token, whichever route is called next. So it names
		all that Ann may do: see everybody's name, and change no one but herself.`)
	t.Call(ctx, tell.Request{Do: "GET /user", Token: token, Want: 200}, nil)
	t.Call(ctx, tell.Request{Do: "PUT " + self, Token: token, Want: 200, Body: map[string]string{
		"first_name": "Ann", "last_name": "Lee-Ray",
	}}, nil)
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.ID, Token: token, Want: 403}, nil)

	t.Chapter("What does not get in")
	t.Say("No token:")
	t.Call(ctx, tell.Request{Do: "GET /user", Want: 401}, nil)
	t.Say("Ann's token, with Bob's ID written into it:")
	forged := tell.Tamper(token, ann.ID, bob.ID)
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.ID, Token: forged, Want: 401}, nil)
	t.Say("The same, with a header that says that no signature is needed:")
	unsigned := tell.Tamper(forged, "HS256", "none")
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.ID, Token: unsigned, Want: 401}, nil)

	t.Chapter("Ann stays")
	clock = clock.Add(4 * time.Minute)
	t.Say(`Four minutes later (this story has a clock of its own) she gets a new token for the old
		one, without her password. That works for %g hours after the login.`, session.Hours())
	refresh := func(token string, want int) (renewed string) {
		var answer struct{ Data tokenData }
		t.Call(ctx, tell.Request{Do: "POST /user/refresh-token", Want: want, Body: tokenData{token}}, &answer)
		return answer.Data.Token
	}
	renewed := refresh(token, 200)
	clock = clock.Add(2 * time.Minute)
	t.Say("Two minutes later the old token has expired:")
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: token, Want: 401}, nil)
	refresh(token, 400)
	t.Say("The new one is good:")
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: renewed, Want: 200}, nil)

	t.Chapter("Somebody has stolen her token")
	t.Say(`A token can be renewed once. The thief is faster, and gets a new one. When Ann comes
		with the token that has been renewed, one of the two must be a thief, and the session is
		over for both.`)
	stolen := refresh(renewed, 200)
	refresh(renewed, 400)
	refresh(stolen, 400)

	t.Chapter("Ann takes another password, and logs out")
	t.Say("With the new password all sessions are over.")
	token = login("ann@example.com", password, 200)
	t.Call(ctx, tell.Request{Do: "POST /user/password", Want: 200, Body: map[string]string{
		"email": "ann@example.com", "password": password, "new_password": another,
	}}, nil)
	refresh(token, 400)
	login("ann@example.com", password, 400)
	token = login("ann@example.com", another, 200)
	t.Say("Logging out ends a single one.")
	t.Call(ctx, tell.Request{Do: "POST /user/logout", Want: 204, Body: tokenData{token}}, nil)
	refresh(token, 400)

	t.Chapter("Ann leaves")
	t.Say(`Nothing but time ends a token: her last one still passes the authorizer, though she
		has logged out, and does so once she has deleted her account. The function finds nobody,
		and there is no new token for her.`)
	t.Call(ctx, tell.Request{Do: "DELETE " + self, Token: token, Want: 204}, nil)
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: token, Want: 404}, nil)
	refresh(token, 400)
	login("ann@example.com", another, 400)

	t.Say(`That was all. The authorizer was called %d times. Run it with -serve to try it yourself.`, gateway.Calls())
	return t.End()
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}
