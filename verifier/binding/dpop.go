package binding

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/verifier"
)

// DefaultWindow is how far the clocks of a client and of this API may be apart, if
// [DPoPConfig.Window] says nothing.
const DefaultWindow = time.Minute

const maxWindow = 10 * time.Minute

// algorithms are those with which a proof can be signed: all that have a public key.
var algorithms = [...]string{
	"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
}

// DPoPConfig says which DPoP proofs are good. Proofs must be set; every other zero value
// is the strict choice.
type DPoPConfig struct {
	// Proofs remembers which proofs have been used. Required: a store that all processes
	// of this API share, or a Memory for each.
	Proofs ProofStore

	// Algorithms are those with which proofs may be signed. Nil means all that package
	// keys knows: RS, PS and ES with 256, 384 and 512, EdDSA and Ed25519. Never HS or none.
	Algorithms []string

	// Window is how long ago the iat of a proof may be, and how far ahead. A proof is
	// remembered until it is too old. At most ten minutes; 0 means DefaultWindow.
	Window time.Duration

	// Nonce, if not nil, makes callers put a nonce of this API into each proof (section
	// 9), so that proofs cannot be made in advance. It gets the nonce of a proof, empty if
	// there is none, and reports whether a proof may have it now. If not, the caller is
	// refused and told the fresh one, which must not be empty. An error is an outage.
	//
	// Clients learn the nonce from the headers of the refusal (see Challenge). A Lambda
	// authorizer cannot set headers, so this is for middleware.
	Nonce func(ctx context.Context, nonce string) (fresh string, ok bool, err error)

	// PublicURL, if not nil, returns the URL that the caller sees, where Request.URL is
	// another one: behind a proxy or a CDN. Rebase makes the usual function. An error
	// that wraps verifier.ErrInvalidToken refuses the request; any other is an outage.
	//
	// Set it where Request.URL has its host from the header Host, as with net/http, unless
	// something before the API refuses other hosts. A caller can write any host there,
	// and so make a proof good that was sent to somebody else.
	PublicURL func(Request) (string, error)

	// AllowBearerTokens accepts tokens without cnf, whoever sends them, with a proof or
	// without.
	AllowBearerTokens bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A DPoP is the [Binding] of tokens to a key with which the caller signs a proof for each
// request (RFC 9449). It is safe for concurrent use. Make it with [NewDPoP].
type DPoP struct {
	cfg DPoPConfig
}

var _ Binding = (*DPoP)(nil)

// NewDPoP returns the binding of DPoP, or an error that says which setting to mend.
func NewDPoP(cfg DPoPConfig) (*DPoP, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("binding: %w", err)
	}
	cfg.Algorithms = slices.Clone(cfg.Algorithms)
	if cfg.Algorithms == nil {
		cfg.Algorithms = algorithms[:]
	}
	setup.Default(&cfg.Window, DefaultWindow)
	cfg.Now = clock.Wall(cfg.Now)
	return &DPoP{cfg}, nil
}

func (c *DPoPConfig) check() error {
	switch {
	case setup.IsNil(c.Proofs):
		return errors.New("set DPoPConfig.Proofs to what remembers used proofs: a store that all processes share, or NewMemory's")
	case c.Algorithms != nil && len(c.Algorithms) == 0:
		return errors.New("DPoPConfig.Algorithms is empty: name at least one, or leave it nil for all")
	case c.Window < 0 || c.Window > maxWindow:
		return fmt.Errorf("DPoPConfig.Window is %v: set it to at most %v, or to 0 for %v", c.Window, maxWindow, DefaultWindow)
	}
	for _, alg := range c.Algorithms {
		if !slices.Contains(algorithms[:], alg) {
			return fmt.Errorf("DPoPConfig.Algorithms holds %s: use %s", redact.Quote(alg), strings.Join(algorithms[:], ", "))
		}
	}
	return nil
}

// Check checks the proof of a request (RFC 9449 section 4.3): there is one proof, it is
// well-formed, its signature is made with the key that jkt in the token's cnf names, it is
// for this method, this URL and this token, it was made about now, has the nonce where one
// is asked for, and was not used before. It asks [DPoPConfig.Proofs] last, so that only the
// token's owner can make it remember a proof.
func (d *DPoP) Check(ctx context.Context, r Request, t *verifier.Token) error {
	if d == nil || d.cfg.Proofs == nil {
		return errNotMade
	}
	return confirm(ctx, r, t, d.cfg.AllowBearerTokens, d)
}

