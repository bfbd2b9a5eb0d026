package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

// A builder makes the API Gateway of a story.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// tellStory plays how a client finds its way to a token. Its clock stands still.
func tellStory(ctx context.Context, out io.Writer, build builder, clock time.Time) error {
	s := &stage{Teller: tell.New(out), ctx: ctx, password: rand.Text()}
	s.Title("mcp: a server of the Model Context Protocol behind a Lambda authorizer")
	s.Say(`An API Gateway is played in this process, with a REST API: one route for the protocol,
		behind a Lambda authorizer, and one for the API's metadata. The server is made with the
		protocol's official Go SDK, and so is the client. The issuer is our own. Tokens are
		shortened here.`)
	mux := http.NewServeMux()
	shut := s.Open(mux)
	defer shut()
	s.set = settings{
		issuer: s.URL(), resource: s.URL() + mcpPath, observer: s.Outcome, logger: slog.New(slog.DiscardHandler),
		now: func() time.Time { return clock.Truncate(time.Second) },
	}
	if err := s.furnish(mux, build); err != nil {
		return err
	}
	for _, chapter := range []func(*stage) error{aClientFindsItsWay, theUserIsKnown, whatDoesNotGetIn, theKeysCannotBeFetched, withoutAGateway} {
		if err := chapter(s); err != nil {
			return err
		}
	}
	if err := s.client.session.Close(); err != nil {
		return err
	}
	s.Say("That was all. Run it with -serve to try it with a client of your own.")
	return s.End()
}

// A stage is what a story happens on.
type stage struct {
	*tell.Teller
	ctx      context.Context
	set      settings
	password string
	login    *issuer
	client   *client
}

// furnish puts everything at its place: the issuer, the API, and for the last chapters the API
// of another day and a container.
func (s *stage) furnish(mux *http.ServeMux, build builder) (err error) {
	if s.login, err = newIssuer(s.set, s.password); err != nil {
		return err
	}
	api, err := s.open(s.set, build)
	if err != nil {
		return err
	}
	down := s.set
	down.transport = unreachable{}
	cold, err := s.open(down, build)
	if err != nil {
		return err
	}
	container, err := newContainer(s.set)
	if err != nil {
		return err
	}
	coldContainer, err := newContainer(down)
	if err != nil {
		return err
	}
	mux.Handle("/", s.login.mux())
	for prefix, h := range map[string]http.Handler{"": api, "/cold": cold, "/container": container, "/cold/container": coldContainer} {
		mux.Handle(prefix+mcpPath, http.StripPrefix(prefix, h))
	}
	mux.Handle("GET /.well-known/oauth-protected-resource/", api)
	return nil
}

func (s *stage) open(set settings, build builder) (*authorizertest.Gateway, error) {
	cfg, err := newAPI(set, s.Invocation)
	if err != nil {
		return nil, err
	}
	return build(cfg)
}

// unreachable is a network on which nobody answers.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

// overhear tells what has gone over the client's wire.
func (s *stage) overhear() {
	for _, heard := range s.client.wire.take() {
		s.Overheard(heard)
	}
}

// send sends a message as a client does, and tells what has gone over the wire.
func (s *stage) send(path, token string, want int) error {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.URL()+path, strings.NewReader(ping))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := (&http.Client{Transport: s.client.wire}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if s.overhear(); res.StatusCode != want {
		return fmt.Errorf("%s answered %d, and the story needs %d", path, res.StatusCode, want)
	}
	return nil
}

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

func aClientFindsItsWay(s *stage) (err error) {
	s.Chapter("A client without a token")
	s.Say(`The client knows one address, %s. It has no token, and API Gateway asks the authorizer
		about none: it answers by itself, with the gateway response that httpauth.Metadata has
		made. What the client then does is written nowhere but in the standards:`, s.set.resource)
	s.client, err = connect(s.ctx, s.set.resource, "ann", s.password)
	s.overhear()
	if err != nil {
		return err
	}
	s.Say(`The challenge led it to the metadata, and that to the issuer. Ann logged in with her
		browser, and the client came back with a token. A challenge of the function's own would have
		helped less: REST APIs rename its header.`)
	return nil
}

func theUserIsKnown(s *stage) error {
	s.Chapter("She calls a tool")
	orders, err := s.client.listOrders(s.ctx)
	if err != nil {
		return err
	}
	s.overhear()
	s.Say(`The authorizer has told the function who calls, and so the tool has found Ann's orders: %s.
		She has not been asked to log in again.`, strings.Join(orders, ", "))
	return nil
}

func whatDoesNotGetIn(s *stage) error {
	s.Chapter("What does not get in")
	token, err := s.client.token(s.ctx)
	if err != nil {
		return err
	}
	s.Say("Ann's token, with another user written into it and the signature as it was:")
	s.Call(s.ctx, tell.Request{Do: "POST /mcp", Token: tell.Tamper(token, `"ann"`, `"bob"`), Body: json.RawMessage(ping), Want: 401}, nil)
	s.Say("A token for another API of the same issuer. Its aud names that, and not this one:")
	other, err := s.login.newSigner("at+jwt", "https://other.example.com/mcp", tokenLifetime)
	if err != nil {
		return err
	}
	foreign, err := other.Issue(s.ctx, "ann", map[string]string{"client_id": clientID, "scope": scope})
	if err != nil {
		return err
	}
	s.Call(s.ctx, tell.Request{Do: "POST /mcp", Token: foreign, Body: json.RawMessage(ping), Want: 401}, nil)
	return nil
}

func theKeysCannotBeFetched(s *stage) error {
	s.Chapter("An outage")
	token, err := s.client.token(s.ctx)
	if err != nil {
		return err
	}
	s.Say(`The same API once more, whose authorizer has just started and cannot fetch the issuer's
		keys. It cannot say whether Ann's token is good:`)
	s.Call(s.ctx, tell.Request{Do: "POST /cold/mcp", Token: token, Body: json.RawMessage(ping), Want: 500}, nil)
	s.Say(`That is no 401. On a 401 every client would throw its token away and send its user to the
		login, all at once, for tokens that are good. API Gateway does not keep the answer: the next
		request is decided anew. This is what Ann's client makes of it:`)
	if _, err := s.client.open(s.ctx, s.URL()+"/cold"+mcpPath); err == nil {
		return errors.New("a session began without keys")
	}
	s.overhear()
	if s.client.logins != 1 {
		return fmt.Errorf("the client has asked Ann to log in %d times", s.client.logins)
	}
	s.Say("It gives up, keeps its token, and has not asked her to log in again.")
	return nil
}

func withoutAGateway(s *stage) error {
	s.Chapter("Without a gateway")
	token, err := s.client.token(s.ctx)
	if err != nil {
		return err
	}
	s.Say(`In a container the same server is behind httpauth.Middleware, which has the same verifier
		and the same table of routes. Here it makes the challenge itself, and names the scope to ask
		for:`)
	if err := errors.Join(s.send("/container/mcp", "", 401), s.send("/container/mcp", token, 200)); err != nil {
		return err
	}
	s.Say("And an outage is a 503 that says when to try again:")
	return s.send("/cold/container/mcp", token, 503)
}
