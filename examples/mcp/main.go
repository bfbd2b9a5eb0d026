// Command mcp is a server of the Model Context Protocol, made with the official Go SDK, behind
// API Gateway and a Lambda authorizer: what a client without a token is told leads it to the
// API's metadata (RFC 9728), from there to an issuer, and back with a token. Run it without
// arguments to see the story, and with -serve to try it with a client of your own.
//
// On Lambda it is the function that the Handler setting names: authorizer, metadata or mcp.
// The issuer of this example is for laptops. For the functions it may be any that clients of
// the protocol can log in at and that puts the API's URL into aud (RFC 8707).
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func main() {
	run.Program{Name: "mcp", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, _ string, out io.Writer) error {
	return tellStory(ctx, out, authorizertest.New, time.Now())
}

// serve makes the API for localhost, and the issuer beside it. Its keys end with the program.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock := new(run.Clock)
	password := rand.Text()
	set := settings{issuer: url, resource: url + mcpPath, logger: logger, now: clock.Now}
	login, err := newIssuer(set, password)
	if err != nil {
		return nil, "", err
	}
	cfg, err := newAPI(set, nil)
	if err != nil {
		return nil, "", err
	}
	api, err := authorizertest.New(cfg)
	if err != nil {
		return nil, "", err
	}
	mux := login.mux()
	mux.Handle("/", api)
	panel := authorizertest.PanelConfig{Title: "mcp", Forward: clock.Forward}
	return run.WithPanel(mux, api, panel), strings.NewReplacer("URL", url, "PASSWORD", password, "CLIENT", clientID).Replace(commands), nil
}

const commands = `  curl -i URL/mcp -d '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'     # 401, and where to go on

  curl URL/.well-known/oauth-protected-resource/mcp                   # the API's metadata
  curl URL/.well-known/oauth-authorization-server                     # the issuer's

or give a client of the protocol, one that redirects to localhost, the address URL/mcp and
the client ID CLIENT. In the browser you are ann, and your password is PASSWORD.
`

// lambdaFunction makes the Lambda function of a name. authorizer and metadata need JWT_ISSUER,
// the URL of the issuer, and MCP_URL, the URL of the API as clients write it. mcp needs
// nothing.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	if name == "mcp" {
		return proxy(newMCP()), nil
	}
	set := settings{issuer: getenv("JWT_ISSUER"), resource: getenv("MCP_URL"), logger: logger, now: time.Now}
	if set.issuer == "" || set.resource == "" {
		return nil, errors.New("set JWT_ISSUER to the URL of the issuer, and MCP_URL to that of the API")
	}
	switch name {
	case "authorizer":
		return newAuthorizer(set)
	case "metadata":
		metadata, err := newMetadata(set)
		if err != nil {
			return nil, err
		}
		return proxy(metadata), nil
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to authorizer, metadata or mcp", name)
}
