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

// maxBody is far above what a name and a password need.
const maxBody = 4 << 10

// Authenticate returns the name of the user whose name and password are in a request's
// body, {"user": ..., "password": ...}, and false if they are not.
func (u User) Authenticate(body string) (name string, ok bool) {
	var form struct{ User, Password string }
	if len(body) > maxBody || json.Unmarshal([]byte(body), &form) != nil || u.name == "" {
		return "", false
	}
	hash := sha256.Sum256([]byte(form.Password))
	// Both are compared, whatever the first says: the time tells nothing of either.
	same := subtle.ConstantTimeCompare(hash[:], u.hash[:]) & subtle.ConstantTimeCompare([]byte(form.User), []byte(u.name))
	return u.name, same == 1
}
