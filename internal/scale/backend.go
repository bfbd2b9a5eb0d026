package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/verifier"
)

// The backends.
const (
	staticSecret = "HMAC secret, static"
	loadedSecret = "HMAC secret, loaded"
	staticPEM    = "public key, PEM"
	remoteJWKS   = "published keys (JWKS)"
	kmsLocal     = "KMS asymmetric, local"
	kmsRemote    = "KMS asymmetric, remote"
	kmsEnvelope  = "KMS envelope"
	kmsMAC       = "KMS MAC"
)

// A backend is a way to hold keys.
type backend struct {
	// maxAge is for how long what an environment gets to know is used; 0 if that is
	// nothing.
	maxAge time.Duration

	// metered is whether what is verified changes what an environment knows. Where it
	// does not, nothing happens between two fetches that need be simulated.
	metered bool

	verification func(*world) (keys.VerificationSource, error) // of a new environment
	login        func(*world) (keys.SigningSource, error)      // of a new login environment; nil where it costs nothing

	// Tokens are signed in advance, a few for all users, where all have the same key and
	// nothing that is counted hangs on which token it is. Where each matters it is made
	// when it is verified, with a signature that costs little.
	inAdvance func(*world) (keys.SigningSource, error)
	algorithm string
	signature func(input []byte, dataKey uint64) []byte
}

var backends = map[string]backend{
	staticSecret: {
		verification: func(w *world) (keys.VerificationSource, error) { return w.secret, nil },
		inAdvance:    func(w *world) (keys.SigningSource, error) { return w.secret, nil },
	},
	loadedSecret: {
		maxAge: keys.DefaultMaxAge,
		verification: func(w *world) (keys.VerificationSource, error) {
			return keys.NewRefreshing(keys.RefreshingConfig{Load: w.loadSecret, MaxAge: w.MaxAge})
		},
		inAdvance: func(w *world) (keys.SigningSource, error) { return w.secret, nil },
	},
	staticPEM: {
		verification: func(w *world) (keys.VerificationSource, error) { return w.private.Public(), nil },
		inAdvance:    func(w *world) (keys.SigningSource, error) { return w.private, nil },
	},
	remoteJWKS: {
		maxAge: jwks.DefaultMaxAge,
		verification: func(w *world) (keys.VerificationSource, error) {
			cfg := jwks.RemoteConfig{Issuer: issuerName, Transport: w.issuer, MaxAge: w.MaxAge}
			if w.Preloaded {
				cfg.Preloaded = w.issuer.set
			}
			return jwks.NewRemote(cfg)
		},
		inAdvance: func(w *world) (keys.SigningSource, error) { return w.private, nil },
	},
	kmsLocal: {
		maxAge: kmskeys.DefaultMaxAge,
		verification: func(w *world) (keys.VerificationSource, error) {
			return kmskeys.NewAsymmetricVerifier(w.near, w.asymmetric())
		},
		inAdvance: func(w *world) (keys.SigningSource, error) { return w.private, nil },
		login: func(w *world) (keys.SigningSource, error) {
			return kmskeys.NewAsymmetricSigner(w.near, w.asymmetric())
		},
	},
	kmsRemote: {
		metered: true,
		verification: func(w *world) (keys.VerificationSource, error) {
			return kmskeys.NewAsymmetricRemoteVerifier(w.near, w.asymmetric())
		},
		algorithm: "RS256",
		signature: func([]byte, uint64) []byte { return make([]byte, signatureSize) },
		login: func(w *world) (keys.SigningSource, error) {
			return kmskeys.NewAsymmetricSigner(w.near, w.asymmetric())
		},
	},
	kmsEnvelope: {
		maxAge:       kmskeys.DefaultMaxAge,
		metered:      true,
		verification: (*world).envelopes,
		algorithm:    "HS256",
		signature:    func(input []byte, dataKey uint64) []byte { return mac(plaintext(dataKey), input) },
		login: func(w *world) (keys.SigningSource, error) {
			cfg := w.envelope()
			cfg.ReuseTokens, cfg.ReuseFor = w.ReuseTokens, w.ReuseFor
			return kmskeys.NewEnvelopeSigner(w.near, cfg)
		},
	},
	kmsMAC: {
		metered: true,
		verification: func(w *world) (keys.VerificationSource, error) {
			return kmskeys.NewMACVerifier(w.near, kmskeys.MACConfig{KeyID: keyID})
		},
		algorithm: "HS256",
		signature: func(input []byte, _ uint64) []byte { return mac([]byte(macKey), input) },
		login: func(w *world) (keys.SigningSource, error) {
			return kmskeys.NewMACSigner(w.near, kmskeys.MACConfig{KeyID: keyID})
		},
	},
}

