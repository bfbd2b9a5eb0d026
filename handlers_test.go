package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/verifier"
)

// kinds are the golden events that hold a good token in the Authorization header.
var kinds = map[string]authorizer.Kind{
	"rest_token":   authorizer.RESTToken,
	"rest_request": authorizer.RESTRequest,
	"websocket":    authorizer.WebSocket,
	"http_1":       authorizer.HTTPFormat1,
	"http_2":       authorizer.HTTPFormat2,
}

func TestHandleAnswersEveryEventInKind(t *testing.T) {
	a := newAuthorizer(t, nil)
	for name := range kinds {
		t.Run(name, func(t *testing.T) {
			answer, err := a.Handle(context.Background(), golden(t, name))
			if err != nil {
				t.Fatal(err)
			}
			wantJSON(t, name, answer)
		})
	}
}

func TestHandleAnswersSimplyWhereTheAuthorizerIsSetSo(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) { c.EnableSimpleResponses = true })
	answer, err := a.Handle(context.Background(), golden(t, "http_2"))
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, "http_2_simple", answer)
	if answer, err = a.Handle(context.Background(), golden(t, "http_1")); err != nil {
		t.Fatal(err)
	}
	wantJSON(t, "http_1", answer)
}

func TestADenialIsAnsweredInKindWhereThatIsChosen(t *testing.T) {
	deny := func(simple bool) *authorizer.Authorizer {
		return newAuthorizer(t, func(c *authorizer.Config) {
			c.OnInvalid, c.EnableSimpleResponses = authorizer.Deny, simple
			c.Extract = authorizer.Header("no-such-header")
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return nil, verifier.ErrInvalidToken
			})
		})
	}
	for name := range kinds {
		answer, err := deny(false).Handle(context.Background(), golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, name+"_deny", answer)
	}
	answer, err := deny(true).Handle(context.Background(), golden(t, "http_2"))
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, "http_2_simple_deny", answer)
}

// Each method is a handler that lambda.Start takes: this is how Lambda calls it.
func TestEachHandlerWorksBehindTheLambdaRuntime(t *testing.T) {
	a := newAuthorizer(t, nil)
	for _, test := range []struct {
		event, answer string
		handler       any
	}{
		{"rest_token", "rest_token", a.Token},
		{"rest_request", "rest_request", a.Request},
		{"websocket", "websocket", a.WebSocket},
		{"http_1", "http_1", a.HTTP},
		{"http_2", "http_2", a.HTTP},
		{"http_2", "http_2_simple", a.HTTPSimple},
		{"rest_token", "rest_token", a.Handle},
		{"websocket", "websocket", a.Handle},
	} {
		answer, err := lambda.NewHandler(test.handler).Invoke(context.Background(), golden(t, test.event))
		if err != nil {
			t.Errorf("%s: %v", test.event, err)
			continue
		}
		wantJSON(t, test.answer, json.RawMessage(strings.TrimSpace(string(answer))))
	}
}

func TestAHandlerRefusesTheEventsOfAnother(t *testing.T) {
	a := newAuthorizer(t, nil)
	handlers := map[string]struct {
		handler any
		kinds   []string
	}{
		"Token":      {a.Token, []string{"rest_token"}},
		"Request":    {a.Request, []string{"rest_request", "http_1"}}, // aws-lambda-go's type has no version to tell
		"WebSocket":  {a.WebSocket, []string{"websocket"}},
		"HTTP":       {a.HTTP, []string{"http_1", "http_2"}},
		"HTTPSimple": {a.HTTPSimple, []string{"http_2"}},
	}
	for name, h := range handlers {
		for event := range kinds {
			if strings.Contains(strings.Join(h.kinds, " "), event) {
				continue
			}
			answer, err := lambda.NewHandler(h.handler).Invoke(context.Background(), golden(t, event))
			if err == nil {
				t.Errorf("%s answered %s with %s", name, event, answer)
			}
		}
	}
}

func TestWhatIsNoAuthorizerEventIsAFailure(t *testing.T) {
	a := newAuthorizer(t, nil)
	valid := string(golden(t, "http_2"))
	for name, event := range map[string]string{
		"nothing":                     "",
		"null":                        "null",
		"a list":                      "[]",
		"an empty object":             "{}",
		"a proxy event":               `{"resource":"/","path":"/","httpMethod":"GET","headers":{"Authorization":"Bearer good.token"}}`,
		"no ARN":                      `{"type":"TOKEN","authorizationToken":"Bearer good.token"}`,
		"another service's ARN":       `{"type":"TOKEN","authorizationToken":"Bearer good.token","methodArn":"arn:aws:iam::210987654321:role/x"}`,
		"TOKEN with a version":        `{"version":"1.0","type":"TOKEN","authorizationToken":"Bearer good.token","methodArn":"arn:aws:execute-api:a:1:b/c/GET/"}`,
		"another type":                `{"type":"token","authorizationToken":"Bearer good.token","methodArn":"arn:aws:execute-api:a:1:b/c/GET/"}`,
		"a version to come":           strings.Replace(valid, `"2.0"`, `"3.0"`, 1),
		"two ARNs":                    strings.Replace(valid, `"routeArn"`, `"routeArn":"arn:aws:execute-api:a:1:b/c/GET/","routeArn"`, 1),
		"an ARN that is a list":       strings.Replace(valid, `"routeArn": "`, `"routeArn": ["x"],"x":"`, 1),
		"headers that are text":       strings.Replace(valid, `"headers": {`, `"headers": "x", "x": {`, 1),
		"another route than $connect": strings.Replace(string(golden(t, "websocket")), "$connect\"", "sendmessage\"", 1),
		"trailing data":               valid + "x",
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := a.Handle(context.Background(), json.RawMessage(event))
			if answer != nil || err == nil || err.Error() == "Unauthorized" || errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("got %v, %v", answer, err)
			}
			if err != nil && strings.Contains(err.Error(), "good.token") {
				t.Errorf("the error shows the event: %v", err)
			}
		})
	}
}

