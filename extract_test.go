package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// request returns the request of an HTTP API 2.0 event with these members changed.
func request(t testing.TB, members map[string]any) *authorizer.Request {
	t.Helper()
	event := map[string]any{}
	if err := json.Unmarshal(golden(t, "http_2"), &event); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		event[name] = value
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	r, err := authorizer.ParseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rest(t testing.TB, members string) *authorizer.Request {
	t.Helper()
	r, err := authorizer.ParseRequest([]byte(`{"type":"REQUEST","methodArn":"arn:aws:execute-api:a:1:b/c/GET/",` + members + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestExtractors(t *testing.T) {
	headers := func(h map[string]string) *authorizer.Request {
		return request(t, map[string]any{"headers": h, "cookies": nil})
	}
	token := func(s string) *authorizer.Request {
		r, err := authorizer.ParseRequest(tokenEvent(s))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	either := authorizer.FirstOf(authorizer.Bearer, authorizer.Cookie("session"), authorizer.Query("token"))
	outage := errors.New("outage")
	for _, test := range []struct {
		name    string
		extract authorizer.Extractor
		request *authorizer.Request
		want    string
		err     error
	}{
		{"bearer", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer a.b.c"}), "a.b.c", nil},
		{"bearer under another case of the header", authorizer.Bearer, headers(map[string]string{"AUTHORIZATION": "Bearer a.b.c"}), "a.b.c", nil},
		{"bearer in lower case", authorizer.Bearer, headers(map[string]string{"authorization": "bearer a.b.c"}), "a.b.c", nil},
		{"bearer behind several spaces", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer   a.b.c"}), "a.b.c", nil},
		{"bearer of every legal character", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer aZ09-._~+/=="}), "aZ09-._~+/==", nil},
		{"bearer behind a tab", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer\ta.b.c"}), "", verifier.ErrNoToken},
		{"bearer with nothing behind it", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer "}), "", verifier.ErrInvalidToken},
		{"bearer alone", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer"}), "", verifier.ErrInvalidToken},
		{"bearer of equals signs", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer ==="}), "", verifier.ErrInvalidToken},
		{"bearer of two words", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer a b"}), "", verifier.ErrInvalidToken},
		{"bearer with a space behind it", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer a "}), "", verifier.ErrInvalidToken},
		{"bearer of non-ASCII", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer é"}), "", verifier.ErrInvalidToken},
		{"bearer twice", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer Bearer a"}), "", verifier.ErrInvalidToken},
		{"another scheme", authorizer.Bearer, headers(map[string]string{"authorization": "Basic a"}), "", verifier.ErrNoToken},
		{"a scheme that begins with it", authorizer.Bearer, headers(map[string]string{"authorization": "BearerX a"}), "", verifier.ErrNoToken},
		{"no scheme", authorizer.Bearer, headers(map[string]string{"authorization": "a.b.c"}), "", verifier.ErrNoToken},
		{"no header", authorizer.Bearer, headers(nil), "", verifier.ErrNoToken},
		{"an empty header", authorizer.Bearer, headers(map[string]string{"authorization": ""}), "", verifier.ErrNoToken},
		{"two headers joined by a comma", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer a,Bearer b"}), "", verifier.ErrAmbiguousToken},
		{"two headers of different case", authorizer.Bearer, headers(map[string]string{"authorization": "Bearer a", "Authorization": "Bearer b"}), "", verifier.ErrAmbiguousToken},
		{"two headers in a list", authorizer.Bearer, rest(t, `"headers":{"Authorization":"Bearer b"},"multiValueHeaders":{"Authorization":["Bearer a","Bearer b"]}`), "", verifier.ErrAmbiguousToken},
		{"a header that is no text", authorizer.Bearer, rest(t, `"headers":{"Authorization":["Bearer b"]}`), "", verifier.ErrNoToken},
		{"bearer of a TOKEN event", authorizer.Bearer, token("Bearer a"), "a", nil},
		{"an empty TOKEN event", authorizer.Bearer, token(""), "", verifier.ErrNoToken},
		{"two tokens of a TOKEN event", authorizer.Bearer, token("Bearer a,Bearer b"), "", verifier.ErrAmbiguousToken},

		{"a header", authorizer.Header("X-Token"), headers(map[string]string{"x-token": "a.b.c"}), "a.b.c", nil},
		{"a bare token of a TOKEN event", authorizer.Header("Authorization"), token("a.b.c"), "a.b.c", nil},
		{"a header that is not there", authorizer.Header("X-Token"), headers(nil), "", verifier.ErrNoToken},
		{"a header twice", authorizer.Header("X-Token"), headers(map[string]string{"x-token": "a,b"}), "", verifier.ErrAmbiguousToken},

		{"a query parameter", authorizer.Query("token"), request(t, nil), "query.token", nil},
		{"a query parameter under another case", authorizer.Query("Token"), request(t, nil), "", verifier.ErrNoToken},
		{"a query parameter twice, joined", authorizer.Query("token"), request(t, map[string]any{"queryStringParameters": map[string]string{"token": "a,b"}}), "", verifier.ErrAmbiguousToken},
		{"a query parameter twice, listed", authorizer.Query("t"), rest(t, `"queryStringParameters":{"t":"b"},"multiValueQueryStringParameters":{"t":["a","b"]}`), "", verifier.ErrAmbiguousToken},

		{"a cookie", authorizer.Cookie("session"), request(t, nil), "cookie.token", nil},
		{"a cookie of a header", authorizer.Cookie("s"), headers(map[string]string{"cookie": "x=1; s=a.b.c;y=2"}), "a.b.c", nil},
		{"a cookie that is not there", authorizer.Cookie("none"), request(t, nil), "", verifier.ErrNoToken},
		{"a cookie under another case", authorizer.Cookie("Session"), request(t, nil), "", verifier.ErrNoToken},
		{"a cookie whose name ends like it", authorizer.Cookie("s"), headers(map[string]string{"cookie": "xs=a"}), "", verifier.ErrNoToken},
		{"a cookie in another's value", authorizer.Cookie("s"), headers(map[string]string{"cookie": "x=s=a"}), "", verifier.ErrNoToken},
		{"an empty cookie", authorizer.Cookie("s"), headers(map[string]string{"cookie": "s="}), "", verifier.ErrNoToken},
		{"a cookie twice", authorizer.Cookie("s"), headers(map[string]string{"cookie": "s=a; s=b"}), "", verifier.ErrAmbiguousToken},
		{"a cookie alone in a list", authorizer.Cookie("s"), request(t, map[string]any{"cookies": []string{"s=a"}}), "a", nil},
		{"a cookie without a value", authorizer.Cookie("s"), request(t, map[string]any{"cookies": []string{"s"}}), "", verifier.ErrNoToken},
		{"a cookie without a value before another", authorizer.Cookie("s"), headers(map[string]string{"cookie": "s; s=a"}), "a", nil},
		{"a DPoP token", authorizer.DPoP, headers(map[string]string{"authorization": "DPoP a.b.c"}), "a.b.c", nil},
		{"a DPoP token in lower case", authorizer.DPoP, headers(map[string]string{"authorization": "dpop a.b.c"}), "a.b.c", nil},
		{"a DPoP token of two words", authorizer.DPoP, headers(map[string]string{"authorization": "DPoP a b"}), "", verifier.ErrInvalidToken},
		{"a bearer token as DPoP", authorizer.DPoP, headers(map[string]string{"authorization": "Bearer a"}), "", verifier.ErrNoToken},
		{"two query parameters, one empty", authorizer.Query("t"), rest(t, `"multiValueQueryStringParameters":{"t":["","a"]}`), "", verifier.ErrAmbiguousToken},
		{"a cookie twice in a list", authorizer.Cookie("s"), request(t, map[string]any{"cookies": []string{"s=a", "s=b"}}), "", verifier.ErrAmbiguousToken},

		{"the first of several", either, request(t, map[string]any{"headers": map[string]string{"authorization": "Bearer a"}}), "a", nil},
		{"the second of several", either, request(t, map[string]any{"headers": nil}), "cookie.token", nil},
		{"the third of several", either, request(t, map[string]any{"headers": nil, "cookies": nil}), "query.token", nil},
		{"none of several", either, token(""), "", verifier.ErrNoToken},
		{"the first of several being ambiguous", either, request(t, map[string]any{"headers": map[string]string{"authorization": "Bearer a,Bearer b"}}), "", verifier.ErrAmbiguousToken},
		{"the first of several failing", authorizer.FirstOf(func(*authorizer.Request) (string, error) { return "", outage }, either), request(t, nil), "", outage},
		{"none to choose from", authorizer.FirstOf(), request(t, nil), "", verifier.ErrNoToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.extract(test.request)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.want, test.err)
			}
			if test.err != nil && test.err != outage && !errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("%v is not the caller's fault", err)
			}
		})
	}
}

func TestAnExtractorThatIsNilIsAMistakeOfTheProgram(t *testing.T) {
	for name, extract := range map[string]authorizer.Extractor{"alone": authorizer.FirstOf(nil), "behind one that finds nothing": authorizer.FirstOf(authorizer.Header("none"), nil)} {
		token, err := extract(request(t, nil))
		if token != "" || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
	}
}

// FuzzBearer holds Bearer to the grammar of RFC 6750 section 2.1, in the words of
// a regular expression.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer a.b.c", "bearer  a==", "Bearer a,b", "Basic a", "Bearer a b", "Bearer \u00e9", "BEARER ~+/", "Bearer\ta", "Bearer a=b"} {
		f.Add(seed)
	}
	grammar := regexp.MustCompile(`^(?i:Bearer) +([A-Za-z0-9._~+/-]+=*)$`)
	var reached string
	a := newAuthorizer(f, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(_ context.Context, token string) (*verifier.Token, error) {
			reached = token
			return nil, verifier.ErrInvalidToken
		})
	})
	f.Fuzz(func(t *testing.T, header string) {
		want := ""
		if match := grammar.FindStringSubmatch(header); match != nil {
			want = match[1]
		}
		// JSON turns invalid UTF-8 into another character, which is no token's either.
		r, err := authorizer.ParseRequest(tokenEvent(header))
		if err != nil {
			t.Fatal(err)
		}
		got, err := authorizer.Bearer(r)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, verifier.ErrInvalidToken) {
			t.Fatalf("%q: got %q, %v; want %q", header, got, err, want)
		}
		reached = ""
		answer, err := decide(context.Background(), a, tokenEvent(header))
		if answer != nil || err == nil || err.Error() != "Unauthorized" || reached != want {
			t.Fatalf("%q: got %v, %v; the verifier got %q", header, answer, err, reached)
		}
	})
}

// FuzzInvoke feeds events as they come: whatever they hold, nothing is allowed
// without the good token.
func FuzzInvoke(f *testing.F) {
	for name := range kinds {
		f.Add(string(golden(f, name)))
	}
	f.Add(string(golden(f, "http_2_without_identity_source")))
	a := newAuthorizer(f, nil)
	f.Fuzz(func(t *testing.T, event string) {
		answer, err := a.Invoke(context.Background(), []byte(event))
		if (answer == nil) != (err != nil) {
			t.Fatalf("got %v, %v", answer, err)
		}
		if err == nil && !strings.Contains(event, "good") && !strings.Contains(event, `\u`) {
			t.Fatalf("allowed without a token: %s", event)
		}
		if err != nil && err.Error() != "Unauthorized" && errors.Is(err, verifier.ErrInvalidToken) {
			t.Fatalf("a refusal that API Gateway takes for a failure: %v", err)
		}
	})
}

// A visit is one request, to be made through every door.
type visit struct {
	method, path, resource string // no resource where the event is not to name it
	authorization          string
	twice                  bool // the header is sent two times
}

// event returns a visit as the event of a door.
func (c visit) event(door string) []byte {
	arn := "arn:aws:execute-api:eu-central-1:210987654321:k3mq9zt1ab/prod/" + c.method + c.path
	values := []string{c.authorization, c.authorization}[:1]
	joined := c.authorization
	if c.twice {
		values, joined = values[:2], joined+","+joined
	}
	e := map[string]any{"type": "REQUEST", "methodArn": arn, "headers": map[string]string{"Authorization": joined}}
	switch door {
	case "TOKEN":
		e = map[string]any{"type": "TOKEN", "methodArn": arn, "authorizationToken": joined}
	case "REST":
		e["headers"], e["multiValueHeaders"] = map[string]string{"Authorization": c.authorization}, map[string]any{"Authorization": values}
		e["resource"] = c.resource
	case "HTTP 1.0":
		e["version"], e["identitySource"], e["resource"] = "1.0", joined, c.resource
	case "HTTP 2.0", "HTTP 2.0 simple":
		e["version"], e["routeArn"] = "2.0", arn
		e["headers"] = map[string]string{"authorization": joined}
		if c.resource != "" {
			e["routeKey"] = c.method + " " + c.resource
		}
		if door == "HTTP 2.0" {
			e["identitySource"] = []string{joined}
		}
	case "WebSocket":
		e["methodArn"] = "arn:aws:execute-api:eu-central-1:210987654321:k3mq9zt1ab/prod/$connect"
		e["multiValueHeaders"] = map[string]any{"Authorization": values}
	case "AppSync":
		e = map[string]any{"authorizationToken": joined, "requestContext": map[string]string{"apiId": "q5mzv2nnbrd3", "accountId": "210987654321"}}
	}
	event, _ := json.Marshal(e)
	return event
}

// outcome returns what an authorizer answers, in one word for all kinds of answers.
func outcome(t *testing.T, a *authorizer.Authorizer, event []byte) string {
	t.Helper()
	text, err := a.Invoke(context.Background(), event)
	switch {
	case err != nil && err.Error() == "Unauthorized":
		return "unauthorized"
	case err != nil:
		return "failed"
	}
	var answer struct {
		IsAuthorized *bool `json:"isAuthorized"`
		policy.Response
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	allowed := answer.IsAuthorized != nil && *answer.IsAuthorized
	if answer.IsAuthorized == nil {
		r, err := authorizer.ParseRequest(event)
		if err != nil {
			t.Fatal(err)
		}
		decision, err := answer.Evaluate(r.ARN, policy.ConditionKeys{})
		if err != nil {
			t.Fatal(err)
		}
		allowed = decision == policy.Allowed
	}
	if allowed {
		return "allowed"
	}
	return "denied"
}

// FuzzEveryDoor makes one request through every door: what comes of it is the same at
// all of them, as far as they can say it.
func FuzzEveryDoor(f *testing.F) {
	for _, method := range []string{"GET", "POST", "", "G T"} {
		for _, path := range []string{"/", "/orders/7", "/files/a/b", "/orders//7", "/orders/%37", "/orders/*", "/other"} {
			f.Add(method, path, "Bearer good", "read", false)
			f.Add(method, path, "bearer  good==", "write", false)
		}
	}
	for _, authorization := range []string{"", "Bearer", "Bearer bad", "Bearer down", "good", "Basic good", "Bearer good,Bearer good", "Bearer good ", "Bearer \xff", "Bearer odd"} {
		f.Add("GET", "/orders/7", authorization, "read", false)
		f.Add("GET", "/orders/7", authorization, "read", true)
	}
	f.Add("GET", "/orders/7", "Bearer good", "read", true)
	table, err := policy.NewTable(
		policy.Route{Key: "GET /", AnyToken: true}, policy.Route{Key: "ANY /files/{path+}", AnyToken: true},
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"read"}}, policy.Route{Key: "POST /orders/{id}", Scopes: []string{"write"}},
	)
	if err != nil {
		f.Fatal(err)
	}
	resources := map[*regexp.Regexp]string{regexp.MustCompile(`^/$`): "/", regexp.MustCompile(`^/files/.`): "/files/{path+}", regexp.MustCompile(`^/orders/[^/]+$`): "/orders/{id}"}
	plain := regexp.MustCompile(`^(/|(/[a-z0-9]+)+)$`)
	grammar := regexp.MustCompile(`^(?i:Bearer) +([A-Za-z0-9._~+/-]+=*)$`)
	f.Fuzz(func(t *testing.T, method, path, authorization, scope string, twice bool) {
		claims, _ := json.Marshal(map[string]string{"sub": "user-1", "scope": scope})
		verify := verifierFunc(func(_ context.Context, token string) (*verifier.Token, error) {
			switch {
			case strings.HasPrefix(token, "good"):
				return verifier.TrustClaims(claims)
			case strings.HasPrefix(token, "down"):
				return nil, errors.New("the keys cannot be had")
			}
			return nil, &verifier.Error{Reason: verifier.WrongSignature}
		})
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		c := visit{method: method, path: path, authorization: authorization, twice: twice}
		through := func(c visit, decide authorizer.PolicyFunc, doors ...string) map[string]string {
			outcomes := map[string]string{}
			for _, door := range doors {
				a := newAuthorizer(t, func(cfg *authorizer.Config) {
					cfg.Verifier, cfg.Policy, cfg.Fields = verify, decide, authorizer.AllFields
					cfg.EnableSimpleResponses = door == "HTTP 2.0 simple"
				})
				outcomes[door] = outcome(t, a, c.event(door))
			}
			return outcomes
		}
		wantAll := func(what string, outcomes map[string]string, want string) {
			t.Helper()
			for door, got := range outcomes {
				if got != want {
					t.Fatalf("%+v with scope %q, %s: want %q everywhere, and %s says %q: %v", c, scope, what, want, door, got, outcomes)
				}
			}
		}

		// Where no event names the route.
		byTable := authorizer.ByRoute(table)
		unnamed := through(c, byTable, "TOKEN", "REST", "HTTP 1.0", "HTTP 2.0", "HTTP 2.0 simple")
		wantAll("without a route", unnamed, unnamed["TOKEN"])

		// Where all do but that of TOKEN, which finds the same for a path of one reading.
		c.resource = "/not/listed"
		for form, resource := range resources {
			if form.MatchString(path) {
				c.resource = resource
			}
		}
		named := through(c, byTable, "REST", "HTTP 1.0", "HTTP 2.0", "HTTP 2.0 simple")
		wantAll("by "+c.resource, named, named["REST"])
		if plain.MatchString(path) {
			wantAll("by "+c.resource, named, unnamed["TOKEN"])
		}

		// What has neither method nor path says what the token is worth.
		want := "unauthorized"
		if match := grammar.FindStringSubmatch(authorization); match != nil && !twice {
			switch {
			case strings.HasPrefix(match[1], "good"):
				want = "allowed"
			case strings.HasPrefix(match[1], "down"):
				want = "failed"
			}
		}
		wantAll("by the token", through(c, authorizer.AllowStage, "WebSocket"), want)
		if strings.Contains(authorization, " ") { // AppSync takes a bare token too, and has no other refusal than this
			wantAll("by the token", through(c, authorizer.AllowStage, "AppSync"), strings.Replace(want, "unauthorized", "denied", 1))
		}
		if rest := named["REST"]; want != "allowed" && rest != want && rest != "failed" || want == "allowed" && rest == "unauthorized" {
			t.Fatalf("%+v is %s by the token, and %s by all", c, want, rest)
		}
	})
}
