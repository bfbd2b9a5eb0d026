package verifier_test

import (
	"testing"

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
