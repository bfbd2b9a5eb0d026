package authorizertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
)

func TestABadTokenIsRefusedByAJWTAuthorizerAndTheHeaderSaysWhy(t *testing.T) {
	key, other := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "1", "RS256", "b")
	second := rsaKey(t, "2", "RS384", "b")
	curve, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	curve = curve.WithKid("ec")
	secret, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	secret = secret.WithKid("1")
	l := newLogin(t, key, second, curve)
	good := l.token(key, nil)
	header, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	now := l.now.Unix()
	with := func(changes map[string]any) string { return l.token(key, changes) }
	under := func(header string) string { return l.signed(key, header, l.claims(nil)) }
	saying := func(payload string) string { return l.signed(key, `{"alg":"RS256","kid":"1"}`, payload) }
	const known = `{"kid":"1","alg":"none"` // so far
	deep := func(begin string, levels int) string {
		return begin + `,"x":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + "}"
	}
	wide := func(begin string, more int) string {
		for i := range more {
			begin += fmt.Sprintf(`,"x%d":0`, i)
		}
		return begin + "}"
	}
	const (
		malformed = "the token is malformed"
		segments  = "token contains an invalid number of segments"
		method    = "the token does not have a valid signing method"
		kid       = "the token does not have a valid kid"
		unsigned  = "the token does not have a valid signature"
		issuer    = "the token does not have a valid issuer"
		audience  = "the token does not have a valid audience"
		expired   = "the token has expired"
		early     = "the token is not valid yet"
	)
	for _, test := range []struct{ name, token, want string }{
		{"no token at all", "not-a-token", segments},
		{"Bearer and nothing else", "Bearer", segments},
		{"two segments", header + "." + payload, segments},
		{"four segments", good + ".a", segments},
		{"two tokens", good + "," + good, segments},
		{"bearer in lower case", "bearer " + good, malformed},
		{"another scheme", "Basic " + good, malformed},
		{"two spaces", "Bearer  " + good, malformed},
		{"Bearer twice", "Bearer Bearer " + good, malformed},
		{"no signature", header + "." + payload + ".", malformed},
		{"a header that is no base64", "a*." + payload + "." + signature, malformed},
		{"padding", header + "=." + payload + "." + signature, malformed},
		{"a header that is no JSON", under(`{"alg":"RS256","kid":"1"`), malformed},
		{"a header that is a list", under(`["RS256","1"]`), malformed},
		{"two kids", under(`{"alg":"RS256","kid":"2","kid":"1"}`), malformed},
		{"crit", under(`{"alg":"RS256","kid":"1","crit":["x"],"x":1}`), malformed},
		{"b64", under(`{"alg":"RS256","kid":"1","b64":false}`), malformed},

		{"a header of 8 levels", under(deep(known, 8)), method},
		{"a header of 9 levels", under(deep(known, 9)), malformed},
		{"a header of 64 members", under(wide(known, 62)), method},
		{"a header of 65 members", under(wide(known, 63)), malformed},

		{"alg none", segment(t, `{"alg":"none","kid":"1"}`) + "." + payload + ".AA", method},
		{"no alg", under(`{"kid":"1"}`), method},
		{"an alg that is no string", under(`{"alg":["RS256"],"kid":"1"}`), method},
		{"an alg in lower case", under(`{"alg":"rs256","kid":"1"}`), method},
		{"HS256", l.signed(secret, `{"alg":"HS256","kid":"1"}`, l.claims(nil)), method},
		{"a key on a curve", l.signed(curve, `{"alg":"ES256","kid":"ec"}`, l.claims(nil)), method},
		{"an RSA algorithm other than the key's", under(`{"alg":"RS512","kid":"1"}`), method},
		{"an RSA algorithm for a key on a curve", under(`{"alg":"RS256","kid":"ec"}`), method},

		{"no kid", under(`{"alg":"RS256"}`), kid},
		{"an empty kid", under(`{"alg":"RS256","kid":""}`), kid},
		{"a kid that is no string", under(`{"alg":"RS256","kid":1}`), kid},
		{"a kid that is not published", under(`{"alg":"RS256","kid":"3"}`), kid},
		{"the kid of another key", under(`{"alg":"RS384","kid":"2"}`), unsigned},
		{"another's signature", l.token(other, nil), unsigned},
		{"another's payload", header + "." + segment(t, l.claims(map[string]any{"sub": "admin"})) + "." + signature, unsigned},
		{"half a signature", header + "." + payload + "." + signature[:len(signature)/2&^3], unsigned},

		{"a payload that is no JSON", saying(`x`), malformed},
		{"a payload that is null", saying(`null`), malformed},
		{"a claim twice", saying(`{"iss":"` + loginURL + `","aud":"orders","exp":1,"exp":9999999999}`), malformed},
		{"32 levels of claims", saying(deep(`{"iss":"x"`, 32)), issuer},
		{"33 levels of claims", saying(deep(`{"iss":"x"`, 33)), malformed},
		{"invalid UTF-8", saying("{\"sub\":\"\xff\"}"), malformed},

		{"another issuer", with(map[string]any{"iss": "https://login.example.org"}), issuer},
		{"no issuer", with(map[string]any{"iss": nil}), issuer},
		{"an issuer with a slash more", with(map[string]any{"iss": loginURL + "/"}), issuer},
		{"an issuer in capitals", with(map[string]any{"iss": strings.ToUpper(loginURL)}), issuer},
		{"a list of issuers", with(map[string]any{"iss": []string{loginURL}}), issuer},
		{"an issuer of another spelling, ISS", with(map[string]any{"iss": nil, "ISS": loginURL}), issuer},

		{"another audience", with(map[string]any{"aud": "else"}), audience},
		{"no audience", with(map[string]any{"aud": nil}), audience},
		{"an empty list of audiences", with(map[string]any{"aud": []string{}}), audience},
		{"an audience of null", saying(`{"iss":"` + loginURL + `","aud":null,"client_id":"orders","exp":1700003600}`), audience},
		{"a list with a number among audiences", with(map[string]any{"aud": []any{"orders", 1}}), audience},
		{"audiences joined by spaces", with(map[string]any{"aud": "orders billing"}), audience},
		{"another aud beside the right client_id", with(map[string]any{"aud": "else", "client_id": "orders"}), audience},
		{"another client_id and no aud", with(map[string]any{"aud": nil, "client_id": "else"}), audience},
		{"an empty client_id and no aud", with(map[string]any{"aud": nil, "client_id": ""}), audience},
		{"a list of client_ids and no aud", with(map[string]any{"aud": nil, "client_id": []string{"orders"}}), audience},

		{"expired a second ago", with(map[string]any{"exp": now - 1}), expired},
		{"expires now", with(map[string]any{"exp": now}), expired},
		{"no exp", with(map[string]any{"exp": nil}), expired},
		{"an exp that is a string", with(map[string]any{"exp": "9999999999"}), expired},
		{"an exp beyond all clocks", with(map[string]any{"exp": json.Number("1e300")}), expired},
		{"an exp in milliseconds", with(map[string]any{"exp": now * 1000}), expired},
		{"nbf in a second", with(map[string]any{"nbf": now + 1}), early},
		{"iat in a second", with(map[string]any{"iat": now + 1}), early},
		{"iat in a part of a second", with(map[string]any{"iat": json.Number("1700000000.5")}), early},
		{"an nbf that is a string", with(map[string]any{"nbf": "0"}), early},
		{"a negative iat", with(map[string]any{"iat": -1}), early},
		{"an nbf of null", saying(`{"iss":"` + loginURL + `","aud":"orders","exp":1700003600,"nbf":null}`), early},
	} {
		var told []authorizertest.Invocation
		cfg := l.config()
		cfg.Observer = func(i authorizertest.Invocation) { told = append(told, i) }
		g := newGateway(t, cfg)
		wantRefused(t, test.name, call(g, "/orders", test.token), 401, invalidToken(test.want))
		wantRefused(t, test.name+", for a route with scopes", call(g, "/admin", test.token), 401, invalidToken(test.want))
		if len(told) != 2 || told[0].Err == nil || told[0].Err.Error() != test.want {
			t.Errorf("%s: the observer was told %v", test.name, told)
		}
		if got := call(g, "/orders", good); got.StatusCode != 200 {
			t.Errorf("a good token after %s: %d", test.name, got.StatusCode)
		}
	}
}

// A key without kid goes by its thumbprint elsewhere. API Gateway knows no thumbprints.
func TestAKeyThatIsPublishedWithoutAKidServesNoToken(t *testing.T) {
	key := rsaKey(t, "", "RS256", "a") // its kid is the thumbprint
	l := newLogin(t, key)
	l.answer = instead(jwksURL, withoutMember(t, l, "kid"))
	wantRefused(t, "the thumbprint", call(l.gateway(), "/orders", l.token(key, nil)), 401, invalidToken("the token does not have a valid kid"))
}

// A JWK need not name its algorithm; then it is RS256's.
func TestAKeyThatIsPublishedWithoutAnAlgServesRS256(t *testing.T) {
	key, longer := rsaKey(t, "1", "RS256", "a"), rsaKey(t, "1", "RS512", "a")
	l := newLogin(t, key)
	l.answer = instead(jwksURL, withoutMember(t, l, "alg"))
	g := l.gateway()
	if got := call(g, "/orders", l.token(key, nil)); got.StatusCode != 200 {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	wantRefused(t, "RS512", call(g, "/orders", l.token(longer, nil)), 401, invalidToken("the token does not have a valid signing method"))
}

// Nothing but the token itself passes, and nothing panics.
func FuzzATokenThatIsNotTheIssuersOwnIsRefused(f *testing.F) {
	key := rsaKey(f, "1", "RS256", "a")
	l := newLogin(f, key)
	g := l.gateway()
	good := l.token(key, map[string]any{"scope": "admin", "groups": []any{"a", 1, nil}})
	header, rest, _ := strings.Cut(good, ".")
	f.Add(good)
	f.Add(header + "." + rest + "=")
	f.Add(header + ".e30." + rest)
	f.Add("Bearer " + header + ".e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		if len(token) > 10_000 {
			return // refused for its length
		}
		want := 401
		if token == good || token == bearer(good) {
			want = 200
		}
		for _, path := range []string{"/orders", "/admin"} {
			if got := call(g, path, token); got.StatusCode != want {
				t.Errorf("%s, %q: got %d", path, token, got.StatusCode)
			}
		}
	})
}

// Whatever an issuer signs is handed on or refused, without a panic.
func FuzzAnyClaimsCanBeHandedOn(f *testing.F) {
	key := rsaKey(f, "1", "RS256", "a")
	l := newLogin(f, key)
	cfg := l.config()
	cfg.Routes = []authorizertest.Route{{Key: "GET /orders", Handler: func(context.Context, json.RawMessage) (any, error) {
		return map[string]any{"statusCode": 200}, nil
	}}}
	g := newGateway(f, cfg)
	base := `{"iss":"` + loginURL + `","aud":"orders","exp":1700003600,"x":`
	for _, value := range []string{`1}`, `"a"}`, `[null,{"a":[true]}]}`, `{"a":1e400}}`, `"\ud800"}`} {
		f.Add(base + value)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if payload == "" || len(payload) > 7_000 {
			return // refused for their length
		}
		l.t = t
		got := call(g, "/orders", l.signed(key, `{"alg":"RS256","kid":"1"}`, payload))
		if got.StatusCode != 200 && got.StatusCode != 401 {
			t.Errorf("%s: got %d", payload, got.StatusCode)
		}
	})
}
