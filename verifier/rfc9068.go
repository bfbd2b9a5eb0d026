package verifier

import "fmt"

// accessTokenType is the typ of an access token (RFC 9068 section 2.1).
const accessTokenType = "at+jwt"

// NewRFC9068 returns a verifier of OAuth 2.0 access tokens that follow RFC 9068, or an
// error that says which setting to mend. In addition to what cfg asks, a token's typ must be
// "at+jwt" or "application/at+jwt", in any case, so that an ID token does not pass for
// one, and it must have all that section 2.2 requires: iss, exp, aud, sub, client_id,
// iat and jti. An empty sub, client_id or jti is a missing one.
//
// Config.Issuer is the authorization server's, and Config.Audience names this API as
// that server calls it. SkipIssuerCheck, SkipAudienceCheck, AllowMissingExpiry and any
// other Config.Type are refused: many servers' access tokens are not of this profile,
// and for them there is [New].
func NewRFC9068(cfg Config) (*Local, error) {
	err := cfg.checkPreset()
	if err == nil && cfg.Type != "" && !isMediaType(cfg.Type, accessTokenType) {
		err = fmt.Errorf("Config.Type is %q: the type is part of the preset: leave it out, or use New", cfg.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("verifier: RFC 9068: %w", err)
	}
	cfg.Type = accessTokenType
	return newPreset(cfg, checkRFC9068)
}

// checkRFC9068 looks for the claims that no other check requires.
func checkRFC9068(t *Token) error {
	clientID, err := t.text("client_id")
	switch {
	case t.Subject == "":
		return refuseWithout("sub")
	case t.IssuedAt.IsZero():
		return refuseWithout("iat")
	case t.ID == "":
		return refuseWithout("jti")
	case err != nil:
		return err
	case clientID == "":
		return refuseWithout("client_id")
	}
	return nil
}
