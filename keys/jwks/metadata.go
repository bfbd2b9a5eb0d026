package jwks

import (
	"encoding/json"
	"slices"

	"github.com/lambdajwt/authorizer/keys"
)

// jwksPath is where this package publishes the set, behind the issuer.
const jwksPath = "/.well-known/jwks.json"

// metadata is what this package writes of a provider's metadata (OpenID
// Connect Discovery 1.0 section 3).
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string   `json:"token_endpoint,omitempty"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
}

// newDiscovery returns the document of an issuer that signs with the keys of a set.
func newMetadata(cfg PublisherConfig, set *keys.Set) metadata {
	return metadata{
		Issuer:                cfg.Issuer,
		AuthorizationEndpoint: cfg.AuthorizationEndpoint,
		TokenEndpoint:         cfg.TokenEndpoint,
		JWKSURI:               cfg.JWKSURI,
		ResponseTypes:         []string{"id_token"},
		SubjectTypes:          []string{"public"},
		SigningAlgorithms:     algorithms(set),
	}
}

func (m metadata) marshal() ([]byte, error) { return json.Marshal(m) }

// algorithms returns the algorithms of a set's keys, each once, in their order.
func algorithms(set *keys.Set) []string {
	var names []string
	for _, key := range set.Keys() {
		if !slices.Contains(names, key.Algorithm()) {
			names = append(names, key.Algorithm())
		}
	}
	return names
}
