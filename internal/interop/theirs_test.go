package interop_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/verifier"
)

// theirIssuer is the name by which a peer issues tokens. It is nowhere to be found:
// its set is served by a site.
const theirIssuer = "https://theirs.example.com"

// material is a key as a peer gives and takes it: a JWK or, as a string, PEM.
type material = json.RawMessage

// theirs are the keys of a peer.
type theirs struct {
	secrets map[string]secret
	private map[string]material
	set     []json.RawMessage // the public halves, as JWK
}

func (b *bench) newTheirs(t *testing.T) *theirs {
	t.Helper()
	k := &theirs{secrets: map[string]secret{}, private: map[string]material{}}
	for _, algorithm := range b.algorithms {
		if isHMAC(algorithm) {
			k.secrets[algorithm] = newSecret(t, algorithm)
			k.private[algorithm] = k.secrets[algorithm].jwk
			continue
		}
		public, private := b.generate(t, algorithm)
		k.private[algorithm] = private
		k.set = append(k.set, public)
	}
	return k
}

// generate has the peer make a key pair. A public half that it gives as PEM is read as
// such, and so a JWK of this library's making.
func (b *bench) generate(t *testing.T, algorithm string) (public json.RawMessage, private material) {
	t.Helper()
	var pair struct{ Public, Private material }
	b.must(t, "generate", request{"algorithm": algorithm, "kid": kid(algorithm)}, &pair)
	if pair.Public[0] == '{' {
		return pair.Public, pair.Private
	}
	var text string
	if err := json.Unmarshal(pair.Public, &text); err != nil {
		t.Fatal(err)
	}
	key, err := keys.ParsePublicPEM(algorithm, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	key = key.WithKid(kid(algorithm))
	return marshal(t, key), pair.Private
}

// A sign request is what a peer signs, and with what.
func (k *theirs) request(algorithm string, s stamp) request {
	return request{
		"algorithm": algorithm, "kid": kid(algorithm), "key": k.private[algorithm],
		"claims": map[string]any{
			"iss": s.issuer, "aud": s.audience, "sub": subject, "scope": scope,
			"iat": s.now.Unix(), "exp": s.now.Add(lifetime).Unix(),
		},
	}
}

func theirStamp() stamp { return stamp{issuer: theirIssuer, audience: audience, now: time.Now()} }

// verifierOf returns our verifier of a peer's tokens of an algorithm.
func verifierOf(t *testing.T, source keys.VerificationSource) *verifier.Local {
	t.Helper()
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: theirIssuer, Audience: []string{audience}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (b *bench) testTheirTokens(t *testing.T) {
	theirs := b.newTheirs(t)
	set := marshal(t, map[string]any{"keys": theirs.set})
	parsed, err := keys.ParseJWKS(set)
	if err != nil {
		t.Fatal(err)
	}
	remote := b.serveTheirs(t, set)
	for _, algorithm := range b.algorithms {
		if isHMAC(algorithm) {
			secret := theirs.secrets[algorithm].key
			b.testTheirGoodToken(t, theirs, algorithm, "the secret", secret)
			b.testTheirBadTokens(t, theirs, algorithm, secret)
			continue
		}
		b.testTheirGoodToken(t, theirs, algorithm, "its set", parsed)
		b.testTheirGoodToken(t, theirs, algorithm, "its set over TLS", remote)
		b.testTheirBadTokens(t, theirs, algorithm, remote)
	}
}

// serveTheirs serves a peer's set and returns what reads it.
func (b *bench) serveTheirs(t *testing.T, set []byte) *jwks.Remote {
	t.Helper()
	s := b.authority.newSite(t)
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(set))
	}))
	remote, err := jwks.NewRemote(jwks.RemoteConfig{URL: s.url + "/jwks", Transport: b.authority.transport(t)})
	if err != nil {
		t.Fatal(err)
	}
	return remote
}

func (b *bench) testTheirGoodToken(t *testing.T, theirs *theirs, algorithm, with string, source keys.VerificationSource) {
	t.Run("its token is accepted with "+with+"/"+algorithm, func(t *testing.T) {
		var text string
		b.must(t, "sign", theirs.request(algorithm, theirStamp()), &text)
		token, err := verifierOf(t, source).Verify(t.Context(), text)
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if token.Subject != subject || token.Header.Algorithm != algorithm || token.Header.Kid != kid(algorithm) {
			t.Errorf("reads another token: %v, %v", token, token.Header)
		}
		if scopes := token.Scopes(); len(scopes) != 1 || scopes[0] != scope {
			t.Errorf("reads the scopes %q", scopes)
		}
	})
}

func (b *bench) testTheirBadTokens(t *testing.T, theirs *theirs, algorithm string, source keys.VerificationSource) {
	v := verifierOf(t, source)
	for fault, want := range map[fault]verifier.Reason{
		wrongSignature: verifier.WrongSignature,
		expired:        verifier.Expired,
		wrongIssuer:    verifier.WrongIssuer,
		wrongAudience:  verifier.WrongAudience,
	} {
		t.Run("its token is refused with "+string(fault)+"/"+algorithm, func(t *testing.T) {
			var text string
			b.must(t, "sign", theirs.request(algorithm, theirStamp().withFault(fault)), &text)
			if fault == wrongSignature {
				text = flipSignature(t, text)
			}
			checkRefused(t, v, text, want)
		})
	}
	t.Run("its token without a signature is refused/"+algorithm, func(t *testing.T) {
		r := theirs.request(algorithm, theirStamp())
		r["algorithm"] = "none"
		delete(r, "key")
		delete(r, "kid")
		var text string
		b.must(t, "sign", r, &text)
		checkRefused(t, v, text, verifier.Malformed)
		checkRefused(t, v, text+"AAAA", verifier.WrongAlgorithm)
	})
}

func checkRefused(t *testing.T, v *verifier.Local, text string, want verifier.Reason) {
	t.Helper()
	token, err := v.Verify(t.Context(), text)
	if got := verifier.ReasonOf(err); got != want || token != nil {
		t.Errorf("got %v and error %v, want the reason %q", token, err, want)
	}
}

// Whoever moves to another library, or to this one, takes the private keys along.
func (b *bench) testOurKeysInTheirHands(t *testing.T) {
	remote, err := jwks.NewRemote(jwks.RemoteConfig{URL: b.issuer + "/.well-known/jwks.json", Transport: b.authority.transport(t)})
	if err != nil {
		t.Fatal(err)
	}
	v := verifierOf(t, remote) // of our own file
	for _, algorithm := range b.algorithms {
		if isHMAC(algorithm) {
			continue
		}
		key := b.ours.private[algorithm]
		pem, err := key.MarshalPrivatePEM()
		if err != nil {
			t.Fatal(err)
		}
		jwk, err := key.MarshalPrivateJWK()
		if err != nil {
			t.Fatal(err)
		}
		for form, material := range map[string]material{"PEM": marshal(t, string(pem)), "JWK": jwk} {
			t.Run("its token signed with our key as "+form+" is accepted/"+algorithm, func(t *testing.T) {
				theirs := &theirs{private: map[string]json.RawMessage{algorithm: material}}
				r := theirs.request(algorithm, theirStamp())
				r["kid"] = key.Kid()
				var text string
				b.must(t, "sign", r, &text)
				if _, err := v.Verify(t.Context(), text); err != nil {
					t.Errorf("refused: %v", err)
				}
			})
		}
	}
}
