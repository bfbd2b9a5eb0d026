package authorizertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// tokenParts is a token taken apart. Nothing of it is verified.
type tokenParts struct {
	Header, Claims string // JSON, or what is there instead
	Signature      string // how it begins, and its length
	Scopes         string
	Dates          []tokenDate
}

// A tokenDate is a claim that is a time.
type tokenDate struct {
	Name, Means string
	Time        time.Time
}

// findToken returns the first text that is a token, or holds one behind a scheme.
func findToken(lists ...[]string) string {
	for _, list := range lists {
		for _, value := range list {
			for word := range strings.FieldsFuncSeq(value, func(c rune) bool { return strings.ContainsRune(" ,;", c) }) {
				if _, rest, found := strings.Cut(word, "="); found && isToken(rest) {
					word = rest // of a cookie
				}
				if isToken(word) && strings.Count(word, ".") >= 2 {
					return word
				}
			}
		}
	}
	return ""
}

// takeApart shows the parts of a token, as far as they can be read.
func takeApart(token string, veil veil) *tokenParts {
	parts := strings.Split(token, ".")
	header, payload, signature := parts[0], parts[1], parts[len(parts)-1]
	if len(parts) == 5 { // a JWE, whose claims nobody here can read
		payload = ""
	}
	t := &tokenParts{
		Header: veil.text(decoded(header)), Claims: veil.text(decoded(payload)),
		Signature: fmt.Sprintf("%s %d characters", beginning(signature), len(signature)),
	}
	if signature == "" {
		t.Signature = "none"
	}
	c, err := readClaims(string(decodedBytes(payload)))
	if err != nil {
		return t
	}
	t.Scopes = strings.Join(c.scopes(), " ")
	for _, date := range []tokenDate{
		{Name: "iat", Means: "issued"}, {Name: "auth_time", Means: "logged in"}, {Name: "nbf", Means: "good from"}, {Name: "exp", Means: "expires"},
	} {
		number, _ := c[date.Name].(json.Number)
		if date.Time, err = jose.ParseNumericDate(number.String()); err == nil {
			t.Dates = append(t.Dates, date)
		}
	}
	return t
}

func decodedBytes(part string) []byte {
	text, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return text
}

func decoded(part string) string {
	text := decodedBytes(part)
	if len(text) == 0 && part != "" {
		return "(not in base64url)"
	}
	return cut(indented(text), maxSeen)
}
