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

// Wherever an event has text or an object there is nothing else, and whoever sends something
// else is not API Gateway.
func TestEveryPartOfAnEventIsOfItsType(t *testing.T) {
	const arn = "arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x"
	within := func(member string) func(string) string {
		return func(value string) string { return `"requestContext":{"` + member + `":` + value + `}` }
	}
	further := func(member, inner string) func(string) string {
		return func(value string) string {
			return `"requestContext":{"` + member + `":{"` + inner + `":` + value + `}}`
		}
	}
	own := func(member string) func(string) string {
		return func(value string) string { return `"` + member + `":` + value }
	}
	texts := map[string]func(string) string{}
	for _, name := range []string{"authorizationToken", "resource", "routeKey", "rawPath"} {
		texts[name] = own(name)
	}
	for _, name := range []string{"requestId", "routeKey", "domainName", "path", "accountId", "apiId"} {
		texts["requestContext."+name] = within(name)
	}
	for _, name := range []string{"identity", "http", "authentication"} {
		for _, inner := range []string{"sourceIp", "userAgent", "vpcId", "vpceId"} {
			texts[name+"."+inner] = further(name, inner)
		}
	}
	for _, name := range []string{"clientCertPem", "subjectDN", "issuerDN", "serialNumber", "notBefore", "notAfter"} {
		texts["clientCert."+name] = func(value string) string {
			return `"requestContext":{"identity":{"clientCert":{"` + name + `":` + value + `}}}`
		}
	}
	objects := map[string]func(string) string{
		"requestContext": own("requestContext"), "identity": within("identity"), "http": within("http"), "authentication": within("authentication"),
		"clientCert": further("identity", "clientCert"),
	}
	for _, name := range []string{"headers", "requestHeaders", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables"} {
		objects[name] = own(name)
	}
	lists := map[string]func(string) string{"cookies": own("cookies"), "identitySource": own("identitySource")}
	for _, test := range []struct {
		members    map[string]func(string) string
		good, ours []string
	}{
		{texts, []string{`""`, `"x"`, "null"}, []string{"1", "true", "[]", "{}", `["x"]`}},
		{objects, []string{"{}", "null"}, []string{"1", "true", "[]", `"x"`, "[{}]"}},
		{lists, []string{"[]", `["x"]`, "null"}, []string{"1", "true", "{}", "[1]", "[null]", `[["x"]]`}},
	} {
		for name, member := range test.members {
			for i, value := range append(test.good, test.ours...) {
				event := `{"type":"REQUEST","methodArn":"` + arn + `",` + member(value) + `}`
				r, err := authorizer.ParseRequest([]byte(event))
				if good := i < len(test.good); (err == nil) != good || (r == nil) == good {
					t.Errorf("%s: %s: got %v, %v", name, event, r, err)
				}
			}
		}
	}
	for _, name := range []string{"type", "version", "methodArn", "routeArn"} {
		for _, value := range []string{"1", "true", "[]", "{}"} {
			event := `{"` + name + `":` + value + `,"requestContext":{"apiId":"a","accountId":"1"},"authorizationToken":"good.token"}`
			if r, err := authorizer.ParseRequest([]byte(event)); r != nil || err == nil {
				t.Errorf("%s: got %v", event, r)
			}
		}
	}
}

// The bounds are above what API Gateway sends, and there are bounds.
func TestAnEventIsReadUpToItsLimitsAndNoFurther(t *testing.T) {
	const start = `{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x"`
	headers := func(n int) string {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"h%d":""`, i)
		}
		return start + `,"headers":{` + strings.Join(members, ",") + `}}`
	}
	deep := func(n int) string { return start + `,"x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for name, test := range map[string]struct {
		event string
		want  bool
	}{
		"8192 members": {headers(8192 - 3), true}, "8193 members": {headers(8192 - 2), false},
		"sixteen levels": {deep(15), true}, "seventeen levels": {deep(16), false},
	} {
		if r, err := authorizer.ParseRequest([]byte(test.event)); (err == nil) != test.want || (r != nil) != test.want {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
}

// An event of AppSync has neither a type nor a version, and it has a token and an API.
func TestOnlyAnEventOfAppSyncIsTakenForOne(t *testing.T) {
	const arn = `"methodArn":"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x","routeArn":"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x"`
	for event, want := range map[string]authorizer.Kind{
		`{"authorizationToken":"a","requestContext":{"apiId":"b"}}`:                                              authorizer.AppSync,
		`{"requestContext":{"apiId":"b"}}`:                                                                       "",
		`{"authorizationToken":"","requestContext":{"apiId":"b"}}`:                                               "",
		`{"authorizationToken":"a","requestContext":{"accountId":"1"}}`:                                          "",
		`{"authorizationToken":"a","requestContext":{"apiId":""}}`:                                               "",
		`{"authorizationToken":"a"}`:                                                                             "",
		`{"version":"1.0","authorizationToken":"a","requestContext":{"apiId":"b"},` + arn + `}`:                  "",
		`{"version":"2.0","authorizationToken":"a","requestContext":{"apiId":"b"},` + arn + `}`:                  "",
		`{"type":"TOKEN","authorizationToken":"a","requestContext":{"apiId":"b"},` + arn + `}`:                   authorizer.RESTToken,
		`{"type":"REQUEST","authorizationToken":"a","requestContext":{"apiId":"b"},` + arn + `}`:                 authorizer.RESTRequest,
		`{"type":"REQUEST","version":"2.0","authorizationToken":"a","requestContext":{"apiId":"b"},` + arn + `}`: authorizer.HTTPFormat2,
	} {
		r, err := authorizer.ParseRequest([]byte(event))
		if want == "" && (r != nil || err == nil) || want != "" && (err != nil || r.Kind != want) {
			t.Errorf("%s: got %v, %v, want %q", event, r, err, want)
		}
	}
}

// An address that cannot be read is unknown, and nothing is allowed because of it.
func TestTheAddressOfARequest(t *testing.T) {
	for text, want := range map[string]string{
		"198.51.100.23": "198.51.100.23", "::ffff:198.51.100.23": "198.51.100.23", "2001:db8::17": "2001:db8::17", "test-invoke-source-ip": "invalid IP", "": "invalid IP",
		"198.51.100": "invalid IP", "198.51.100.23/32": "invalid IP",
	} {
		if got := rest(t, `"requestContext":{"identity":{"sourceIp":"`+text+`"}}`).SourceIP.String(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
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
