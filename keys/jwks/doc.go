// Package jwks has key sets on the wire: it reads those of any issuer, and publishes
// one's own.
//
// To verify the tokens of an issuer, give a verifier a [Remote], made for Lambda:
//
//	source, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: "https://login.example.com"})
//
// To be an issuer whose tokens anybody can verify, serve what a [Publisher] makes: the
// discovery document (OpenID Connect Discovery 1.0 section 3) and the JWK set (RFC 7517
// section 5). [CheckGateway] says beforehand what API Gateway's own JWT authorizer would
// not take of them. Package rotation replaces the keys.
package jwks

import (
	"fmt"

	"github.com/lambdajwt/authorizer/keys"
)

// errNotMade is the answer of what no constructor of this package made. It is a fault in
// the program and so never the token's.
var errNotMade = fmt.Errorf("jwks: %w: a zero value: make it with NewRemote or NewPublisher", keys.ErrMisconfigured)
