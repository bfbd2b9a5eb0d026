package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	pool     = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
	app      = "1example23456789"
	otherApp = "2example23456789"
	resource = "https://api.example.com"
)

// The tokens that Amazon Cognito's developer guide shows, with the times of these tests.
const (
	cognitoHeader = `{"kid":"1234example=","alg":"HS256"}`

	cognitoAccess = `{"sub":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","device_key":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
		"cognito:groups":["testgroup"],"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE","version":2,
		"client_id":"1example23456789","origin_jti":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","event_id":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
		"token_use":"access","scope":"phone openid profile resourceserver.1/appclient2 email","auth_time":1700000000,
		"exp":1700003600,"iat":1700000000,"jti":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","username":"my-test-user"}`

	cognitoID = `{"sub":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","cognito:groups":["test-group-a","test-group-b"],"email_verified":true,
		"cognito:preferred_role":"arn:aws:iam::111122223333:role/my-test-role",
		"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE","cognito:username":"my-test-user",
		"nonce":"abcdefg","origin_jti":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","aud":"1example23456789",
		"identities":[{"userId":"amzn1.account.EXAMPLE","providerName":"LoginWithAmazon","primary":"true"}],
		"event_id":"64f513be-32db-42b0-b78e-b02127b4f463","token_use":"id","auth_time":1700000000,"exp":1700003600,
		"iat":1700000000,"jti":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","email":"my-test-user@example.com"}`
)

// a preset is one of the constructors under test, for app and otherApp.
type preset = func(verifier.Config) (*verifier.Local, error)

func newCognitoAccess(cfg verifier.Config) (*verifier.Local, error) {
	return verifier.NewCognitoAccess(cfg, app, otherApp)
}

func newCognitoID(cfg verifier.Config) (*verifier.Local, error) {
	return verifier.NewCognitoID(cfg, app, otherApp)
}

