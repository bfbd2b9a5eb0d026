package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

// A Token is a token that has been verified: its signature was proven and its
// claims were checked. The registered claims (RFC 7519 section 4.1) are typed; a
// claim that the token does not have is the zero value. The caller may keep and
// change a Token; it is shared with nobody.
type Token struct {
	Header    keys.Header // the JOSE header
	Issuer    string      // iss
	Subject   string      // sub
	Audience  []string    // aud; a single string is a list of one
	ExpiresAt time.Time   // exp
	NotBefore time.Time   // nbf
	IssuedAt  time.Time   // iat
	ID        string      // jti

	claims   string           // the JSON text of the claims set
	scope    [2]jose.Value    // scope and scp, as they stand in claims
	cnf      string           // the JSON text of cnf, as it stands in claims; empty if there is none
	granting []jose.Value     // those of Config.ScopeClaims, likewise
	verified bool             // a verifier of this package has proven and checked it
	until    time.Time        // from when on the token is no longer valid; zero: unknown
	now      func() time.Time // the clock that until is read by
}

// TrustClaims makes a Token of a claims set that the caller has proven by other
// means than this package, such as the fixture of a test. claims is a JSON object, read
// as strictly as Verify reads it. No claim is checked ([ClaimsChecker] does that), and an
// issuer does not renew such a token. It gives an error that wraps [ErrInvalidToken] for
// anything but a well-formed claims set.
func TrustClaims(claims []byte) (*Token, error) {
	t := &Token{now: clock.Wall(nil)}
	if err := t.read(string(claims), nil, nil); err != nil {
		return nil, err
	}
	t.until = t.ExpiresAt
	return t, nil
}

// Verified reports whether a verifier of this package has proven the token. It is false
// for one of [TrustClaims].
func (t *Token) Verified() bool { return t != nil && t.verified }

// Claims stores the token's claims in the value that v points to: a struct of the
// user's own, one that embeds jwt.RegisteredClaims, jwt.MapClaims or any map.
//
// It decodes as encoding/json does, except that a claim goes only to a field of
// exactly its name (give fields a json tag), and that a number which goes to an
// interface becomes a json.Number, so that no integer loses digits. A claim that does not
// fit its field is an error, which names the field and shows no claim's value. It is no
// refusal: where it is the token's fault, return [Refuse] of it.
func (t *Token) Claims(v any) error {
	if t == nil {
		return errors.New("verifier: claims of a nil Token: check the error of Verify")
	}
	err := jose.Unmarshal(t.claims, v)
	if err == nil {
		return nil
	}
	// The text of an error may show a claim's value.
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("verifier: claims do not fit %T: %s is not of type %s", v, wrong.Field, wrong.Type)
	}
	return fmt.Errorf("verifier: claims do not fit %T: an error of type %T", v, err)
}

// Confirmation returns the JSON text of the token's cnf claim (RFC 7800), nil if it has
// none. A token with one is no bearer token: package binding checks who may use it.
func (t *Token) Confirmation() json.RawMessage {
	if t == nil || t.cnf == "" {
		return nil
	}
	return json.RawMessage(t.cnf)
}

// Scopes returns what the token's scope claim (RFC 8693 section 4.2, a list parted
// by spaces), its scp claim and those of [Config.ScopeClaims] grant, in this order. Each is
// read as a string or as an array of strings; anything else grants nothing. An element of a
// claim of Config.ScopeClaims is one scope whatever it holds, since roles and groups have
// names with spaces in them, which people choose.
func (t *Token) Scopes() []string {
	if t == nil {
		return nil
	}
	var scopes []string
	for _, value := range t.scope {
		scopes = appendScopes(scopes, value, true)
	}
	for _, value := range t.granting {
		scopes = appendScopes(scopes, value, false)
	}
	return scopes
}

// appendScopes adds those that a claim grants. split reports whether an element of a list is
// itself a list parted by spaces.
func appendScopes(scopes []string, claim jose.Value, split bool) []string {
	switch claim.Kind {
	case jose.String:
		text, _ := claim.Text()
		scopes = appendNew(scopes, strings.Split(text, " ")...)
	case jose.Array:
		_ = jose.Elements(claim, func(element jose.Value) error {
			text, _ := element.Text()
			if split {
				scopes = appendNew(scopes, strings.Split(text, " ")...)
			} else {
				scopes = appendNew(scopes, text)
			}
			return nil
		})
	}
	return scopes
}

func appendNew(scopes []string, more ...string) []string {
	for _, scope := range more {
		if scope != "" && !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// errStop ends the reading of claims that nobody wants any more.
var errStop = errors.New("stop")

// Scalars returns the claims that are a string, a boolean or a number, in the
// token's order: as string, bool and [json.Number]. It is Claims for those who want
// to pass claims on, and cheaper.
func (t *Token) Scalars() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if t == nil {
			return
		}
		_ = jose.Members(t.claims, jose.ClaimsLimits, func(name string, value jose.Value) error {
			var scalar any
			switch value.Kind {
			case jose.String:
				scalar, _ = value.Text()
			case jose.Bool:
				scalar = value.Raw == "true"
			case jose.Number:
				scalar = json.Number(value.Raw)
			default:
				return nil
			}
			if !yield(name, scalar) {
				return errStop
			}
			return nil
		})
	}
}

// String names the token by its issuer and subject, and shows no other claim.
func (t Token) String() string {
	return fmt.Sprintf("token(iss=%q sub=%q)", t.Issuer, t.Subject)
}

// Format is String for every verb, so that no verb shows the claims.
func (t Token) Format(f fmt.State, _ rune) { redact.Write(f, t.String()) }

// LogValue is String for log/slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// clone returns a copy that shares nothing which can be changed.
func (t *Token) clone() *Token {
	c := *t
	c.Audience = slices.Clone(t.Audience)
	if t.Header.Params != nil {
		c.Header.Params = make(map[string]json.RawMessage, len(t.Header.Params))
		for name, raw := range t.Header.Params {
			c.Header.Params[name] = slices.Clone(raw)
		}
	}
	return &c
}
