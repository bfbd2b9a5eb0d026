package authorizertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// The context variables that AWS lists, and what a request has at them before it is
// authorized.
func TestContextVariablesCanBeIdentitySources(t *testing.T) {
	certificate := newClientCertificate(t)
	common := map[string]string{
		"apiId": "abcdef1234", "stage": "live", "domainName": "api.example.com", "requestId": "request-1", "extendedRequestId": "request-1",
		"requestTime": "14/Nov/2023:22:13:20 +0000", "requestTimeEpoch": "1700000000000", "identity.sourceIp": "192.0.2.1", "identity.userAgent": "test/1",
	}
	web := map[string]string{
		"accountId": "123456789012", "domainPrefix": "api", "httpMethod": "GET", "path": "/orders/7", "protocol": "HTTP/1.1",
		"identity.clientCert.subjectDN": "CN=client,O=Example,C=DE", "identity.clientCert.serialNumber": "a1:0b:ff",
		"identity.clientCert.validity.notAfter": "Aug  5 09:36:04 2121 GMT",
	}
	for kind, own := range map[authorizer.Kind]map[string]string{
		authorizer.RESTRequest: {"resourcePath": "/orders/{id}", "resourceId": "resource"},
		authorizer.HTTPFormat1: {"routeKey": "GET /orders/{id}"},
		authorizer.HTTPFormat2: {"routeKey": "GET /orders/{id}"},
		authorizer.WebSocket:   {"routeKey": "$connect", "connectionId": "connection-1", "eventType": "CONNECT"},
	} {
		want := maps.Clone(common)
		maps.Copy(want, own)
		dollar, key := "$", "GET /orders/{id}"
		switch kind {
		case authorizer.WebSocket:
			dollar, key = "", "$connect"
		case authorizer.RESTRequest:
			dollar = ""
			fallthrough
		default:
			maps.Copy(want, web)
		}
		for name, value := range want {
			cfg := authorizertest.Config{
				Kind: kind, Stage: "live", IdentitySources: []string{dollar + "context." + name}, Authorizer: grant,
				Routes: []authorizertest.Route{{Key: key, Handler: backend}}, Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
			}
			g := newGateway(t, cfg)
			r := httptest.NewRequest(http.MethodGet, "/orders/7", nil)
			r.Host = "api.example.com"
			r.Header.Set("User-Agent", "test/1")
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate.Leaf}}
			text, err := g.AuthorizerEvent(r)
			if err != nil {
				t.Errorf("%s, %s: %v", kind, name, err)
				continue
			}
			var event struct{ IdentitySource any }
			if err := json.Unmarshal(text, &event); err != nil {
				t.Fatal(err)
			}
			switch got := event.IdentitySource.(type) {
			case []any:
				if kind != authorizer.HTTPFormat2 || len(got) != 1 || got[0] != value {
					t.Errorf("%s, %s: got %q, want %q", kind, name, got, value)
				}
			case string:
				if kind != authorizer.HTTPFormat1 || got != value {
					t.Errorf("%s, %s: got %q, want %q", kind, name, got, value)
				}
			case nil:
				if isHTTP := strings.HasPrefix(string(kind), "http"); isHTTP {
					t.Errorf("%s, %s: got %s", kind, name, text)
				}
			}
		}
	}
}

// An API that goes by the certificate asks nobody about a client without one.
func TestARequestWithoutAClientCertificateLacksItAsAnIdentitySource(t *testing.T) {
	for kind, source := range map[authorizer.Kind]string{authorizer.RESTRequest: "context.identity.clientCert.subjectDN", authorizer.HTTPFormat2: "$context.identity.clientCert.subjectDN"} {
		g := newGateway(t, authorizertest.Config{
			Kind: kind, Authorizer: grant, IdentitySources: []string{source}, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		if got := call(g, "/orders", "t"); got.StatusCode != 401 || g.Calls() != 0 {
			t.Errorf("%s: got %d after %d calls", kind, got.StatusCode, g.Calls())
		}
	}
}

// What no request has would have every request refused.
func TestAContextVariableThatNoRequestHasIsAnError(t *testing.T) {
	for kind, names := range map[authorizer.Kind][]string{
		authorizer.RESTRequest: {"context.routeKey", "context.identity", "context.identity.caller", "context.authorizer.sub", "context.requestid", "context.path.x", "context.", "context.identity."},
		authorizer.HTTPFormat2: {"$context.resourcePath", "$context.status", "$context.identity.clientCert", "$context.integrationLatency", "context.path", "$request.path.id"},
		authorizer.WebSocket:   {"context.identity.clientCert.subjectDN", "context.httpMethod", "route.request.path.id"},
	} {
		for _, name := range names {
			g, err := authorizertest.New(authorizertest.Config{
				Kind: kind, Authorizer: grant, IdentitySources: []string{name}, Routes: []authorizertest.Route{{Key: allKinds[kind], Handler: backend}},
			})
			if err == nil || !strings.Contains(err.Error(), "identity source") {
				t.Errorf("%s on %s: got %v, %v", name, kind, g, err)
			}
		}
	}
}

func TestEventsOfHTTPAPIsListTheValuesOfAllIdentitySources(t *testing.T) {
	for kind, want := range map[authorizer.Kind]string{
		authorizer.HTTPFormat1: `"t,GET,/orders,1,api.example.com"`, authorizer.HTTPFormat2: `["t","GET","/orders","1","api.example.com"]`,
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: kind, Authorizer: grant, StageVariables: map[string]string{"v": "1"},
			IdentitySources: []string{"$request.header.authorization", "$context.httpMethod", "$context.path", "$stageVariables.v", "$context.domainName"},
			Routes:          []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		r := withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))
		r.Host = "api.example.com"
		text, err := g.AuthorizerEvent(r)
		if err != nil {
			t.Fatal(err)
		}
		var event map[string]json.RawMessage
		if err := json.Unmarshal(text, &event); err != nil || string(event["identitySource"]) != want {
			t.Errorf("%s: got %s", kind, event["identitySource"])
		}
		if token, found := event["authorizationToken"]; found != (kind == authorizer.HTTPFormat1) || found && string(token) != want {
			t.Errorf("%s: got the token %s", kind, token)
		}
	}
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.HTTPFormat2, Authorizer: grant, IdentitySources: []string{}, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	text, err := g.AuthorizerEvent(httptest.NewRequest(http.MethodGet, "/orders", nil))
	if err != nil || !slices.Contains(strings.Split(string(text), ","), `"identitySource":null`) {
		t.Errorf("without sources: got %s, %v", text, err)
	}
}
