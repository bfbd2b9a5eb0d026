package authorizertest_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestAnOpenedRequestShowsHowItWasDecided(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	token := w.token("ann", "read write")
	w.call("GET /orders/7?expand=items", token, "")
	text := w.text("request?number=1")
	want(t, text,
		"1 GET /orders/7?expand=items", "Answer 200 OK", "Decided by authorizer allowed by statement 1", "Route GET /orders/{id}",
		"Policy", "behind arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/", "1 Allow decides execute-api:Invoke", "*/* matches",
		"iat issued now , 2 Jan 2030, 03:04:05 UTC", "exp expires in 15 min , 2 Jan 2030, 03:19:05 UTC",
		`"alg": "HS256"`, `"sub": "ann"`, `"scope": "read write"`, "Signature: ", "43 characters",
		`"principalId": "ann"`, "Log level=INFO msg=authorizer decision=allowed", "subject=ann",
		"Event that the authorizer got", `"type": "TOKEN"`, "not Body", "not time=",
	)
	w.forward(0)
}

func TestARequestThatTheCacheAnsweredSaysForWhichTheAnswerWasMade(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	token := w.token("ann", "")
	w.call("GET /orders", token, "")
	w.call("GET /orders/7", token, "")
	want(t, w.text(""), "2 GET /orders/7 GET /orders/{id} 403 Forbidden cache denied: no statement allows it")
	want(t, w.text("request?number=2"), "Decided by cache denied: no statement allows it", "Made for request 1 , GET /orders",
		"This answer was made for another route", "1 Allow execute-api:Invoke", "not decides", "not matches", "not Event")
	want(t, w.text("request?number=1"), "not Made for", "not another route")
}

func TestEachRefusalSaysWhoRefusedAndWhy(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	number := 0
	for _, test := range []struct {
		target, token string
		status        int
		want          string
	}{
		{"GET /orders", "", 401, "API Gateway an identity source is missing, or not as it must be"},
		{"GET /orders", "no.token", 401, "authorizer refused: malformed"},
		{"GET /nowhere", "", 403, "API Gateway no route takes this"},
		{"POST /login", "", 200, "no authorizer open to all"},
		{"GET /orders?" + strings.Repeat("x", 11000), "", 431, "API Gateway request header fields too large"},
	} {
		number++
		if got := w.call(test.target, test.token, ""); got != test.status {
			t.Errorf("%.20s: status %d", test.target, got)
		}
		want(t, w.text(fmt.Sprintf("request?number=%d", number)), fmt.Sprintf("Answer %d", test.status), "Decided by "+test.want)
	}
	want(t, w.text("request?number=2"), "Error Unauthorized: token is invalid: malformed", "reason=malformed")
}

func TestAStatementThatDeniesIsMarkedAndThoseThatAllowAreNot(t *testing.T) {
	answer := func(events.APIGatewayCustomAuthorizerRequest) (map[string]any, error) {
		arn := "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/"
		statement := func(effect string, more map[string]any, resources ...string) map[string]any {
			s := map[string]any{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resources}
			for name, value := range more {
				s[name] = value
			}
			return s
		}
		return map[string]any{"principalId": "ann", "policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
			statement("Allow", nil, "*"),
			statement("Deny", map[string]any{"Condition": map[string]any{"IpAddress": map[string]any{"aws:SourceIp": "192.0.2.0/24"}}}, "*"),
			statement("Deny", nil, arn+"GET/other", arn+"GET/orders/*"),
		}}}, nil
	}
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) { c.Authorizer = answer }, authorizertest.PanelConfig{})
	w.call("GET /orders/7", "opaque-reference-token", "")
	want(t, w.text("request?number=1"), "403 Forbidden", "authorizer denied by statement 3",
		"1 Allow execute-api:Invoke * 2 Deny execute-api:Invoke *", `"aws:SourceIp"`,
		"3 Deny decides execute-api:Invoke GET/other GET/orders/* matches")
	w.call("GET /orders", "opaque-reference-token", "")
	want(t, w.text("request?number=2"), "200 OK", "cache allowed by statement 1", "1 Allow decides execute-api:Invoke * matches")
}

func TestAFailureOfTheFunctionBehindIsNotTheAuthorizers(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Routes = []authorizertest.Route{{Key: "GET /orders", Handler: func() error { return errors.New("broken") }}}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	want(t, w.text("request?number=1"), "Answer 502", "authorizer allowed by statement 1", "not the authorizer failed")
}

