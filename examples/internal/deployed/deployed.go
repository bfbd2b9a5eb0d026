// Package deployed runs an example as its template deploys it: its functions are programs
// built for Lambda, each a process of its own with the environment that the template gives
// it, behind a local API Gateway with the template's routes and authorizer.
package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/bootstrap"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
	"github.com/lambdajwt/authorizer/internal/runtimeapi"
)

// A Stack is what is deployed.
type Stack struct {
	Example    string            // the folder
	Parameters map[string]string // of the template
	Resources  map[string]string // what stands for "${Name}" in an environment
	Env        []string          // of all functions, such as where to find a service of AWS
	JWT        *authorizertest.JWTAuthorizer
}

// An API is a stack that runs.
type API struct {
	*authorizertest.Gateway
	Program   string                          // the file
	Functions map[string]*runtimeapi.Function // by the names of their resources
}

// Run builds and starts a stack, until the test ends.
func Run(t *testing.T, s Stack) *API {
	t.Helper()
	examples := filepath.Join("..", "..")
	template, err := sam.Read(filepath.Join(examples, s.Example, "template.yaml"), s.Parameters)
	if err != nil {
		t.Fatal(err)
	}
	api := &API{Program: filepath.Join(t.TempDir(), "bootstrap"), Functions: map[string]*runtimeapi.Function{}}
	if err := bootstrap.Compile(examples, s.Example, runtime.GOARCH, api.Program); err != nil {
		t.Fatal(err)
	}
	functions, err := template.Functions()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range functions {
		api.start(t, s, name, f)
	}
	routes, err := template.Routes()
	if err != nil {
		t.Fatal(err)
	}
	local := authorizertest.Config{JWT: s.JWT}
	if f := api.Functions["Authorizer"]; f != nil {
		local.Authorizer = handler(f)
	}
	for _, r := range routes {
		local.Routes = append(local.Routes, authorizertest.Route{Key: r.Key, Handler: handler(api.Functions[r.Function])})
	}
	if api.Gateway, err = template.Gateway(local); err != nil {
		t.Fatal(err)
	}
	return api
}

func (api *API) start(t *testing.T, s Stack, name string, f sam.Function) {
	t.Helper()
	var pairs []string
	for resource, value := range s.Resources {
		pairs = append(pairs, "${"+resource+"}", value)
	}
	fill := strings.NewReplacer(pairs...)
	env := append([]string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret"}, s.Env...)
	for variable, value := range f.Environment {
		env = append(env, variable+"="+fill.Replace(value))
	}
	function, err := runtimeapi.Start(runtimeapi.Config{Program: api.Program, Handler: f.Handler, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		function.Close()
		if t.Failed() {
			t.Logf("%s printed\n%s", name, function.Printed())
		}
	})
	api.Functions[name] = function
}

// handler hands events on to a function. Of an error only its message is left, as in Lambda.
func handler(f *runtimeapi.Function) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
		answer, err := f.Invoke(ctx, event)
		var own *runtimeapi.Error
		if errors.As(err, &own) {
			err = errors.New(own.Message)
		}
		return answer, err
	}
}
