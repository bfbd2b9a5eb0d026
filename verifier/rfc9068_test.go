package verifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// The access token of RFC 9068 section 2.2.3.1, with these tests' algorithm and times.
const (
	accessHeader  = `{"typ":"at+JWT","alg":"HS256","kid":"RjEwOwOA"}`
	accessPayload = `{"iss":"https://authorization-server.example.com/","sub":"5ba552d67","aud":"https://rs.example.com/",
		"exp":1700000060,"iat":1700000000,"jti":"dbe39bf3a3ba4238a513f51d6e1691c4","client_id":"s6BhdRkqt3","scope":"openid profile reademail"}`
)

func newRFC9068(t testing.TB, source keys.VerificationSource, change func(*verifier.Config)) *verifier.Local {
	t.Helper()
	cfg := verifier.Config{Keys: source, Issuer: "https://authorization-server.example.com/", Audience: []string{"https://rs.example.com/"}, Now: clock}
	if change != nil {
		change(&cfg)
	}
	v, err := verifier.NewRFC9068(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAnAccessTokenOfRFC9068IsAcceptedUnderEverySpellingOfItsType(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, setting := range []string{"", "at+jwt", "application/at+jwt", "AT+JWT"} {
		v := newRFC9068(t, key, func(c *verifier.Config) { c.Type = setting })
		for _, typ := range []string{"at+jwt", "at+JWT", "AT+JWT", "application/at+jwt", "Application/AT+JWT"} {
			got, err := v.Verify(context.Background(), forge(t, key, `{"alg":"HS256","typ":"`+typ+`"}`, accessPayload))
			if err != nil || got.Subject != "5ba552d67" || len(got.Scopes()) != 3 {
				t.Errorf("typ %s, Config.Type %q: got %v, %v", typ, setting, got, err)
			}
		}
	}
}

func TestATokenOfAnotherTypeIsNoAccessTokenOfRFC9068(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newRFC9068(t, key, nil)
	for name, head := range map[string]string{
		"an ID token":                `{"alg":"HS256","typ":"JWT"}`,
		"without typ":                `{"alg":"HS256"}`,
		"typ empty":                  `{"alg":"HS256","typ":""}`,
		"typ at":                     `{"alg":"HS256","typ":"at"}`,
		"typ with white space":       `{"alg":"HS256","typ":" at+jwt"}`,
		"typ with a parameter":       `{"alg":"HS256","typ":"at+jwt;x=y"}`,
		"typ of another tree":        `{"alg":"HS256","typ":"text/at+jwt"}`,
		"typ in application twice":   `{"alg":"HS256","typ":"application/application/at+jwt"}`,
		"a logout token":             `{"alg":"HS256","typ":"logout+jwt"}`,
		"the type in cty, not typ":   `{"alg":"HS256","cty":"at+jwt"}`,
		"the type under a near name": `{"alg":"HS256","TYP":"at+jwt"}`,
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusedFor(t, v, forge(t, key, head, accessPayload), verifier.WrongType, "")
		})
	}
	for name, head := range map[string]string{
		"typ twice":  `{"alg":"HS256","typ":"at+jwt","typ":"at+jwt"}`,
		"typ a list": `{"alg":"HS256","typ":["at+jwt"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusedFor(t, v, forge(t, key, head, accessPayload), verifier.Malformed, "")
		})
	}
}

func TestAnAccessTokenOfRFC9068MustHaveAllItsClaims(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newRFC9068(t, key, nil)
	for _, test := range []struct {
		name, old, replacement string
		want                   verifier.Reason
		claim                  string
	}{
		{"no iss", `"iss":`, `"x":`, verifier.WrongIssuer, ""},
		{"no aud", `"aud":`, `"x":`, verifier.WrongAudience, ""},
		{"no exp", `"exp":`, `"x":`, verifier.MissingClaim, "exp"},
		{"no sub", `"sub":`, `"x":`, verifier.MissingClaim, "sub"},
		{"no iat", `"iat":`, `"x":`, verifier.MissingClaim, "iat"},
		{"no jti", `"jti":`, `"x":`, verifier.MissingClaim, "jti"},
		{"no client_id", `"client_id":`, `"x":`, verifier.MissingClaim, "client_id"},
		{"SUB for sub", `"sub":`, `"SUB":`, verifier.MissingClaim, "sub"},
		{"client_id misspelt", `"client_id":`, `"client_Id":`, verifier.MissingClaim, "client_id"},
		{"azp for client_id", `"client_id":`, `"azp":`, verifier.MissingClaim, "client_id"},

		{"sub empty", `"5ba552d67"`, `""`, verifier.MissingClaim, "sub"},
		{"jti empty", `"dbe39bf3a3ba4238a513f51d6e1691c4"`, `""`, verifier.MissingClaim, "jti"},
		{"client_id empty", `"s6BhdRkqt3"`, `""`, verifier.MissingClaim, "client_id"},
		{"client_id null", `"s6BhdRkqt3"`, `null`, verifier.MissingClaim, "client_id"},
		{"client_id a list", `"s6BhdRkqt3"`, `["s6BhdRkqt3"]`, verifier.WrongClaim, "client_id"},
		{"client_id a number", `"s6BhdRkqt3"`, `6`, verifier.WrongClaim, "client_id"},
		{"sub null", `"5ba552d67"`, `null`, verifier.Malformed, "sub"},
		{"sub a number", `"5ba552d67"`, `5`, verifier.Malformed, "sub"},
		{"iat a string", `1700000000`, `"1700000000"`, verifier.Malformed, "iat"},
		{"client_id twice", `"client_id":`, `"client_id":"x","client_id":`, verifier.Malformed, ""},

		{"another issuer", `server.example.com/"`, `server.example.com"`, verifier.WrongIssuer, ""},
		{"another audience", `"https://rs.example.com/"`, `["https://rs.example.org/"]`, verifier.WrongAudience, ""},
		{"expired", `1700000060`, `1700000000`, verifier.Expired, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload := swap(t, accessPayload, test.old, test.replacement)
			wantRefusedFor(t, v, forge(t, key, accessHeader, payload), test.want, test.claim)
		})
	}
}

func TestAnRFC9068TokenPassesTheUsersOwnSettingsToo(t *testing.T) {
	key := secret(t, "", "HS256")
	token := forge(t, key, accessHeader, accessPayload)
	asked := 0
	v := newRFC9068(t, key, func(c *verifier.Config) {
		c.Check = func(context.Context, *verifier.Token) error { asked++; return nil }
	})
	if _, err := v.Verify(context.Background(), token); err != nil || asked != 1 {
		t.Errorf("got %v after asking Check %d times", err, asked)
	}
	wantRefused(t, v, forge(t, key, accessHeader, swap(t, accessPayload, `"client_id":`, `"x":`)), verifier.MissingClaim)
	if asked != 1 {
		t.Errorf("Check saw a token that was refused anyway")
	}
	strict := newRFC9068(t, key, func(c *verifier.Config) { c.RequiredClaims = []string{"tenant"} })
	wantRefusedFor(t, strict, token, verifier.MissingClaim, "tenant")
	young := newRFC9068(t, key, func(c *verifier.Config) { c.MaxTokenAge = time.Second })
	wantRefusedFor(t, young, forge(t, key, accessHeader, swap(t, accessPayload, "1700000000", "1699999999")), verifier.TooOld, "")
}

func TestAnRFC9068VerifierThatCannotWorkSaysWhatToSet(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*verifier.Config)
		want   string
	}{
		"another type":                {func(c *verifier.Config) { c.Type = "JWT" }, `Config.Type is "JWT"`},
		"any issuer and another type": {func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck, c.Type = "", true, "JWT" }, "Config.SkipIssuerCheck"},
		"no audience":                 {func(c *verifier.Config) { c.Audience = nil }, "set Config.Audience"},
		"any audience":                {func(c *verifier.Config) { c.Audience, c.SkipAudienceCheck = nil, true }, "Config.SkipAudienceCheck"},
		"no issuer":                   {func(c *verifier.Config) { c.Issuer = "" }, "set Config.Issuer"},
		"any issuer":                  {func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true }, "Config.SkipIssuerCheck"},
		"no expiry":                   {func(c *verifier.Config) { c.AllowMissingExpiry = true }, "Config.AllowMissingExpiry"},
		"no keys":                     {func(c *verifier.Config) { c.Keys = nil }, "set Config.Keys"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := verifier.Config{Keys: secret(t, "", "HS256"), Issuer: issuer, Audience: []string{audience}}
			test.change(&cfg)
			v, err := verifier.NewRFC9068(cfg)
			if v != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v", v, err)
			}
		})
	}
}
