package interop_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/signer"
)

const (
	audience = "orders"
	subject  = "user-1"
	scope    = "orders:read"
	lifetime = 5 * time.Minute
)

// A secret is a shared secret and the JWK by which a peer gets it.
type secret struct {
	key *keys.Secret
	jwk json.RawMessage
}

// newSecret makes one that is long enough for every algorithm.
func newSecret(t *testing.T, algorithm string) secret {
	t.Helper()
	material := make([]byte, 64)
	rand.Read(material)
	jwk := marshal(t, map[string]string{
		"kty": "oct", "alg": algorithm, "kid": kid(algorithm), "k": base64.RawURLEncoding.EncodeToString(material),
	})
	key, err := keys.ParseSecretJWK(jwk)
	if err != nil {
		t.Fatal(err)
	}
	return secret{key: key, jwk: jwk}
}

// kid is what keys are called that are not named by their thumbprint.
func kid(algorithm string) string { return "key-of-" + algorithm }

func isHMAC(algorithm string) bool { return strings.HasPrefix(algorithm, "HS") }

// ours are the keys of this library: one for each algorithm that it has, those to be
// published named by their thumbprint.
type ours struct {
	secrets map[string]secret
	private map[string]*keys.PrivateKey
	set     *keys.Set
}

func newOurs(t *testing.T) *ours {
	t.Helper()
	o := &ours{secrets: map[string]secret{}, private: map[string]*keys.PrivateKey{}}
	for _, algorithm := range hmacs {
		o.secrets[algorithm] = newSecret(t, algorithm)
	}
	var public []*keys.PublicKey
	for _, algorithm := range join(rsas, psses, ecdsas, eddsa, ed25519s) {
		key := newPrivateKey(t, algorithm)
		o.private[algorithm] = key
		public = append(public, key.Public())
	}
	set, err := keys.NewSet(public...)
	if err != nil {
		t.Fatal(err)
	}
	o.set = set
	return o
}

// newPrivateKey makes a key that is named by its thumbprint. RSA keys have 2048 bits
// whatever the algorithm, which takes least time.
func newPrivateKey(t *testing.T, algorithm string) *keys.PrivateKey {
	t.Helper()
	if algorithm[0] != 'R' && algorithm[0] != 'P' {
		key, err := keys.GeneratePrivateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	material, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.NewPrivateKey(algorithm, material)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// publish has the site publish our keys as those of an issuer and returns its name.
func (o *ours) publish(t *testing.T, s *site) (issuer string) {
	t.Helper()
	issuer = s.url + "/tenant-1"
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{
		Issuer: issuer, Keys: o.set,
		AuthorizationEndpoint: issuer + "/authorize", TokenEndpoint: issuer + "/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(publisher)
	return issuer
}

// source returns what signs under an algorithm.
func (o *ours) source(algorithm string) keys.SigningSource {
	if isHMAC(algorithm) {
		return o.secrets[algorithm].key
	}
	return o.private[algorithm]
}

// A stamp is what the issuer of a token stamps on it.
type stamp struct {
	issuer, audience string
	now              time.Time
}

// withFault returns the stamp with this fault, if it is one that a stamp can have.
func (s stamp) withFault(f fault) stamp {
	switch f {
	case expired:
		s.now = s.now.Add(-time.Hour)
	case wrongIssuer:
		s.issuer += "/elsewhere"
	case wrongAudience:
		s.audience = "invoices"
	}
	return s
}

// token returns one of our tokens.
func (o *ours) token(t *testing.T, algorithm string, s stamp) string {
	t.Helper()
	return sign(t, o.source(algorithm), s, map[string]any{"scope": scope})
}

func sign(t *testing.T, source keys.SigningSource, s stamp, claims map[string]any) string {
	t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: source, Issuer: s.issuer, Audience: []string{s.audience}, Lifetime: lifetime,
		Now: func() time.Time { return s.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), subject, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// flipSignature flips a bit in the middle of a token's signature.
func flipSignature(t *testing.T, token string) string {
	t.Helper()
	dot := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[dot:])
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(signature)
	flipped[len(flipped)/2] ^= 1
	return token[:dot] + base64.RawURLEncoding.EncodeToString(flipped)
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
