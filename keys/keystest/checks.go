package keystest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/lambdajwt/authorizer/keys"
)

// A check is one test of the suite. Its error says what is wrong with a backend.
type check struct {
	name string
	run  func(context.Context, Backend) error
}

func checks() []check {
	return []check{
		{"signs what it verifies", signsAndVerifies},
		{"header names the algorithm", headerNamesAlgorithm},
		{"no key for another algorithm", otherAlgorithms},
		{"no key for an unknown kid", unknownKeyIDs},
		{"rejects the other instance's token", otherInstance},
		{"ignores keys that a header brings along", embeddedKeys},
		{"rejects a flipped bit in every byte of the signature", flippedSignatures},
		{"rejects signatures of the wrong length", wrongLengths},
		{"rejects a changed message", changedMessages},
		{"stays right after a wrong signature", rightAfterWrong},
		{"keeps no hold of what it is given or gives", noAliases},
		{"works concurrently", concurrently},
		{"a cancelled context is no verdict", cancelledContext},
		{"signs messages up to its limit", largeMessages},
	}
}

// message is a JWS signing input of the usual kind.
func message() []byte {
	return []byte("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0")
}

func signsAndVerifies(ctx context.Context, b Backend) error {
	for name, pair := range map[string]Pair{"A": b.A, "B": b.B} {
		for range 3 {
			t, err := pair.sign(ctx, message())
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := pair.verify(ctx, t); err != nil {
				return fmt.Errorf("%s does not verify its own signature: %w", name, err)
			}
		}
	}
	return nil
}

func headerNamesAlgorithm(ctx context.Context, b Backend) error {
	key, err := b.A.Signing.SigningKey(ctx)
	if err != nil {
		return fmt.Errorf("method SigningKey: %w", err)
	}
	h := key.Header()
	switch {
	case h.Algorithm == "" || strings.EqualFold(h.Algorithm, "none"):
		return fmt.Errorf("the header has the alg %q", h.Algorithm)
	case b.Algorithm != "" && h.Algorithm != b.Algorithm:
		return fmt.Errorf("the header has the alg %q instead of %q", h.Algorithm, b.Algorithm)
	case h.Type != "":
		return fmt.Errorf("the header has the typ %q: that is the signer's to set", h.Type)
	}
	for _, name := range []string{"crit", "b64"} {
		if _, found := h.Params[name]; found {
			return fmt.Errorf("the header has %s, which verifiers refuse", name)
		}
	}
	_, err = throughJSON(h)
	return err
}

func otherAlgorithms(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	own := t.header.Algorithm
	names := []string{
		"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
		"ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448",
		"none", "None", "NONE", "nOnE", "", " ", "ROT13",
		strings.ToLower(own), own + " ", " " + own, own + "\x00", own[:len(own)-1],
	}
	for _, name := range names {
		if name == own {
			continue
		}
		h := t.header
		h.Algorithm = name
		key, err := b.A.Verification.VerificationKey(ctx, h)
		if err := unknown(err); err != nil {
			return fmt.Errorf("a token of %s with the alg %q %w", own, name, err)
		}
		if key != nil {
			return fmt.Errorf("a token of %s with the alg %q was given a key and an error", own, name)
		}
	}
	return nil
}

func unknownKeyIDs(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	own := t.header.Kid
	for _, kid := range []string{
		"", "no such key", own + "x", strings.ToUpper(own) + "X", "../" + own, own + "\x00",
		"' OR 1=1 --", strings.Repeat("k", 1<<16),
	} {
		changed := t
		changed.header.Kid = kid
		err := b.A.verify(ctx, changed)
		if kid == "" || own == "" || b.AnyKid {
			// It may choose its key all the same, or another, or find none to choose.
			if err != nil && !isVerdict(err) {
				return fmt.Errorf("a token with the kid %.20q instead of %q gave an error that is no verdict: %w", kid, own, err)
			}
			continue
		}
		if err := unknown(err); err != nil {
			return fmt.Errorf("a token with the kid %.20q instead of %q %w", kid, own, err)
		}
	}
	return nil
}

