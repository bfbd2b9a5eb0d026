package benchmarks

import "fmt"

// Names of the libraries that contend, as the report groups them.
const (
	Raw       = "raw crypto"
	Ours      = "this library"
	GolangJWT = "golang-jwt"
	GoJOSE    = "go-jose"
	JWX       = "jwx"
)

// Libraries lists them in the order in which they are measured.
func Libraries() []string { return []string{Raw, Ours, GolangJWT, GoJOSE, JWX} }

// A Contender verifies tokens with one key, in one of the ways that a library
// offers. All but Raw check the algorithm, the signature, iss and aud, and that exp
// is there and in the future, nbf and iat in the past.
type Contender struct {
	Library string
	Variant string // which way, if the library has several; else empty

	// Prepare returns what is measured: the verification of this token. Only Raw
	// has anything to prepare.
	Prepare func(token string) (verify func() error, err error)
}

// Name names the contender in the results of benchmarks.
func (c Contender) Name() string {
	if c.Variant == "" {
		return c.Library
	}
	return c.Library + ", " + c.Variant
}

// Contenders returns those for tokens that key signs, in the order of Libraries.
func Contenders(key *Key) ([]Contender, error) {
	ours, err := ours(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Ours, err)
	}
	jwx, err := jwxWays(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", JWX, err)
	}
	contenders := []Contender{raw(key), ours}
	contenders = append(contenders, golangJWTWays(key)...)
	contenders = append(contenders, goJOSE(key))
	return append(contenders, jwx...), nil
}

// contender makes one whose whole work is to be measured.
func contender(library, variant string, verify func(token string) error) Contender {
	return Contender{library, variant, func(token string) (func() error, error) {
		return func() error { return verify(token) }, nil
	}}
}
