package keys_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func TestRingSignsWithTheActiveKeyAndVerifiesWithAll(t *testing.T) {
	old, current := privateKey(t, "old", "RS256", "a"), privateKey(t, "new", "ES256", "a")
	ring := newRing(t, current, old.Public())
	h, signature := sign(t, ring, []byte("input"))
	if h.Kid != "new" || h.Algorithm != "ES256" {
		t.Errorf("header %v", h)
	}
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
	h, signature = sign(t, old, []byte("input"))
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
}

func TestRingWithoutAnActiveKeyOnlyVerifies(t *testing.T) {
	key := privateKey(t, "k", "ES256", "a")
	ring := newRing(t, nil, key)
	if _, err := ring.SigningKey(context.Background()); err == nil {
		t.Error("it signs")
	}
	h, signature := sign(t, key, []byte("input"))
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
}

// Which key a ring finds, for all that its members and a token can be. A key is
// named by what it signs with, so that a composite of several shows what it takes.
func TestRingChoosesByKeyID(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	r2, unnamed := privateKey(t, "r2", "RS256", "b"), privateKey(t, "", "ES256", "b")
	s1, s2 := hmacSecret(t, "1", "HS256", "1"), hmacSecret(t, "2", "HS256", "2")
	s512 := hmacSecret(t, "512", "HS512", "512")
	u1, u2 := hmacSecret(t, "", "HS256", "u1"), hmacSecret(t, "", "HS256", "u2")
	u512 := hmacSecret(t, "", "HS512", "u512")

	tests := []struct {
		name   string
		ring   *keys.Ring
		header keys.Header
		takes  []keys.SigningSource // whose signatures pass
		err    error
	}{
		{"by kid", newRing(t, r, e), keys.Header{Algorithm: "ES256", Kid: "e"}, []keys.SigningSource{e}, nil},
		{"by kid, another algorithm", newRing(t, r, e), keys.Header{Algorithm: "RS256", Kid: "e"}, nil, keys.ErrAlgorithm},
		{"by kid, unknown", newRing(t, r, e), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey},
		{"by thumbprint", newRing(t, r, unnamed), keys.Header{Algorithm: "ES256", Kid: unnamed.Kid()}, []keys.SigningSource{unnamed}, nil},
		{"no kid, one of the algorithm", newRing(t, r, e), keys.Header{Algorithm: "RS256"}, []keys.SigningSource{r}, nil},
		{"no kid, two of the algorithm", newRing(t, r, r2, e), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey},
		{"no kid, none of the algorithm", newRing(t, r, e), keys.Header{Algorithm: "PS256"}, nil, keys.ErrAlgorithm},
		{"alg none", newRing(t, r, e), keys.Header{Algorithm: "none"}, nil, keys.ErrAlgorithm},
		{"one unnamed key, another kid", newRing(t, unnamed), keys.Header{Algorithm: "ES256", Kid: "x"}, nil, keys.ErrUnknownKey},

		{"secrets by kid", newRing(t, s2, s1), keys.Header{Algorithm: "HS256", Kid: "1"}, []keys.SigningSource{s1}, nil},
		{"secrets, no kid, two of the algorithm", newRing(t, s2, s1), keys.Header{Algorithm: "HS256"}, nil, keys.ErrUnknownKey},
		{"secrets, no kid, one of the algorithm", newRing(t, s2, s512), keys.Header{Algorithm: "HS512"}, []keys.SigningSource{s512}, nil},
		{"unnamed secrets, no kid", newRing(t, u2, u1), keys.Header{Algorithm: "HS256"}, []keys.SigningSource{u2, u1}, nil},
		{"unnamed secrets, any kid", newRing(t, u2, u1), keys.Header{Algorithm: "HS256", Kid: "x"}, []keys.SigningSource{u2, u1}, nil},
		{"unnamed secrets, each under its algorithm", newRing(t, u2, u512), keys.Header{Algorithm: "HS512"}, []keys.SigningSource{u512}, nil},
		{"unnamed secrets, another algorithm", newRing(t, u2, u1), keys.Header{Algorithm: "HS384"}, nil, keys.ErrAlgorithm},
		{"named and unnamed, by kid", newRing(t, s2, u1), keys.Header{Algorithm: "HS256", Kid: "2"}, []keys.SigningSource{s2}, nil},
		{"named and unnamed, no kid", newRing(t, s2, u1), keys.Header{Algorithm: "HS256"}, []keys.SigningSource{u1}, nil},
		{"named and unnamed, another kid", newRing(t, s2, u1), keys.Header{Algorithm: "HS256", Kid: "x"}, []keys.SigningSource{u1}, nil},
		{"named and unnamed, a kid of another algorithm", newRing(t, s512, u1), keys.Header{Algorithm: "HS256", Kid: "512"}, nil, keys.ErrAlgorithm},

		{"a nested ring and set", newRing(t, newRing(t, r, e), newSet(t, r2.Public())), keys.Header{Algorithm: "RS256", Kid: "r2"}, []keys.SigningSource{r2}, nil},
		{"a nested ring and set, no kid", newRing(t, newRing(t, r, e), newSet(t, r2.Public())), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey},
		{"nested unnamed secrets", newRing(t, newRing(t, u2), newRing(t, nil, u1)), keys.Header{Algorithm: "HS256"}, []keys.SigningSource{u2, u1}, nil},
	}
	all := []keys.SigningSource{r, e, r2, unnamed, s1, s2, s512, u1, u2, u512}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantKey(t, test.ring, test.header, all, test.takes, test.err)
		})
	}
}

