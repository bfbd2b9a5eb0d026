package keys

import "math/big"

// rocaPrimes are the odd primes that every modulus of the broken library was built
// around, whatever its length.
var rocaPrimes = [...]int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71,
	73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// isROCA reports whether an RSA modulus was made by the library of CVE-2017-15361,
// whose keys can be factored (Nemec and others, "The Return of Coppersmith's
// Attack", 2017, section 2). Modulo each of these primes such a modulus is a power
// of 65537. Another is that by chance once in 2¹⁵⁰ or so.
func isROCA(modulus *big.Int) bool {
	for _, prime := range rocaPrimes {
		residue := new(big.Int).Mod(modulus, big.NewInt(prime)).Int64()
		if !isPowerOf65537(residue, prime) {
			return false
		}
	}
	return true
}

func isPowerOf65537(residue, prime int64) bool {
	power := int64(1)
	for range prime { // the powers repeat after fewer
		if power == residue {
			return true
		}
		power = power * 65537 % prime
	}
	return false
}
