package keystest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// The suite is only worth something if it finds the faults that it is for: here is a
// good backend, and then each of the faults it must find.

func TestGoodBackendPasses(t *testing.T) {
	Run(t, backend(secret(t, "a"), secret(t, "b")))
}

func TestSuiteFindsFaults(t *testing.T) {
	outage := errors.New("503")
	tests := []struct {
		fault string
		check string // the check that must find it
		make  func(a, b *fake) Backend
	}{
		{"accepts every signature", "rejects a flipped bit in every byte of the signature", func(a, b *fake) Backend {
			a.verify = func(*keys.Secret, []byte, []byte) error { return nil }
			return backend(a, b)
		}},
		{"accepts every signature", "rejects the other instance's token", func(a, b *fake) Backend {
			a.verify = func(*keys.Secret, []byte, []byte) error { return nil }
			a.find = func(h keys.Header) error { return nil }
			return backend(a, b)
		}},
		{"both instances have one key", "rejects the other instance's token", func(a, _ *fake) Backend {
			return backend(a, a)
		}},
		{"compares only the first half of a MAC", "rejects a flipped bit in every byte of the signature", func(a, b *fake) Backend {
			a.verify = func(own *keys.Secret, input, signature []byte) error {
				mac, _ := own.Sign(context.Background(), input)
				if !bytes.HasPrefix(signature, mac[:16]) {
					return keys.ErrSignature
				}
				return nil
			}
			return backend(a, b)
		}},
		{"accepts a truncated MAC", "rejects signatures of the wrong length", func(a, b *fake) Backend {
			a.verify = func(own *keys.Secret, input, signature []byte) error {
				mac, _ := own.Sign(context.Background(), input)
				if len(signature) == 0 || !bytes.HasPrefix(mac, signature) {
					return keys.ErrSignature
				}
				return nil
			}
			return backend(a, b)
		}},
		{"accepts an empty signature", "rejects signatures of the wrong length", func(a, b *fake) Backend {
			a.verify = func(own *keys.Secret, input, signature []byte) error {
				if len(signature) == 0 {
					return nil
				}
				return own.Verify(context.Background(), input, signature)
			}
			return backend(a, b)
		}},
		{"a wrong signature is an outage", "rejects a changed message", func(a, b *fake) Backend {
			a.verify = func(own *keys.Secret, input, signature []byte) error {
				if own.Verify(context.Background(), input, signature) != nil {
					return outage
				}
				return nil
			}
			return backend(a, b)
		}},
		{"takes the algorithm from the token", "no key for another algorithm", func(a, b *fake) Backend {
			a.find = func(keys.Header) error { return nil }
			return backend(a, b)
		}},
		{"compares algorithms without regard to case", "no key for another algorithm", func(a, b *fake) Backend {
			a.find = func(h keys.Header) error {
				h.Algorithm = strings.ToUpper(h.Algorithm)
				_, err := a.secret.VerificationKey(context.Background(), h)
				return err
			}
			return backend(a, b)
		}},
		{"serves any kid", "no key for an unknown kid", func(a, b *fake) Backend {
			a.find = func(h keys.Header) error {
				h.Kid = ""
				_, err := a.secret.VerificationKey(context.Background(), h)
				return err
			}
			return backend(a, b)
		}},
		{"an unknown kid is an outage", "no key for an unknown kid", func(a, b *fake) Backend {
			a.find = func(h keys.Header) error {
				if _, err := a.secret.VerificationKey(context.Background(), h); errors.Is(err, keys.ErrAlgorithm) {
					return err
				} else if err != nil {
					return outage
				}
				return nil
			}
			return backend(a, b)
		}},
		{"trusts the jwk in a header", "ignores keys that a header brings along", func(a, b *fake) Backend {
			a.find = func(h keys.Header) error {
				if _, found := h.Params["jwk"]; found {
					a.verify = func(*keys.Secret, []byte, []byte) error { return nil }
					return nil
				}
				_, err := a.secret.VerificationKey(context.Background(), h)
				return err
			}
			return backend(a, b)
		}},
		{"does not verify its own tokens", "signs what it verifies", func(a, b *fake) Backend {
			return Backend{A: Pair{a, b}, B: Pair{b, a}}
		}},
		{"fails after a wrong signature", "stays right after a wrong signature", func(a, b *fake) Backend {
			failed := false
			a.verify = func(own *keys.Secret, input, signature []byte) error {
				err := own.Verify(context.Background(), input, signature)
				if failed {
					err = keys.ErrSignature
				}
				failed = failed || err != nil
				return err
			}
			return backend(a, b)
		}},
		{"gives one buffer for every signature", "keeps no hold of what it is given or gives", func(a, b *fake) Backend {
			buffer := make([]byte, 32)
			a.sign = func(own *keys.Secret, input []byte) ([]byte, error) {
				mac, err := own.Sign(context.Background(), input)
				copy(buffer, mac)
				return buffer, err
			}
			return backend(a, b)
		}},
		{"writes into its input", "keeps no hold of what it is given or gives", func(a, b *fake) Backend {
			a.sign = func(own *keys.Secret, input []byte) ([]byte, error) {
				mac, err := own.Sign(context.Background(), input)
				clear(input)
				return mac, err
			}
			return backend(a, b)
		}},
		{"names no algorithm", "header names the algorithm", func(a, b *fake) Backend {
			a.header = func(h keys.Header) keys.Header { return keys.Header{Kid: h.Kid} }
			return backend(a, b)
		}},
		{"names another algorithm than it should", "header names the algorithm", func(a, b *fake) Backend {
			backend := backend(a, b)
			backend.Algorithm = "HS512"
			return backend
		}},
		{"sets typ", "header names the algorithm", func(a, b *fake) Backend {
			a.header = func(h keys.Header) keys.Header { h.Type = "JWT"; return h }
			return backend(a, b)
		}},
		{"sets crit", "header names the algorithm", func(a, b *fake) Backend {
			a.header = func(h keys.Header) keys.Header {
				h.Params = map[string]json.RawMessage{"crit": json.RawMessage(`["b64"]`)}
				return h
			}
			return backend(a, b)
		}},
		{"puts something that is no JSON in the header", "header names the algorithm", func(a, b *fake) Backend {
			a.header = func(h keys.Header) keys.Header {
				h.Params = map[string]json.RawMessage{"x": json.RawMessage(`{`)}
				return h
			}
			return backend(a, b)
		}},
		{"has a kid that is not UTF-8", "header names the algorithm", func(a, b *fake) Backend {
			a.header = func(h keys.Header) keys.Header { h.Kid = "\xff"; return h }
			return backend(a, b)
		}},
		{"a cancelled context is a wrong signature", "a cancelled context is no verdict", func(a, b *fake) Backend {
			a.cancelled = fmt.Errorf("%w: %w", keys.ErrSignature, context.Canceled)
			return backend(a, b)
		}},
		{"a cancelled context is an unknown key", "a cancelled context is no verdict", func(a, b *fake) Backend {
			a.cancelled = keys.ErrUnknownKey
			return backend(a, b)
		}},
		{"loses the context's error", "a cancelled context is no verdict", func(a, b *fake) Backend {
			a.cancelled = outage
			return backend(a, b)
		}},
		{"goes on without its network", "a cancelled context is no verdict", func(a, b *fake) Backend {
			backend := backend(a, b)
			backend.RemoteVerifying = true
			return backend
		}},
		{"signs beyond its limit", "signs messages up to its limit", func(a, b *fake) Backend {
			backend := backend(a, b)
			backend.MaxInput = 4096
			return backend
		}},
		{"cannot sign as much as it says", "signs messages up to its limit", func(a, b *fake) Backend {
			a.sign = limited(100)
			backend := backend(a, b)
			backend.MaxInput = 4096
			return backend
		}},
		{"has a limit that it does not tell", "signs messages up to its limit", func(a, b *fake) Backend {
			a.sign = limited(4096)
			return backend(a, b)
		}},
		{"answers neither with a key nor with an error", "signs what it verifies", func(a, b *fake) Backend {
			return Backend{A: Pair{a, empty{}}, B: Pair{b, empty{}}}
		}},
	}
	for _, test := range tests {
		t.Run(test.fault+" / "+test.check, func(t *testing.T) {
			broken := test.make(secret(t, "a"), secret(t, "b"))
			for _, c := range checks() {
				if c.name != test.check {
					continue
				}
				if err := c.run(t.Context(), broken); err == nil {
					t.Errorf("%q does not find it", c.name)
				}
				return
			}
			t.Errorf("there is no check %q", test.check)
		})
	}
}

