package authorizer_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// cachedEvent returns the golden event of format 2.0 with values of identity sources and
// other members changed.
func cachedEvent(t *testing.T, sources []string, change map[string]string) []byte {
	t.Helper()
	list, _ := json.Marshal(sources)
	event := strings.Replace(string(golden(t, "http_2")), `["Bearer good.token"]`, string(list), 1)
	for old, new := range change {
		if !strings.Contains(event, old) {
			t.Fatalf("the event has no %q", old)
		}
		event = strings.ReplaceAll(event, old, new)
	}
	return []byte(event)
}

// A read-only token must not get DELETE from the cache.
func TestAYesIsGivenOnlyWhereTheCacheGoesByWhatItHangsOn(t *testing.T) {
	table, err := policy.NewTable(
		policy.Route{Key: "ANY /{proxy+}", AnyToken: true},
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
		policy.Route{Key: "DELETE /orders/{id}", Scopes: []string{"orders:write"}},
		policy.Route{Key: "GET /orders", Scopes: []string{"orders:read"}},
		policy.Route{Key: "$default", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	const bearer = "Bearer good.token"
	conditions := func(c policy.Conditions) authorizer.PolicyFunc {
		return func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", c).Build()
		}
	}
	withDeny := func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
		return policy.New(t.Subject, r.ARN).AllowAllMethods().DenyMethod("DELETE", "/*").Build()
	}
	allPathsOf := func(verb string) authorizer.PolicyFunc {
		return func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			return policy.New(t.Subject, r.ARN).AllowMethod(verb, "/*").Build()
		}
	}
	byRoute := authorizer.ByRoute(table)
	here := policy.Conditions{"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
	for name, test := range map[string]struct {
		decide  authorizer.PolicyFunc
		sources []string
		change  map[string]string
		want    string // part of the error; "" for a yes
	}{
		"no identity sources":                          {byRoute, nil, nil, ""},
		"an empty list of them":                        {byRoute, []string{}, nil, ""},
		"method, path and route":                       {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, nil, ""},
		"method and path without the route":            {byRoute, []string{bearer, "GET", "/orders/7"}, nil, "$context.routeKey"},
		"method and path of another route":             {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{key}"}, nil, "$context.routeKey"},
		"the token alone":                              {byRoute, []string{bearer}, nil, "$context.httpMethod, $context.path and $context.routeKey"},
		"the method without the path":                  {byRoute, []string{bearer, "GET", "GET /orders/{id}"}, nil, "$context.path"},
		"the path without the method":                  {byRoute, []string{bearer, "/orders/7", "GET /orders/{id}"}, nil, "$context.path"},
		"another method":                               {byRoute, []string{bearer, "POST", "/orders/7", "GET /orders/{id}"}, nil, "$context.path"},
		"the route in the query as well":               {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, map[string]string{`"items,lines"`: `"GET /orders/{id}"`}, "$context.path"},
		"a route key with a parameter":                 {byRoute, []string{bearer, "GET /orders/{id}"}, nil, "$context.path"},
		"a route key of any method":                    {byRoute, []string{bearer, "ANY /{proxy+}"}, map[string]string{"GET /orders/{id}": "ANY /{proxy+}"}, "$context.path"},
		"the default route's key":                      {byRoute, []string{bearer, "$default"}, map[string]string{"GET /orders/{id}": "$default"}, "$context.path"},
		"a route key that is one request":              {byRoute, []string{bearer, "GET /orders"}, map[string]string{"/orders/7": "/orders", "GET /orders/{id}": "GET /orders"}, ""},
		"method and path in headers as well":           {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, map[string]string{`"x-tenant": "first,second"`: `"x-tenant": "/orders/7"`}, "$context.path"},
		"the method in the query as well":              {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, map[string]string{`"items,lines"`: `"GET"`}, "$context.path"},
		"the method as a cookie as well":               {byRoute, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, map[string]string{`"theme=dark"`: `"GET"`}, "$context.path"},
		"the key of ANY for a route of one method":     {byRoute, []string{bearer, "GET", "/orders/7", "ANY /orders/{id}"}, nil, "$context.routeKey"},
		"a route that is one request, without its key": {byRoute, []string{bearer}, map[string]string{"/orders/7": "/orders", "GET /orders/{id}": "GET /orders"}, "$context.path"},
		"an empty source, and no path":                 {byRoute, []string{bearer, "GET", "", "GET /orders/{id}"}, map[string]string{`"rawPath": "/orders/7"`: `"rawPath": ""`}, "$context.path"},
		"an address that the event does not tell":      {conditions(policy.Conditions{"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), []string{bearer}, map[string]string{`"sourceIp": "198.51.100.23"`: `"sourceIp": ""`}, ""},
		"the path as the whole header Cookie":          {byRoute, []string{bearer, "GET", "/orders/7; b", "GET /orders/{id}"}, map[string]string{`"rawPath": "/orders/7"`: `"rawPath": "/orders/7; b"`, `"theme=dark"`: `"/orders/7", "b"`}, "$context.path"},
		"the path with the stage":                      {byRoute, []string{bearer, "GET", "/live/orders/7", "GET /orders/{id}"}, map[string]string{`"rawPath": "/orders/7"`: `"rawPath": "/live/orders/7"`}, ""},
		"everything is allowed":                        {authorizer.AllowStage, []string{bearer}, nil, ""},
		"every path of one method":                     {allPathsOf("GET"), []string{bearer}, nil, "$context.httpMethod"},
		"every path of every method":                   {allPathsOf("ANY"), []string{bearer}, nil, ""},
		"everything but some":                          {withDeny, []string{bearer}, nil, "$context.path"},
		"an address":                                   {conditions(here), []string{bearer}, nil, "$context.identity.sourceIp"},
		"an address that is a source":                  {conditions(here), []string{bearer, "198.51.100.23"}, nil, ""},
		"an address that is another's":                 {conditions(here), []string{bearer, "198.51.100.24"}, nil, "$context.identity.sourceIp"},
		"an address in a header as well":               {conditions(here), []string{bearer, "198.51.100.23"}, map[string]string{`"x-tenant": "first,second"`: `"x-tenant": "198.51.100.23"`}, "$context.identity.sourceIp"},
		"an address that API Gateway forwards":         {conditions(here), []string{bearer, "198.51.100.23"}, map[string]string{`"x-tenant": "first,second"`: `"x-forwarded-for": "198.51.100.23"`}, ""},
		"a user agent":                                 {conditions(policy.Conditions{"StringLike": {"aws:UserAgent": "shop/*"}}), []string{bearer}, nil, "$request.header.User-Agent"},
		"a user agent that is a source":                {conditions(policy.Conditions{"StringLike": {"AWS:useragent": "shop/*"}}), []string{bearer, "shop/1.0"}, nil, ""},
		"a referer":                                    {conditions(policy.Conditions{"StringNotLike": {"aws:Referer": "http:*"}}), []string{bearer}, nil, "$request.header.Referer"},
		"a referer that is a source":                   {conditions(policy.Conditions{"StringLike": {"aws:Referer": "first*"}}), []string{bearer, "first,second"}, map[string]string{`"x-tenant"`: `"referer"`}, ""},
		"the time":                                     {conditions(policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2999-01-01"}}), []string{bearer}, nil, "answer with a policy"},
		"the time in seconds":                          {conditions(policy.Conditions{"NumericLessThan": {"aws:EpochTime": "32472144000"}}), []string{bearer}, nil, "answer with a policy"},
		"the time without a cache":                     {conditions(policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2999-01-01"}}), nil, nil, ""},
		"what every request has":                       {conditions(policy.Conditions{"Bool": {"aws:SecureTransport": "true"}}), []string{bearer}, nil, ""},
		"the token in none of them":                    {authorizer.AllowStage, []string{"first,second"}, nil, "the token is in none"},
		"part of the token":                            {authorizer.AllowStage, []string{"Bearer good.tokens"}, nil, "the token is in none"},
		"the token behind other text":                  {authorizer.AllowStage, []string{"Bearer a.good.token"}, nil, "the token is in none"},
		"another token that begins so":                 {authorizer.AllowStage, []string{"Bearer a.good.token good.token.b good.token"}, nil, ""},
		"a longer token that begins so":                {authorizer.AllowStage, []string{"Bearer good.token.b"}, nil, "the token is in none"},
		"two tokens in one text":                       {authorizer.AllowStage, []string{"Bearer good.token,b"}, nil, "the token is in none"},
		"the token before a parameter":                 {authorizer.AllowStage, []string{"Bearer good.token;b"}, nil, ""},
		"the token among cookies":                      {authorizer.AllowStage, []string{"a=b; token=good.token; c=d"}, nil, ""},
		"the token alone, without its scheme":          {authorizer.AllowStage, []string{"good.token"}, nil, ""},
		"a no":                                         {allowNothing, []string{bearer}, nil, "no"},
		"a source whose value is no text":              {byRoute, []string{bearer}, map[string]string{`["Bearer good.token"]`: `[7]`}, "not an authorizer event"},
		"sources that are neither text nor list":       {byRoute, []string{bearer}, map[string]string{`["Bearer good.token"]`: `{}`}, "not an authorizer event"},
	} {
		event := cachedEvent(t, test.sources, test.change)
		for _, skip := range []bool{false, true} {
			a := newAuthorizer(t, func(c *authorizer.Config) {
				c.EnableSimpleResponses, c.Policy, c.SkipIdentitySourceCheck = true, test.decide, skip
			})
			answer, err := a.Invoke(context.Background(), event)
			switch {
			case skip && !strings.Contains(test.want, "event"):
				if err != nil {
					t.Errorf("%s, unchecked: %v", name, err)
				}
			case test.want == "" && (err != nil || !strings.HasPrefix(string(answer), `{"isAuthorized":true`)):
				t.Errorf("%s: got %s, %v", name, answer, err)
			case test.want == "no" && (err != nil || !strings.HasPrefix(string(answer), `{"isAuthorized":false`)):
				t.Errorf("%s: got %s, %v", name, answer, err)
			case test.want != "" && test.want != "no" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s: got %s, %v; want an error with %q", name, answer, err, test.want)
			}
		}
	}
}

// One caller's policy must not serve another.
func TestAPolicyIsGivenOnlyWhereTheCacheGoesByTheToken(t *testing.T) {
	for _, name := range []string{"http_1", "http_2"} {
		event := string(golden(t, name))
		good := newAuthorizer(t, nil)
		if _, err := good.Invoke(context.Background(), []byte(event)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		other := strings.Replace(event, `"identitySource": ["Bearer good.token"]`, `"identitySource": ["key-1"]`, 1)
		other = strings.Replace(other, `"identitySource": "Bearer good.token`, `"identitySource": "key-1`, 1)
		if other == event {
			t.Fatalf("%s: the event has no identity source", name)
		}
		if answer, err := good.Invoke(context.Background(), []byte(other)); err == nil || !strings.Contains(err.Error(), "identity sources") {
			t.Errorf("%s: got %s, %v", name, answer, err)
		}
		unchecked := newAuthorizer(t, func(c *authorizer.Config) { c.SkipIdentitySourceCheck = true })
		if _, err := unchecked.Invoke(context.Background(), []byte(other)); err != nil {
			t.Errorf("%s, unchecked: %v", name, err)
		}
	}
}

// API Gateway caches a policy that denies, so that one bad token would lock out others.
func TestARefusalIsGivenOnlyWhereTheCacheGoesByTheToken(t *testing.T) {
	event := cachedEvent(t, []string{"key-1"}, map[string]string{"Bearer good.token": "Bearer bad.token"})
	for _, simple := range []bool{false, true} {
		a := newAuthorizer(t, func(c *authorizer.Config) { c.OnInvalid, c.EnableSimpleResponses = authorizer.Deny, simple })
		if answer, err := a.Invoke(context.Background(), event); err == nil || !strings.Contains(err.Error(), "identity sources") {
			t.Errorf("got %s, %v", answer, err)
		}
	}
}

// Without identity sources nothing is cached. No document says how events of format 1.0
// write that.
func TestAnEventWithoutIdentitySourcesIsThatOfAnAPIWithoutCache(t *testing.T) {
	for name, source := range map[string]string{"http_1": `"identitySource": "Bearer good.token,acme"`, "http_2": `"identitySource": ["Bearer good.token"]`} {
		for _, none := range []string{`""`, `null`, `[]`} {
			event := strings.Replace(string(golden(t, name)), source, `"identitySource": `+none, 1)
			if !strings.Contains(event, `"identitySource": `+none) {
				t.Fatalf("%s has no %s", name, source)
			}
			if _, err := newAuthorizer(t, nil).Invoke(context.Background(), []byte(event)); err != nil {
				t.Errorf("%s, %s: %v", name, none, err)
			}
		}
	}
}

// Which of several sources is missing does not change from one request to the next.
func TestTheFirstMissingSourceByNameIsSaid(t *testing.T) {
	for range 10 {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.EnableSimpleResponses = true
			c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
				return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", policy.Conditions{
					"StringLike": {"aws:UserAgent": "shop/*"}, "IpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "StringNotLike": {"aws:Referer": "http:*"},
				}).Build()
			}
		})
		answer, err := a.Invoke(context.Background(), cachedEvent(t, []string{"Bearer good.token"}, nil))
		if answer != nil || err == nil || !strings.Contains(err.Error(), "hangs on aws:referer") {
			t.Errorf("got %s, %v", answer, err)
		}
	}
}
