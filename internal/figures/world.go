package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
)

const (
	issuer   = "https://login.example.com"
	audience = "api"
	secret   = "a secret of 32 bytes for figures"
)

// A world is what functions verify with: keys, an issuer and a KMS on this machine.
type world struct {
	private *keys.PrivateKey
	pem     string
	kms     *kmstest.KMS
	servers []*httptest.Server
	jwksURL string
	kmsURL  string
	err     error // the first
}

func newWorld() (*world, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	private, err := keys.NewPrivateKey("RS256", key)
	if err != nil {
		return nil, err
	}
	pem, err := private.Public().MarshalPEM()
	if err != nil {
		return nil, err
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: private})
	if err != nil {
		return nil, err
	}
	w := &world{private: private, pem: string(pem), kms: kmstest.New(kmstest.Config{})}
	published, served := httptest.NewServer(publisher), httptest.NewServer(w.kms)
	w.servers = []*httptest.Server{published, served}
	w.jwksURL, w.kmsURL = published.URL+publisher.JWKSPath(), served.URL
	return w, nil
}

func (w *world) close() {
	for _, s := range w.servers {
		s.Close()
	}
}

func (w *world) functions() []*function {
	secretKey, err := keys.HMAC("HS256", []byte(secret))
	w.note(err)
	rsaKey, symmetric, mac := w.add(types.KeySpecRsa2048), w.add(types.KeySpecSymmetricDefault), w.add(types.KeySpecHmac256)
	asymmetric, err := kmskeys.NewAsymmetricSigner(w.kms, kmskeys.AsymmetricConfig{KeyID: rsaKey, Algorithm: "RS256"})
	w.note(err)
	envelope, err := kmskeys.NewEnvelopeSigner(w.kms, kmskeys.EnvelopeConfig{KeyID: symmetric, EncryptionContext: kmskeys.TokenContext(issuer, audience)})
	w.note(err)
	macs, err := kmskeys.NewMACSigner(w.kms, kmskeys.MACConfig{KeyID: mac, Algorithm: "HS256"})
	w.note(err)
	return []*function{
		{name: "bare", title: "a function that does nothing", token: "x"},
		{name: "byhand", title: "golang-jwt by hand, RS256", token: w.token(w.private), env: []string{"JWT_PUBLIC_KEY=" + w.pem}},
		{name: "pem", title: "RSA public key, RS256", token: w.token(w.private), env: []string{"JWT_PUBLIC_KEY=" + w.pem}},
		{name: "secret", title: "HMAC secret, HS256", token: w.token(secretKey), env: []string{"JWT_SECRET=" + secret}},
		{name: "remote", title: "JWK set of an issuer, RS256", token: w.token(w.private), env: []string{"JWKS_URL=" + w.jwksURL}},
		{name: "kmsasymmetric", title: "KMS asymmetric key, RS256", token: w.token(asymmetric), env: w.kmsEnv(rsaKey)},
		{name: "kmsenvelope", title: "KMS envelope, HS256", token: w.token(envelope), env: w.kmsEnv(symmetric)},
		{name: "kmsmac", title: "KMS MAC key, HS256", token: w.token(macs), env: w.kmsEnv(mac)},
	}
}

func (w *world) kmsEnv(key string) []string {
	return []string{"KMS_ENDPOINT=" + w.kmsURL, "KMS_KEY=" + key}
}

func (w *world) add(spec types.KeySpec) string {
	key, err := w.kms.AddKey(spec, nil)
	w.note(err)
	return key
}

func (w *world) token(source keys.SigningSource) string {
	i, err := signer.NewIssuer(signer.IssuerConfig{Keys: source, Issuer: issuer, Audience: []string{audience}, Lifetime: 24 * time.Hour})
	if err != nil {
		w.note(err)
		return ""
	}
	token, err := i.Issue(context.Background(), "user-1", map[string]any{"scope": "orders:read"})
	w.note(err)
	return token
}

func (w *world) note(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("the keys: %w", err)
	}
}