func otherInstance(ctx context.Context, b Backend) error {
	own, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	foreign, err := b.B.sign(ctx, message())
	if err != nil {
		return err
	}
	if err := refused(b.A.verify(ctx, foreign)); err != nil {
		return fmt.Errorf("instance A: a token of B %w", err)
	}
	if err := refused(b.B.verify(ctx, own)); err != nil {
		return fmt.Errorf("instance B: a token of A %w", err)
	}
	// The other's signature under one's own header is the other's still.
	if err := forged(b.A.verify(ctx, own.with(foreign.signature))); err != nil {
		return fmt.Errorf("instance A: a signature of B %w", err)
	}
	foreign.header.Kid = ""
	if err := refused(b.A.verify(ctx, foreign)); err != nil {
		return fmt.Errorf("instance A: a token of B without its kid %w", err)
	}
	return nil
}

func embeddedKeys(ctx context.Context, b Backend) error {
	own, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	foreign, err := b.B.sign(ctx, message())
	if err != nil {
		return err
	}
	const jwk = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	for name, text := range map[string]string{
		"jwk": jwk,
		"jku": `"https://attacker.example/jwks.json"`,
		"x5u": `"https://attacker.example/certificate.pem"`,
		"x5c": `["MIIB"]`,
	} {
		if err := b.A.verify(ctx, own.withParam(name, text)); err != nil && !isVerdict(err) {
			return fmt.Errorf("a header with %s gave an error that is no verdict: %w", name, err)
		}
		if err := refused(b.A.verify(ctx, foreign.withParam(name, text))); err != nil {
			return fmt.Errorf("a token of B with %s in its header %w", name, err)
		}
		if err := refused(b.A.verify(ctx, own.with(foreign.signature).withParam(name, text))); err != nil {
			return fmt.Errorf("a signature of B with %s in the header %w", name, err)
		}
	}
	return nil
}

func flippedSignatures(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	key, err := b.A.find(ctx, t.header)
	if err != nil {
		return err
	}
	for i := range t.signature {
		if err := forged(key.Verify(ctx, t.input, flip(t.signature, i))); err != nil {
			return fmt.Errorf("a signature with a bit of byte %d flipped %w", i, err)
		}
	}
	return nil
}

func wrongLengths(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	key, err := b.A.find(ctx, t.header)
	if err != nil {
		return err
	}
	s := t.signature
	for name, signature := range map[string][]byte{
		"nil":                            nil,
		"empty":                          {},
		"of one byte":                    s[:1],
		"of half its length":             s[:len(s)/2],
		"without its first byte":         s[1:],
		"without its last byte":          s[:len(s)-1],
		"with a zero byte before it":     append([]byte{0}, s...),
		"with a zero byte after it":      append(bytes.Clone(s), 0),
		"with itself after it":           append(bytes.Clone(s), s...),
		"of zeros":                       make([]byte, len(s)),
		"of ones":                        bytes.Repeat([]byte{0xff}, len(s)),
		"of zeros, a whole megabyte":     make([]byte, 1<<20),
		"in DER":                         {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01},
		"of one byte less, shifted left": append(bytes.Clone(s[1:]), 0),
		"with a zero before either half": slices.Concat([]byte{0}, s[:len(s)/2], []byte{0}, s[len(s)/2:]),
	} {
		if err := forged(key.Verify(ctx, t.input, signature)); err != nil {
			return fmt.Errorf("a signature %s %w", name, err)
		}
	}
	return nil
}

func changedMessages(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	key, err := b.A.find(ctx, t.header)
	if err != nil {
		return err
	}
	inputs := [][]byte{nil, {}, t.input[1:], t.input[:len(t.input)-1], append(bytes.Clone(t.input), 0), append(bytes.Clone(t.input), t.input...)}
	for i := range t.input {
		inputs = append(inputs, flip(t.input, i))
	}
	for i, input := range inputs {
		if err := forged(key.Verify(ctx, input, t.signature)); err != nil {
			return fmt.Errorf("the signature of another message (variant %d, %d bytes) %w", i, len(input), err)
		}
	}
	return nil
}

func rightAfterWrong(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	key, err := b.A.find(ctx, t.header)
	if err != nil {
		return err
	}
	for range 3 {
		if err := forged(key.Verify(ctx, t.input, flip(t.signature, 0))); err != nil {
			return fmt.Errorf("a wrong signature %w", err)
		}
		if err := key.Verify(ctx, t.input, t.signature); err != nil {
			return fmt.Errorf("the right signature after a wrong one: %w", err)
		}
	}
	return nil
}