// wantKey tests that source finds, for h, a key that takes the signatures of takes
// and of none of the others, or gives the error.
func wantKey(t *testing.T, source keys.VerificationSource, h keys.Header, all, takes []keys.SigningSource, want error) {
	t.Helper()
	key, err := source.VerificationKey(context.Background(), h)
	if !errors.Is(err, want) || want == keys.ErrUnknownKey && errors.Is(err, keys.ErrAlgorithm) {
		t.Fatalf("error %v, want %v", err, want)
	}
	if want != nil {
		if key != nil {
			t.Errorf("key %v with error %v", key, err)
		}
		return
	}
	if key.Algorithm() != h.Algorithm {
		t.Errorf("a key of %s for a token of %s", key.Algorithm(), h.Algorithm)
	}
	for _, signer := range all {
		_, signature := sign(t, signer, []byte("input"))
		err := key.Verify(context.Background(), []byte("input"), signature)
		taken := false
		for _, s := range takes {
			taken = taken || s == signer
		}
		if taken && err != nil || !taken && !errors.Is(err, keys.ErrSignature) {
			t.Errorf("a signature of %v: %v", signer, err)
		}
	}
}

var errDown = errors.New("503 Service Unavailable")

// down is a source that is out of order.
type down struct{}

func (down) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return nil, fmt.Errorf("asking: %w", errDown)
}

// counted counts how often a source is asked.
type counted struct {
	keys.VerificationSource
	asked *int
}

func (c counted) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	*c.asked++
	return c.VerificationSource.VerificationKey(ctx, h)
}

