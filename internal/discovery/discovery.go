// Package discovery reads the addresses of issuers and what they publish behind them
// (OpenID Connect Discovery 1.0), for all who look for an issuer's keys.
package discovery

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// MaxSize bounds the text of a discovery document, in bytes. Large providers' have
// about 10 KB.
const MaxSize = 64 << 10

var limits = jose.Limits{Depth: 16, Members: 1024}

// Path is what is put behind an issuer (OpenID Connect Discovery 1.0 section 4).
const Path = "/.well-known/openid-configuration"

// Behind returns the address of something at an issuer. A slash that ends the issuer is
// left out (OpenID Connect Discovery 1.0 section 4.1).
func Behind(issuer, path string) string {
	return strings.TrimSuffix(issuer, "/") + path
}

// Parse reads issuer and jwks_uri, the two that a verifier needs. They are
// strings and not empty; nothing else is said of them yet.
func Parse(text []byte) (issuer, jwksURI string, err error) {
	if len(text) > MaxSize {
		return "", "", fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), MaxSize)
	}
	err = jose.Members(string(text), limits, func(name string, value jose.Value) error {
		switch name {
		case "issuer":
			issuer, _ = value.Text()
		case "jwks_uri":
			jwksURI, _ = value.Text()
		}
		return nil
	})
	switch {
	case err != nil:
		return "", "", err
	case issuer == "":
		return "", "", errors.New("no issuer in it")
	case jwksURI == "":
		return "", "", errors.New("no jwks_uri in it")
	}
	return issuer, jwksURI, nil
}