// RequiresProof reports whether every token must be bound to a key: whether
// [DPoPConfig.AllowBearerTokens] is not set.
func (d *DPoP) RequiresProof() bool { return d == nil || !d.cfg.AllowBearerTokens }

func (d *DPoP) member() string { return "jkt" }

func (d *DPoP) confirm(ctx context.Context, r Request, thumbprint string) error {
	if r.Method == "" || r.Token == "" { // which a proof without htm or ath would fit
		return errors.New("binding: Request.Method and Request.Token must be set")
	}
	p, err := readProof(r.DPoP, d.cfg.Algorithms)
	if err != nil {
		return err
	}
	if p.key.Thumbprint() != thumbprint {
		return refuse(verifier.WrongBinding, "the proof is signed with another key than the token is bound to")
	}
	if err := p.verify(ctx); err != nil {
		return err
	}
	if err := d.checkRequest(r, p); err != nil {
		return err
	}
	if err := d.checkTime(p); err != nil {
		return err
	}
	if err := d.checkNonce(ctx, p); err != nil {
		return err
	}
	if err := d.use(ctx, p); err != nil {
		return err
	}
	return d.checkTime(p) // a store may have forgotten a proof that got too old meanwhile
}

// checkRequest compares what a proof says of the request with the request.
func (d *DPoP) checkRequest(r Request, p *proof) error {
	address := r.URL
	if d.cfg.PublicURL != nil {
		var err error
		if address, err = d.cfg.PublicURL(r); err != nil {
			return fmt.Errorf("binding: DPoPConfig.PublicURL: %w", err)
		}
	}
	want, err := normalize(address)
	if err != nil {
		return fmt.Errorf("binding: the URL of the request: %w", err)
	}
	hash := sha256.Sum256([]byte(r.Token))
	got, err := normalize(p.htu)
	switch {
	case p.htm != r.Method:
		return refuse(verifier.WrongProof, "the proof is for another method")
	case err != nil || got != want:
		return refuse(verifier.WrongProof, "the proof is for another URL")
	case p.ath != jose.EncodeBase64URL(hash[:]):
		return refuse(verifier.WrongProof, "the proof is for another token, or for none")
	}
	return nil
}

// checkTime refuses a proof that was not made about now, or that has expired.
func (d *DPoP) checkTime(p *proof) error {
	now := d.cfg.Now()
	switch {
	case !now.Before(p.iat.Add(d.cfg.Window)):
		return refuse(verifier.WrongProof, "the proof is too old")
	case p.iat.After(now.Add(d.cfg.Window)):
		return refuse(verifier.WrongProof, "the proof is from the future")
	case !p.exp.IsZero() && !now.Before(p.exp):
		return refuse(verifier.WrongProof, "the proof has expired")
	}
	return nil
}

// use notes that a proof has been used, which it must not have been.
func (d *DPoP) use(ctx context.Context, p *proof) error {
	first, err := d.cfg.Proofs.Use(ctx, p.id(), p.iat.Add(d.cfg.Window))
	switch {
	case err != nil:
		return fmt.Errorf("binding: DPoPConfig.Proofs: %w", outage.Of(err, verifier.ErrInvalidToken))
	case !first:
		return refuse(verifier.ReplayedProof, "the proof has been used before")
	}
	return nil
}

// A nonceError is a refusal that says which nonce to use.
type nonceError struct {
	error
	fresh string
}

func (e *nonceError) Unwrap() error { return e.error }

func (d *DPoP) checkNonce(ctx context.Context, p *proof) error {
	if d.cfg.Nonce == nil {
		return nil
	}
	fresh, ok, err := d.cfg.Nonce(ctx, p.nonce)
	switch {
	case err != nil:
		return fmt.Errorf("binding: DPoPConfig.Nonce: %w", outage.Of(err, verifier.ErrInvalidToken))
	case ok:
		return nil
	case !isNonce(fresh):
		return errors.New("binding: DPoPConfig.Nonce gave a fresh nonce that is empty or has a character that none can have")
	}
	return &nonceError{refuse(verifier.MissingNonce, "the proof does not have the nonce to use now"), fresh}
}

// isNonce reports whether text has the syntax of a nonce (RFC 9449 section 8.1).
func isNonce(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return c <= ' ' || c == '"' || c == '\\' || c > '~'
	})
}
