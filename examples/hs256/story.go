package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

// tellStory plays all that happens to a user and her tokens. Its clock stands still
// but for the leaps that the story tells of.
func tellStory(ctx context.Context, dir string, out io.Writer, clock time.Time, newID func() string, passwords *hasher) error {
	store, err := newBoltUsers(filepath.Join(dir, "users.db"))
	if err != nil {
		return err
	}
	t := tell.New(out)
	s, err := newService(settings{
		secret: newSecret(), users: store, logger: slog.New(slog.DiscardHandler),
		now: func() time.Time { return clock }, observer: t.Outcome,
	})
	if err != nil {
		return err
	}
	s.newID, s.hasher = newID, passwords
	gateway, err := s.api(t.Invocation)
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
	var ann, bob struct{ Data user }
	t.Call(ctx, tell.Request{Do: "POST /user", Want: 201, Body: map[string]string{
		"email": "ann@example.com", "password": "correct horse battery staple", "first_name": "Ann", "last_name": "Lee",
	}}, &ann)
	t.Call(ctx, tell.Request{Do: "POST /user", Want: 201, Body: map[string]string{
		"email": "bob@example.com", "password": "a lovely bunch of coconuts", "first_name": "Bob", "last_name": "Ray",
	}}, &bob)

	t.Chapter("Ann logs in")
	t.Say(`A wrong password and an unknown address get the same answer, after the same work:
		nobody finds out here who has an account.`)
	login := func(email, password string, want int) (token string) {
		var answer struct{ Data tokenData }
		t.Call(ctx, tell.Request{Do: "POST /user/login", Want: want, Body: credentials{email, password}}, &answer)
		return answer.Data.Token
	}
	login("ann@example.com", "a wrong password", 400)
	login("nobody@example.com", "a wrong password", 400)
	token := login("ann@example.com", "correct horse battery staple", 200)
	t.Say("This is in the token. Everybody can read it, and only who has the secret can make it:")
	t.Token(token)
	t.Say("exp, in seconds since 1970, is %g minutes from now, at %s.", lifetime.Minutes(), clock.Add(lifetime).UTC().Format("15:04:05 MST"))

	t.Chapter("She calls a protected route")
	t.Say(`API Gateway asks the authorizer, which verifies the token and answers with a policy.
		What the token says of Ann reaches the function behind it.`)
	self := "/user/" + ann.Data.ID
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: token, Want: 200, Detail: true}, nil)

	t.Chapter("The policy is cached, and right for every route")
	t.Say(`It went into the cache under the token, whichever route is called next. So it names
		all that Ann may do: see everybody's name, and change no one but herself.`)
	t.Call(ctx, tell.Request{Do: "GET /user", Token: token, Want: 200}, nil)
	t.Call(ctx, tell.Request{Do: "PUT " + self, Token: token, Want: 200, Body: map[string]string{
		"first_name": "Ann", "last_name": "Lee-Ray",
	}}, nil)
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.Data.ID, Token: token, Want: 403}, nil)

	t.Chapter("What does not get in")
	t.Say("No token:")
	t.Call(ctx, tell.Request{Do: "GET /user", Want: 401}, nil)
	t.Say("Ann's token, with Bob's ID written into it:")
	forged := tell.Tamper(token, ann.Data.ID, bob.Data.ID)
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.Data.ID, Token: forged, Want: 401}, nil)
	t.Say("The same, with a header that says that no signature is needed:")
	unsigned := tell.Tamper(forged, "HS256", "none")
	t.Call(ctx, tell.Request{Do: "DELETE /user/" + bob.Data.ID, Token: unsigned, Want: 401}, nil)

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

	t.Chapter("Ann leaves")
	t.Say(`Nothing but time ends a token: hers still passes the authorizer once she has deleted
		her account. The function finds nobody, and there is no new token for her.`)
	t.Call(ctx, tell.Request{Do: "DELETE " + self, Token: renewed, Want: 204}, nil)
	t.Call(ctx, tell.Request{Do: "GET " + self, Token: renewed, Want: 404}, nil)
	refresh(renewed, 400)

	t.Say(`That was all. The authorizer was called %d times. Run it with -serve to try it yourself.`, gateway.Calls())
	return t.End()
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}