func TestRingAsksSourcesFromElsewhere(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	r2 := privateKey(t, "r2", "RS256", "b")
	s1, u1 := hmacSecret(t, "1", "HS256", "1"), hmacSecret(t, "", "HS256", "u1")
	u2 := hmacSecret(t, "", "HS256", "u2")
	all := []keys.SigningSource{r, e, r2, s1, u1, u2}
	only := func(s ...keys.SigningSource) []keys.SigningSource { return s }

	tests := []struct {
		name   string
		ring   *keys.Ring
		header keys.Header
		takes  []keys.SigningSource
		err    error
		asked  int // how often the counted source is asked
	}{
		{"a kid of a member is not asked for", newRing(t, r, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "r"}, only(r), nil, 0},
		{"a kid of a member of another algorithm is not asked for", newRing(t, r, ask(r2)), keys.Header{Algorithm: "ES256", Kid: "r"}, nil, keys.ErrAlgorithm, 0},
		{"another kid", newRing(t, r, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "r2"}, only(r2), nil, 1},
		{"the second source has it", newRing(t, r, elsewhere{e}, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "r2"}, only(r2), nil, 1},
		{"the first source has it", newRing(t, r, elsewhere{e}, ask(r2)), keys.Header{Algorithm: "ES256", Kid: "e"}, only(e), nil, 0},
		{"no source has it", newRing(t, r, elsewhere{e}, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey, 1},
		{"no source has the algorithm, a member has", newRing(t, r, ask(e)), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey, 1},
		{"nobody has the algorithm", newRing(t, r, ask(e)), keys.Header{Algorithm: "PS256", Kid: "x"}, nil, keys.ErrAlgorithm, 1},
		{"alg none is not asked for", newRing(t, r, ask(e)), keys.Header{Algorithm: "none", Kid: "x"}, nil, keys.ErrAlgorithm, 0},
		{"alg NonE is not asked for", newRing(t, r, ask(e)), keys.Header{Algorithm: "NonE"}, nil, keys.ErrAlgorithm, 0},
		{"no alg is not asked for", newRing(t, r, ask(e)), keys.Header{Kid: "x"}, nil, keys.ErrAlgorithm, 0},

		{"no member, and no source has it", newRing(t, nil, elsewhere{e}, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, keys.ErrUnknownKey, 1},
		{"no member, and no source has the algorithm", newRing(t, nil, elsewhere{e}, ask(r2)), keys.Header{Algorithm: "PS256", Kid: "x"}, nil, keys.ErrAlgorithm, 1},

		{"a source is down, another has it", newRing(t, r, down{}, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "r2"}, only(r2), nil, 1},
		{"a source has it, the next is down", newRing(t, r, ask(r2), down{}), keys.Header{Algorithm: "RS256", Kid: "r2"}, only(r2), nil, 1},
		{"no source has it, the next is down", newRing(t, r, ask(r2), down{}), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, errDown, 1},
		{"no kid, a source has it, the next is down", newRing(t, e, ask(r2), down{}), keys.Header{Algorithm: "RS256"}, nil, errDown, 1},
		{"no kid, a member has it, the last source is down", newRing(t, r, ask(e), down{}), keys.Header{Algorithm: "RS256"}, nil, errDown, 1},
		{"no kid, two sources have it, the next is down", newRing(t, e, elsewhere{r}, ask(r2), down{}), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey, 1},
		{"a source is down, no other has it", newRing(t, r, down{}, ask(r2)), keys.Header{Algorithm: "RS256", Kid: "x"}, nil, errDown, 1},
		{"a source is down, a member has it", newRing(t, r, down{}), keys.Header{Algorithm: "RS256", Kid: "r"}, only(r), nil, 0},

		{"no kid, a member alone", newRing(t, r, ask(e)), keys.Header{Algorithm: "RS256"}, only(r), nil, 1},
		{"no kid, a source alone", newRing(t, r, ask(e)), keys.Header{Algorithm: "ES256"}, only(e), nil, 1},
		{"no kid, a member and a source", newRing(t, r, ask(r2)), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey, 1},
		{"no kid, two members", newRing(t, r, r2, ask(e)), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey, 0},
		{"no kid, two sources", newRing(t, e, elsewhere{r}, ask(r2)), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey, 1},
		{"no kid, two sources and a member", newRing(t, privateKey(t, "r3", "RS256", "a"), elsewhere{r}, ask(r2)), keys.Header{Algorithm: "RS256"}, nil, keys.ErrUnknownKey, 1},
		{"no kid, a member, and a source is down", newRing(t, r, down{}, ask(e)), keys.Header{Algorithm: "RS256"}, nil, errDown, 1},
		{"no kid, a source, and another is down", newRing(t, e, down{}, ask(r2)), keys.Header{Algorithm: "RS256"}, nil, errDown, 1},
		{"no kid, nobody", newRing(t, e, ask(r2)), keys.Header{Algorithm: "ES512"}, nil, keys.ErrAlgorithm, 1},

		{"unnamed secrets beside a source, its kid", newRing(t, u1, u2, ask(s1)), keys.Header{Algorithm: "HS256", Kid: "1"}, only(u1, u2, s1), nil, 1},
		{"unnamed secrets beside a source, another kid", newRing(t, u1, u2, ask(s1)), keys.Header{Algorithm: "HS256", Kid: "x"}, only(u1, u2), nil, 1},
		{"unnamed secrets beside a source, no kid", newRing(t, u1, u2, ask(s1)), keys.Header{Algorithm: "HS256"}, only(u1, u2, s1), nil, 1},
		{"unnamed secrets beside a source of another algorithm", newRing(t, u1, ask(e)), keys.Header{Algorithm: "HS256", Kid: "x"}, only(u1), nil, 1},
		{"named and unnamed secrets beside a source, no kid", newRing(t, u1, hmacSecret(t, "2", "HS256", "2"), ask(s1)), keys.Header{Algorithm: "HS256"}, only(u1, s1), nil, 1},
		{"unnamed secrets beside two sources, no kid", newRing(t, u1, elsewhere{s1}, ask(hmacSecret(t, "2", "HS256", "2"))), keys.Header{Algorithm: "HS256"}, only(u1), nil, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asks = 0
			wantKey(t, test.ring, test.header, all, test.takes, test.err)
			if asks != test.asked {
				t.Errorf("the source was asked %d times, want %d", asks, test.asked)
			}
		})
	}
}

// With secrets that would take any token, a source that is down still must not make
// a wrong signature of one that may be its own.
func TestSignatureOfNoSecretIsUndecidedWhileASourceIsDown(t *testing.T) {
	u1, s1 := hmacSecret(t, "", "HS256", "u1"), hmacSecret(t, "1", "HS256", "1")
	ring := newRing(t, u1, down{})
	for _, kid := range []string{"", "1"} {
		if key, err := ring.VerificationKey(context.Background(), keys.Header{Algorithm: "HS256", Kid: kid}); err != nil || key.Algorithm() != "HS256" {
			t.Errorf("kid %q: got %v, %v", kid, key, err)
		}
		h, signature := sign(t, u1, []byte("input"))
		h.Kid = kid
		if err := verify(ring, h, []byte("input"), signature); err != nil {
			t.Errorf("kid %q: a signature of the secret: %v", kid, err)
		}
		_, signature = sign(t, s1, []byte("input"))
		err := verify(ring, h, []byte("input"), signature)
		if !errors.Is(err, errDown) || errors.Is(err, keys.ErrSignature) || errors.Is(err, keys.ErrUnknownKey) {
			t.Errorf("kid %q: another signature: %v", kid, err)
		}
	}
}

// failing is a key whose own service is down.
type failing struct{ *keys.Secret }

func (f failing) VerificationKey(_ context.Context, h keys.Header) (keys.VerificationKey, error) {
	return f, nil
}
func (failing) Verify(context.Context, []byte, []byte) error { return errDown }

func TestOutageOfAKeyTriedInTurnIsNotAWrongSignature(t *testing.T) {
	u1 := hmacSecret(t, "", "HS256", "u1")
	ring := newRing(t, u1, failing{hmacSecret(t, "1", "HS256", "1")})
	h, signature := sign(t, u1, []byte("input"))
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Errorf("a signature of the secret: %v", err)
	}
	err := verify(ring, h, []byte("other input"), signature)
	if !errors.Is(err, errDown) || errors.Is(err, keys.ErrSignature) {
		t.Errorf("another signature: %v", err)
	}
}

