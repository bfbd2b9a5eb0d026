package kmskeys

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/hmackey"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

// An EnvelopeFormat is how a token carries its encrypted data key.
type EnvelopeFormat int

const (
	// DefaultEnvelope: the header member "edk" holds the encrypted data key in
	// base64url, the token is signed with the data key itself, and the data key is
	// encrypted in an encryption context.
	DefaultEnvelope EnvelopeFormat = iota

	// BlueprintEnvelope is the format of https://github.com/Eascen/api-gateway-jwt,
	// for tokens that are in use already: the header member "KID" holds the encrypted
	// data key in padded standard base64, the token is signed with HS256 under the
	// data key's own base64 text, and there is no encryption context, so that
	// nothing but the KMS key tells what a data key is for.
	BlueprintEnvelope
)

// Defaults and limits of [EnvelopeConfig].
const (
	DefaultCacheSize    = 10_000
	DefaultDecryptRate  = 50
	DefaultDecryptBurst = 100

	maxBlobSize  = 6144 // bytes, of a ciphertext (API Reference, Decrypt)
	maxCacheSize = 1_000_000
	maxReuseFor  = 24 * time.Hour
)

// EnvelopeConfig says how data keys are made, carried and found again. KeyID must
// be set, and EncryptionContext for the default format. A signer and its verifier
// need the same KeyID, Algorithm, Format, Header, Kid and EncryptionContext.
type EnvelopeConfig struct {
	// KeyID is the KMS key of spec SYMMETRIC_DEFAULT that encrypts data keys: a key
	// ID, key ARN, alias name (alias/...) or alias ARN. Required.
	//
	// An alias that is pointed at another key leaves the tokens of before without
	// one. KMS's own rotation of a key's material does not: it needs nothing here.
	KeyID string

	// Algorithm is HS256 (data keys of 32 bytes), HS384 (48) or HS512 (64). Empty
	// means HS256.
	Algorithm string

	// Format is how tokens carry their data key.
	Format EnvelopeFormat

	// Header names the header member that holds the encrypted data key. Empty means
	// "edk", or "KID" for BlueprintEnvelope. It has letters, digits, "-" and "_", at
	// most 64, and is no name that a standard or a verifier has a use for.
	Header string

	// Kid is the kid of tokens, which tells them from those of other keys: a ring of
	// several sources needs it. Empty writes none and serves tokens with any kid or none.
	Kid string

	// EncryptionContext is what a data key is bound to: KMS decrypts it in exactly
	// this context only. Required for the default format; BlueprintEnvelope has none.
	// It should name the issuer and the audience, as
	// [TokenContext] does, so that no data key of another issuer under the same KMS
	// key passes for one of these. It shows in CloudTrail, unencrypted. A verifier
	// with another context than the signer's finds all tokens at fault: KMS does not
	// say what is wrong.
	EncryptionContext map[string]string

	// ReuseTokens and ReuseFor let a signer sign up to so many tokens with one data
	// key, for so long, instead of asking KMS for a data key for each. Both or
	// neither must be set; ReuseFor is at most 24 hours. Whoever verifies then
	// decrypts that much less often, too.
	ReuseTokens int
	ReuseFor    time.Duration

	// CacheSize is how many data keys a verifier keeps of those that have verified a
	// token, again how many that have not yet, and how many refused ones it remembers.
	// 0 means DefaultCacheSize; at most 1,000,000. A data key takes about 2 kB of
	// memory, a refused one 0.2 kB.
	CacheSize int

	// MaxAge is how long a verifier keeps either before it asks KMS again: so long a
	// KMS key that has been disabled goes on being honoured. 0 means DefaultMaxAge; at
	// most 24 hours.
	MaxAge time.Duration

	// Grace is for how much longer a verifier uses a data key while KMS fails. One that
	// KMS refuses has none. 0 means DefaultGrace, less than 0 none; at most 24 hours.
	Grace time.Duration

	// CallTimeout is how long a call to KMS may take, its second attempt included,
	// whatever time the caller has left. 0 means DefaultCallTimeout; at most a minute.
	CallTimeout time.Duration

	// DecryptRate is how many new data keys a verifier has decrypted a second, in the
	// long run, and DecryptBurst how many at once. Beyond that new ones give ErrBudget.
	// It bounds what forged tokens can cost, in each process. Data keys that have
	// verified a token have as large a budget of their own, so that logged-in users
	// notice nothing of a flood of forged tokens. 0 means DefaultDecryptRate and
	// DefaultDecryptBurst; both are at most 1,000,000.
	DecryptRate, DecryptBurst int

	// Observer is told of each call to KMS, of each use of what was there, and when the
	// budget is used up, for metrics. It runs while a request waits.
	Observer func(context.Context, keys.Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// TokenContext returns an encryption context that binds data keys to an issuer and
// an audience: {"iss": issuer, "aud": audience}. Several audiences, in any order, make
// aud a JSON array, and so does one that begins with "[": no audience passes for a list
// of others. With a policy condition on kms:EncryptionContext:aud, AWS
// enforces that a verifier gets at the data keys of its own audience only.
func TokenContext(issuer string, audience ...string) map[string]string {
	audience = slices.Compact(slices.Sorted(slices.Values(audience)))
	switch {
	case len(audience) == 0:
		return map[string]string{"iss": issuer}
	case len(audience) == 1 && !strings.HasPrefix(audience[0], "["):
		return map[string]string{"iss": issuer, "aud": audience[0]}
	}
	list, _ := json.Marshal(audience) // strings always marshal
	return map[string]string{"iss": issuer, "aud": string(list)}
}

// An envelope is an EnvelopeConfig that has been checked, with its defaults in place.
type envelope struct {
	EnvelopeConfig
	key    kmsKey
	alg    hmacAlgorithm
	base64 *base64.Encoding // of the encrypted data key
}

func newEnvelope(cfg EnvelopeConfig) (envelope, error) {
	e := envelope{EnvelopeConfig: cfg, base64: base64.RawURLEncoding.Strict()}
	var err error
	if e.key, err = parseKey(cfg.KeyID); err != nil {
		return e, err
	}
	if e.alg, err = findHMAC(cfg.Algorithm); err != nil {
		return e, err
	}
	e.EncryptionContext = maps.Clone(cfg.EncryptionContext)
	if cfg.Format == BlueprintEnvelope {
		e.base64 = base64.StdEncoding.Strict()
	}
	if cfg.Header == "" {
		e.Header = "edk"
		if cfg.Format == BlueprintEnvelope {
			e.Header = "KID"
		}
	}
	err = errors.Join(e.checkFormat(), checkHeaderName(e.Header), checkKid(e.Kid), e.checkReuse(),
		checkSetting("CacheSize", &e.CacheSize, DefaultCacheSize, maxCacheSize),
		checkSetting("MaxAge", &e.MaxAge, DefaultMaxAge, maxAge),
		checkGrace(&e.Grace),
		checkSetting("CallTimeout", &e.CallTimeout, DefaultCallTimeout, maxCallTimeout),
		checkSetting("DecryptRate", &e.DecryptRate, DefaultDecryptRate, maxRate),
		checkSetting("DecryptBurst", &e.DecryptBurst, DefaultDecryptBurst, maxRate),
	)
	return e, err
}

// source returns what a source of the key has in common with all others.
func (e *envelope) source(kind, operation string) source {
	return newSource(kind, operation, e.alg.name, e.key, e.Kid, e.CallTimeout, observer{e.Observer, e.Now})
}

func (e *envelope) checkFormat() error {
	switch {
	case e.Format == BlueprintEnvelope && e.alg.name != "HS256":
		return errors.New("BlueprintEnvelope is a format of HS256: leave Algorithm empty, or Format")
	case e.Format == BlueprintEnvelope && len(e.EncryptionContext) > 0:
		return errors.New("the format BlueprintEnvelope has no encryption context: leave EncryptionContext empty, or Format")
	case e.Format == BlueprintEnvelope:
		return nil
	case e.Format != DefaultEnvelope:
		return fmt.Errorf("set Format, which is %d, to DefaultEnvelope or BlueprintEnvelope", e.Format)
	case len(e.EncryptionContext) == 0:
		return errors.New("set EncryptionContext to what data keys are bound to: TokenContext(issuer, audience)")
	}
	for _, name := range slices.Sorted(maps.Keys(e.EncryptionContext)) {
		if name == "" || e.EncryptionContext[name] == "" {
			return fmt.Errorf("EncryptionContext holds an empty name or value (%s): set both", redact.Quote(name))
		}
	}
	return nil
}

func (e *envelope) checkReuse() error {
	switch {
	case (e.ReuseTokens == 0) != (e.ReuseFor == 0):
		return errors.New("ReuseTokens and ReuseFor go together: set both or neither")
	case e.ReuseTokens == 0:
		return nil
	case e.ReuseTokens < 0 || e.ReuseFor < time.Second || e.ReuseFor > maxReuseFor: // in less it could be over before it is used
		return fmt.Errorf("ReuseTokens is %d and ReuseFor %v: set ReuseTokens to 1 or more, and ReuseFor between a second and %v",
			e.ReuseTokens, e.ReuseFor, maxReuseFor)
	}
	return nil
}

func checkHeaderName(name string) error {
	if len(name) > 64 || !word.MatchString(name) || isReserved(name) {
		return fmt.Errorf("Header is %s: set it to a name of your own, of at most 64 letters, digits, - and _, or leave it empty", redact.Quote(name))
	}
	return nil
}

// isReserved reports whether a header member has a meaning (IANA registry "JSON Web
// Signature and Encryption Header Parameters").
func isReserved(name string) bool {
	switch name {
	case "alg", "apu", "apv", "aud", "b64", "crit", "cty", "enc", "epk", "iss", "iv", "jku", "jwk", "kid",
		"nonce", "p2c", "p2s", "ppt", "sub", "svt", "tag", "typ", "url", "x5c", "x5t", "x5u", "zip":
		return true
	}
	return false
}

// readHeader returns the text of the encrypted data key in a token's header, empty if
// there is no string. Without escapes the text is what stands between the quotes; whatever
// does not belong there is no base64 either.
func (e *envelope) readHeader(h keys.Header) (text []byte) {
	quote := []byte(`"`)
	text, opened := bytes.CutPrefix(h.Params[e.Header], quote)
	text, closed := bytes.CutSuffix(text, quote)
	if opened && closed && bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	unescaped, _ := h.Param(e.Header)
	return []byte(unescaped)
}

// checkPlaintext returns an error for what no data key of KMS is.
func (e *envelope) checkPlaintext(plaintext []byte) error {
	switch {
	case len(plaintext) != e.alg.hash.Size():
		return wrongAnswer("a data key of the wrong length")
	case len(bytes.Trim(plaintext, "\x00")) == 0:
		return wrongAnswer("a data key of zeros, as a mock does that gives the same Plaintext twice, which is overwritten after use")
	}
	return nil
}

// hmacKey returns the HMAC of a data key. It keeps no hold of plaintext, which the
// caller overwrites; what the standard library's HMAC has made of it is left to the
// garbage collector.
func (e *envelope) hmacKey(plaintext []byte) redact.Sealed[*hmackey.Key] {
	key := plaintext
	if e.Format == BlueprintEnvelope {
		key = base64.StdEncoding.AppendEncode(nil, plaintext)
		defer clear(key)
	}
	return redact.Seal(hmackey.New(e.alg.hash, key))
}
