package main

import (
	"context"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/lambdajwt/authorizer/httpauth"
)

// newMCP makes the server. It keeps no sessions, and answers in JSON rather than in a stream:
// the next request may reach another instance of the function, and API Gateway has each answer
// whole.
func newMCP() http.Handler {
	schemas := mcp.NewSchemaCache()
	return mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		user, ok := userOf(r.Context())
		if !ok {
			return nil // which is answered with 400: nobody has verified who calls
		}
		return newServer(user, schemas)
	}, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
}

type orders struct {
	Orders []string `json:"orders"`
}

// newServer makes a server for one user.
func newServer(user string, schemas *mcp.SchemaCache) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "orders", Version: "1.0.0"}, &mcp.ServerOptions{SchemaCache: schemas})
	mcp.AddTool(server, &mcp.Tool{Name: "list_orders", Description: "Lists the orders of the user who has logged in."},
		func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, orders, error) {
			return nil, orders{[]string{"1001 for " + user, "1002 for " + user}}, nil
		})
	return server
}

type userKey struct{}

// withUser returns a context with the user that API Gateway's authorizer has found.
func withUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey{}, user)
}

// userOf returns the user whom the authorizer, or the middleware, has let through.
func userOf(ctx context.Context) (user string, ok bool) {
	if token, ok := httpauth.TokenFrom(ctx); ok {
		return token.Subject, true
	}
	user, ok = ctx.Value(userKey{}).(string)
	return user, ok && user != ""
}