func TestWhatASimpleAnswerAndAWebSocketAreAlsoShows(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.EnableSimpleResponses, c.CacheTTL = authorizer.HTTPFormat2, true, authorizertest.NoCache
		c.Authorizer = func(r events.APIGatewayV2CustomAuthorizerV2Request) (map[string]any, error) {
			return map[string]any{"isAuthorized": r.RawPath == "/orders"}, nil
		}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	w.call("GET /orders/7", w.token("ann", ""), "")
	want(t, w.text(""), "1 GET /orders 200 OK authorizer isAuthorized is true", "403 Forbidden authorizer isAuthorized is false")
	want(t, w.text("cache"), "There is none")
	want(t, w.text("access"), "(no principal)", "✓ isAuthorized is true", "✗ 403 isAuthorized is false")

	w = watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.Routes = authorizer.WebSocket, []authorizertest.Route{{Key: "$connect", Handler: http.NotFoundHandler()}}
	}, authorizertest.PanelConfig{})
	w.call("GET /", w.token("ann", ""), "")
	want(t, w.text(""), "1 GET / $connect 404 Not Found authorizer allowed by statement 1")
	want(t, w.text("access"), "✓ allowed by statement 1")
}

func TestThePanelShowsNeitherWholeTokensNorSecrets(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.IdentitySources, c.CacheTTL = authorizer.RESTRequest, []string{}, authorizertest.NoCache
	}, authorizertest.PanelConfig{})
	token := w.token("ann", "")
	signature := token[strings.LastIndexByte(token, '.')+1:]
	body := `{"user": "ann", "password": "grey owls 1", "new_password" : "grey owls 2", "nested": {"client_secret": "grey owls 3"},
		"list": {"passwords": ["grey owls 4", "x"]}, "secret": {"id": "grey owls 14", "value": "grey owls 15"}, "refresh_token": "grey owls 12", "token_type": "shown as it is", "token": "` + token + `", "ok": "visible"}`
	send := func(header map[string]string, path, body string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			req.Header.Set(name, value)
		}
		w.do(req)
	}
	send(nil, "/login", body)
	send(nil, "/login", `ok=visible level=INFO password="three grey owls" msg=done`)
	send(nil, "/login", "user=ann&refresh_token=greyowls13&password=grey+owls+5&secret=grey+owls+6&ok=visible")
	send(nil, "/login?password=greyowls7&access_token="+token+"&ok=visible", body[:len(body)-20])
	w.call("GET /orders?api_key=greyowls8&ok=visible", token, "")
	get := func(header map[string]string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/orders", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			req.Header.Set(name, value)
		}
		w.do(req)
	}
	basic := base64.StdEncoding.EncodeToString([]byte("ann:owl"))
	get(map[string]string{"Authorization": "Basic " + basic, "X-Api-Key": "greyowls9", "X-Ok": "visible"})
	get(map[string]string{"Authorization": "Bearer " + token + ".x", "Cookie": "session=greyowls10; t=" + token, "X-Ok": "visible"})
	get(map[string]string{"Authorization": "Bearer opaqueReferenceGreyowls11", "X-Ok": "visible"})
	for number := 1; number <= 8; number++ {
		text := w.page(fmt.Sprintf("request?number=%d", number))
		want(t, text, "visible", "not "+signature, "not "+signature[:12], "not grey owls", "not grey+owls", "not greyowls", "not Greyowls", "not "+basic)
	}
	want(t, w.text("request?number=1"), `"password": "[hidden]"`, `"refresh_token": "[hidden]"`, `"token_type": "shown as it is"`, `"token": "eyJhbG….….`+signature[:6], `"ok": "visible"`)
	want(t, w.page("access")+w.page("cache")+w.page(""), "not "+signature[:12], "not greyowls")
}

func TestAnAttackersTextStaysText(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	const script = `<script>alert(1)</script>`
	token := w.token(script, script)
	w.call(`POST /login?q=%22%3E%3Cscript%3E`, "", script)
	w.call("GET /orders/"+"%3Cscript%3Ealert(1)%3C%2Fscript%3E", token, "")
	unsigned := base64url(`{"alg":"none","x":"`+script+`"}`) + "." + base64url(`{"sub":"`+script+`"}`) + "."
	w.call("GET /orders", unsigned, "")
	w.call("GET /orders", base64url(`{"alg":"`)+"."+base64url(script)+"."+"x", "")
	for _, path := range []string{"", "request?number=1", "request?number=2", "request?number=3", "request?number=4", "access", "cache"} {
		want(t, w.page(path), "not <script>alert", `not "><script`)
	}
	want(t, w.page("request?number=2"), "&lt;script&gt;alert(1)&lt;/script&gt;")
	want(t, w.text("request?number=3"), `"x": "`+script, "refused: ", "Signature: none")
}

