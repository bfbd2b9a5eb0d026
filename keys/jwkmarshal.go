package keys

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// jwkMembers is a JWK to write.
type jwkMembers struct {
	Kty       string `json:"kty"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	Kid       string `json:"kid,omitempty"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
	D         string `json:"d,omitempty"`
	P         string `json:"p,omitempty"`
	Q         string `json:"q,omitempty"`
	DP        string `json:"dp,omitempty"`
	DQ        string `json:"dq,omitempty"`
	QI        string `json:"qi,omitempty"`
}

func (k *rsaPublic) members() jwkMembers {
	return jwkMembers{
		Kty: "RSA",
		N:   encodeNumber(k.key.N),
		E:   encodeNumber(big.NewInt(int64(k.key.E))),
	}
}

func (k *ecPublic) members() jwkMembers {
	return jwkMembers{
		Kty:   "EC",
		Curve: k.alg.curve,
		X:     jose.EncodeBase64URL(k.point[1 : 1+k.size]),
		Y:     jose.EncodeBase64URL(k.point[1+k.size:]),
	}
}

func (k *edPublic) members() jwkMembers {
	return jwkMembers{Kty: "OKP", Curve: "Ed25519", X: jose.EncodeBase64URL(k.key)}
}

func (k *rsaPrivate) addPrivate(m *jwkMembers) error {
	m.D = encodeNumber(k.key.D)
	m.P, m.Q = encodeNumber(k.key.Primes[0]), encodeNumber(k.key.Primes[1])
	m.DP, m.DQ = encodeNumber(k.key.Precomputed.Dp), encodeNumber(k.key.Precomputed.Dq)
	m.QI = encodeNumber(k.key.Precomputed.Qinv)
	return nil
}

func (k *ecPrivate) addPrivate(m *jwkMembers) error {
	scalar, err := k.key.Bytes()
	m.D = jose.EncodeBase64URL(scalar)
	return err
}

func (k *edPrivate) addPrivate(m *jwkMembers) error {
	m.D = jose.EncodeBase64URL(k.key.Seed())
	return nil
}

// encodeNumber writes a Base64urlUInt.
func encodeNumber(n *big.Int) string { return jose.EncodeBase64URL(n.Bytes()) }

// jwk returns the members of the public JWK.
func (k *PublicKey) jwk() (jwkMembers, error) {
	if err := jose.CheckKid(k.Kid()); err != nil {
		return jwkMembers{}, fmt.Errorf("keys: %w", err)
	}
	m := k.key.members()
	m.Use, m.Algorithm, m.Kid = "sig", k.Algorithm(), k.Kid()
	return m, nil
}

// MarshalJSON writes the key as a public JWK with kty, use "sig", alg, kid and the
// members that make up the key.
func (k PublicKey) MarshalJSON() ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	m, err := k.jwk()
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// MarshalPrivateJWK returns the private key as a JWK, unencrypted, with its kid and
// alg. It is for a secret store and nothing else.
func (k *PrivateKey) MarshalPrivateJWK() ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	m, err := k.public.jwk()
	if err != nil {
		return nil, err
	}
	if err := k.key.Open().addPrivate(&m); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return json.Marshal(m)
}

// thumbprint returns the SHA-256 thumbprint of RFC 7638: the hash of the required
// members of the public key in the order of their names, without white space. All
// of their values are of letters that JSON needs not escape.
func (m jwkMembers) thumbprint() string {
	var text string
	switch m.Kty {
	case "RSA":
		text = `{"e":"` + m.E + `","kty":"RSA","n":"` + m.N + `"}`
	case "EC":
		text = `{"crv":"` + m.Curve + `","kty":"EC","x":"` + m.X + `","y":"` + m.Y + `"}`
	case "OKP": // RFC 8037 section 2
		text = `{"crv":"` + m.Curve + `","kty":"OKP","x":"` + m.X + `"}`
	}
	sum := sha256.Sum256([]byte(text))
	return jose.EncodeBase64URL(sum[:])
}
