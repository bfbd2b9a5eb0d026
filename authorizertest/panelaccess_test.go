package authorizertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestACellThatTheCacheAnswersDifferentlyIsMarked(t *testing.T) {
	asked := 0
	w := watch(t, func(ctx context.Context, r *authorizer.Request, token *verifier.Token) (*policy.Response, error) {
		asked++
		return onlyTheRequested(ctx, r, token)
	}, nil, authorizertest.PanelConfig{})
	token := w.token("ann", "read")
	w.call("GET /orders", token, "")
	text := w.text("access")
	want(t, text, "⚠ In 1 cell the cache says something else.", "ann read request 1",
		"GET /orders ✓ allowed by statement 1 cache: ✓ allowed by statement 1",
		"GET /orders/id GET /orders/{id} not called yet ✓ allowed by statement 1 cache: ✗ 403 denied: no statement allows it ⚠ the cache differs: made for GET /orders",
		"not /login")
	want(t, w.page("access"), `class="differs"`)
	if w.gateway.Calls() != 1 || asked != 3+2 {
		t.Errorf("%d calls counted, %d asked: want 1, and 1 with 2 for each of the two looks", w.gateway.Calls(), asked)
	}
	if text := w.logged.String(); len(text) == 0 || countLines(text) != 1 {
		t.Errorf("the log has what the panel asked: %s", text)
	}
	want(t, w.text(""), "not /orders/id")

	w.press("empty", nil, nil)
	want(t, w.page("access"), "not differs", "not cache:", "not says something else")
}

func countLines(text string) (n int) {
	for _, c := range text {
		if c == '\n' {
			n++
		}
	}
	return n
}

func TestACachedAnswerThatOutlivesItsTokenIsMarked(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) { c.CacheTTL = time.Hour }, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	want(t, w.page("access"), "not differs")
	w.forward(16 * time.Minute)
	want(t, w.text("access"), "✗ 401 refused: expired cache: ✓ allowed by statement 1 ⚠ the cache differs")
}

func TestCallersAreToldApartByPrincipalAndScopes(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	want(t, w.text("access"), "Nobody yet")
	w.call("GET /orders", "no.token", "")
	want(t, w.text("access"), "Nobody yet")
	w.call("GET /orders", w.token("ann", "write"), "")
	w.call("GET /orders", w.token("bob", "read"), "")
	w.call("GET /orders", w.token("ann", "read"), "")
	w.forward(time.Minute)
	w.call("GET /orders", w.token("ann", "read"), "")
	want(t, w.text("access"), "Route ann read request 5", "ann write request 2", "bob read request 3", "not request 4")
	text := w.text("access")
	if ann, bob := strings.Index(text, "ann write"), strings.Index(text, "bob read"); ann > bob {
		t.Errorf("they are not in order: %s", text)
	}
}

func TestTheCacheIsThatOfTheRouteWhereItsKeyNamesTheRoute(t *testing.T) {
	w := watch(t, onlyTheRequested, func(c *authorizertest.Config) {
		c.Kind = authorizer.HTTPFormat2
		c.IdentitySources = []string{"$request.header.Authorization", "$context.routeKey"}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	want(t, w.text("access"), "GET /orders ✓ allowed by statement 1 cache: ✓ allowed by statement 1 GET /orders/id GET /orders/{id} not called yet ✓ allowed by statement 1", "not differs")
	want(t, w.text("cache"), "· GET /orders", "ann")
}

func TestKeysThatAJWTAuthorizerGoesOnWithAreMarkedOnceTheyAreNotPublished(t *testing.T) {
	key, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		t.Fatal(err)
	}
	var publisher http.Handler
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { publisher.ServeHTTP(w, r) }))
	defer site.Close()
	publish := func(source keys.PublicSource) {
		if publisher, err = jwks.NewPublisher(jwks.PublisherConfig{Issuer: site.URL, Keys: source}); err != nil {
			t.Fatal(err)
		}
	}
	publish(key)
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.Authorizer = authorizer.HTTPFormat2, nil
		c.JWT = &authorizertest.JWTAuthorizer{Issuer: site.URL, Audience: []string{"api"}}
		c.Routes[1].Scopes = []string{"write"}
	}, authorizertest.PanelConfig{})
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: site.URL, Audience: []string{"api"}, Lifetime: time.Hour, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), "ann", map[string]string{"scope": "read"})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.call("GET /orders", token, ""); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	w.call("GET /orders/7", token, "")
	want(t, w.text(""), "200 OK JWT authorizer allowed", "403 Forbidden JWT authorizer denied: the token does not have a valid scope")
	want(t, w.text("request?number=1"), `"sub": "ann"`, "Context", "not Event", "not Policy")
	want(t, w.page("access"), "not differs")
	w.forward(time.Minute)
	want(t, w.text("cache"), site.URL+" "+key.Kid()+" 1 min 1 h 59 min")

	publish(other)
	want(t, w.text("access"), "✗ 401 refused: the token does not have a valid kid cache: ✓ allowed ⚠ the cache differs")
	w.press("empty", nil, nil)
	want(t, w.text("cache"), "It is empty")
	want(t, w.page("access"), "not differs", "not cache:")
	if got := w.call("GET /orders", token, ""); got != http.StatusUnauthorized {
		t.Errorf("status %d", got)
	}
}

