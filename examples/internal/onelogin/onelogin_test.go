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
	ann := onelogin.Ann("secret")
	const credentials = `{"user": "ann", "password": "secret"}`
	for name, test := range map[string]struct {
		user onelogin.User
		body string
		want bool
	}{
		"the user":                      {ann, `{"user": "ann", "password": "secret"}`, true},
		"the user as username":          {ann, `{"username": "ann", "password": "secret"}`, true},
		"further members":               {ann, `{"scope": ["x"], "user": "ann", "password": "secret", "user ": 7}`, true},
		"spaces around":                 {ann, " {\"user\": \"ann\", \"password\": \"secret\"}\n", true},
		"another user":                  {ann, `{"user": "bob", "password": "secret"}`, false},
		"another username":              {ann, `{"username": "bob", "password": "secret"}`, false},
		"a user and a username":         {ann, `{"user": "ann", "username": "ann", "password": "secret"}`, false},
		"another password":              {ann, `{"user": "ann", "password": "Secret"}`, false},
		"no password":                   {ann, `{"user": "ann"}`, false},
		"no user":                       {ann, `{"password": "secret"}`, false},
		"the hash itself":               {ann, `{"user": "ann", "password": "` + hash("secret") + `"}`, false},
		"a user twice":                  {ann, `{"user": "bob", "user": "ann", "password": "secret"}`, false},
		"a password twice":              {ann, `{"user": "ann", "password": "x", "password": "secret"}`, false},
		"a name of other case":          {ann, `{"USER": "ann", "Password": "secret"}`, false},
		"a list of names":               {ann, `{"user": ["ann"], "password": "secret"}`, false},
		"a password that is null":       {ann, `{"user": "ann", "password": null}`, false},
		"no body":                       {ann, "", false},
		"no object":                     {ann, `"ann"`, false},
		"null":                          {ann, `null`, false},
		"half an object":                {ann, `{"user": "ann", "password": "secret"`, false},
		"half a member":                 {ann, `{"user": "ann", "password": "secret", "x"}`, false},
		"two objects":                   {ann, `{"user": "ann", "password": "secret"}{}`, false},
		"text behind the object":        {ann, `{"user": "ann", "password": "secret"} x`, false},
		"a list of names and values":    {ann, `["user", "ann", "password", "secret"]`, false},
		"a body of 4 KiB":               {ann, credentials + strings.Repeat(" ", 4096-len(credentials)), true},
		"a body of more":                {ann, credentials + strings.Repeat(" ", 4097-len(credentials)), false},
		"what is no UTF-8":              {ann, "{\"user\": \"ann\", \"password\": \"secret\", \"x\": \"\xff\"}", false},
		"an empty password of null":     {onelogin.Ann(""), `{"user": "ann", "password": null}`, false},
		"an empty password by silence":  {onelogin.Ann(""), `{"user": "ann"}`, false},
		"nobody":                        {onelogin.User{}, `{"user": "", "password": "secret"}`, false},
		"nobody without a password too": {onelogin.User{}, `{"user": "", "password": ""}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			user, ok := test.user.Authenticate(test.body)
			if ok != test.want || ok && user != "ann" {
				t.Errorf("%q, %v", user, ok)
			}
		})
	}
}

func TestAUserOfTheEnvironmentNeedsANameAndAHash(t *testing.T) {
	for _, test := range []struct{ name, hash, want string }{
		{"", hash("secret"), "LOGIN_USER"},
		{"ann", "", "LOGIN_PASSWORD_SHA256"},
		{"ann", "secret", "LOGIN_PASSWORD_SHA256"},
		{"ann", hash("secret")[2:], "LOGIN_PASSWORD_SHA256"},
		{"ann", hash("secret") + "no", "LOGIN_PASSWORD_SHA256"},
		{"ann", hash("secret"), ""},
	} {
		env := map[string]string{"LOGIN_USER": test.name, "LOGIN_PASSWORD_SHA256": test.hash}
		user, err := onelogin.FromEnvironment(func(name string) string { return env[name] })
		if test.want == "" {
			if err != nil || user != onelogin.Ann("secret") {
				t.Errorf("%q, %q: %v, %v", test.name, test.hash, user, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %q: %v", test.name, test.hash, err)
		}
	}
}
