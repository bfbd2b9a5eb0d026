package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
)

// maxSources bounds how many sources from elsewhere a ring may hold: a token can
// make it ask each of them.
const maxSources = 16

// A Ring signs with one key and verifies with several: that is what rotation needs.
// It is safe for concurrent use. [NewRing] says how it chooses.
type Ring struct {
	label
	active  SigningSource        // nil in a ring that only verifies
	index   *index               // of the members
	members []VerificationSource // *Secret, *PrivateKey and *PublicKey, in order
	sources []VerificationSource // all other sources, in order
	issuer  string               // of the sources, empty if none of them knows it
}

var (
	_ SigningSource      = (*Ring)(nil)
	_ VerificationSource = (*Ring)(nil)
	_ Metered            = (*Ring)(nil)
	_ PublicSource       = (*Ring)(nil)
)

// NewRing makes a Ring that signs with active and verifies with active and all
// others. A nil active makes one that only verifies.
//
// Keys of this package are taken out of the sets and rings given and chosen by kid,
// in constant time:
//
//   - A token with a kid gets the key of that kid; an asymmetric key made with an
//     empty kid goes by its thumbprint. If the key is of another algorithm the
//     answer is [ErrAlgorithm].
//   - A token without a kid gets the one key of its algorithm. If there are more the
//     answer is [ErrUnknownKey].
//   - Secrets made without a kid, as most HS256 tokens in use need them, serve both
//     a token without a kid, before any secret with one, and a token whose kid is
//     that of no key. Several of one algorithm are tried in turn, active first.
//
// A source from elsewhere, such as keys held by KMS, is asked for a token whose kid
// is that of none of these keys:
//
//   - A token with a kid gets the key of the first source that has one. A source
//     that has none says ErrUnknownKey, and the next is asked.
//   - A token without a kid is put to every one of the sources, also if that costs,
//     and gets a key if there is just one for it, among theirs and those of this
//     package. Otherwise the answer is ErrUnknownKey.
//   - Secrets without a kid are tried first, then the key of a source if there is
//     one.
//   - A source that fails does not decide: if no key is found, or if the key that
//     it holds back could make a difference, its error is the answer.
//
// NewRing refuses more than 256 keys, 16 sources from elsewhere, or 16 secrets of
// one algorithm without a kid; two keys of one kid, unless a set that others publish has them for different algorithms; one secret twice; secrets beside
// asymmetric keys; and an active source whose tokens no source of the ring verifies. Of
// sources from elsewhere it knows what their methods Kid and Issuer say, where they have
// them: it refuses two without a kid, and those of different issuers. They must answer
// ErrUnknownKey for a kid that is not theirs.
func NewRing(active SigningSource, others ...VerificationSource) (*Ring, error) {
	r, err := newRing(active, others)
	if err != nil {
		return nil, fmt.Errorf("keys: ring: %w", err)
	}
	return r, nil
}

func newRing(active SigningSource, others []VerificationSource) (*Ring, error) {
	r := &Ring{index: newIndex()}
	if active != nil {
		if err := r.setActive(active); err != nil {
			return nil, fmt.Errorf("the active source: %w", err)
		}
	}
	for i, source := range others {
		if err := r.add(source); err != nil {
			return nil, fmt.Errorf("source %d beside the active one: %w", i, err)
		}
	}
	r.label = describeMany("Ring", len(r.members)+len(r.sources))
	switch {
	case len(r.members)+len(r.sources) > 0:
		if err := errors.Join(r.checkSources(), r.checkActive()); err != nil {
			return nil, err
		}
		return r, nil
	case active == nil:
		return nil, errors.New("no keys: give at least one")
	default:
		return nil, errors.New("the active source does not verify: give its verifier beside it")
	}
}

// A namedSource is a source that knows the kid of its tokens, empty if they have none.
type namedSource interface{ Kid() string }

// An issuerSource is a source that knows whose keys it has, empty if it does not.
type issuerSource interface{ Issuer() string }

