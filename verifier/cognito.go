package verifier

import (
	"errors"
	"fmt"
	"slices"
)

// NewCognitoAccess returns a verifier of the access tokens of an Amazon Cognito user
// pool, or an error that says which setting to mend. In addition to what cfg asks, a token's
// token_use must be "access", so that an ID token does not pass for one, and its
// client_id must be one of clientIDs, the IDs of the app clients that may call this
// API: at least one. Nothing in cfg takes these checks away, and cfg.Check runs after
// them.
//
// Config.Issuer is the pool's, byte for byte as in its tokens:
// https://cognito-idp.REGION.amazonaws.com/POOL, or, for a pool whose issuer type is
// UPDATED, https://issuer-cognito-idp.REGION.amazonaws.com/POOL. A pool that changes
// from one to the other has tokens of both for a while: see [ByIssuer]. Config.Keys are
// the pool's; jwks.NewRemote finds them by the same issuer.
//
// Such a token has an aud only if the app asked to bind it to a resource (RFC 8707), or
// if a trigger of the pool put the client ID there. With Config.Audience each token must
// be bound to one of these resources; machine-to-machine tokens cannot be. Without
// Audience, a token that is bound to any resource is refused, because it is meant for
// somebody else. The app names the resource, so aud tells where a token is meant to go, and
// not what it may do there. SkipIssuerCheck, SkipAudienceCheck and AllowMissingExpiry are
// refused.
//
// That a token was revoked, or its user signed out or disabled, is not seen: it passes
// until it expires. What it may do is in its scopes and its cognito:groups.
//
// See "Understanding the access token", "Resource binding" and "Pre token generation
// Lambda trigger" in the Amazon Cognito developer guide, and IssuerConfigurationType in
// its API reference.
func NewCognitoAccess(cfg Config, clientIDs ...string) (*Local, error) {
	if err := cfg.checkCognito(clientIDs); err != nil {
		return nil, fmt.Errorf("verifier: cognito: %w", err)
	}
	clientIDs = slices.Clone(clientIDs)
	bound := len(cfg.Audience) > 0
	cfg.SkipAudienceCheck = !bound // for then the rule decides about aud
	return newPreset(cfg, func(t *Token) error {
		if err := t.checkUse("access"); err != nil {
			return err
		}
		clientID, err := t.text("client_id")
		switch {
		case err != nil:
			return err
		case !slices.Contains(clientIDs, clientID):
			return refuseWrong("client_id")
		case !bound && len(t.Audience) > 0 && !slices.Contains(t.Audience, clientID):
			return refuse(WrongAudience)
		}
		return nil
	})
}

// NewCognitoID returns a verifier of the ID tokens of an Amazon Cognito user pool, or
// an error that says which setting to mend. In addition to what cfg asks, a token's token_use
// must be "id", so that an access token does not pass for one, and its aud must be one
// of clientIDs, the IDs of the app clients that may call this API: at least one. They
// take the place of Config.Audience, which must be empty. The rest is as for
// [NewCognitoAccess].
//
// An ID token tells an app who its user is. It has no scopes, and an API that is called
// on the user's behalf is better sent the access token.
//
// See "Understanding the identity (ID) token" in the Amazon Cognito developer guide.
func NewCognitoID(cfg Config, clientIDs ...string) (*Local, error) {
	err := cfg.checkCognito(clientIDs)
	if err == nil && len(cfg.Audience) > 0 {
		err = errors.New("Config.Audience is set: the audience of an ID token is an app client: give the client IDs as such, and no audience")
	}
	if err != nil {
		return nil, fmt.Errorf("verifier: cognito: %w", err)
	}
	cfg.Audience = clientIDs
	return newPreset(cfg, func(t *Token) error { return t.checkUse("id") })
}

func (c *Config) checkCognito(clientIDs []string) error {
	switch {
	case len(clientIDs) == 0:
		return errors.New("no client ID: give those of the app clients whose tokens are accepted")
	case slices.Contains(clientIDs, ""):
		return errors.New("a client ID is empty: give that of an app client, such as 1example23456789")
	}
	return c.checkPreset()
}

// checkUse refuses a token whose token_use is another.
func (t *Token) checkUse(want string) error {
	use, err := t.text("token_use")
	if err == nil && use != want {
		err = refuseWrong("token_use")
	}
	return err
}
