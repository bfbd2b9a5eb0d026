package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/lambdajwt/authorizer/internal/jose"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxJWKSize bounds the text of one JWK, in bytes. jwkLimits bounds what is in it,
// with room for members that this package passes over.
const maxJWKSize = 64 << 10

var jwkLimits = jose.Limits{Depth: 8, Members: 256}

// errForeign is the mark of a JWK that is sound, as far as it goes, and of no use
// here: in a set it is passed over (RFC 7517 section 5).
var errForeign = errors.New("not a key for signatures that this package knows")

// ParsePublicJWK reads one public JWK (RFC 7517): kty RSA, EC with crv P-256, P-384
// or P-521, or OKP with crv Ed25519 (RFC 8037).
//
// Its kid and alg are the key's; without them it is as if [NewPublicKey] had been
// given empty ones, and so are the keys that are refused. It also refuses: a
// private or symmetric key; use other than "sig"; key_ops without "verify" or with
// a value twice; an alg that is not the key's; a base64 other than strict base64url; a
// duplicate member, trailing data, other faults of JSON, and a text of more than 64 KiB.
// Numbers and coordinates are read with leading zeros and without.
//
// All other members are ignored, x5c, x5t and x5u among them: the key is the one that
// the JWK spells out, whatever a certificate beside it says, and nothing is fetched.
func ParsePublicJWK(data []byte) (*PublicKey, error) {
	return parseOne(data, "public JWK", publicFromJWK)
}

// ParsePrivateJWK reads one private JWK: what [ParsePublicJWK] reads and the
// private members of RFC 7518 section 6 or RFC 8037 section 2, for RSA all of d, p,
// q, dp, dq and qi. key_ops, if there is any, must hold "sign". A key whose private
// and public members do not belong together is refused.
func ParsePrivateJWK(data []byte) (*PrivateKey, error) {
	return parseOne(data, "private JWK", privateFromJWK)
}

// ParseSecretJWK reads one JWK of kty oct (RFC 7518 section 6.4). Its kid and alg
// are the Secret's; without them it is as if [HMAC] had been given empty ones, and
// so are the secrets that are refused. key_ops, if there is any, must hold both
// "sign" and "verify".
func ParseSecretJWK(data []byte) (*Secret, error) {
	return parseOne(data, "secret JWK", secretFromJWK)
}

func parseOne[K any](data []byte, what string, parse func(jwk) (K, error)) (key K, err error) {
	j, err := readJWK(data)
	if err == nil {
		key, err = parse(j)
	}
	if err != nil {
		var none K
		return none, fmt.Errorf("keys: %s: %w", what, err)
	}
	return key, nil
}

// A jwk is a JWK as its text has it: the members that this package looks at.
type jwk map[string]jose.Value