func TestEventsReadTheSameFromJSONAndFromTheLambdaTypes(t *testing.T) {
	var seen []*authorizer.Request
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Context = func(_ context.Context, r *authorizer.Request, _ *verifier.Token) (map[string]any, error) {
			seen = append(seen, r)
			return nil, nil
		}
	})
	for name, call := range map[string]func(json.RawMessage) error{
		"rest_token": func(event json.RawMessage) error {
			var e events.APIGatewayCustomAuthorizerRequest
			_, err := a.Token(context.Background(), decode(t, event, &e))
			return err
		},
		"rest_request": func(event json.RawMessage) error {
			var e events.APIGatewayCustomAuthorizerRequestTypeRequest
			_, err := a.Request(context.Background(), decode(t, event, &e))
			return err
		},
		"websocket": func(event json.RawMessage) error {
			var e events.APIGatewayCustomAuthorizerRequestTypeRequest
			_, err := a.WebSocket(context.Background(), decode(t, event, &e))
			return err
		},
		"http_2": func(event json.RawMessage) error {
			var e events.APIGatewayV2CustomAuthorizerV2Request
			_, err := a.HTTPSimple(context.Background(), decode(t, event, &e))
			return err
		},
	} {
		seen = nil
		if err := call(golden(t, name)); err != nil {
			t.Fatal(name, err)
		}
		want, err := authorizer.ParseRequest(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := describe(seen[0]), describe(want); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func decode[T any](t *testing.T, event json.RawMessage, e *T) T {
	t.Helper()
	if err := json.Unmarshal(event, e); err != nil {
		t.Fatal(err)
	}
	return *e
}

// describe returns all that a request tells.
func describe(r *authorizer.Request) string {
	text, _ := json.Marshal([]any{
		r.Kind, r.ARN, r.Route, r.RequestID, r.SourceIP, r.UserAgent,
		r.Header("authorization"), r.Header("X-TENANT"), r.Header("none"), r.Query("expand"), r.Query("token"), r.Query("TOKEN"),
		r.Cookie("session"), r.Cookie("theme"), r.PathParameter("id"), r.StageVariable("backend"),
	})
	return string(text)
}

func TestARequestTellsWhatTheEventHolds(t *testing.T) {
	for name, want := range map[string]string{
		"rest_token": `["rest_token",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"k3mq9zt1ab","Stage":"prod","Verb":"GET","Path":"/orders/7"},` +
			`"","","","",null,null,null,null,null,null,null,null,"",""]`,
		"rest_request": `["rest_request",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"k3mq9zt1ab","Stage":"prod","Verb":"GET","Path":"/orders/7"},` +
			`"/orders/{id}","c6af9ac6-7b61-11e6-9a41-93e8deadbeef","198.51.100.23","shop/1.0",["Bearer good.token"],["first","second"],null,["items","lines"],["query.token"],null,` +
			`["cookie.token"],["dark"],"7","blue"]`,
		"websocket": `["websocket",{"Partition":"aws-us-gov","Region":"us-gov-west-1","Account":"210987654321","API":"w8sn2yqk0c","Stage":"live","Verb":"","Path":"$connect"},` +
			`"$connect","R1koeHsUtjMFbRw=","2001:db8::17","",["Bearer good.token"],null,null,null,["query.token"],null,null,null,"",""]`,
		"http_1": `["http_1",{"Partition":"aws-cn","Region":"cn-north-1","Account":"210987654321","API":"h1dp4vx7ce","Stage":"$default","Verb":"POST","Path":"/orders"},` +
			`"/orders","JKJaXmPLvHcESHA=","203.0.113.9","shop/1.0",["Bearer good.token"],["acme"],null,null,["query.token"],null,["cookie.token"],null,"","green"]`,
		"http_2": `["http_2",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"h2bn6wr8df","Stage":"$default","Verb":"GET","Path":"/orders/7"},` +
			`"GET /orders/{id}","JKJaXmPLvHcESHA=","198.51.100.23","shop/1.0",["Bearer good.token"],["first,second"],null,["items,lines"],["query.token"],null,["cookie.token"],["dark"],"7","blue"]`,
	} {
		r, err := authorizer.ParseRequest(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(r); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestARequestPrintsWithoutWhatTheCallerSent(t *testing.T) {
	for name := range kinds {
		r, err := authorizer.ParseRequest(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if text := printed(r) + printed(*r); strings.Contains(text, ".token") || strings.Contains(text, "orders") || !strings.Contains(text, "request(") {
			t.Errorf("%s prints as %s", name, text)
		}
	}
}
