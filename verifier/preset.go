package verifier

import (
	"errors"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// A rule is what a preset asks of a claims set beside its Config. It is no part of
// the Config, so that nothing set there can replace it.
type rule func(*Token) error

// newPreset returns a verifier of what cfg and the rule agree to.
func newPreset(cfg Config, r rule) (*Local, error) {
	l, err := New(cfg)
	if err != nil {
		return nil, err
	}
	l.rule = r
	return l, nil
}

// checkPreset refuses the settings that a preset leaves no choice of.
func (c *Config) checkPreset() error {
	switch {
	case c.SkipIssuerCheck:
		return errors.New("Config.SkipIssuerCheck: the issuer is part of the preset: set Config.Issuer, or use New")
	case c.SkipAudienceCheck:
		return errors.New("Config.SkipAudienceCheck: the audience is part of the preset: leave it out, or use New")
	case c.AllowMissingExpiry:
		return errors.New("Config.AllowMissingExpiry: exp is part of the preset: leave it out, or use New")
	}
	return nil
}

// text returns a claim that must be a string. It refuses a token without it, or with
// a null, as [MissingClaim], and one with anything else as [WrongClaim].
func (t *Token) text(claim string) (string, error) {
	value := jose.Value{Kind: jose.Null}
	err := jose.Members(t.claims, jose.ClaimsLimits, func(name string, v jose.Value) error {
		if name == claim {
			value = v
		}
		return nil
	})
	if err != nil {
		return "", malformed(ClaimsJSON)
	}
	if value.Kind == jose.Null {
		return "", refuseWithout(claim)
	}
	text, ok := value.Text()
	if !ok {
		return "", refuseWrong(claim)
	}
	return text, nil
}
