package authorizer_test

import (
	"context"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestEachFactThatAConditionCanBeOnIsTakenFromTheEvent(t *testing.T) {
	for name, test := range map[string]struct {
		condition policy.Conditions
		events    map[string]bool // those that meet it
	}{
		"TLS": {policy.Conditions{"Bool": {"aws:SecureTransport": "true"}}, map[string]bool{"rest_token": true, "rest_request": true, "http_2": true}},
		"referer": {
			policy.Conditions{"StringEquals": {"aws:Referer": "https://shop.example.com/"}}, map[string]bool{"rest_token": false, "rest_request": true, "http_2": false},
		},
		"user agent": {
			policy.Conditions{"StringEquals": {"aws:UserAgent": "shop/1.0"}}, map[string]bool{"rest_token": false, "rest_request": true, "http_1": true, "websocket": false},
		},
		"address": {
			policy.Conditions{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, map[string]bool{"rest_token": false, "rest_request": false, "websocket": true},
		},
		"time": {
			policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2027-01-15T08:00:01Z"}}, map[string]bool{"rest_token": true, "http_2": true},
		},
		"past": {
			policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2027-01-15T08:00:00Z"}}, map[string]bool{"rest_token": false, "http_2": false},
		},
	} {
		for event, want := range test.events {
			var got authorizer.Outcome
			a := newAuthorizer(t, func(c *authorizer.Config) {
				c.Now = func() time.Time { return time.Unix(1_800_000_000, 0) } // 2027-01-15T08:00:00Z
				c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
				c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
					return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", test.condition).Build()
				}
			})
			if _, err := a.Handle(context.Background(), golden(t, event)); err != nil {
				t.Fatal(err)
			}
			if (got.Decision == authorizer.Allowed) != want {
				t.Errorf("%s of %s: %s, want allowed %v", name, event, got.Decision, want)
			}
		}
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