func TestARouteThatNobodyHasCalledIsTriedByItsOwnNames(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind = authorizer.HTTPFormat2
		for _, key := range []string{"ANY /files/{proxy+}", "DELETE /orders/{id}/items/{item}", "$default"} {
			c.Routes = append(c.Routes, authorizertest.Route{Key: key, Handler: http.NotFoundHandler()})
		}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	want(t, w.text("access"), "GET /files/proxy ANY /files/{proxy+} not called yet ✓",
		"DELETE /orders/id/items/item DELETE /orders/{id}/items/{item} not called yet ✓", "GET / $default not called yet ✓")
	w.call("PUT /files/a/b", w.token("ann", ""), "")
	want(t, w.text("access"), "PUT /files/a/b ANY /files/{proxy+} ✓", "not /files/proxy")
	for _, path := range []string{"1", "2", "3", "4", "5", "3"} {
		w.call("GET /orders/"+path, w.token("ann", ""), "")
	}
	want(t, w.text("access"), "GET /orders/2 ", "GET /orders/3 ", "GET /orders/4 ", "GET /orders/5 ", "not GET /orders/1 ")
}

func TestAnAuthorizerThatHangsHoldsUpThePageForThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := false
		answer := func(ctx context.Context, e events.APIGatewayCustomAuthorizerRequest) (*policy.Response, error) {
			if hang {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			arn, err := policy.ParseARN(e.MethodArn)
			if err != nil {
				return nil, err
			}
			return policy.New("ann", arn).AllowAllMethods().Build()
		}
		gateway, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: answer, CacheTTL: authorizertest.NoCache,
			Routes: []authorizertest.Route{{Key: "GET /a", Handler: http.NotFoundHandler()}, {Key: "GET /b", Handler: http.NotFoundHandler()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		panel := gateway.Panel(authorizertest.PanelConfig{})
		send := func(handler http.Handler, path string) string {
			req := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			req.Host, req.RemoteAddr = "localhost", "127.0.0.1:5000"
			req.Header.Set("Authorization", "opaque-reference-token")
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			return res.Body.String()
		}
		send(gateway, "/a")
		hang = true
		start := time.Now()
		text := send(panel, authorizertest.PanelPath+"access")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		want(t, text, "the authorizer failed", "tried: the others took too long")
	})
}

func TestRESTsOwnJWTAuthorizerIsTriedWithTheKeysPublishedNow(t *testing.T) {
	key, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		t.Fatal(err)
	}
	var publisher http.Handler
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { publisher.ServeHTTP(w, r) }))
	defer site.Close()
	if publisher, err = jwks.NewPublisher(jwks.PublisherConfig{Issuer: site.URL, Keys: key}); err != nil {
		t.Fatal(err)
	}
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.Authorizer = authorizer.RESTRequest, nil
		c.RESTJWT = &authorizertest.RESTJWTAuthorizer{
			Issuers: []authorizertest.JWTIssuer{{Issuer: site.URL, Audiences: []string{"api"}}}, DefaultAlgorithms: []string{"RS256"},
		}
	}, authorizertest.PanelConfig{})
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: site.URL, Audience: []string{"api"}, Lifetime: time.Hour, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), "ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.call("GET /orders", token, ""); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	want(t, w.text("access"), "GET /orders ✓ allowed cache: ✓ allowed", "not differs")
	publisher = http.NotFoundHandler()
	want(t, w.text("access"), "✗ 401 refused: ", "cache: ✓ allowed ⚠ the cache differs")
	w.forward(time.Hour) // the keys are too old by now, and would have to be fetched
	want(t, w.text("access"), "✗ 401 refused: ", "not cache:", "not differs")
	want(t, w.text("cache"), "It is empty")
}

func TestTheLastTwelveCallersAreTried(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	for number := range 14 {
		w.call("GET /orders", w.token(fmt.Sprintf("caller-%02d.", number), ""), "")
	}
	want(t, w.text("access"), "caller-02.", "caller-13.", "not caller-00.", "not caller-01.")
}
