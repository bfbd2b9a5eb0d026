package binding

import (
	"errors"
	"strings"

	"github.com/lambdajwt/authorizer/verifier"
)

// A Challenge is what a 401 tells a DPoP client (RFC 9449 sections 7.1 and 9): the
// parameters of the scheme DPoP in the header WWW-Authenticate, and the header DPoP-Nonce.
type Challenge struct {
	// Error is invalid_token, invalid_dpop_proof or use_dpop_nonce. It is empty where
	// the request had no token.
	Error string

	// Description says in words what Error says. It holds nothing of the request.
	Description string

	// Algs are the algorithms with which proofs may be signed, parted by spaces.
	Algs string

	// Nonce is the value of the header DPoP-Nonce, which goes with use_dpop_nonce. It is
	// empty if there is none.
	Nonce string
}

// String returns the challenge for the header WWW-Authenticate.
func (c Challenge) String() string {
	var parameters []string
	for _, p := range [][2]string{{"error", c.Error}, {"error_description", c.Description}, {"algs", c.Algs}} {
		if p[1] != "" {
			parameters = append(parameters, p[0]+`="`+p[1]+`"`)
		}
	}
	return strings.TrimRight("DPoP "+strings.Join(parameters, ", "), " ")
}

// Challenge returns what to tell a client whose request was refused with err, by Check or
// by a verifier. It is for refusals alone: an outage has no challenge.
func (d *DPoP) Challenge(err error) Challenge {
	if d == nil {
		return Challenge{}
	}
	c := Challenge{Algs: strings.Join(d.cfg.Algorithms, " ")}
	switch verifier.ReasonOf(err) {
	case verifier.NoToken, "":
	case verifier.WrongProof, verifier.ReplayedProof:
		c.Error, c.Description = "invalid_dpop_proof", "the DPoP proof is not good for this request"
	case verifier.MissingNonce:
		c.Error, c.Description = "use_dpop_nonce", "the DPoP proof must have the nonce of DPoP-Nonce"
	case verifier.WrongBinding:
		c.Error, c.Description = "invalid_token", "the token is not bound to the key of the DPoP proof"
	default:
		c.Error, c.Description = "invalid_token", "the token is not good"
	}
	var missing *nonceError
	if errors.As(err, &missing) {
		c.Nonce = missing.fresh
	}
	return c
}
