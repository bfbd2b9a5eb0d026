package authorizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestAnEventWhosePartsAreOfTheWrongTypeIsAFailure(t *testing.T) {
	const arn = `"methodArn":"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x"`
	var many strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&many, `"h%d":"",`, i)
	}
	for name, members := range map[string]string{
		"an unknown format":               `"type":"REQUEST","version":"3.0"`,
		"format 2.0 with a methodArn":     `"type":"REQUEST","version":"2.0"`,
		"a token that is a list":          `"type":"TOKEN","authorizationToken":["Bearer good.token"]`,
		"cookies that are text":           `"type":"REQUEST","cookies":"session=cookie.token"`,
		"a cookie that is a number":       `"type":"REQUEST","cookies":[1]`,
		"a context that is a list":        `"type":"REQUEST","requestContext":[]`,
		"an identity that is text":        `"type":"REQUEST","requestContext":{"identity":"x"}`,
		"two types":                       `"type":"TOKEN","type":"REQUEST"`,
		"two headers of one spelling":     `"type":"REQUEST","headers":{"A":"1","A":"2"}`,
		"a type in another spelling":      `"Type":"TOKEN"`,
		"more members than will be read":  `"type":"REQUEST","headers":{` + strings.TrimSuffix(many.String(), ",") + `}`,
		"deeper nesting than events have": `"type":"REQUEST","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		t.Run(name, func(t *testing.T) {
			event := json.RawMessage(`{` + members + `,` + arn + `}`)
			if r, err := authorizer.ParseRequest(event); r != nil || err == nil || !strings.HasPrefix(err.Error(), "authorizer: ") {
				t.Errorf("ParseRequest: got %v, %v", r, err)
			}
			answer, err := decide(context.Background(), newAuthorizer(t, nil), event)
			if answer != nil || err == nil || err.Error() == "Unauthorized" || errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("Invoke: got %v, %v, want a failure that is not the caller's fault", answer, err)
			}
		})
	}
}

// API Gateway writes null where there is nothing, and some parts of an event not at
// all.
func TestPartsOfAnEventThatAreNullOrMissingAreEmpty(t *testing.T) {
	const start = `{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/"`
	for _, members := range []string{
		``,
		`,"headers":null,"multiValueHeaders":null,"queryStringParameters":null,"multiValueQueryStringParameters":null,` +
			`"pathParameters":null,"stageVariables":null,"cookies":null,"requestContext":null,"resource":null`,
		`,"headers":{},"multiValueHeaders":{},"requestContext":{"identity":null,"requestId":null}`,
	} {
		r, err := authorizer.ParseRequest([]byte(start + members + `}`))
		if err != nil {
			t.Fatal(err)
		}
		want := `["rest_request",{"Partition":"aws","Region":"us-east-1","Account":"123456789012","API":"abc","Stage":"test","Verb":"GET","Path":"/"},` +
			`"","","","",null,null,null,null,null,null,null,null,"","",""]`
		if got := describe(r); got != want {
			t.Errorf("%s: got %s", members, got)
		}
	}
}

// A cookie belongs to the list of format 2.0 where there is one. An event without
// identity sources is the one of an API that has none set.
func TestCookiesAreReadFromTheHeaderWhereThereIsNoList(t *testing.T) {
	r, err := authorizer.ParseRequest(golden(t, "http_2_without_identity_source"))
	if err != nil {
		t.Fatal(err)
	}
	if token, err := authorizer.Cookie("session")(r); err != nil || token != "cookie.token" {
		t.Errorf("got %q, %v", token, err)
	}
}

// FuzzParseRequest holds the reader of events to encoding/json and to the rule by
// which events are told apart.
func FuzzParseRequest(f *testing.F) {
	for name := range kinds {
		f.Add([]byte(golden(f, name)))
	}
	f.Add([]byte(golden(f, "http_2_without_identity_source")))
	f.Add([]byte(tokenEvent("Bearer \u00e9")))
	f.Add([]byte(`{"type":"TOKEN","type":"REQUEST"}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		r, err := authorizer.ParseRequest(event)
		if err != nil {
			if r != nil {
				t.Fatal("both a request and an error")
			}
			return
		}
		var members map[string]any
		if err := json.NewDecoder(bytes.NewReader(event)).Decode(&members); err != nil {
			t.Fatalf("encoding/json does not read it: %v", err)
		}
		text := func(name string) string { s, _ := members[name].(string); return s }
		arn, want := text("methodArn"), authorizer.RESTRequest
		switch {
		case text("version") == "2.0":
			arn, want = text("routeArn"), authorizer.HTTPFormat2
		case text("version") == "1.0":
			want = authorizer.HTTPFormat1
		case text("type") == "TOKEN":
			want = authorizer.RESTToken
		case strings.HasSuffix(arn, "/$connect") && strings.Count(arn, "/") == 2:
			want = authorizer.WebSocket
		}
		if r.Kind != want || r.ARN.String() != arn {
			t.Fatalf("got %s and %s, want %s and %s", r.Kind, r.ARN, want, arn)
		}
		if token, err := authorizer.Header("any")(r); want == authorizer.RESTToken && err == nil && token != text("authorizationToken") {
			t.Fatalf("got token %q, want %q", token, text("authorizationToken"))
		}
	})
}
