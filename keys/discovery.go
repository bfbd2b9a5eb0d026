package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// maxDiscoverySize bounds the text of a discovery document, in bytes. Large
// providers' have about 10 KB.
const maxDiscoverySize = 64 << 10

var discoveryLimits = jose.Limits{Depth: 16, Members: 1024}

// discoveryPath is what is put behind an issuer (OpenID Connect Discovery 1.0 section
// 4), and jwksPath where this package publishes the set.
const (
	discoveryPath = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks.json"
)

// behindIssuer returns the address of something at an issuer. A slash that ends the
// issuer is left out (OpenID Connect Discovery 1.0 section 4.1).
func behindIssuer(issuer, path string) string {
	return strings.TrimSuffix(issuer, "/") + path
}

// discovery is what this package reads and writes of a provider's metadata (OpenID
// Connect Discovery 1.0 section 3).
type discovery struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string   `json:"token_endpoint,omitempty"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
}

// newDiscovery returns the document of an issuer that signs with the keys of a set.
func newDiscovery(cfg PublisherConfig, set *Set) discovery {
	return discovery{
		Issuer:                cfg.Issuer,
		AuthorizationEndpoint: cfg.AuthorizationEndpoint,
		TokenEndpoint:         cfg.TokenEndpoint,
		JWKSURI:               cfg.JWKSURI,
		ResponseTypes:         []string{"id_token"},
		SubjectTypes:          []string{"public"},
		SigningAlgorithms:     set.algorithms(),
	}
}

func (d discovery) marshal() ([]byte, error) { return json.Marshal(d) }

// parseDiscovery reads issuer and jwks_uri, the two that a verifier needs. They are
// strings and not empty; nothing else is said of them yet.
func parseDiscovery(text []byte) (issuer, jwksURI string, err error) {
	if len(text) > maxDiscoverySize {
		return "", "", fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), maxDiscoverySize)
	}
	err = jose.Members(string(text), discoveryLimits, func(name string, value jose.Value) error {
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