func TestIncompleteBackendIsRefused(t *testing.T) {
	a := secret(t, "a")
	if err := (Backend{A: Pair{a, a}}).complete(); err == nil {
		t.Error("a Backend without B was taken")
	}
}

func limited(most int) func(*keys.Secret, []byte) ([]byte, error) {
	return func(own *keys.Secret, input []byte) ([]byte, error) {
		if len(input) > most {
			return nil, errors.New("too long")
		}
		return own.Sign(context.Background(), input)
	}
}

// fake is a Secret of which parts can be broken.
type fake struct {
	secret    *keys.Secret
	find      func(keys.Header) error
	header    func(keys.Header) keys.Header
	sign      func(own *keys.Secret, input []byte) ([]byte, error)
	verify    func(own *keys.Secret, input, signature []byte) error
	cancelled error
}

func secret(t *testing.T, kid string) *fake {
	t.Helper()
	own, err := keys.HMAC("HS256", append([]byte("a secret for tests, of instance "), kid...))
	if err != nil {
		t.Fatal(err)
	}
	own = own.WithKid(kid)
	return &fake{secret: own}
}

func backend(a, b *fake) Backend {
	return Backend{A: Pair{a, a}, B: Pair{b, b}}
}

func (f *fake) SigningKey(context.Context) (keys.SigningKey, error) { return f, nil }

func (f *fake) Header() keys.Header {
	if f.header != nil {
		return f.header(f.secret.Header())
	}
	return f.secret.Header()
}

func (f *fake) Sign(ctx context.Context, input []byte) ([]byte, error) {
	if f.sign != nil {
		return f.sign(f.secret, input)
	}
	return f.secret.Sign(ctx, input)
}

func (f *fake) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if f.find != nil {
		if err := f.find(h); err != nil {
			return nil, err
		}
	} else if _, err := f.secret.VerificationKey(ctx, h); err != nil {
		return nil, err
	}
	return lookedUp{f, h.Algorithm}, nil
}

type lookedUp struct {
	*fake
	algorithm string
}

func (l lookedUp) Algorithm() string { return l.algorithm }

func (l lookedUp) Verify(ctx context.Context, input, signature []byte) error {
	if ctx.Err() != nil && l.cancelled != nil {
		return l.cancelled
	}
	if l.verify != nil {
		return l.verify(l.secret, input, signature)
	}
	return l.secret.Verify(ctx, input, signature)
}

// empty answers neither with a key nor with an error.
type empty struct{}

func (empty) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return nil, nil
}
