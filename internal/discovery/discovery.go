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

// A Document is what this package reads of a discovery document.
type Document struct {
	Issuer     string
	JWKSURI    string
	Algorithms []string // id_token_signing_alg_values_supported; empty if there is none
}

// Parse reads a discovery document. Issuer and JWKSURI are strings and not empty; nothing
// more is said of them yet.
func Parse(text []byte) (Document, error) {
	if len(text) > MaxSize {
		return Document{}, fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), MaxSize)
	}
	var d Document
	err := jose.Members(string(text), limits, func(name string, value jose.Value) error {
		switch name {
		case "issuer":
			d.Issuer, _ = value.Text()
		case "jwks_uri":
			d.JWKSURI, _ = value.Text()
		case "id_token_signing_alg_values_supported":
			_ = jose.Elements(value, func(element jose.Value) error {
				if alg, ok := element.Text(); ok {
					d.Algorithms = append(d.Algorithms, alg)
				}
				return nil
			})
		}
		return nil
	})
	switch {
	case err != nil:
	case d.Issuer == "":
		err = errors.New("no issuer in it")
	case d.JWKSURI == "":
		err = errors.New("no jwks_uri in it")
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}
