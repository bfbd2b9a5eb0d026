package authorizertest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// paths are all the places of a path in an event.
type paths struct {
	Path, RawPath, RouteARN, MethodARN string
	PathParameters                     map[string]string
	RequestContext                     struct {
		Path string
		HTTP struct{ Path string }
	}
}

// What has been captured of live APIs, and for ARNs the harder assumption.
func TestAPathIsEncodedInEachFormOfEventAsAtAPIGateway(t *testing.T) {
	const sent, decoded = "/user/a%2F..%2Fadmin", "/user/a/../admin"
	const api = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/"
	for _, test := range []struct {
		kind   authorizer.Kind
		asSent bool
		want   paths
	}{
		{authorizer.RESTToken, false, paths{MethodARN: api + "test/GET" + sent}},
		{authorizer.RESTRequest, false, paths{MethodARN: api + "test/GET" + sent, Path: sent}},
		{authorizer.HTTPFormat1, false, paths{MethodARN: api + "$default/GET" + decoded, Path: decoded}},
		{authorizer.HTTPFormat1, true, paths{MethodARN: api + "$default/GET" + sent, Path: decoded}},
		{authorizer.HTTPFormat2, false, paths{RouteARN: api + "$default/GET" + decoded, RawPath: decoded}},
		{authorizer.HTTPFormat2, true, paths{RouteARN: api + "$default/GET" + sent, RawPath: decoded}},
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: test.kind, Unconfirmed: authorizertest.Unconfirmed{RouteARNAsSent: test.asSent},
			Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /user/{id}", Handler: backend}},
		})
		event, err := g.AuthorizerEvent(withToken(httptest.NewRequest(http.MethodGet, sent, nil)))
		if err != nil {
			t.Fatal(err)
		}
		want := test.want
		want.RequestContext.Path, want.RequestContext.HTTP.Path = want.Path, want.RawPath
		if id := map[bool]string{true: "a%2F..%2Fadmin", false: "a/../admin"}[test.kind == authorizer.RESTRequest]; test.kind != authorizer.RESTToken {
			want.PathParameters = map[string]string{"id": id}
		}
		var got paths
		if err := json.Unmarshal(event, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.kind, got, want)
		}
		if r, err := authorizer.ParseRequest(event); err != nil || test.kind != authorizer.RESTToken && r.Route != "GET /user/{id}" {
			t.Errorf("%s: got %v, %v", test.kind, r, err)
		}
	}
}

// Two routes may share the decoded path, and so its place in the cache.
func TestTheDecodedPathIsWhatTheCacheOfAnHTTPAPIGoesBy(t *testing.T) {
	for kind, prefix := range map[authorizer.Kind]string{authorizer.HTTPFormat2: "$", authorizer.RESTRequest: ""} {
		g := newGateway(t, authorizertest.Config{
			Kind: kind, Authorizer: grant, IdentitySources: []string{prefix + "context.path"},
			Routes: []authorizertest.Route{{Key: "GET /files/{name}", Handler: backend}, {Key: "GET /files/{folder}/{name}", Handler: backend}},
		})
		call(g, "/files/a%2Fb", "")
		call(g, "/files/a/b", "")
		if want := map[authorizer.Kind]int{authorizer.HTTPFormat2: 1, authorizer.RESTRequest: 2}[kind]; g.Calls() != want {
			t.Errorf("%s: called %d times, want %d", kind, g.Calls(), want)
		}
	}
}

func TestAnyPathThatIsServedMakesAnEventThatCanBeRead(t *testing.T) {
	for _, path := range []string{"/files/%00", "/files/%ff%fe", "/files/%0A%0D", "/files/a:b:c*", "/files/%3F%2A", "/files/%2525", "/files/%E2%82%AC"} {
		for _, kind := range []authorizer.Kind{authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
			var event json.RawMessage
			g := newGateway(t, authorizertest.Config{
				Kind: kind, Routes: []authorizertest.Route{{Key: "GET /files/{rest+}", Handler: backend}},
				Authorizer: func(_ context.Context, e json.RawMessage) (any, error) {
					event = append(json.RawMessage{}, e...)
					return effect("Allow", "*"), nil
				},
			})
			got := call(g, path, "t")
			if _, err := authorizer.ParseRequest(event); got.StatusCode != 200 || err != nil {
				t.Errorf("%s, %s: got %d, %v", kind, path, got.StatusCode, err)
			}
		}
	}
}
