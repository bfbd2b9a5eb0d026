package onelogin_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/verifier"
)

func newRequest() *authorizer.Request {
	r := httptest.NewRequest("GET", "/whoami", nil)
	r.Header.Set("Authorization", "Bearer x")
	return authorizertest.NewRequest(authorizer.RESTToken, "GET /whoami", r)
}

func TestThePrincipalIsTheNameInTheClaimAndSubBehindTheAuthorizer(t *testing.T) {
	r := newRequest()
	longest := strings.Repeat("\u0001", 256) // which JSON makes six times as long
	for _, name := range []string{"ann", "Zoë", longest} {
		token := authorizertest.NewToken(map[string]any{"Username": name, "sub": "bob", "username": "eve"})
		got, err := onelogin.PermitNamed("Username")(t.Context(), r, token)
		if err != nil || got.PrincipalID != name || got.Context["sub"] != name {
			t.Fatalf("%q: %+v, %v", name, got, err)
		}
		statements := got.PolicyDocument.Statement
		if len(statements) != 1 || statements[0].Effect != "Allow" || len(statements[0].Resource) != 1 || !strings.HasSuffix(statements[0].Resource[0], "/*/*") {
			t.Errorf("%q: %+v", name, statements)
		}
		got.Context["Username"] = name
		if err := got.CheckLimits(); err != nil {
			t.Errorf("%.10q: %v", name, err)
		}
	}
}

func TestATokenWithoutANameIsRefusedAndNoOutage(t *testing.T) {
	r := newRequest()
	for name, claims := range map[string]map[string]any{
		"no claim":             {"sub": "ann"},
		"another case":         {"username": "ann"},
		"an empty name":        {"Username": ""},
		"a number":             {"Username": 7},
		"a list":               {"Username": []string{"ann"}},
		"null":                 {"Username": nil},
		"a name that is large": {"Username": strings.Repeat("a", 257)},
	} {
		got, err := onelogin.PermitNamed("Username")(t.Context(), r, authorizertest.NewToken(claims))
		if got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "ann") {
			t.Errorf("%s: the error shows a claim: %v", name, err)
		}
	}
}

func TestWhatIsNotTheTokensFaultIsAnOutage(t *testing.T) {
	ann := authorizertest.NewToken(map[string]any{"Username": "ann"})
	for name, test := range map[string]struct {
		request *authorizer.Request
		token   *verifier.Token
	}{
		"a request without an ARN": {new(authorizer.Request), ann},
		"a token of no verifier":   {newRequest(), new(verifier.Token)},
	} {
		got, err := onelogin.PermitNamed("Username")(t.Context(), test.request, test.token)
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