// newCognito makes a verifier of the pool's tokens, changed by the given function.
func newCognito(t testing.TB, newPreset preset, source keys.VerificationSource, change func(*verifier.Config)) *verifier.Local {
	t.Helper()
	cfg := verifier.Config{Keys: source, Issuer: pool, Now: clock}
	if change != nil {
		change(&cfg)
	}
	v, err := newPreset(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// swap replaces a part of a claims set, which must be there.
func swap(t testing.TB, payload, old, replacement string) string {
	t.Helper()
	if strings.Count(payload, old) != 1 {
		t.Fatalf("%s is not there once", old)
	}
	return strings.Replace(payload, old, replacement, 1)
}

func boundTo(resources ...string) func(*verifier.Config) {
	return func(c *verifier.Config) { c.Audience = resources }
}

func TestACognitoTokenIsAccepted(t *testing.T) {
	key := secret(t, "", "HS256")
	addAud := func(aud string) string { return swap(t, cognitoAccess, `"version":2`, `"version":2,"aud":`+aud) }
	for _, test := range []struct {
		name, header, payload string
		newPreset             preset
		change                func(*verifier.Config)
	}{
		{name: "access, as in the developer guide", newPreset: newCognitoAccess, payload: cognitoAccess},
		{name: "access, with typ JWT", newPreset: newCognitoAccess, payload: cognitoAccess, header: `{"alg":"HS256","typ":"JWT"}`},
		{name: "access, of the second app client", newPreset: newCognitoAccess, payload: swap(t, cognitoAccess, app, otherApp)},
		{name: "access, with its client ID as aud", newPreset: newCognitoAccess, payload: addAud(`"` + app + `"`)},
		{name: "access, bound to this resource", newPreset: newCognitoAccess, payload: addAud(`"` + resource + `"`), change: boundTo(resource)},
		{name: "access, bound to this resource among others", newPreset: newCognitoAccess,
			payload: addAud(`["https://x.example.com","` + resource + `"]`), change: boundTo("https://y.example.com", resource)},
		{name: "ID, as in the developer guide", newPreset: newCognitoID, payload: cognitoID},
		{name: "ID, of the second app client", newPreset: newCognitoID, payload: swap(t, cognitoID, app, otherApp)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.header == "" {
				test.header = cognitoHeader
			}
			v := newCognito(t, test.newPreset, key, test.change)
			got, err := v.Verify(context.Background(), forge(t, key, test.header, test.payload))
			if err != nil || got.Issuer != pool || got.Subject != "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestAMachinesTokenIsAccepted(t *testing.T) {
	key := secret(t, "", "HS256")
	payload := `{"sub":"1example23456789","token_use":"access","scope":"resourceserver.1/appclient2","auth_time":1700000000,
		"iss":"` + pool + `","exp":1700003600,"iat":1700000000,"version":2,"jti":"x","client_id":"1example23456789"}`
	v := newCognito(t, newCognitoAccess, key, nil)
	got, err := v.Verify(context.Background(), forge(t, key, cognitoHeader, payload))
	if err != nil || got.Subject != app || len(got.Scopes()) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestACognitoTokenIsRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	const use, client = `"token_use":"access"`, `"client_id":"1example23456789"`
	access := func(old, replacement string) string { return swap(t, cognitoAccess, old, replacement) }
	id := func(old, replacement string) string { return swap(t, cognitoID, old, replacement) }
	addAud := func(aud string) string { return access(`"version":2`, `"version":2,"aud":`+aud) }
	for _, test := range []struct {
		name      string
		newPreset preset
		change    func(*verifier.Config)
		payload   string
		want      verifier.Reason
		claim     string
	}{
		{"an ID token offered as access token", newCognitoAccess, nil, cognitoID, verifier.WrongClaim, "token_use"},
		{"an ID token with a client_id offered as access token", newCognitoAccess, nil, id(`"nonce"`, client+`,"nonce"`), verifier.WrongClaim, "token_use"},
		{"an access token offered as ID token", newCognitoID, nil, cognitoAccess, verifier.WrongClaim, "token_use"},
		{"an access token with an aud offered as ID token", newCognitoID, nil, addAud(`"` + app + `"`), verifier.WrongClaim, "token_use"},

		{"access, without token_use", newCognitoAccess, nil, access(use, `"x":1`), verifier.MissingClaim, "token_use"},
		{"access, token_use null", newCognitoAccess, nil, access(use, `"token_use":null`), verifier.MissingClaim, "token_use"},
		{"access, token_use empty", newCognitoAccess, nil, access(use, `"token_use":""`), verifier.WrongClaim, "token_use"},
		{"access, token_use in another case", newCognitoAccess, nil, access(use, `"token_use":"Access"`), verifier.WrongClaim, "token_use"},
		{"access, token_use misspelt", newCognitoAccess, nil, access(use, `"Token_Use":"access"`), verifier.MissingClaim, "token_use"},
		{"access, token_use a list", newCognitoAccess, nil, access(use, `"token_use":["access"]`), verifier.WrongClaim, "token_use"},
		{"access, token_use a number", newCognitoAccess, nil, access(use, `"token_use":1`), verifier.WrongClaim, "token_use"},
		{"access, token_use true", newCognitoAccess, nil, access(use, `"token_use":true`), verifier.WrongClaim, "token_use"},
		{"access, token_use an object", newCognitoAccess, nil, access(use, `"token_use":{"access":"access"}`), verifier.WrongClaim, "token_use"},
		{"access, token_use in another claim only", newCognitoAccess, nil, access(use, `"x":{"token_use":"access"}`), verifier.MissingClaim, "token_use"},
		{"access, token_use twice", newCognitoAccess, nil, access(use, `"token_use":"id",`+use), verifier.Malformed, ""},
		{"ID, without token_use", newCognitoID, nil, id(`"token_use":"id"`, `"x":1`), verifier.MissingClaim, "token_use"},
		{"ID, token_use a list", newCognitoID, nil, id(`"token_use":"id"`, `"token_use":["id"]`), verifier.WrongClaim, "token_use"},

		{"access, of another app client", newCognitoAccess, nil, access(app, "3example23456789"), verifier.WrongClaim, "client_id"},
		{"access, of an app client whose ID begins alike", newCognitoAccess, nil, access(app, app+"0"), verifier.WrongClaim, "client_id"},
		{"access, without client_id", newCognitoAccess, nil, access(client, `"x":1`), verifier.MissingClaim, "client_id"},
		{"access, client_id null", newCognitoAccess, nil, access(client, `"client_id":null`), verifier.MissingClaim, "client_id"},
		{"access, client_id empty", newCognitoAccess, nil, access(client, `"client_id":""`), verifier.WrongClaim, "client_id"},
		{"access, client_id a list", newCognitoAccess, nil, access(client, `"client_id":["1example23456789"]`), verifier.WrongClaim, "client_id"},
		{"access, client_id a number", newCognitoAccess, nil, access(client, `"client_id":1`), verifier.WrongClaim, "client_id"},
		{"access, client_id twice", newCognitoAccess, nil, access(client, client+","+client), verifier.Malformed, ""},
		{"access, the client in aud instead of client_id", newCognitoAccess, nil, access(client, `"aud":"1example23456789"`), verifier.MissingClaim, "client_id"},
		{"ID, of another app client", newCognitoID, nil, id(app, "3example23456789"), verifier.WrongAudience, ""},
		{"ID, without aud", newCognitoID, nil, id(`"aud":`, `"x":`), verifier.WrongAudience, ""},
		{"ID, the client in client_id instead of aud", newCognitoID, nil, id(`"aud":`, `"client_id":`), verifier.WrongAudience, ""},

		{"access, bound to a resource nobody asked for", newCognitoAccess, nil, addAud(`"` + resource + `"`), verifier.WrongAudience, ""},
		{"access, with another accepted app client as aud", newCognitoAccess, nil, addAud(`"` + otherApp + `"`), verifier.WrongAudience, ""},
		{"access, with an empty aud", newCognitoAccess, nil, addAud(`""`), verifier.WrongAudience, ""},
		{"access, bound to another resource", newCognitoAccess, boundTo(resource), addAud(`"https://api.example.org"`), verifier.WrongAudience, ""},
		{"access, bound to nothing where it must be", newCognitoAccess, boundTo(resource), cognitoAccess, verifier.WrongAudience, ""},
		{"access, with its client ID as aud where it must be bound", newCognitoAccess, boundTo(resource), addAud(`"` + app + `"`), verifier.WrongAudience, ""},
		{"access, bound, of another app client", newCognitoAccess, boundTo(resource), strings.Replace(addAud(`"`+resource+`"`), app, "3example23456789", 1), verifier.WrongClaim, "client_id"},

		{"access, of another pool", newCognitoAccess, nil, access("us-east-1_EXAMPLE", "us-east-1_OTHER"), verifier.WrongIssuer, ""},
		{"access, of the pool's other issuer", newCognitoAccess, nil, access("https://cognito-idp", "https://issuer-cognito-idp"), verifier.WrongIssuer, ""},
		{"ID, of another pool", newCognitoID, nil, id("us-east-1_EXAMPLE", "us-east-1_OTHER"), verifier.WrongIssuer, ""},
		{"access, without exp", newCognitoAccess, nil, access(`"exp":1700003600`, `"x":1`), verifier.MissingClaim, "exp"},
		{"access, expired", newCognitoAccess, nil, access("1700003600", "1699999999"), verifier.Expired, ""},
		{"ID, expired", newCognitoID, nil, id("1700003600", "1699999999"), verifier.Expired, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newCognito(t, test.newPreset, key, test.change)
			wantRefusedFor(t, v, forge(t, key, cognitoHeader, test.payload), test.want, test.claim)
		})
	}
}

// wantRefusedFor is wantRefused, and looks at the claim that the refusal names.
func wantRefusedFor(t *testing.T, v verifier.Verifier, token string, want verifier.Reason, claim string) {
	t.Helper()
	wantRefused(t, v, token, want)
	_, err := v.Verify(context.Background(), token)
	var refusal *verifier.Error
	if !errors.Is(err, verifier.ErrInvalidToken) || !errors.As(err, &refusal) || refusal.Claim != claim {
		t.Errorf("got %v, want it to name claim %q", err, claim)
	}
	if want == verifier.WrongClaim && !errors.Is(err, jwt.ErrTokenInvalidClaims) {
		t.Errorf("%v does not match %v", err, jwt.ErrTokenInvalidClaims)
	}
}

func TestACognitoTokenOfAnotherTypIsRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	for name, newPreset := range map[string]preset{"access": newCognitoAccess, "ID": newCognitoID} {
		v := newCognito(t, newPreset, key, nil)
		for _, typ := range []string{"at+jwt", "logout+jwt", "JWS"} {
			t.Run(name+" "+typ, func(t *testing.T) {
				wantRefused(t, v, forge(t, key, `{"alg":"HS256","typ":"`+typ+`"}`, cognitoAccess), verifier.WrongType)
			})
		}
	}
}

func TestNoSettingTakesAPresetsRulesAway(t *testing.T) {
	key := secret(t, "", "HS256")
	asked := 0
	lenient := func(c *verifier.Config) {
		c.Check = func(context.Context, *verifier.Token) error { asked++; return nil }
		c.RequiredClaims = []string{"sub"}
		c.Leeway = time.Minute
	}
	for _, test := range []struct {
		name, payload string
		newPreset     preset
		claim         string
	}{
		{"ID offered as access", cognitoID, newCognitoAccess, "token_use"},
		{"access offered as ID", cognitoAccess, newCognitoID, "token_use"},
		{"another app client's", swap(t, cognitoAccess, app, "3example23456789"), newCognitoAccess, "client_id"},
	} {
		v := newCognito(t, test.newPreset, key, lenient)
		wantRefusedFor(t, v, forge(t, key, cognitoHeader, test.payload), verifier.WrongClaim, test.claim)
	}
	if asked != 0 {
		t.Errorf("Check saw %d tokens that were refused anyway", asked)
	}
	if _, err := newCognito(t, newCognitoAccess, key, lenient).Verify(context.Background(), forge(t, key, cognitoHeader, cognitoAccess)); err != nil || asked != 1 {
		t.Errorf("got %v after asking Check %d times", err, asked)
	}
}

func TestACheckRefusesWhatAPresetAccepts(t *testing.T) {
	key := secret(t, "", "HS256")
	for name, payload := range map[string]string{"access": cognitoAccess, "ID": cognitoID} {
		newPreset := map[string]preset{"access": newCognitoAccess, "ID": newCognitoID}[name]
		v := newCognito(t, newPreset, key, func(c *verifier.Config) {
			c.Check = func(context.Context, *verifier.Token) error { return verifier.ErrInvalidToken }
		})
		wantRefused(t, v, forge(t, key, cognitoHeader, payload), verifier.RefusedByCheck)
	}
}

func TestNothingOfAPresetIsReadFromATokenWhoseSignatureIsWrong(t *testing.T) {
	key, other := secret(t, "", "HS256"), secret(t, "", "HS512")
	for _, newPreset := range []preset{newCognitoAccess, newCognitoID} {
		v := newCognito(t, newPreset, key, nil)
		for _, payload := range []string{cognitoAccess, cognitoID} {
			wantRefused(t, v, forge(t, other, cognitoHeader, payload), verifier.WrongSignature)
		}
	}
}

func TestAPresetsRulesSpareAMeteredSource(t *testing.T) {
	key := secret(t, "", "HS256")
	s := &source{key: key, metered: true}
	v := newCognito(t, newCognitoAccess, s, nil)
	wantRefused(t, v, forge(t, key, cognitoHeader, cognitoID), verifier.Unproven)
	if s.asked != 0 {
		t.Errorf("asked %d times", s.asked)
	}
	if _, err := v.Verify(context.Background(), forge(t, key, cognitoHeader, cognitoAccess)); err != nil || s.asked != 1 {
		t.Errorf("got %v after asking %d times", err, s.asked)
	}
}

func TestAnOutageOfAPoolsKeysIsNeverTheTokensFault(t *testing.T) {
	key := secret(t, "", "HS256")
	down := errors.New("unreachable")
	v := newCognito(t, newCognitoAccess, &source{key: key, err: down}, nil)
	got, err := v.Verify(context.Background(), forge(t, key, cognitoHeader, cognitoAccess))
	if got != nil || !errors.Is(err, down) || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestACognitoPresetKeepsItsOwnClientIDs(t *testing.T) {
	key := secret(t, "", "HS256")
	for name, payload := range map[string]string{"access": cognitoAccess, "ID": cognitoID} {
		clientIDs := []string{otherApp}
		newPreset := verifier.NewCognitoAccess
		if name == "ID" {
			newPreset = verifier.NewCognitoID
		}
		v, err := newPreset(verifier.Config{Keys: key, Issuer: pool, Now: clock}, clientIDs...)
		if err != nil {
			t.Fatal(err)
		}
		clientIDs[0] = app
		if got, err := v.Verify(context.Background(), forge(t, key, cognitoHeader, payload)); got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestACognitoPresetThatCannotWorkSaysWhatToSet(t *testing.T) {
	key := secret(t, "", "HS256")
	good := verifier.Config{Keys: key, Issuer: pool}
	with := func(change func(*verifier.Config)) verifier.Config {
		cfg := good
		change(&cfg)
		return cfg
	}
	both := []func(verifier.Config, ...string) (*verifier.Local, error){verifier.NewCognitoAccess, verifier.NewCognitoID}
	for _, test := range []struct {
		name      string
		cfg       verifier.Config
		clientIDs []string
		want      string
	}{
		{"no app client", good, nil, "no client ID"},
		{"an empty app client", good, []string{app, ""}, "a client ID is empty"},
		{"no keys", with(func(c *verifier.Config) { c.Keys = nil }), []string{app}, "Config.Keys"},
		{"no issuer", with(func(c *verifier.Config) { c.Issuer = "" }), []string{app}, "Config.Issuer"},
		{"any issuer", with(func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true }), []string{app}, "SkipIssuerCheck"},
		{"any audience", with(func(c *verifier.Config) { c.SkipAudienceCheck = true }), []string{app}, "SkipAudienceCheck"},
		{"any audience and one", with(func(c *verifier.Config) { c.SkipAudienceCheck, c.Audience = true, []string{resource} }), []string{app}, "Config."},
		{"an empty audience", with(func(c *verifier.Config) { c.Audience = []string{""} }), []string{app}, "Config.Audience"},
		{"no expiry", with(func(c *verifier.Config) { c.AllowMissingExpiry = true }), []string{app}, "AllowMissingExpiry"},
		{"a leeway of an hour", with(func(c *verifier.Config) { c.Leeway = time.Hour }), []string{app}, "Config.Leeway"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, newPreset := range both {
				v, err := newPreset(test.cfg, test.clientIDs...)
				if v != nil || err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, %v", v, err)
				}
			}
		})
	}
	if _, err := verifier.NewCognitoID(with(boundTo(resource))); err == nil || !strings.Contains(err.Error(), "no client ID") {
		t.Errorf("two mistakes: got %v, want the first of them", err)
	}
	v, err := verifier.NewCognitoID(with(boundTo(resource)), app)
	if v != nil || err == nil || !strings.Contains(err.Error(), "Config.Audience is set") {
		t.Errorf("an ID token with a resource: got %v, %v", v, err)
	}
}

func TestBothIssuersOfAPoolGoByIssuer(t *testing.T) {
	key := secret(t, "", "HS256")
	const updated = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
	issuers := []string{pool, updated}
	var verifiers []verifier.IssuerVerifier
	for _, issuer := range issuers {
		verifiers = append(verifiers, newCognito(t, newCognitoAccess, key, func(c *verifier.Config) { c.Issuer = issuer }))
	}
	v, err := verifier.ByIssuer(verifiers...)
	if err != nil {
		t.Fatal(err)
	}
	for _, issuer := range issuers {
		got, err := v.Verify(context.Background(), forge(t, key, cognitoHeader, strings.Replace(cognitoAccess, pool, issuer, 1)))
		if err != nil || got.Issuer != issuer {
			t.Errorf("got %v, %v", got, err)
		}
	}
	wantRefused(t, v, forge(t, key, cognitoHeader, cognitoID), verifier.WrongClaim)
}