// checkSources refuses sources from elsewhere that would keep each other from work: two
// that serve tokens without a kid, each of which could be the other's, and those of
// different issuers, whose tokens would pass for each other's.
func (r *Ring) checkSources() error {
	unnamed := 0
	for _, source := range r.sources {
		if s, ok := source.(namedSource); ok && s.Kid() == "" {
			unnamed++
		}
		s, ok := source.(issuerSource)
		switch {
		case !ok || s.Issuer() == "" || s.Issuer() == r.issuer:
		case r.issuer != "":
			return fmt.Errorf("keys of two issuers, %s and %s: make a verifier for each, and use verifier.ByIssuer",
				redact.Quote(r.issuer), redact.Quote(s.Issuer()))
		default:
			r.issuer = s.Issuer()
		}
	}
	if unnamed > 1 {
		return fmt.Errorf("%d sources without a kid, so that a token without one could be any of theirs: set their Kid, to the same for one key in several Regions", unnamed)
	}
	return nil
}

// checkActive refuses an active source whose tokens no source of the ring verifies.
func (r *Ring) checkActive() error {
	signs, ok := r.active.(namedSource)
	if !ok || signs.Kid() == "" || r.index.kids[signs.Kid()] {
		return nil
	}
	for _, source := range r.sources {
		if s, ok := source.(namedSource); !ok || s.Kid() == "" || s.Kid() == signs.Kid() {
			return nil
		}
	}
	return fmt.Errorf("the active source signs with kid %s, which no source of the ring verifies: give its verifier beside it", redact.Quote(signs.Kid()))
}

// setActive makes active the source that signs, and the first that verifies.
func (r *Ring) setActive(active SigningSource) error {
	if setup.IsNil(active) {
		return errNilSource
	}
	if inner, ok := active.(*Ring); ok && inner.active == nil {
		return errNotActive
	}
	r.active = active
	if source, ok := active.(VerificationSource); ok {
		return r.add(source)
	}
	return nil
}

var (
	errNilSource = errors.New("it is nil: check the error of the function that was to make it")
	errNotActive = errors.New("a ring that only verifies: give one with an active key to sign with")
)

// add adds a source to verify with. Sets and rings are taken apart.
func (r *Ring) add(source VerificationSource) error {
	if setup.IsNil(source) {
		return errNilSource
	}
	switch s := source.(type) {
	case *Secret:
		return r.addSecret(s)
	case *PrivateKey:
		if !s.made() {
			return errNoKey
		}
		return r.addAsymmetric(s.public, s, r.index.addOwn)
	case *PublicKey:
		if !s.made() {
			return errNoKey
		}
		return r.addAsymmetric(s, s, r.index.addOwn)
	case *Set:
		return r.addSet(s)
	case *Ring:
		return r.addRing(s)
	}
	switch {
	case setup.Unmade(source):
		return errNoKey
	case len(r.sources) == maxSources:
		return fmt.Errorf("more than %d sources from elsewhere", maxSources)
	}
	r.sources = append(r.sources, source)
	return nil
}

func (r *Ring) addSecret(secret *Secret) error {
	if !secret.made() {
		return errNoKey
	}
	for _, member := range r.members {
		other, ok := member.(*Secret)
		switch {
		case !ok:
			return errMixed
		case other.equal(secret):
			return errors.New("a secret that is in the ring already: leave one of them out")
		}
	}
	r.members = append(r.members, secret)
	if secret.kid == "" {
		return r.index.addUnnamed(secret)
	}
	return r.index.addOwn(secret.kid, secret.kid, secret)
}

// errMixed refuses what algorithm confusion lives on: one verifier for keys that
// anyone may know and for secrets.
var errMixed = errors.New("a secret beside an asymmetric key: make a ring for each")

// asymmetricKey is a *PrivateKey or a *PublicKey.
type asymmetricKey interface {
	VerificationSource
	VerificationKey
}

