// Package interop holds this library against those of others: what it makes they must
// accept, what they make it must accept, and what is wrong both must refuse. README.md
// tells which others, and how to have them.
package interop_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A bench has everything for holding this library against one peer.
type bench struct {
	peer
	*process
	authority *authority
	ours      *ours
	site      *site  // where our keys are published
	issuer    string // under this name
}

func TestOtherLibrariesAndThisOneAcceptEachOthersTokens(t *testing.T) {
	authority, ours := newAuthority(t), newOurs(t)
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			command := p.command(t)
			b := &bench{peer: p, authority: authority, ours: ours, site: authority.newSite(t)}
			b.issuer = ours.publish(t, b.site)
			b.process = start(t, command, authority.file)
			b.run(t)
		})
	}
}

func (b *bench) run(t *testing.T) {
	b.testOurTokens(t)
	b.testOurFiles(t)
	if b.thumbprint {
		b.testThumbprints(t)
	}
	if b.short {
		b.testShortCoordinates(t)
	}
	if b.name == "aws-jwt-verify" {
		b.testCognito(t)
	}
	if !b.verifyOnly {
		b.testTheirTokens(t)
		b.testOurKeysInTheirHands(t)
	}
}

// verify has the peer verify a token of ours.
func (b *bench) verify(t *testing.T, algorithm, token string) (claims map[string]any, err error) {
	t.Helper()
	r := request{"token": token, "algorithm": algorithm, "issuer": b.issuer, "audience": audience}
	if isHMAC(algorithm) {
		r["secret"] = b.ours.secrets[algorithm].jwk
	}
	err = b.ask(t, "verify", r, &claims)
	return claims, err
}

func (b *bench) stamp() stamp { return stamp{issuer: b.issuer, audience: audience, now: time.Now()} }

func (b *bench) testOurTokens(t *testing.T) {
	for _, algorithm := range b.algorithms {
		t.Run("accepts our token/"+algorithm, func(t *testing.T) {
			claims, err := b.verify(t, algorithm, b.ours.token(t, algorithm, b.stamp()))
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			if claims["sub"] != subject || claims["iss"] != b.issuer || claims["scope"] != scope {
				t.Errorf("reads other claims: %v", claims)
			}
		})
		for fault, want := range b.refusals {
			t.Run("refuses our token with "+string(fault)+"/"+algorithm, func(t *testing.T) {
				token := b.ours.token(t, algorithm, b.stamp().withFault(fault))
				if fault == wrongSignature {
					token = flipSignature(t, token)
				}
				_, err := b.verify(t, algorithm, token)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want %q", err, want)
				}
			})
		}
	}
	for _, algorithm := range join(hmacs, rsas, psses, ecdsas, eddsa, ed25519s) {
		if slices.Contains(b.algorithms, algorithm) {
			continue
		}
		t.Run("does not know/"+algorithm, func(t *testing.T) {
			if _, err := b.verify(t, algorithm, b.ours.token(t, algorithm, b.stamp())); err == nil {
				t.Error("accepted: name the algorithm in the table of peers")
			}
		})
	}
	t.Run("refuses our token of a key that is not published", func(t *testing.T) {
		token := sign(t, newPrivateKey(t, "ES256"), b.stamp(), map[string]any{})
		if _, err := b.verify(t, "ES256", token); err == nil {
			t.Error("accepted")
		}
	})
}

// The tokens before this have been verified with keys that the peer has read here.
func (b *bench) testOurFiles(t *testing.T) {
	t.Run("has read our published files", func(t *testing.T) {
		if b.site.count("/tenant-1/.well-known/jwks.json") == 0 {
			t.Error("the set was not read")
		}
		// The address of the set is one that aws-jwt-verify knows without discovery.
		if b.site.count("/tenant-1/.well-known/openid-configuration") == 0 && b.name != "aws-jwt-verify" {
			t.Error("the discovery document was not read")
		}
	})
}

func (b *bench) testThumbprints(t *testing.T) {
	for algorithm, key := range b.ours.private {
		t.Run("takes the same thumbprint/"+algorithm, func(t *testing.T) {
			var got string
			b.must(t, "thumbprint", request{"key": key.Public()}, &got)
			if got != key.Kid() {
				t.Errorf("got %q, want %q", got, key.Kid())
			}
		})
	}
}
