package authorizer_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
)

// describe returns all that a request tells.
func describe(r *authorizer.Request) string {
	text, _ := json.Marshal([]any{
		r.Kind, r.ARN, r.Route, r.RequestID, r.SourceIP, r.UserAgent,
		r.Header("authorization"), r.Header("X-TENANT"), r.Header("none"), r.Query("expand"), r.Query("token"), r.Query("TOKEN"),
		r.Cookie("session"), r.Cookie("theme"), r.PathParameter("id"), r.StageVariable("backend"), r.Domain,
	})
	return string(text)
}

func TestARequestTellsWhatTheEventHolds(t *testing.T) {
	for name, want := range map[string]string{
		"rest_token": `["rest_token",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"k3mq9zt1ab","Stage":"prod","Verb":"GET","Path":"/orders/7"},` +
			`"","","","",null,null,null,null,null,null,null,null,"","",""]`,
		"rest_request": `["rest_request",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"k3mq9zt1ab","Stage":"prod","Verb":"GET","Path":"/orders/7"},` +
			`"GET /orders/{id}","c6af9ac6-7b61-11e6-9a41-93e8deadbeef","198.51.100.23","shop/1.0",["Bearer good.token"],["first","second"],null,["items","lines"],["query.token"],null,` +
			`["cookie.token"],["dark"],"7","blue",""]`,
		"websocket": `["websocket",{"Partition":"aws-us-gov","Region":"us-gov-west-1","Account":"210987654321","API":"w8sn2yqk0c","Stage":"live","Verb":"","Path":"$connect"},` +
			`"$connect","R1koeHsUtjMFbRw=","2001:db8::17","",["Bearer good.token"],null,null,null,["query.token"],null,null,null,"","","w8sn2yqk0c.execute-api.us-gov-west-1.amazonaws.com"]`,
		"http_1": `["http_1",{"Partition":"aws-cn","Region":"cn-north-1","Account":"210987654321","API":"h1dp4vx7ce","Stage":"$default","Verb":"POST","Path":"/orders"},` +
			`"POST /orders","JKJaXmPLvHcESHA=","203.0.113.9","shop/1.0",["Bearer good.token"],["acme"],null,null,["query.token"],null,["cookie.token"],null,"","green",""]`,
		"http_2": `["http_2",{"Partition":"aws","Region":"eu-central-1","Account":"210987654321","API":"h2bn6wr8df","Stage":"$default","Verb":"GET","Path":"/orders/7"},` +
			`"GET /orders/{id}","JKJaXmPLvHcESHA=","198.51.100.23","shop/1.0",["Bearer good.token"],["first,second"],null,["items,lines"],["query.token"],null,["cookie.token"],["dark"],"7","blue","h2bn6wr8df.execute-api.eu-central-1.amazonaws.com"]`,
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

func TestARequestIsPrintedAndLoggedByItsKindAPIAndStage(t *testing.T) {
	r, err := authorizer.ParseRequest(golden(t, "http_2"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `request(http_2 api="h2bn6wr8df" stage="$default")`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, r); got != want {
			t.Errorf("%s: got %s", verb, got)
		}
	}
	if got := r.LogValue().String(); got != want {
		t.Errorf("logged as %s", got)
	}
}

// REST APIs tell the user agent twice, and AWS's own example once: in the header.
func TestTheUserAgentIsTheHeadersWhereTheContextHasNone(t *testing.T) {
	if got := rest(t, `"headers":{"user-agent":"shop/2.0"}`).UserAgent; got != "shop/2.0" {
		t.Errorf("got %q", got)
	}
	if got := rest(t, `"headers":{"user-agent":"shop/2.0"},"requestContext":{"identity":{"userAgent":"shop/1.0"}}`).UserAgent; got != "shop/1.0" {
		t.Errorf("got %q", got)
	}
}

func TestTheRouteIsTheVerbAndThePatternInEveryForm(t *testing.T) {
	arn := `"arn:aws:execute-api:eu-central-1:210987654321:h2bn6wr8df/prod/GET/orders/7"`
	for event, want := range map[string]string{
		`"type":"REQUEST","methodArn":` + arn + `,"resource":"/orders/{id}"`:                               "GET /orders/{id}",
		`"type":"REQUEST","methodArn":` + arn + `,"resource":"/{proxy+}"`:                                  "GET /{proxy+}",
		`"type":"REQUEST","version":"1.0","methodArn":` + arn + `,"resource":"/orders/{id}"`:               "GET /orders/{id}",
		`"type":"REQUEST","version":"1.0","methodArn":` + arn + `,"resource":"$default"`:                   "$default",
		`"type":"REQUEST","version":"2.0","routeArn":` + arn + `,"routeKey":"GET /orders/{id}"`:            "GET /orders/{id}",
		`"type":"REQUEST","version":"2.0","routeArn":` + arn + `,"routeKey":"ANY /orders/{id}"`:            "GET /orders/{id}",
		`"type":"REQUEST","version":"2.0","routeArn":` + arn + `,"routeKey":"$default"`:                    "$default",
		`"type":"REQUEST","version":"2.0","routeArn":` + arn + `,"requestContext":{"routeKey":"$default"}`: "$default",
		`"type":"TOKEN","methodArn":` + arn:                                                                "",
	} {
		r, err := authorizer.ParseRequest([]byte("{" + event + "}"))
		if err != nil || r.Route != want {
			t.Errorf("%s: got %v, %v, want %q", event, r, err, want)
		}
	}
}
