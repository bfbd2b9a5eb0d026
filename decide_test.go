package authorizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// kinds are the golden events that hold a good token in the Authorization header.
var kinds = map[string]authorizer.Kind{
	"rest_token":   authorizer.RESTToken,
	"rest_request": authorizer.RESTRequest,
	"websocket":    authorizer.WebSocket,
	"http_1":       authorizer.HTTPFormat1,
	"http_2":       authorizer.HTTPFormat2,
}

func TestEveryEventIsAnsweredInKind(t *testing.T) {
	a := newAuthorizer(t, nil)
	for name := range kinds {
		t.Run(name, func(t *testing.T) { wantJSON(t, name, invoke(t, a, golden(t, name))) })
	}
}

func TestFormat2IsAnsweredSimplyWhereTheAuthorizerIsSetSo(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) { c.EnableSimpleResponses = true })
	wantJSON(t, "http_2_simple", invoke(t, a, golden(t, "http_2")))
	wantJSON(t, "http_1", invoke(t, a, golden(t, "http_1")))
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
		wantJSON(t, name+"_deny", invoke(t, deny(false), golden(t, name)))
	}
	wantJSON(t, "http_2_simple_deny", invoke(t, deny(true), golden(t, "http_2")))
}

// This is how Lambda calls an Authorizer that lambda.Start was given.
func TestAnAuthorizerIsALambdaHandler(t *testing.T) {
	handler := lambda.NewHandler(newAuthorizer(t, nil))
	for name := range kinds {
		answer, err := handler.Invoke(context.Background(), golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, name, json.RawMessage(answer))
	}
}

func TestWhatFollowsTheEventIsIgnored(t *testing.T) {
	a := newAuthorizer(t, nil)
	for name := range kinds {
		for _, more := range []string{"\n", "x", "{}", string(golden(t, "http_2"))} {
			wantJSON(t, name, invoke(t, a, append(golden(t, name), more...)))
		}
	}
}

// Whatever stands in an event, both doors read it with one pair of eyes: what Invoke
// answers is what Decide answers to the request that ParseRequest reads of it.
func TestInvokeAndDecideDecideAlike(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.OnInvalid = authorizer.Deny
		c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			return policy.New(t.Subject, r.ARN).
				AllowMethodWithConditions("*", "*", policy.Conditions{"StringEquals": {"aws:UserAgent": "shop/1.0"}}).
				AllowMethodWithConditions("*", "*", policy.Conditions{"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}).
				Context("route", r.Route).Context("header", first(r.Header("x-tenant"))).Context("query", first(r.Query("expand"))).
				Build()
		}
	})
	random := rand.New(rand.NewPCG(2026, 11))
	agreed := map[bool]int{}
	for name := range kinds {
		event := golden(t, name)
		for i := range 2000 {
			mutant := bytes.Clone(event)
			for range i % 4 { // none at first
				mutant[random.IntN(len(mutant))] = "\"{}[]:,01AZaz$/. \\"[random.IntN(18)]
			}
			if r, err := authorizer.ParseRequest(mutant); err == nil && r.Kind == authorizer.AppSync {
				continue // by two changed names; Decide has no answer for it
			}
			got, gotErr := a.Invoke(context.Background(), mutant)
			answer, err := decide(context.Background(), a, mutant)
			var want []byte
			if err == nil {
				want, _ = json.Marshal(answer)
			}
			if !bytes.Equal(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(err) {
				t.Fatalf("of %s\nInvoke: %s, %v\nDecide: %s, %v", mutant, got, gotErr, want, err)
			}
			agreed[err == nil]++
		}
	}
	if agreed[true] < 1000 || agreed[false] < 1000 {
		t.Errorf("answers and errors: %v", agreed)
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func TestDecideOfNoRequestIsAFailure(t *testing.T) {
	var got authorizer.Outcome
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	})
	if answer, err := a.Decide(context.Background(), nil); answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || got.Decision != authorizer.Failed {
		t.Errorf("got %v, %v, %+v", answer, err, got)
	}
}

type readyVerifier struct {
	verifierFunc
	err error
}

func (v readyVerifier) Ready(context.Context) error { return v.err }

// asked is a verifier and a binding, and keeps the contexts in which it was asked.
type asked struct{ contexts map[string]context.Context }

func (a asked) Ready(ctx context.Context) error {
	a.contexts["Ready"] = ctx
	return nil
}

func (a asked) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	a.contexts["Verify"] = ctx
	return acceptGood.Verify(ctx, token)
}

func (a asked) Check(ctx context.Context, _ binding.Request, _ *verifier.Token) error {
	a.contexts["Check"] = ctx
	return nil
}

func TestAllAreAskedInTheContextOfTheEvent(t *testing.T) {
	type key struct{}
	for name, asks := range map[string]string{"http_2": "Policy", "rest_token": "Policy", "appsync": "Fields"} {
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "x"))
		all := asked{map[string]context.Context{}}
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Verifier, c.Binding = all, all
			c.Policy = func(ctx context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
				all.contexts["Policy"] = ctx
				return authorizer.AllowStage(ctx, r, t)
			}
			c.Fields = func(ctx context.Context, r *authorizer.Request, t *verifier.Token) ([]string, error) {
				all.contexts["Fields"] = ctx
				return nil, nil
			}
			c.Context = func(ctx context.Context, _ *authorizer.Request, _ *verifier.Token) (map[string]any, error) {
				all.contexts["Context"] = ctx
				return nil, nil
			}
			c.Observer = func(ctx context.Context, _ authorizer.Outcome) { all.contexts["Observer"] = ctx }
		})
		if err := a.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Invoke(ctx, golden(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(all.contexts) != 6 || all.contexts[asks] == nil {
			t.Errorf("%s: asked: %v", name, all.contexts)
		}
		for who, got := range all.contexts {
			if got.Value(key{}) != "x" || got.Err() != nil {
				t.Errorf("%s, %s: got %v, %v", name, who, got.Value(key{}), got.Err())
			}
		}
		cancel()
		for who, got := range all.contexts {
			if !errors.Is(got.Err(), context.Canceled) {
				t.Errorf("%s, %s goes on when the invocation has ended", name, who)
			}
		}
	}
}