// A world is what environments find around them.
type world struct {
	Scenario
	near, far *region
	secrets   *quota
	issuer    *issuer
	private   *keys.PrivateKey
	secret    *keys.Secret
}

// newWorld returns a world whose quotas are counted from the time of the deployment.
func newWorld(t testing.TB, s Scenario, deployment time.Time) (*world, error) {
	w := &world{
		Scenario: s,
		secrets:  newQuota(assumed.Secrets, assumed.SecretsManager, deployment),
		issuer:   &issuer{quota: newQuota(assumed.Issuer, assumed.Fetch, deployment)},
		private:  testkeys.Private(t, keyID, "RS256", "a"),
		secret:   testkeys.Secret(t, "", "HS256", "scale"),
	}
	set, err := keys.NewSet(w.private.Public())
	if err != nil {
		return nil, err
	}
	if w.issuer.set, err = set.MarshalJSON(); err != nil {
		return nil, err
	}
	text, err := w.private.Public().MarshalPEM()
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	numbers := new(atomic.Uint64)
	region := func(latency time.Duration) *region {
		symmetric := assumed.Symmetric
		if s.Symmetric != 0 {
			symmetric = s.Symmetric
		}
		return &region{
			symmetric: newQuota(symmetric, latency, deployment),
			rsa:       newQuota(assumed.RSA, latency, deployment),
			publicKey: newQuota(assumed.PublicKey, latency, deployment),
			spki:      block.Bytes, dataKeys: numbers,
		}
	}
	w.near, w.far = region(assumed.Region), region(assumed.OtherRegion)
	return w, nil
}

func (w *world) loadSecret(ctx context.Context) (*keys.Ring, error) {
	if err := w.secrets.call(ctx); err != nil {
		return nil, err
	}
	return keys.NewRing(w.secret)
}

func (w *world) asymmetric() kmskeys.AsymmetricConfig {
	return kmskeys.AsymmetricConfig{KeyID: keyID, Algorithm: "RS256", MaxAge: w.MaxAge}
}

func (w *world) envelope() kmskeys.EnvelopeConfig {
	return kmskeys.EnvelopeConfig{
		KeyID: keyID, Kid: envelopeKid, EncryptionContext: kmskeys.TokenContext(issuerName, audience),
		MaxAge: w.MaxAge, CacheSize: w.CacheSize, DecryptRate: w.Budget, DecryptBurst: 2 * w.Budget,
	}
}

// envelopes returns a verifier of envelopes or, with two Regions, a ring of two.
func (w *world) envelopes() (keys.VerificationSource, error) {
	near, err := kmskeys.NewEnvelopeVerifier(w.near, w.envelope())
	if err != nil || !w.TwoRegions {
		return near, err
	}
	far, err := kmskeys.NewEnvelopeVerifier(w.far, w.envelope())
	if err != nil {
		return nil, err
	}
	return keys.NewRing(nil, near, far)
}

// find returns the backend of a scenario.
func (s Scenario) find() (backend, error) {
	b, ok := backends[s.Backend]
	if !ok {
		return b, fmt.Errorf("no backend is called %q", s.Backend)
	}
	switch {
	case s.MaxAge != 0:
		b.maxAge = s.MaxAge
	case s.Remembered != 0:
		b.maxAge = verifier.DefaultCacheMaxAge
	}
	return b, nil
}

// The times of a run, counted from the deployment.
const (
	firstMinute = time.Minute // of which figures are given
	lead        = 10 * time.Second
)

// traffic returns the times in which requests are verified. Where that changes nothing
// they are those around each fetch: the first, and the two after that, or one if it is far
// away.
func (b backend) traffic() []span {
	switch {
	case b.metered:
		return []span{{0, b.measured().to}}
	case b.maxAge == 0:
		return []span{{0, firstMinute}}
	}
	spans := []span{{0, firstMinute}, {b.maxAge - lead, b.maxAge + firstMinute}}
	if b.maxAge <= 10*time.Minute {
		spans = append(spans, span{2*b.maxAge - lead, 2*b.maxAge + firstMinute})
	}
	return spans
}

// measured returns the time in which all is as usual: of a metered backend the second
// maximum age after the deployment, or the second minute, and of others whole maximum ages
// after the first minute.
func (b backend) measured() span {
	switch {
	case b.metered && b.maxAge == 0:
		return span{firstMinute, 2 * firstMinute}
	case b.metered:
		return span{b.maxAge, 2 * b.maxAge}
	case b.maxAge == 0:
		return span{lead, firstMinute}
	}
	spans := b.traffic()
	return span{firstMinute, spans[len(spans)-1].to}
}
