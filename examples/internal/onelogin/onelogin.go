// Package onelogin knows one user, which is enough to show what a login function does
// with one. Replace it with your users: package main of the example hs256 has some in
// a store, with passwords of their own choice under argon2id.
package onelogin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// A User is the one who may log in. The zero value is nobody.
type User struct {
	name string
	hash [sha256.Size]byte
}

// New returns the user of a name and the SHA-256 of a password, in hex. The password
// must be 32 random bytes or more, as "openssl rand -hex 32" makes them: nobody can
// try them all, so a fast hash will do. It would not for one that people choose.
func New(name, passwordSHA256 string) (User, error) {
	hash, err := hex.DecodeString(passwordSHA256)
	switch {
	case name == "":
		return User{}, errors.New("set LOGIN_USER to the name of the user who may log in")
	case err != nil || len(hash) != sha256.Size:
		return User{}, errors.New("set LOGIN_PASSWORD_SHA256 to the SHA-256, in hex, of a password that openssl rand -hex 32 has made")
	}
	return User{name, [sha256.Size]byte(hash)}, nil
}

// FromEnvironment returns the user that LOGIN_USER and LOGIN_PASSWORD_SHA256 name.
func FromEnvironment(getenv func(string) string) (User, error) {
	return New(getenv("LOGIN_USER"), getenv("LOGIN_PASSWORD_SHA256"))
}

// Ann returns the user of stories and tests.
func Ann(password string) User {
	return User{"ann", sha256.Sum256([]byte(password))}
}

// maxBody is far above what a name and a password need.
const maxBody = 4 << 10

// Authenticate returns the name of the user whose name and password are in a request's
// body, {"user": ..., "password": ...}, and false if they are not. The name may stand
// under "username" instead, and the object may have further members.
func (u User) Authenticate(body string) (name string, ok bool) {
	members, ok := readObject(body)
	if !ok || u.name == "" {
		return "", false
	}
	field := "user"
	if _, found := members["username"]; found {
		field = "username"
	}
	given, hasName := text(members[field])
	password, hasPassword := text(members["password"])
	if !hasName || !hasPassword || field == "username" && members["user"] != nil {
		return "", false
	}
	hash := sha256.Sum256([]byte(password))
	// Both are compared, whatever the first says: the time tells nothing of either.
	same := subtle.ConstantTimeCompare(hash[:], u.hash[:]) & subtle.ConstantTimeCompare([]byte(given), []byte(u.name))
	return u.name, same == 1
}

// readObject returns the members of a JSON object by their exact names. A name that is
// there twice is refused, as two readers of the body may see two users in it.
func readObject(body string) (members map[string]json.RawMessage, ok bool) {
	if len(body) > maxBody || !utf8.ValidString(body) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(body))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, false
	}
	members = map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, isText := token.(string)
		var value json.RawMessage
		if err != nil || !isText || d.Decode(&value) != nil {
			return nil, false
		}
		if _, twice := members[name]; twice {
			return nil, false
		}
		members[name] = value
	}
	_, incomplete := d.Token()
	_, end := d.Token()
	return members, incomplete == nil && end == io.EOF
}

// text returns a JSON string, and false for anything else.
func text(value json.RawMessage) (s string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	ok = json.Unmarshal(value, &s) == nil // before s is looked at
	return s, ok
}