func TestReadyAsksTheVerifier(t *testing.T) {
	for _, want := range []error{nil, errOutage} {
		a := newAuthorizer(t, func(c *authorizer.Config) { c.Verifier = readyVerifier{acceptGood, want} })
		if err := a.Ready(context.Background()); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if err := newAuthorizer(t, nil).Ready(context.Background()); err != nil {
		t.Errorf("a verifier that is always ready: %v", err)
	}
	for _, a := range []*authorizer.Authorizer{nil, new(authorizer.Authorizer)} {
		if err := a.Ready(context.Background()); err == nil || !strings.Contains(err.Error(), "zero Authorizer") {
			t.Errorf("an authorizer that nobody made: %v", err)
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
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := a.Invoke(context.Background(), []byte(event))
			if answer != nil || err == nil || err.Error() == "Unauthorized" || errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("got %v, %v", answer, err)
			}
			if err != nil && strings.Contains(err.Error(), "good.token") {
				t.Errorf("the error shows the event: %v", err)
			}
		})
	}
}

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
		"time in seconds": {
			policy.Conditions{"NumericLessThan": {"aws:EpochTime": "1800000001"}}, map[string]bool{"rest_token": true, "http_2": true},
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
			if _, err := decide(context.Background(), a, golden(t, event)); err != nil {
				t.Fatal(err)
			}
			if (got.Decision == authorizer.Allowed) != want {
				t.Errorf("%s of %s: %s, want allowed %v", name, event, got.Decision, want)
			}
		}
	}
}

// The address that a private API's event tells is one of the VPC.
func TestConditionsOfPrivateAPIsAreOnTheVPC(t *testing.T) {
	for name, test := range map[string]struct {
		condition policy.Conditions
		private   bool // whether it holds on a private API
		public    bool
	}{
		"address":       {policy.Conditions{"IpAddress": {"aws:SourceIp": "198.51.100.23"}}, false, true},
		"VPC's address": {policy.Conditions{"IpAddress": {"aws:VpcSourceIp": "198.51.100.23"}}, true, false},
		"VPC":           {policy.Conditions{"StringEquals": {"aws:SourceVpc": "vpc-1"}}, true, false},
		"endpoint":      {policy.Conditions{"StringEquals": {"aws:SourceVpce": "vpce-1"}}, true, false},
	} {
		public := string(golden(t, "rest_request"))
		private := strings.Replace(public, `"apiKey": null`, `"apiKey": null, "vpcId": "vpc-1", "vpceId": "vpce-1"`, 1)
		for event, want := range map[string]bool{public: test.public, private: test.private} {
			var got authorizer.Outcome
			a := newAuthorizer(t, func(c *authorizer.Config) {
				c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
				c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
					return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", test.condition).Build()
				}
			})
			if _, err := decide(context.Background(), a, []byte(event)); err != nil {
				t.Fatal(err)
			}
			if (got.Decision == authorizer.Allowed) != want {
				t.Errorf("%s: %s, private %v, want allowed %v", name, got.Decision, event == private, want)
			}
		}
	}
}

// The user agent of format 2.0 stands in its request context, and in its headers.
func TestAConditionOnTheUserAgentHoldsWhereverTheEventHasIt(t *testing.T) {
	for _, simple := range []bool{false, true} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.EnableSimpleResponses = simple
			c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
				return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", policy.Conditions{
					"StringEquals": {"aws:UserAgent": "shop/1.0"},
				}).Build()
			}
		})
		event := `{"version":"2.0","type":"REQUEST","routeArn":"arn:aws:execute-api:eu-central-1:210987654321:h2bn6wr8df/$default/GET/orders/7",` +
			`"headers":{"authorization":"Bearer good.token","user-agent":"shop/1.0"},"requestContext":{"http":{"method":"GET"}}}`
		answer := invoke(t, a, []byte(event))
		if !bytes.Contains(answer, []byte(`"Allow"`)) && !bytes.Contains(answer, []byte(`"isAuthorized":true`)) {
			t.Errorf("simple %v: %s", simple, answer)
		}
	}
}

// Whoever makes a request by hand can forget the ARN: that is no caller's fault.
func TestADenialThatCannotBeWrittenIsAFailure(t *testing.T) {
	for _, onInvalid := range []authorizer.Refusal{authorizer.Deny, authorizer.DenyCertain} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.OnInvalid = onInvalid
			c.Extract = func(*authorizer.Request) (string, error) { return "an.expired.token", nil }
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return nil, &verifier.Error{Reason: verifier.Expired}
			})
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		answer, err := a.Decide(context.Background(), &authorizer.Request{})
		if answer != nil || err == nil || err.Error() == "Unauthorized" || errors.Is(err, verifier.ErrInvalidToken) || got.Decision != authorizer.Failed || got.Err == nil {
			t.Errorf("got %v, %v, %+v", answer, err, got)
		}
	}
}