func noAliases(ctx context.Context, b Backend) error {
	key, err := b.A.Signing.SigningKey(ctx)
	if err != nil {
		return fmt.Errorf("method SigningKey: %w", err)
	}
	input := message()
	first, err := key.Sign(ctx, input)
	if err != nil {
		return fmt.Errorf("method Sign: %w", err)
	}
	if !bytes.Equal(input, message()) {
		return errors.New("method Sign changed its input")
	}
	kept := bytes.Clone(first)
	clear(input)
	second, err := key.Sign(ctx, bytes.Repeat([]byte("x"), 100))
	if err != nil {
		return fmt.Errorf("method Sign: %w", err)
	}
	if !bytes.Equal(first, kept) {
		return errors.New("method Sign changed a signature that it gave before")
	}
	clear(second)
	header, err := throughJSON(key.Header())
	if err != nil {
		return err
	}
	t := token{header: header, input: message(), signature: first}
	if err := b.A.verify(ctx, t); err != nil {
		return fmt.Errorf("a signature does not hold once its input is overwritten: %w", err)
	}
	if !bytes.Equal(t.input, message()) || !bytes.Equal(t.signature, kept) {
		return errors.New("method Verify changed what it was given")
	}
	return nil
}

func concurrently(ctx context.Context, b Backend) error {
	shared, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	key, err := b.A.find(ctx, shared.header)
	if err != nil {
		return err
	}
	const workers, rounds = 8, 4
	failures := make([]error, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for round := range rounds {
				err := concurrentRound(ctx, b, key, shared, fmt.Appendf(nil, "worker %d, round %d", worker, round))
				failures[worker] = errors.Join(failures[worker], err)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

func concurrentRound(ctx context.Context, b Backend, key keys.VerificationKey, shared token, input []byte) error {
	t, err := b.A.sign(ctx, input)
	if err != nil {
		return err
	}
	if err := b.A.verify(ctx, t); err != nil {
		return fmt.Errorf("%s: %w", input, err)
	}
	if err := key.Verify(ctx, shared.input, shared.signature); err != nil {
		return fmt.Errorf("%s: the shared token: %w", input, err)
	}
	if err := forged(key.Verify(ctx, input, shared.signature)); err != nil {
		return fmt.Errorf("%s: the signature of another message %w", input, err)
	}
	return nil
}

func cancelledContext(ctx context.Context, b Backend) error {
	t, err := b.A.sign(ctx, message())
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = b.A.sign(cancelled, message())
	if err := undecided(err, b.RemoteSigning); err != nil {
		return fmt.Errorf("signing %w", err)
	}
	err = b.A.verify(cancelled, t)
	if err := undecided(err, b.RemoteVerifying); err != nil {
		return fmt.Errorf("verifying a good token %w", err)
	}
	return nil
}

// undecided returns nil if err is what a cancelled context may give.
func undecided(err error, mustFail bool) error {
	switch {
	case err == nil && mustFail:
		return errors.New("went on with a cancelled context")
	case err == nil:
		return nil
	case isVerdict(err):
		return fmt.Errorf("with a cancelled context put the blame on the token: %w", err)
	case !errors.Is(err, context.Canceled):
		return fmt.Errorf("with a cancelled context gave an error that does not wrap context.Canceled: %w", err)
	}
	return nil
}

func largeMessages(ctx context.Context, b Backend) error {
	most := b.MaxInput
	if most == 0 {
		most = 1 << 20
	}
	var last token
	for _, size := range []int{1, 63, 64, 65, 127, 128, 129, most - 1, most} {
		if size > most {
			continue
		}
		t, err := b.A.sign(ctx, bytes.Repeat([]byte("a"), size))
		if err != nil {
			return fmt.Errorf("a message of %d bytes: %w", size, err)
		}
		if err := b.A.verify(ctx, t); err != nil {
			return fmt.Errorf("a message of %d bytes: %w", size, err)
		}
		last = t
	}
	if b.MaxInput == 0 {
		return nil
	}
	return overLimit(ctx, b, last)
}

// overLimit tests that a message that is too long is the signer's mistake when
// signing, and the token's fault when verifying.
func overLimit(ctx context.Context, b Backend, t token) error {
	t.input = append(bytes.Clone(t.input), 'a')
	_, err := b.A.sign(ctx, t.input)
	switch {
	case err == nil:
		return fmt.Errorf("a message of %d bytes was signed in spite of the limit", len(t.input))
	case isVerdict(err):
		return fmt.Errorf("signing a message of %d bytes put the blame on a token: %w", len(t.input), err)
	}
	if err := forged(b.A.verify(ctx, t)); err != nil {
		return fmt.Errorf("a token of %d bytes %w", len(t.input), err)
	}
	return nil
}