// confused is a source that gives its key whatever the algorithm asked for.
type confused struct{ key keys.VerificationKey }

func (c confused) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return c.key, nil
}

func TestRingHoldsSourcesToTheirContract(t *testing.T) {
	r := privateKey(t, "r", "RS256", "a")
	for _, alg := range []string{"HS256", "ES256", "none", "", "rs256"} {
		for _, kid := range []string{"", "x"} {
			_, err := newRing(t, nil, confused{r}).VerificationKey(context.Background(), keys.Header{Algorithm: alg, Kid: kid})
			if !errors.Is(err, keys.ErrAlgorithm) {
				t.Errorf("an RS256 key for a token of %q: %v", alg, err)
			}
		}
	}
	for _, broken := range []keys.VerificationSource{confused{nil}, confused{(*keys.Secret)(nil)}, confused{new(keys.Secret)}, confused{new(keys.PublicKey)}} {
		key, err := newRing(t, nil, broken).VerificationKey(context.Background(), keys.Header{Algorithm: "HS256"})
		if err == nil || errors.Is(err, keys.ErrUnknownKey) || key != nil {
			t.Errorf("key %v and error %v from a source that returned neither", key, err)
		}
	}
}

func TestRingHandsItsContextToSources(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	own := remote{elsewhere{privateKey(t, "k", "ES256", "a")}}
	ring := newRing(t, own)
	if _, err := ring.SigningKey(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("signing: %v", err)
	}
	_, err := ring.VerificationKey(ctx, keys.Header{Algorithm: "ES256", Kid: "k"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, keys.ErrUnknownKey) {
		t.Errorf("verifying: %v", err)
	}
}

// asks counts the questions to sources made by ask. The tests that use it do not
// run in parallel.
var asks int

func ask(source ownKey) keys.VerificationSource { return counted{elsewhere{source}, &asks} }

// signsOnly is a signing source from elsewhere that cannot verify.
type signsOnly struct{ keys.SigningSource }

func TestNewRingRefuses(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	s, u := hmacSecret(t, "s", "HS256", "s"), hmacSecret(t, "", "HS256", "u")
	sources := func(count int) (list []keys.VerificationSource) {
		for range count {
			list = append(list, elsewhere{e})
		}
		return list
	}
	unnamed := func(count int) (list []keys.VerificationSource) {
		for i := range count {
			list = append(list, hmacSecret(t, "", "HS256", fmt.Sprint("u", i)))
		}
		return list
	}
	named := func(count int) (list []keys.VerificationSource) {
		for i := range count {
			list = append(list, hmacSecret(t, fmt.Sprint(i), "HS256", fmt.Sprint(i)))
		}
		return list
	}
	tests := []struct {
		name   string
		active keys.SigningSource
		others []keys.VerificationSource
		want   string
	}{
		{"nothing", nil, nil, "no keys"},
		{"a nil *Secret as the active source", (*keys.Secret)(nil), nil, "the active source: it is nil"},
		{"a nil *PrivateKey as the active source", (*keys.PrivateKey)(nil), nil, "the active source: it is nil"},
		{"a zero Secret", &keys.Secret{}, nil, "zero key"},
		{"a zero PrivateKey", &keys.PrivateKey{}, nil, "zero key"},
		{"a zero PublicKey", r, []keys.VerificationSource{&keys.PublicKey{}}, "source 0 beside the active one: misconfigured: a zero key"},
		{"a zero Refreshing", r, []keys.VerificationSource{&keys.Refreshing{}}, "source 0 beside the active one: misconfigured: a zero key"},
		{"a nil signer beside its verifier", (*signsOnly)(nil), []keys.VerificationSource{r.Public()}, "the active source: it is nil"},
		{"a zero Set", r, []keys.VerificationSource{&keys.Set{}}, "zero key"},
		{"a zero Ring", r, []keys.VerificationSource{&keys.Ring{}}, "zero key"},
		{"a nil source", r, []keys.VerificationSource{e, nil}, "source 1 beside the active one: it is nil"},
		{"a nil *PublicKey", r, []keys.VerificationSource{(*keys.PublicKey)(nil)}, "it is nil"},
		{"a nil *Set", r, []keys.VerificationSource{(*keys.Set)(nil)}, "it is nil"},
		{"a ring that only verifies as the active source", newRing(t, nil, r), nil, "only verifies"},
		{"an active source that does not verify, alone", signsOnly{r}, nil, "give its verifier beside it"},
		{"one key twice", r, []keys.VerificationSource{r}, "two keys of kid"},
		{"its own public half", r, []keys.VerificationSource{r.Public()}, "two keys of kid"},
		{"a set that holds it already", r, []keys.VerificationSource{newSet(t, e.Public(), r.Public())}, "two keys of kid"},
		{"two keys of one kid", r, []keys.VerificationSource{privateKey(t, "r", "ES256", "a")}, `two keys of kid "r"`},
		{"one secret twice", s, []keys.VerificationSource{s}, "in the ring already"},
		{"equal secrets of two kids", s, []keys.VerificationSource{hmacSecret(t, "other", "HS256", "s")}, "in the ring already"},
		{"equal secrets without kids", u, []keys.VerificationSource{hmacSecret(t, "", "HS256", "u")}, "in the ring already"},
		{"two secrets of one kid", s, []keys.VerificationSource{hmacSecret(t, "s", "HS256", "other")}, `two keys of kid "s"`},
		{"a secret beside a private key", r, []keys.VerificationSource{s}, "a secret beside an asymmetric key"},
		{"a secret beside a public key", s, []keys.VerificationSource{r.Public()}, "a secret beside an asymmetric key"},
		{"a secret beside a set", s, []keys.VerificationSource{newSet(t, r.Public())}, "a secret beside an asymmetric key"},
		{"a ring of secrets beside a ring of keys", newRing(t, s), []keys.VerificationSource{newRing(t, r)}, "a secret beside an asymmetric key"},
		{"an unnamed secret beside a public key", nil, []keys.VerificationSource{r.Public(), u}, "a secret beside an asymmetric key"},
		{"17 sources from elsewhere", r, sources(17), "more than 16 sources"},
		{"17 sources from elsewhere, in two rings", newRing(t, r, sources(8)...), []keys.VerificationSource{newRing(t, nil, sources(9)...)}, "more than 16 sources"},
		{"17 secrets without a kid", nil, unnamed(17), "more than 16 secrets of HS256"},
		{"257 secrets", nil, named(257), "more than 256 keys"},
		{"257 secrets, one of them without a kid", nil, append(named(256), unnamed(1)...), "more than 256 keys"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ring, err := keys.NewRing(test.active, test.others...)
			wantError(t, err, "keys: ring: ", test.want)
			if ring != nil {
				t.Error("a ring came with the error")
			}
		})
	}
	for name, others := range map[string][]keys.VerificationSource{
		"16 sources": sources(16), "16 secrets without a kid": unnamed(16), "256 secrets": named(256),
	} {
		if _, err := keys.NewRing(nil, others...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestActiveSourceThatOnlySignsTakesItsVerifierBesideIt(t *testing.T) {
	r := privateKey(t, "r", "RS256", "a")
	ring := newRing(t, signsOnly{r}, r.Public())
	h, signature := sign(t, ring, []byte("input"))
	if err := verify(ring, h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
	if set, err := ring.PublicSet(t.Context()); err != nil || len(set.Keys()) != 1 {
		t.Errorf("published %v, %v", set, err)
	}
}

func TestNestedRingSignsWithItsOwnActiveKey(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	ring := newRing(t, newRing(t, r, e), privateKey(t, "r2", "RS256", "b"))
	if h, _ := sign(t, ring, []byte("input")); h.Kid != "r" {
		t.Errorf("signed with %v", h)
	}
}

func TestRingsPublicSetListsTheActiveKeyFirst(t *testing.T) {
	r, e, d := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a"), privateKey(t, "", "EdDSA", "a")
	set, err := newRing(t, e, newSet(t, d.Public()), r).PublicSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kids []string
	for _, key := range set.Keys() {
		kids = append(kids, key.Kid())
	}
	if got, want := strings.Join(kids, " "), "e "+d.Kid()+" r"; got != want {
		t.Errorf("kids %s, want %s", got, want)
	}
}

func TestRingDoesNotPublishWhatItCannotList(t *testing.T) {
	r := privateKey(t, "r", "RS256", "a")
	_, err := newRing(t, r, elsewhere{privateKey(t, "e", "ES256", "a")}).PublicSet(t.Context())
	wantError(t, err, "cannot list", "NewSet")
}

type metered struct {
	keys.VerificationSource
	costs bool
}

func (m metered) Metered() bool { return m.costs }

func TestRingIsMeteredIfAnyOfItsSourcesIs(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	for name, test := range map[string]struct {
		ring *keys.Ring
		want bool
	}{
		"keys":                     {newRing(t, r, e), false},
		"a source that is not":     {newRing(t, r, elsewhere{e}), false},
		"a source that says no":    {newRing(t, r, metered{elsewhere{e}, false}), false},
		"a source that is":         {newRing(t, r, metered{elsewhere{e}, true}), true},
		"a source in a ring":       {newRing(t, r, newRing(t, nil, metered{elsewhere{e}, true})), true},
		"a zero ring":              {&keys.Ring{}, false},
		"the second of two is one": {newRing(t, r, elsewhere{e}, metered{elsewhere{e}, true}), true},
	} {
		if got := test.ring.Metered(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// A lookup happens for every token, forged ones too.
func TestLookupsDoNotAllocate(t *testing.T) {
	secret, private := hmacSecret(t, "s", "HS256", "s"), privateKey(t, "", "ES256", "a")
	ring := newRing(t, hmacSecret(t, "", "HS256", "1"), hmacSecret(t, "", "HS256", "2"), secret)
	for name, test := range map[string]struct {
		source keys.VerificationSource
		header keys.Header
	}{
		"secret":             {secret, secret.Header()},
		"secret, unknown":    {secret, keys.Header{Algorithm: "HS256", Kid: "x"}},
		"private key":        {private, private.Header()},
		"public key":         {private.Public(), private.Header()},
		"set":                {newSet(t, private.Public()), private.Header()},
		"set, no kid":        {newSet(t, private.Public()), keys.Header{Algorithm: "ES256"}},
		"set, unknown":       {newSet(t, private.Public()), keys.Header{Algorithm: "ES256", Kid: "x"}},
		"ring":               {ring, secret.Header()},
		"ring, no kid":       {ring, keys.Header{Algorithm: "HS256"}},
		"ring, none":         {ring, keys.Header{Algorithm: "none"}},
		"ring, other source": {newRing(t, private, elsewhere{secret}), private.Header()},
	} {
		ctx := context.Background()
		if count := testing.AllocsPerRun(100, func() { _, _ = test.source.VerificationKey(ctx, test.header) }); count != 0 {
			t.Errorf("%s: %v allocations", name, count)
		}
	}
}

// A knownSource is a source from elsewhere that says what it knows of itself.
type knownSource struct {
	keys.VerificationSource
	kid, issuer string
}

func (r knownSource) Kid() string    { return r.kid }
func (r knownSource) Issuer() string { return r.issuer }

// A remoteSigner signs elsewhere.
type remoteSigner struct {
	keys.SigningSource
	kid string
}

func (s remoteSigner) Kid() string { return s.kid }

func TestARingRefusesToSignWhatItCannotVerify(t *testing.T) {
	key := privateKey(t, "new", "ES256", "a")
	signs := remoteSigner{key, "new"}
	if _, err := keys.NewRing(signs, knownSource{key, "old", ""}); err == nil || !strings.Contains(err.Error(), `signs with kid "new"`) {
		t.Errorf("with the old verifier alone: %v", err)
	}
	for name, others := range map[string][]keys.VerificationSource{
		"its verifier":                   {knownSource{key, "old", ""}, knownSource{key, "new", ""}},
		"its public key":                 {knownSource{key, "old", ""}, key.Public()},
		"a source that serves any kid":   {knownSource{key, "", ""}},
		"a source that says nothing":     {elsewhere{key}},
		"its verifier, in a set of keys": {newSet(t, key.Public())},
	} {
		if _, err := keys.NewRing(signs, others...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := keys.NewRing(remoteSigner{key, ""}, knownSource{key, "old", ""}); err != nil {
		t.Errorf("a signer that does not know its kid: %v", err)
	}
}

func TestARingIsReadyIfAllOfItsSourcesAre(t *testing.T) {
	key := privateKey(t, "k", "ES256", "a")
	if err := newRing(t, key, elsewhere{key}).Ready(t.Context()); err != nil {
		t.Errorf("a source that says nothing of it: %v", err)
	}
	if err := newRing(t, key, unreadySource{}, elsewhere{key}).Ready(t.Context()); !errors.Is(err, errStore) {
		t.Errorf("the first of two sources: %v", err)
	}
}

func TestARingRefusesSourcesThatKeepEachOtherFromWork(t *testing.T) {
	key := privateKey(t, "k", "ES256", "a")
	for want, others := range map[string][]keys.VerificationSource{
		"2 sources without a kid": {knownSource{key, "", ""}, knownSource{key, "k", ""}, knownSource{key, "", ""}},
		"keys of two issuers":     {knownSource{key, "a", "https://a.example"}, knownSource{key, "b", "https://b.example"}},
	} {
		if _, err := keys.NewRing(nil, others...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	ring := newRing(t, nil, knownSource{key, "a", "https://a.example"}, knownSource{key, "b", "https://a.example"}, knownSource{key, "c", ""})
	if got := ring.Issuer(); got != "https://a.example" {
		t.Errorf("got issuer %q", got)
	}
}

func TestARingThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	for name, ring := range map[string]*keys.Ring{"nil": nil, "zero": new(keys.Ring)} {
		_, signs := ring.SigningKey(context.Background())
		_, verifies := ring.VerificationKey(context.Background(), keys.Header{Algorithm: "HS256"})
		for _, err := range []error{signs, verifies, ring.Ready(context.Background())} {
			if !errors.Is(err, keys.ErrMisconfigured) || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if ring.Metered() || ring.Issuer() != "" {
			t.Errorf("%s: metered %v, issuer %q", name, ring.Metered(), ring.Issuer())
		}
	}
}

// publishing is a source from elsewhere that publishes a set.
type publishing struct {
	keys.VerificationSource
	set *keys.Set
	err error
}

func (p publishing) PublicSet(context.Context) (*keys.Set, error) { return p.set, p.err }

func TestARingPublishesWhatItsSourcesPublish(t *testing.T) {
	r, e := privateKey(t, "r", "RS256", "a"), privateKey(t, "e", "ES256", "a")
	source := elsewhere{e}
	set, err := newRing(t, r, publishing{source, newSet(t, e.Public()), nil}).PublicSet(t.Context())
	if err != nil || len(set.Keys()) != 2 || set.Keys()[0].Kid() != "r" || set.Keys()[1].Kid() != "e" {
		t.Errorf("got %v, %v", set, err)
	}
	if set, err := newRing(t, r, publishing{source, newSet(t, r.Public()), nil}).PublicSet(t.Context()); set != nil || err == nil {
		t.Errorf("one kid twice: got %v, %v", set, err)
	}
	if set, err := newRing(t, r, publishing{source, nil, errDown}).PublicSet(t.Context()); set != nil || !errors.Is(err, errDown) {
		t.Errorf("a source that is down: got %v, %v", set, err)
	}
	if set, err := newRing(t, hmacSecret(t, "1", "HS256", "1")).PublicSet(t.Context()); set != nil || err == nil {
		t.Errorf("a secret: got %v, %v", set, err)
	}
}

// downWith is a source from elsewhere that fails with an error of its own.
type downWith struct{ err error }

func (f downWith) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return nil, f.err
}

func TestTheOutageOfARingNamesEverySourceThatIsDown(t *testing.T) {
	first, second := errors.New("the first is down"), errors.New("the second is down")
	ring := newRing(t, nil, downWith{first}, elsewhere{privateKey(t, "k", "ES256", "a")}, downWith{second})
	key, err := ring.VerificationKey(t.Context(), keys.Header{Algorithm: "ES256", Kid: "x"})
	if key != nil || !errors.Is(err, first) || !errors.Is(err, second) || errors.Is(err, keys.ErrUnknownKey) {
		t.Errorf("got %v, %v", key, err)
	}
}
