package sam

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

const (
	restType = "AWS::Serverless::Api"
	httpType = "AWS::Serverless::HttpApi"
)

// A Route is one of an API, and the function behind it.
type Route struct {
	Key        string // such as "GET /user/{id}"
	Function   string // by its resource's name
	Open       bool   // to everybody: without authorizer
	Authorizer string // its name; empty if Open
	Scopes     []string
}

// String returns a route as "GET /user/{id} User", with " open" or its scopes behind.
func (r Route) String() string {
	said := append([]string{r.Key, r.Function}, r.Scopes...)
	if r.Open {
		said = append(said, "open")
	}
	return strings.Join(said, " ")
}

// api returns the template's only API and its name.
func (t *Template) api() (name string, r Resource, err error) { return t.one(restType, httpType) }

// Routes returns the routes of the API, sorted.
func (t *Template) Routes() ([]Route, error) {
	api, resource, err := t.api()
	if err != nil {
		return nil, err
	}
	kind, reference := "Api", "RestApiId"
	if resource.Type == httpType {
		kind, reference = "HttpApi", "ApiId"
	}
	var routes []Route
	for _, name := range t.Named(functionType) {
		for event, definition := range members(t.Resources[name].Properties["Events"]) {
			p := at(definition, "Properties")
			if definition["Type"] != kind || p[reference] != "${"+api+"}" {
				return nil, fmt.Errorf("event %s of %s is none of the API %s: there would be an API beside it", event, name, api)
			}
			route := Route{
				Key:      strings.ToUpper(text(p["Method"])) + " " + text(p["Path"]),
				Function: name, Authorizer: text(at(resource.Properties, "Auth")["DefaultAuthorizer"]),
				Scopes: texts(at(p, "Auth")["AuthorizationScopes"]),
			}
			if own := text(at(p, "Auth")["Authorizer"]); own != "" {
				route.Authorizer = own
			}
			if route.Authorizer == "NONE" || route.Authorizer == "" {
				route.Open, route.Authorizer = true, ""
			}
			routes = append(routes, route)
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Key, b.Key) })
	return routes, nil
}

// Gateway returns a local API Gateway that has of the template all that is the API's own:
// its kind, the routes and which of them are open, the authorizer with its identity sources
// and its cache, and the gateway responses. Of local it has the handlers, by the keys of the
// routes, and what no template says, such as the clock.
func (t *Template) Gateway(local authorizertest.Config) (*authorizertest.Gateway, error) {
	cfg, err := t.Config(local)
	if err != nil {
		return nil, err
	}
	return authorizertest.New(cfg)
}

// Config returns the configuration of [Template.Gateway].
func (t *Template) Config(local authorizertest.Config) (cfg authorizertest.Config, err error) {
	_, api, err := t.api()
	if err != nil {
		return cfg, err
	}
	cfg = authorizertest.Config{
		Authorizer: local.Authorizer, Observer: local.Observer, Now: local.Now, Logger: local.Logger,
		Stage: text(api.Properties["StageName"]),
	}
	if err := t.addRoutes(&cfg, local.Routes); err != nil {
		return cfg, err
	}
	auth := at(api.Properties, "Auth")
	name := text(auth["DefaultAuthorizer"])
	definition := at(auth, "Authorizers", name)
	if name == "" || definition == nil {
		return cfg, errors.New("the API has no DefaultAuthorizer: a route that forgets to name one would be open")
	}
	if api.Type == restType {
		addRESTAuthorizer(&cfg, definition)
	} else if err := addHTTPAuthorizer(&cfg, definition, local); err != nil {
		return cfg, err
	}
	if responses := api.Properties["GatewayResponses"]; responses != nil {
		text, err := json.Marshal(object{"GatewayResponses": responses})
		if err != nil {
			return cfg, err
		}
		cfg.GatewayResponses, err = authorizertest.ParseGatewayResponses(text)
		return cfg, err
	}
	return cfg, nil
}

func (t *Template) addRoutes(cfg *authorizertest.Config, local []authorizertest.Route) error {
	routes, err := t.Routes()
	if err != nil {
		return err
	}
	handlers := map[string]any{}
	for _, r := range local {
		handlers[r.Key] = r.Handler
	}
	for _, r := range routes {
		if handlers[r.Key] == nil {
			return fmt.Errorf("the route %s is not in the program", r.Key)
		}
		cfg.Routes = append(cfg.Routes, authorizertest.Route{Key: r.Key, Handler: handlers[r.Key], NoAuthorizer: r.Open, Scopes: r.Scopes})
		delete(handlers, r.Key)
	}
	if len(handlers) > 0 {
		return fmt.Errorf("the template lacks %v", slices.Sorted(maps.Keys(handlers)))
	}
	return nil
}

func addRESTAuthorizer(cfg *authorizertest.Config, definition object) {
	identity := at(definition, "Identity")
	cfg.Kind = authorizer.RESTToken
	if definition["FunctionPayloadType"] == "REQUEST" {
		cfg.Kind = authorizer.RESTRequest
	}
	header := text(identity["Header"])
	if header == "" {
		header = "Authorization"
	}
	cfg.IdentitySources = []string{"method.request.header." + header}
	if cfg.Kind == authorizer.RESTRequest {
		cfg.IdentitySources = sources("method.request.", "", identity)
	}
	cfg.ValidationExpression = text(identity["ValidationExpression"])
	cfg.CacheTTL = ttl(identity)
}

func addHTTPAuthorizer(cfg *authorizertest.Config, definition object, local authorizertest.Config) error {
	cfg.Kind = authorizer.HTTPFormat2
	if jwt := at(definition, "JwtConfiguration"); jwt != nil {
		if local.JWT == nil {
			return errors.New("the template has a JWT authorizer, and the program none")
		}
		cfg.Kind, cfg.Authorizer = "", nil
		cfg.JWT = &authorizertest.JWTAuthorizer{Issuer: text(jwt["issuer"]), Audience: texts(jwt["audience"]), Client: local.JWT.Client}
		cfg.IdentitySources = texts(definition["IdentitySource"])
		return nil
	}
	if definition["AuthorizerPayloadFormatVersion"] == "1.0" {
		cfg.Kind = authorizer.HTTPFormat1
	}
	identity := at(definition, "Identity")
	cfg.EnableSimpleResponses = definition["EnableSimpleResponses"] == true
	cfg.IdentitySources = sources("$request.", "$", identity)
	cfg.CacheTTL = ttl(identity)
	return nil
}

// sources returns the identity sources of a REQUEST authorizer.
func sources(request, dollar string, identity object) []string {
	all := []string{}
	for _, part := range []struct{ member, prefix string }{
		{"Headers", request + "header."}, {"QueryStrings", request + "querystring."},
		{"Context", dollar + "context."}, {"StageVariables", dollar + "stageVariables."},
	} {
		for _, name := range texts(identity[part.member]) {
			all = append(all, part.prefix+name)
		}
	}
	return all
}

// ttl returns how long answers are cached. What SAM does where nothing is said differs
// between kinds, and so nothing counts as no cache: then the story notices.
func ttl(identity object) time.Duration {
	seconds, _ := identity["ReauthorizeEvery"].(int)
	if seconds == 0 {
		return authorizertest.NoCache
	}
	return time.Duration(seconds) * time.Second
}
