package binding_test

import (
	"strconv"
	"testing"

	"github.com/lambdajwt/authorizer/verifier/binding"
)

// What an authorizer without any binding pays for looking at cnf.
func BenchmarkCheckWithoutABinding(b *testing.B) {
	t := token(b, `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1700000060,"iat":1700000000,"scope":"orders:read orders:write","tenant":"acme"}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := binding.Check(b.Context(), nil, binding.Request{}, t); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDPoP(b *testing.B) {
	c := newClient(b, "ES256", "a")
	d := newDPoP(b, c, func(cfg *binding.DPoPConfig) { cfg.Proofs = store{first: true} })
	r, t := request(c.proof(b, "1", nil)), c.token(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Check(b.Context(), r, t); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemory(b *testing.B) {
	c := newClient(b, "ES256", "a")
	m := newMemory(b, c, 1<<30)
	until := c.clock.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := m.Use(b.Context(), strconv.Itoa(i), until.Add(1)); err != nil {
			b.Fatal(err)
		}
		c.clock.Add(0)
	}
}
