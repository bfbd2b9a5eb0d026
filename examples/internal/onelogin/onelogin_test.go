package onelogin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func TestOnlyTheUserWithThePasswordLogsIn(t *testing.T) {
	ann, err := onelogin.New("ann", hash("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		user onelogin.User
		body string
		want bool
	}{
		"the user":           {ann, `{"user": "ann", "password": "secret"}`, true},
		"another user":       {ann, `{"user": "bob", "password": "secret"}`, false},
		"another password":   {ann, `{"user": "ann", "password": "Secret"}`, false},
		"no password":        {ann, `{"user": "ann"}`, false},
		"the hash itself":    {ann, `{"user": "ann", "password": "` + hash("secret") + `"}`, false},
		"no body":            {ann, "", false},
		"no object":          {ann, `"ann"`, false},
		"a body that is big": {ann, `{"user": "ann", "password": "secret"` + strings.Repeat(" ", 5000) + "}", false},
		"nobody":             {onelogin.User{}, `{"user": "", "password": "secret"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			user, ok := test.user.Authenticate(test.body)
			if ok != test.want || ok && user != "ann" {
				t.Errorf("%q, %v", user, ok)
			}
		})
	}
}

func TestAUserNeedsANameAndAHash(t *testing.T) {
	for _, test := range []struct{ name, hash, want string }{
		{"", hash("secret"), "LOGIN_USER"},
		{"ann", "", "LOGIN_PASSWORD_SHA256"},
		{"ann", "secret", "LOGIN_PASSWORD_SHA256"},
		{"ann", hash("secret")[2:], "LOGIN_PASSWORD_SHA256"},
	} {
		if _, err := onelogin.New(test.name, test.hash); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %q: %v", test.name, test.hash, err)
		}
	}
}
