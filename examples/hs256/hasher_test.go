package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestAPasswordMatchesItsOwnHashAlone(t *testing.T) {
	h := newHasher(cheap)
	first, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Error("two hashes of one password are the same: there is no salt")
	}
	for _, hash := range []string{first, second} {
		if ok, err := h.matches(t.Context(), hash, password); !ok || err != nil {
			t.Errorf("the password: %v, %v", ok, err)
		}
		for _, wrong := range []string{"", "three grey owls at noo", password + " ", strings.ToUpper(password)} {
			if ok, err := h.matches(t.Context(), hash, wrong); ok || err != nil {
				t.Errorf("%q: %v, %v", wrong, ok, err)
			}
		}
	}
}

func TestAHashNamesItsCostSoThatAHigherOneLeavesItGood(t *testing.T) {
	hash, err := newHasher(cheap).hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hash %s", hash)
	}
	if ok, err := newHasher(cost{memory: 128, passes: 2, threads: 2}).matches(t.Context(), hash, password); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

// The reference implementation's: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1,
// from its test.c.
func TestAHashOfTheReferenceImplementationMatches(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := newHasher(cheap).matches(t.Context(), hash, "password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestADamagedHashTakesTheUsualWorkAndMatchesNothing(t *testing.T) {
	const salt, sum = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, hash := range map[string]string{
		"empty":                   "",
		"no hash at all":          "password",
		"cut off":                 "$argon2id$v=19$m=64,t=1,p=1$" + salt,
		"argon2i":                 "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + sum,
		"another version":         "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + sum,
		"no passes":               "$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + sum,
		"no threads":              "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + sum,
		"memory of a terabyte":    "$argon2id$v=19$m=1073741824,t=1,p=1$" + salt + "$" + sum,
		"passes for a year":       "$argon2id$v=19$m=64,t=4000000000,p=1$" + salt + "$" + sum,
		"an empty sum":            "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"a short sum":             "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AAAA",
		"text after the cost":     "$argon2id$v=19$m=64,t=1,p=1,x=1$" + salt + "$" + sum,
		"something behind":        "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "$",
		"padding in the base64":   "$argon2id$v=19$m=64,t=1,p=1$" + salt + "==$" + sum,
		"a line break in the sum": "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHasher(cheap)
			var costs []cost
			h.derive = func(_, _ []byte, c cost) []byte {
				costs = append(costs, c)
				return make([]byte, hashSize) // the very hash that the decoy has
			}
			ok, err := h.matches(t.Context(), hash, password)
			if ok || !errors.Is(err, errHash) {
				t.Errorf("%v, %v", ok, err)
			}
			if !slices.Equal(costs, []cost{cheap}) {
				t.Errorf("argon2 ran with %v, want once with %v", costs, cheap)
			}
		})
	}
}

func TestAHashThatHasToWaitHeedsItsContext(t *testing.T) {
	h := newHasher(cheap)
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, password); !errors.Is(err, context.Canceled) {
		t.Errorf("hash: %v", err)
	}
	if ok, err := h.matches(ctx, "", password); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("matches: %v, %v", ok, err)
	}
}
