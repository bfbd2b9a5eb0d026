package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
)

// A client is one of the protocol as others write it: the SDK's own, unmodified. It knows the
// address of the API, its own client ID, and a user with a browser.
type client struct {
	session *mcp.ClientSession
	login   auth.OAuthHandler
	wire    *wire
	logins  int
}

// connect connects a client. Its requests go over a wire, on which they can be overheard. It
// comes with an error, too.
func connect(ctx context.Context, address, user, password string) (*client, error) {
	c := &client{wire: new(wire)}
	const callback = "http://localhost:1234/callback"
	browser := &http.Client{
		Transport:     c.wire,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	c.login, err = auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: clientID},
		RedirectURL:         callback,
		Client:              &http.Client{Transport: c.wire},
		AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			c.logins++
			return logIn(ctx, browser, args.URL, user, password)
		},
	})
	if err != nil {
		return nil, err
	}
	c.session, err = c.open(ctx, address)
	return c, err
}

// open begins a session, with the token of another if there has been one.
func (c *client) open(ctx context.Context, address string) (*mcp.ClientSession, error) {
	return mcp.NewClient(&mcp.Implementation{Name: "story", Version: "1.0.0"}, nil).Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: address, HTTPClient: &http.Client{Transport: c.wire}, OAuthHandler: c.login, MaxRetries: -1, DisableStandaloneSSE: true,
	}, nil)
}

// logIn is the user in the browser, who sends the form back. The client listens at the address
// to which the browser is sent after that, and finds the code in it.
func logIn(ctx context.Context, browser *http.Client, address, user, password string) (*auth.AuthorizationResult, error) {
	form := url.Values{"user": {user}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := browser.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("the login was answered with %s", res.Status)
	}
	values := back.Query()
	if values.Get("error") != "" {
		return nil, errors.New(values.Get("error"))
	}
	return &auth.AuthorizationResult{Code: values.Get("code"), State: values.Get("state"), Iss: values.Get("iss")}, nil
}

// token returns the token that the client has.
func (c *client) token(ctx context.Context) (string, error) {
	source, err := c.login.TokenSource(ctx)
	if err != nil {
		return "", err
	}
	token, err := source.Token()
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// listOrders calls the one tool of the server.
func (c *client) listOrders(ctx context.Context) ([]string, error) {
	result, err := c.session.CallTool(ctx, &mcp.CallToolParams{Name: "list_orders"})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(result.StructuredContent)
	if err != nil {
		return nil, err
	}
	var got orders
	err = json.Unmarshal(text, &got)
	return got.Orders, err
}

// A wire carries requests, and remembers what can be told of them.
type wire struct {
	mu    sync.Mutex
	heard []tell.Overheard
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := readBody(&r.Body)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := readBody(&res.Body)
	if err != nil {
		return nil, err
	}
	heard := tell.Overheard{Request: r.Method + " " + r.URL.Path + about(sent), Status: res.StatusCode}
	for _, challenge := range res.Header.Values("WWW-Authenticate") {
		heard.Headers = append(heard.Headers, "WWW-Authenticate: "+challenge)
	}
	if retry := res.Header.Get("Retry-After"); retry != "" {
		heard.Headers = append(heard.Headers, "Retry-After: "+retry)
	}
	if location := res.Header.Get("Location"); location != "" {
		heard.Headers = append(heard.Headers, "Location: "+beginning(location))
	}
	if json.Valid(body) {
		heard.Body = body
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, heard)
	return res, nil
}

// take returns what has been heard since it was last asked.
func (w *wire) take() []tell.Overheard {
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

// readBody reads a body, and puts another in its place.
func readBody(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	text, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	if err := (*body).Close(); err != nil {
		return nil, err
	}
	*body = io.NopCloser(bytes.NewReader(text))
	return text, nil
}

// about says what a message of the protocol asks for.
func about(sent []byte) string {
	var message struct{ Method string }
	if json.Unmarshal(sent, &message) != nil || message.Method == "" {
		return ""
	}
	return ", " + message.Method
}

// beginning returns an address without what comes after its first parameter's name.
func beginning(address string) string {
	before, _, found := strings.Cut(address, "=")
	if found {
		return before + "=…"
	}
	return address
}
