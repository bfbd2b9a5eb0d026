package binding

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	// maxProofSize bounds a proof, in bytes. One with an RSA key of 8192 bits has 4.5 KB;
	// API Gateway's own limit for all headers together is 10,240 bytes.
	maxProofSize = 8 << 10

	// proofType is the typ of a proof (RFC 9449 section 4.2).
	proofType = "dpop+jwt"
)

// A proof is a DPoP proof that has been read. Nothing in it has been proven.
type proof struct {
	key              *keys.PublicKey // of jwk, under the algorithm of the header
	input, signature []byte

	jti, htm, htu, ath, nonce string
	iat, exp                  time.Time
}

// id names a proof in a store: in a few bytes, however long jti is, and so that nobody can
// use up what another one's key has signed.
func (p *proof) id() string {
	hash := sha256.Sum256([]byte(p.key.Thumbprint() + " " + p.jti))
	return jose.EncodeBase64URL(hash[:])
}

// verify checks the signature of a proof. An error that is no refusal says that this could
// not be decided.
func (p *proof) verify(ctx context.Context) error {
	err := p.key.Verify(ctx, p.input, p.signature)
	switch {
	case errors.Is(err, keys.ErrSignature):
		return refuse(verifier.WrongProof, "the signature of the proof is wrong")
	case err != nil:
		return fmt.Errorf("binding: checking the signature of the proof: %w", err)
	}
	return nil
}

// readProof reads the one proof that a request must have.
func readProof(headers, algorithms []string) (*proof, error) {
	switch {
	case len(headers) == 0:
		return nil, refuse(verifier.WrongProof, "the token is bound to a key, and the request has no proof")
	case len(headers) > 1:
		return nil, refuse(verifier.WrongProof, "the request has several proofs")
	}
	jws, err := jose.ParseCompact(headers[0], maxProofSize, false)
	if err != nil {
		return nil, refuse(verifier.WrongProof, "the proof is "+err.Error())
	}
	p := &proof{input: jws.Input, signature: jws.Signature}
	if err := p.readHeader(jws.Header, algorithms); err != nil {
		return nil, refuse(verifier.WrongProof, "the header of the proof: "+err.Error())
	}
	if err := p.readClaims(jws.Payload); err != nil {
		return nil, refuse(verifier.WrongProof, "the claims of the proof: "+err.Error())
	}
	return p, nil
}

// readHeader reads the header of a proof, with the key in it. No error holds any of it.
func (p *proof) readHeader(text string, algorithms []string) error {
	var typ, alg string
	var key jose.Value
	err := jose.Members(text, jose.HeaderLimits, func(name string, value jose.Value) (err error) {
		switch name {
		case "typ":
			typ, _ = value.Text()
		case "alg":
			alg, _ = value.Text()
		case "jwk":
			key = value
		case "crit":
			err = errors.New("it has crit") // no extension is understood (RFC 7515 section 4.1.11)
		case "b64":
			if value.Raw != "true" { // RFC 7797 section 3
				err = errors.New("it has b64 that is not true")
			}
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case typ != proofType:
		return errors.New("its typ is not " + proofType)
	case !slices.Contains(algorithms, alg):
		return errors.New("its alg is not accepted")
	case key.Kind != jose.Object:
		return errors.New("its jwk is not a key")
	}
	p.key, err = parseKey(key.Raw, alg)
	return err
}

// parseKey reads the public key of a JWK, which serves alg alone.
func parseKey(jwk, alg string) (*keys.PublicKey, error) {
	named := false
	_ = jose.Members(jwk, jose.HeaderLimits, func(name string, _ jose.Value) error { // read before, as part of the header
		named = named || name == "alg"
		return nil
	})
	if !named { // it takes the algorithm of the header, if it fits
		jwk = fmt.Sprintf(`{"alg":%q,%s`, alg, jwk[1:])
	}
	key, err := keys.ParsePublicJWK([]byte(jwk))
	if err != nil || key.Algorithm() != alg {
		return nil, errors.New("its jwk is not a public key for its alg")
	}
	return key, nil
}

// readClaims reads the claims of a proof. No error holds any of them.
func (p *proof) readClaims(text string) error {
	err := jose.Members(text, jose.ClaimsLimits, func(name string, value jose.Value) (err error) {
		switch name {
		case "jti":
			p.jti, _ = value.Text()
		case "htm":
			p.htm, _ = value.Text()
		case "htu":
			p.htu, _ = value.Text()
		case "ath":
			p.ath, _ = value.Text()
		case "nonce":
			p.nonce, _ = value.Text()
		case "iat":
			p.iat, err = value.NumericDate()
		case "exp":
			p.exp, err = value.NumericDate()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case p.jti == "":
		return errors.New("no jti")
	case p.iat.IsZero():
		return errors.New("no iat")
	}
	return nil
}
