package keys_test

import (
	"crypto/rsa"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// The odd primes up to 167, as the paper has them for keys of every length.
var oddPrimes = func() (primes []int64) {
	for n := int64(3); n <= 167; n += 2 {
		if big.NewInt(n).ProbablyPrime(0) {
			primes = append(primes, n)
		}
	}
	return primes
}()

// withResidues returns a number of 2048 bits, odd, that leaves these residues modulo the
// primes (the Chinese remainder theorem).
func withResidues(random *rand.Rand, residues map[int64]int64) *big.Int {
	n, product := big.NewInt(1), big.NewInt(2)
	for _, p := range oddPrimes {
		prime := big.NewInt(p)
		for new(big.Int).Mod(n, prime).Int64() != residues[p] {
			n.Add(n, product)
		}
		product.Mul(product, prime)
	}
	low, width := new(big.Int).Lsh(big.NewInt(1), 2047), new(big.Int).Lsh(big.NewInt(1), 2047)
	width.Div(width, product)
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(random.Uint32())
	}
	times := new(big.Int).Mod(new(big.Int).SetBytes(bytes), width)
	low.Div(low, product)
	return n.Add(n, product.Mul(product, low.Add(low, times.Add(times, big.NewInt(1)))))
}

// powers returns the powers of 65537 modulo a prime.
func powers(prime int64) map[int64]bool {
	all := map[int64]bool{}
	for power := int64(1); !all[power]; power = power * 65537 % prime {
		all[power] = true
	}
	return all
}

// A modulus that is a power of 65537 modulo every one of these primes was made by the
// broken library; one that is not modulo any of them was not.
func TestAModulusOfTheBrokenLibraryIsRefusedAndNoOther(t *testing.T) {
	random := rand.New(rand.NewPCG(2017, 15361))
	refused := func(residues map[int64]int64) bool {
		_, err := keys.NewPublicKey("RS256", &rsa.PublicKey{N: withResidues(random, residues), E: 65537})
		if err != nil && !strings.Contains(err.Error(), "CVE-2017-15361") {
			t.Fatal(err)
		}
		return err != nil
	}
	for range 10 {
		residues := map[int64]int64{}
		for _, p := range oddPrimes {
			power := int64(1)
			for range random.Int64N(p) {
				power = power * 65537 % p
			}
			residues[p] = power
		}
		if !refused(residues) {
			t.Error("a modulus of the broken library is accepted")
		}
		for _, p := range oddPrimes {
			own, all := residues[p], powers(p)
			for other := range p {
				if !all[other] {
					residues[p] = other
					break
				}
			}
			if refused(residues) {
				t.Errorf("a modulus that is no such power modulo %d is refused", p)
			}
			residues[p] = own
		}
	}
}