func (r *Ring) addAsymmetric(public *PublicKey, key asymmetricKey, add func(kid, id string, key VerificationKey) error) error {
	if len(r.members) > 0 {
		if _, secret := r.members[0].(*Secret); secret {
			return errMixed
		}
	}
	r.members = append(r.members, key)
	return add(public.Kid(), public.thumbprint, key)
}

func (r *Ring) addSet(set *Set) error {
	if !set.made() {
		return errNoKey
	}
	for _, key := range set.keys {
		if err := r.addAsymmetric(key, key, r.index.addNamed); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ring) addRing(ring *Ring) error {
	if !ring.made() {
		return errNoKey
	}
	for _, member := range ring.members {
		if err := r.add(member); err != nil {
			return err
		}
	}
	for _, source := range ring.sources {
		if err := r.add(source); err != nil {
			return err
		}
	}
	return nil
}

// SigningKey returns the key of the active source.
func (r *Ring) SigningKey(ctx context.Context) (SigningKey, error) {
	switch {
	case !r.made():
		return nil, errNoKey
	case r.active == nil:
		return nil, fmt.Errorf("keys: %w", errNotActive)
	}
	return r.active.SigningKey(ctx)
}

// VerificationKey returns the key that h names, as [NewRing] has it.
func (r *Ring) VerificationKey(ctx context.Context, h Header) (VerificationKey, error) {
	if !r.made() {
		return nil, errNoKey
	}
	if len(r.sources) == 0 || r.index.knows(h) {
		return r.index.find(h)
	}
	return r.findElsewhere(ctx, h)
}

// findElsewhere finds a key for a token whose kid, if it has one, is that of no
// member.
func (r *Ring) findElsewhere(ctx context.Context, h Header) (VerificationKey, error) {
	own, known := r.index.byAlg[h.Algorithm]
	if h.Kid == "" && own.named > 0 && own.unnamed == nil {
		return r.findLone(ctx, h, own.lone)
	}
	found, err := r.ask(ctx, h)
	missed := errors.Is(err, ErrUnknownKey)
	switch {
	case own.unnamed == nil && known && missed:
		return nil, ErrUnknownKey // whatever the sources say, it is not the algorithm
	case own.unnamed == nil:
		return found, err
	case missed:
		return own.unnamed, nil
	case err != nil:
		return &inTurn{keys: []VerificationKey{own.unnamed}, outage: err}, nil
	default:
		return &inTurn{keys: []VerificationKey{own.unnamed, found}}, nil
	}
}

// findLone finds a key for a token without a kid if lone is the one member of its
// algorithm, and is nil if there are more. The sources must all say that they have
// none: one that is out of order might.
func (r *Ring) findLone(ctx context.Context, h Header, lone VerificationKey) (VerificationKey, error) {
	if lone == nil {
		return nil, errSeveral
	}
	_, err := r.ask(ctx, h)
	switch {
	case err == nil:
		return nil, errSeveral
	case errors.Is(err, errSeveral) || !errors.Is(err, ErrUnknownKey):
		return nil, err
	}
	return lone, nil
}

// ask asks the sources from elsewhere in turn, for a token without a kid all of
// them.
func (r *Ring) ask(ctx context.Context, h Header) (VerificationKey, error) {
	if h.Algorithm == "" || strings.EqualFold(h.Algorithm, "none") {
		return nil, ErrAlgorithm // not even a source that would have a key for it
	}
	var found VerificationKey
	var outage error
	miss := ErrAlgorithm // until a source says that it is not that
	for _, source := range r.sources {
		key, err := askOne(ctx, source, h)
		switch {
		case err == nil && h.Kid != "":
			return key, nil
		case err == nil && found != nil:
			return nil, errSeveral
		case err == nil:
			found = key
		case !errors.Is(err, ErrUnknownKey):
			outage = errors.Join(outage, err)
		case !errors.Is(err, ErrAlgorithm):
			miss = ErrUnknownKey
		}
	}
	switch {
	case outage != nil:
		return nil, outage
	case found != nil:
		return found, nil
	}
	return nil, miss
}

// askOne asks a source and holds it to its contract: an algorithm confusion must
// not come in by a source from elsewhere.
func askOne(ctx context.Context, source VerificationSource, h Header) (VerificationKey, error) {
	key, err := source.VerificationKey(ctx, h)
	switch {
	case err != nil:
		return nil, err
	case setup.IsNil(key) || key.Algorithm() == "":
		return nil, fmt.Errorf("keys: a source of type %T returned neither a key nor an error", source)
	case key.Algorithm() != h.Algorithm:
		return nil, ErrAlgorithm
	}
	return key, nil
}

// Issuer returns the issuer whose keys the ring has, empty if none of its sources knows
// it.
func (r *Ring) Issuer() string {
	if r == nil {
		return ""
	}
	return r.issuer
}

// Metered reports whether any of the sources from elsewhere is metered.
func (r *Ring) Metered() bool {
	if !r.made() {
		return false
	}
	for _, source := range r.sources {
		if m, ok := source.(Metered); ok && m.Metered() {
			return true
		}
	}
	return false
}

// PublicSet returns the public halves of all keys of the ring, the active one
// first, to be published as a JWK set, and then those of the sources from elsewhere. It
// refuses a ring of secrets, and one with a source that is no [PublicSource]: give the
// public keys to [NewSet].
func (r *Ring) PublicSet(ctx context.Context) (*Set, error) {
	if !r.made() {
		return nil, errNoKey
	}
	var public []*PublicKey
	for _, member := range r.members {
		switch key := member.(type) {
		case *PrivateKey:
			public = append(public, key.public)
		case *PublicKey:
			public = append(public, key)
		default:
			return nil, errors.New("keys: a ring of secrets: a secret is never published, use a private key for tokens that others verify")
		}
	}
	for _, source := range r.sources {
		publisher, ok := source.(PublicSource)
		if !ok {
			return nil, fmt.Errorf("keys: a ring with a source of type %T, whose keys it cannot list: give the public keys to NewSet", source)
		}
		set, err := publisher.PublicSet(ctx)
		if err != nil {
			return nil, err
		}
		public = append(public, set.Keys()...)
	}
	return NewSet(public...)
}

// Ready asks every source that has a method Ready whether it can work, and returns what
// those that cannot answer.
func (r *Ring) Ready(ctx context.Context) error {
	if !r.made() {
		return errNoKey
	}
	var failures []error
	for _, source := range r.sources {
		if s, ok := source.(interface{ Ready(context.Context) error }); ok {
			failures = append(failures, s.Ready(ctx))
		}
	}
	return errors.Join(failures...)
}

// same reports whether a ring signs and verifies with the keys of another one. Of sources
// from elsewhere it looks at how many there are.
func (r *Ring) same(other *Ring) bool {
	return r.activeKid() == other.activeKid() && len(r.sources) == len(other.sources) &&
		slices.EqualFunc(r.members, other.members, sameMember)
}

// sameMember reports whether two members of rings are the same key under the same kid.
func sameMember(a, b VerificationSource) bool {
	switch a := a.(type) {
	case *Secret:
		b, ok := b.(*Secret)
		return ok && a.kid == b.kid && a.equal(b)
	case *PrivateKey:
		b, ok := b.(*PrivateKey)
		return ok && a.public.same(b.public)
	case *PublicKey:
		b, ok := b.(*PublicKey)
		return ok && a.same(b)
	}
	return false
}

// activeKid returns the kid of the key that signs, empty if there is none or it is not known.
func (r *Ring) activeKid() string {
	if active, ok := r.active.(namedSource); ok {
		return active.Kid()
	}
	return ""
}

// made reports whether r comes from a constructor.
func (r *Ring) made() bool { return r != nil && r.index != nil }
