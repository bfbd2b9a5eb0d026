package revocation

import (
	"net/url"

	"github.com/lambdajwt/authorizer/verifier"
)

// A Kind is what a revocation is about: the name of the claim that says so.
type Kind string

// The kinds of revocations.
const (
	ByToken   Kind = "jti" // a single token
	BySubject Kind = "sub" // all tokens of a subject that were issued until a time
	BySession Kind = "sid" // all tokens of a session (OpenID Connect Front-Channel Logout 1.0 section 3)
)

// A Key names what is revoked. The issuer is part of it, because two issuers may mean
// different people by one subject.
type Key struct {
	Kind   Kind
	Issuer string // iss, empty for tokens without one
	ID     string // the value of the claim
}

// String returns the Key as one text, for stores whose keys are texts: no two Keys have
// the same. It may be as long as a token.
func (k Key) String() string {
	return string(k.Kind) + ":" + url.QueryEscape(k.Issuer) + ":" + url.QueryEscape(k.ID)
}

// keysOf returns what may have been revoked of a token: a Key for each kind whose claim it
// has.
func keysOf(t *verifier.Token, kinds []Kind) ([]Key, error) {
	var found []Key
	for _, kind := range kinds {
		id, err := idOf(t, kind)
		if err != nil {
			return nil, err
		}
		if id != "" {
			found = append(found, Key{kind, t.Issuer, id})
		}
	}
	if len(found) == 0 { // it could not be revoked
		return nil, &verifier.Error{Reason: verifier.MissingClaim, Claim: string(kinds[0])}
	}
	return found, nil
}

func idOf(t *verifier.Token, kind Kind) (string, error) {
	switch kind {
	case ByToken:
		return t.ID, nil
	case BySubject:
		return t.Subject, nil
	}
	var claims struct {
		Session string `json:"sid"`
	}
	if err := t.Claims(&claims); err != nil {
		return "", &verifier.Error{Reason: verifier.WrongClaim, Claim: string(BySession)}
	}
	return claims.Session, nil
}