// readJWK reads a text of JSON and looks no further.
func readJWK(data []byte) (jwk, error) {
	if len(data) > maxJWKSize {
		return nil, fmt.Errorf("a text of %d bytes: it may have at most %d", len(data), maxJWKSize)
	}
	j := jwk{}
	err := jose.Members(string(data), jwkLimits, func(name string, value jose.Value) error {
		if value.Kind != jose.Null { // which some publishers write for what is not there
			j[name] = value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return j, nil
}

// secretMembers are the members that only private and symmetric keys have (RFC
// 7518 section 6, RFC 8037 section 2), and the one that newer types of key use.
var secretMembers = [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// errNotPublic says that a key holds what must not be published.
var errNotPublic = errors.New("a private or secret key")

func publicFromJWK(j jwk) (*PublicKey, error) {
	for _, name := range secretMembers {
		if _, found := j[name]; found {
			return nil, fmt.Errorf("the member %q of %w: remove it, and replace the key if this was published", name, errNotPublic)
		}
	}
	if kty, _ := j["kty"].Text(); kty == "oct" {
		return nil, fmt.Errorf("%w where a public key belongs: use ParseSecretJWK", errNotPublic)
	}
	kid, alg, err := j.describe("verify")
	if err != nil {
		return nil, err
	}
	key, err := j.publicKey()
	if err != nil {
		return nil, err
	}
	public, err := newPublicKey(alg, key)
	if err != nil {
		return nil, err
	}
	return public.WithKid(kid), nil
}

// published returns what somebody else's public JWK stands for: a key for each algorithm
// that it serves. Where it names none they are those of served that fit it, or otherwise
// the usual ones.
func (j jwk) published(served []string) ([]*PublicKey, error) {
	public, err := publicFromJWK(j)
	if err != nil {
		return nil, err
	}
	if alg, _ := j["alg"].Text(); alg != "" {
		return []*PublicKey{public}, nil
	}
	if len(served) == 0 {
		served = []string{public.Algorithm()}
		if public.alg.family == familyEd25519 {
			served = []string{"EdDSA", "Ed25519"} // two names of one algorithm (RFC 9864)
		}
	}
	var keys []*PublicKey
	for _, a := range algorithms {
		if !slices.Contains(served, a.name) || a.keyName() != public.alg.keyName() {
			continue
		}
		key, err := newPublicKey(a.name, public.key.standard())
		if err != nil {
			return nil, err
		}
		keys = append(keys, key.WithKid(public.kid))
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: it names no alg, and none of the algorithms in use fits", errForeign)
	}
	return keys, nil
}

func privateFromJWK(j jwk) (*PrivateKey, error) {
	kty, _ := j["kty"].Text()
	_, private := j["d"]
	switch {
	case kty == "oct":
		return nil, errors.New("a secret where a private key belongs: use ParseSecretJWK")
	case !private:
		return nil, errors.New("a public key, for it has no member \"d\": nothing can be signed with it, use ParsePublicJWK to verify")
	}
	kid, alg, err := j.describe("sign")
	if err != nil {
		return nil, err
	}
	key, err := j.privateKey()
	if err != nil {
		return nil, err
	}
	own, err := newPrivateKey(alg, key)
	if err != nil {
		return nil, err
	}
	return own.WithKid(kid), nil
}

func secretFromJWK(j jwk) (*Secret, error) {
	if kty, _ := j["kty"].Text(); kty != "oct" {
		return nil, errors.New("no secret, for its kty is not \"oct\": use ParsePublicJWK or ParsePrivateJWK")
	}
	kid, alg, err := j.describe("sign", "verify")
	if err != nil {
		return nil, err
	}
	bytes, err := j.bytes("k")
	if err != nil {
		return nil, err
	}
	secret, err := newSecret(alg, bytes)
	if err != nil {
		return nil, err
	}
	return secret.WithKid(kid), nil
}

// describe returns kid and alg. It gives an error that wraps errForeign if the key
// is not for signatures, not for all of these operations, or under an algorithm
// that this package does not know.
func (j jwk) describe(operations ...string) (kid, alg string, err error) {
	kty, err := j.text("kty")
	switch {
	case err != nil:
		return "", "", err
	case kty == "":
		return "", "", errors.New("the member \"kty\" is missing")
	}
	kid, err = j.text("kid")
	if err == nil {
		err = jose.CheckKid(kid)
	}
	if err != nil {
		return "", "", err
	}
	alg, err = j.text("alg")
	if err != nil {
		return "", "", err
	}
	if _, known := findAlgorithm(alg); alg != "" && !known {
		return "", "", fmt.Errorf("%w: its alg is %s", errForeign, redact.Quote(alg))
	}
	return kid, alg, j.checkPurpose(operations)
}

// checkPurpose looks at use and key_ops (RFC 7517 sections 4.2 and 4.3). Without
// them a key is for every purpose.
func (j jwk) checkPurpose(operations []string) error {
	use, err := j.text("use")
	if err != nil {
		return err
	}
	if _, given := j["use"]; given && use != "sig" {
		return fmt.Errorf("%w: its use is %s and not \"sig\"", errForeign, redact.Quote(use))
	}
	value, given := j["key_ops"]
	if !given {
		return nil
	}
	var allowed []string
	err = jose.Elements(value, func(element jose.Value) error {
		operation, ok := element.Text()
		if !ok || slices.Contains(allowed, operation) {
			return errors.New("not a list of different operations")
		}
		allowed = append(allowed, operation)
		return nil
	})
	if err != nil {
		return fmt.Errorf("the member \"key_ops\": %w", err)
	}
	for _, operation := range operations {
		if !slices.Contains(allowed, operation) {
			return fmt.Errorf("%w: its key_ops do not hold %q", errForeign, operation)
		}
	}
	return nil
}

// publicKey returns the public key that the members spell out.
func (j jwk) publicKey() (crypto.PublicKey, error) {
	kty, _ := j["kty"].Text()
	switch kty {
	case "RSA":
		return j.rsaPublicKey()
	case "EC":
		return j.ecPublicKey()
	case "OKP":
		return j.edPublicKey()
	}
	return nil, fmt.Errorf("%w: its kty is %s", errForeign, redact.Quote(kty))
}

func (j jwk) privateKey() (crypto.PrivateKey, error) {
	kty, _ := j["kty"].Text()
	switch kty {
	case "RSA":
		return j.rsaPrivateKey()
	case "EC":
		return j.ecPrivateKey()
	case "OKP":
		return j.edPrivateKey()
	}
	return nil, fmt.Errorf("%w: its kty is %s", errForeign, redact.Quote(kty))
}

// rsaPublicKey takes leading zeros, as Java's BigInteger writes them: the number is the
// same.
func (j jwk) rsaPublicKey() (*rsa.PublicKey, error) {
	n, err := j.bytes("n")
	if err != nil {
		return nil, err
	}
	digits, err := j.bytes("e")
	if err != nil {
		return nil, err
	}
	e := new(big.Int).SetBytes(digits)
	if !e.IsInt64() || e.Int64() > maxRSAExponent {
		return nil, errors.New("the public exponent of the RSA key is 2³¹ or more: use 65537")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(e.Int64())}, nil
}

func (j jwk) rsaPrivateKey() (*rsa.PrivateKey, error) {
	if _, given := j["oth"]; given {
		return nil, errors.New("an RSA key of more than two primes: generate one of two")
	}
	public, err := j.rsaPublicKey()
	if err != nil {
		return nil, err
	}
	var numbers [6]*big.Int
	for i, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		if numbers[i], err = j.number(name); err != nil {
			return nil, err
		}
	}
	key := &rsa.PrivateKey{PublicKey: *public, D: numbers[0], Primes: numbers[1:3]}
	key.Precomputed.Dp, key.Precomputed.Dq, key.Precomputed.Qinv = numbers[3], numbers[4], numbers[5]
	return key, nil
}

// curveSize returns the curve that crv names and the length of its coordinates.
func (j jwk) curveSize() (name string, size int, err error) {
	name, err = j.text("crv")
	if err != nil {
		return "", 0, err
	}
	kty, _ := j["kty"].Text()
	switch {
	case kty == "OKP" && name == "Ed25519":
		return name, ed25519.PublicKeySize, nil
	case kty == "EC" && ecCurve(name) != nil:
		return name, ecSize(name), nil
	}
	return "", 0, fmt.Errorf("%w: its crv is %s", errForeign, redact.Quote(name))
}

func (j jwk) ecPublicKey() (*ecdsa.PublicKey, error) {
	curve, size, err := j.curveSize()
	if err != nil {
		return nil, err
	}
	x, err := j.coordinate("x", size)
	if err != nil {
		return nil, err
	}
	y, err := j.coordinate("y", size)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseUncompressedPublicKey(ecCurve(curve), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, fmt.Errorf("x and y are not a point on %s: %w", curve, err)
	}
	return key, nil
}

func (j jwk) ecPrivateKey() (*ecdsa.PrivateKey, error) {
	public, err := j.ecPublicKey()
	if err != nil {
		return nil, err
	}
	d, err := j.bytesOf("d", ecSize(public.Params().Name))
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseRawPrivateKey(public.Curve, d)
	if err != nil {
		return nil, fmt.Errorf("d is no private key of the curve: %w", err)
	}
	if !key.PublicKey.Equal(public) {
		return nil, errors.New("d does not belong to x and y")
	}
	return key, nil
}

func (j jwk) edPublicKey() (ed25519.PublicKey, error) {
	_, size, err := j.curveSize()
	if err != nil {
		return nil, err
	}
	return j.bytesOf("x", size)
}

func (j jwk) edPrivateKey() (ed25519.PrivateKey, error) {
	public, err := j.edPublicKey()
	if err != nil {
		return nil, err
	}
	seed, err := j.bytesOf("d", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	if !public.Equal(key.Public()) {
		return nil, errors.New("d does not belong to x")
	}
	return key, nil
}

// text returns a member that is a string, or the empty string if there is none.
func (j jwk) text(name string) (string, error) {
	value, given := j[name]
	if !given {
		return "", nil
	}
	text, ok := value.Text()
	if !ok {
		return "", fmt.Errorf("the member %q is not a string", name)
	}
	return text, nil
}

// bytes returns what a member has in base64url.
func (j jwk) bytes(name string) ([]byte, error) {
	text, err := j.text(name)
	if err != nil {
		return nil, err
	}
	if _, given := j[name]; !given {
		return nil, fmt.Errorf("the member %q is missing", name)
	}
	decoded, err := jose.DecodeBase64URL(text)
	if err != nil {
		return nil, fmt.Errorf("the member %q: %w", name, err)
	}
	return decoded, nil
}

// bytesOf returns what a member has in base64url, if it is of this length.
func (j jwk) bytesOf(name string, size int) ([]byte, error) {
	decoded, err := j.bytes(name)
	if err != nil {
		return nil, err
	}
	if len(decoded) != size {
		return nil, fmt.Errorf("the member %q has %d bytes: it needs %d, leading zeros included", name, len(decoded), size)
	}
	return decoded, nil
}

// coordinate returns a coordinate of a public key at full width. Some libraries leave
// its leading zeros out, or write more of them.
func (j jwk) coordinate(name string, size int) ([]byte, error) {
	decoded, err := j.bytes(name)
	if err != nil {
		return nil, err
	}
	n := new(big.Int).SetBytes(decoded)
	if n.BitLen() > 8*size {
		return nil, fmt.Errorf("the member %q has %d bytes: it needs %d", name, len(decoded), size)
	}
	return n.FillBytes(make([]byte, size)), nil
}

// number returns a member that is a Base64urlUInt (RFC 7518 section 2), which has
// no leading zeros.
func (j jwk) number(name string) (*big.Int, error) {
	digits, err := j.bytes(name)
	if err != nil {
		return nil, err
	}
	if len(digits) == 0 || digits[0] == 0 {
		return nil, fmt.Errorf("the member %q is empty or begins with a zero byte: write the number in as few bytes as it needs", name)
	}
	return new(big.Int).SetBytes(digits), nil
}