func TestOnlyTheLast500RequestsAreKept(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	for range 501 {
		w.call("POST /login", "", "")
	}
	text := w.page("")
	want(t, text, `<td class="number">501<`, `<td class="number">2<`, `not <td class="number">1<`)
	if got := strings.Count(text, `<td class="number">`); got != 500 {
		t.Errorf("%d rows", got)
	}
	res, err := http.Get(w.url + authorizertest.PanelPath + "request?number=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "the last 500") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestOfAPathTheFirst2KBAreKept(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	whole := "POST /login?" + strings.Repeat("x", 2048-len("/login?"))
	w.call(whole, "", "")
	want(t, w.text("request?number=1"), whole+" ", "not "+whole+"…")
	w.call(whole+"y", "", "")
	want(t, w.text("request?number=2"), whole+"…", "not "+whole+"y")
}

func TestOfABodyTheFirst64KBAreKept(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	w.call("POST /login", "", strings.Repeat("a", 64<<10)+"b")
	text := w.page("request?number=1")
	want(t, text, "65537 bytes, of which the first 64 KB are here", "not "+strings.Repeat("a", 64<<10)+"b")
	if got := strings.Count(text, strings.Repeat("a", 64<<10)); got != 2 {
		t.Errorf("%d bodies", got)
	}
	w.call("POST /login", "", "\x00\x01")
	want(t, w.text("request?number=2"), "Body that was sent, 2 bytes It is no text.")
}

func TestABodyInSeveralPiecesIsCutToo(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Routes = []authorizertest.Route{{Key: "GET /orders", NoAuthorizer: true, Handler: func(w http.ResponseWriter, _ *http.Request) {
			for _, letter := range []string{"a", "b", "c"} {
				io.WriteString(w, strings.Repeat(letter, 40<<10))
			}
		}}}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", "", "")
	want(t, w.page("request?number=1"), "122880 bytes, of which the first 64 KB", "a"+strings.Repeat("b", 24<<10)+"<", "not bbc")
}

func TestABodyIsIndentedUpTo32ListsDeep(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	w.call("POST /login", "", strings.Repeat("[", 32)+strings.Repeat("]", 32))
	want(t, w.text("request?number=1"), strings.Repeat("[ ", 31)+"[]")
	w.call("POST /login", "", strings.Repeat("[", 33)+strings.Repeat("]", 33))
	want(t, w.text("request?number=2"), strings.Repeat("[", 33))
}

func TestABodyOfDeepListsDoesNotGrowWhenItIsShown(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w.call("POST /login", "", strings.Repeat("[", 9000)+strings.Repeat("]", 9000))
	size := len(w.page("request?number=1"))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; size > 100_000 || used > 30<<20 {
		t.Errorf("a page of %d bytes took %d", size, used)
	}
}

func TestAHandlerBehindAPanelCanStillFlush(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind = authorizer.HTTPFormat2
		c.Routes = []authorizertest.Route{{Key: "GET /orders", NoAuthorizer: true, Handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
			w.(http.Flusher).Flush()
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}}}
	}, authorizertest.PanelConfig{})
	if got := w.call("GET /orders", "", ""); got != http.StatusAccepted {
		t.Errorf("status %d", got)
	}
	want(t, w.text(""), "202 Accepted")
}

func TestAFunctionBehindMayDoWithItsRequestAsItLikes(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Routes = []authorizertest.Route{{Key: "GET /orders", Handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "Basic "+r.Header.Get("Authorization"))
			r.Header.Del("Authorization")
			r.URL.Path, r.Method = "/elsewhere", "PUT"
		}}}
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", "read"), "")
	want(t, w.text("request?number=1"), "GET /orders Answer 200", `"sub": "ann"`, "not elsewhere")
	want(t, w.text("access"), "GET /orders ✓ allowed by statement 1 cache: ✓ allowed", "not elsewhere")
}
