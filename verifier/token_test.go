package verifier_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

func TestConfirmationIsTheTextOfCNF(t *testing.T) {
	for claims, want := range map[string]string{
		`{}`:                     "",
		`{"CNF":{"jkt":"x"}}`:    "",
		`{"cnf": {"jkt": "x"} }`: `{"jkt": "x"}`,
		`{"cnf":null}`:           "null",
		`{"cnf":""}`:             `""`,
	} {
		token, err := verifier.TrustClaims([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if got := token.Confirmation(); string(got) != want || (got == nil) != (want == "") {
			t.Errorf("%s: got %q, want %q", claims, got, want)
		}
	}
}

func TestAVerifiedTokenHasItsConfirmation(t *testing.T) {
	key := secret(t, "", "HS256")
	text := forge(t, key, header(key), good[:len(good)-1]+`,"cnf":{"jkt":"x"}}`)
	token, err := newVerifier(t, key, nil).Verify(t.Context(), text)
	if err != nil || string(token.Confirmation()) != `{"jkt":"x"}` {
		t.Errorf("got %v, %v", token, err)
	}
}

func TestANilTokenHoldsNothing(t *testing.T) {
	var none *verifier.Token
	if none.Verified() || none.Confirmation() != nil || none.Scopes() != nil {
		t.Errorf("verified %v, confirmation %s, scopes %q", none.Verified(), none.Confirmation(), none.Scopes())
	}
	if err := none.Claims(&map[string]any{}); err == nil || !strings.Contains(err.Error(), "nil Token") {
		t.Errorf("got %v", err)
	}
	for name := range none.Scalars() {
		t.Errorf("has claim %s", name)
	}
}

func TestOnlyAVerifierMakesATokenVerified(t *testing.T) {
	key := secret(t, "", "HS256")
	verified, err := newVerifier(t, key, nil).Verify(t.Context(), forge(t, key, header(key), good))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := verifier.TrustClaims([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if !verified.Verified() || trusted.Verified() || new(verifier.Token).Verified() {
		t.Errorf("of a verifier: %v, of TrustClaims: %v, of nobody: %v", verified.Verified(), trusted.Verified(), new(verifier.Token).Verified())
	}
}

func TestClaimsThatDoNotFitNameTheFieldAndShowNoValue(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(`{"sub":"hunter2","list":["hunter2"],"time":"hunter2"}`))
	if err != nil {
		t.Fatal(err)
	}
	for want, to := range map[string]any{
		"sub is not of type int": new(struct {
			Sub int `json:"sub"`
		}),
		"list is not of type int": new(struct {
			List int `json:"list"`
		}),
		"an error of type *time.ParseError": new(struct {
			Time time.Time `json:"time"`
		}),
		"an error of type *json.UnmarshalTypeError":    new([]int),
		"an error of type *json.InvalidUnmarshalError": nil,
	} {
		if err := token.Claims(to); err == nil || !strings.HasPrefix(err.Error(), "verifier: claims do not fit ") || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("into %T: got %v, want %s", to, err, want)
		}
	}
}

func TestATokenIsLoggedByItsIssuerAndSubject(t *testing.T) {
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("", "token", verifier.Token{Issuer: "i", Subject: "s", ID: "hunter2"})
	if text := logged.String(); !strings.Contains(text, `token="token(iss=\"i\" sub=\"s\")"`) || strings.Contains(text, "hunter2") {
		t.Errorf("got %s", text)
	}
}
