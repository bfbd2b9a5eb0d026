package redact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/internal/redact/redacttest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

const (
	issuer   = "https://login.example.com"
	audience = "orders"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A doer answers the requests of an SDK's client. No printer follows a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// A generator is a client of KMS that makes data keys.
type generator func(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)

func (g generator) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, o ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return g(ctx, in, o...)
}

// login returns an issuer and a verifier of its tokens.
func login(signing keys.SigningSource, verification keys.VerificationSource) (*signer.Issuer, *verifier.Local) {
	return must(signer.NewIssuer(signer.IssuerConfig{Keys: signing, Issuer: issuer, Audience: []string{audience}, Lifetime: time.Hour})),
		must(verifier.New(verifier.Config{Keys: verification, Issuer: issuer, Audience: []string{audience}}))
}

// Everything in the library that may hold key material, a token or its claims, after it has
// been in use.
func TestNothingThatHoldsASecretPrintsIt(t *testing.T) {
	ctx := t.Context()
	v := kmstest.New(kmstest.Config{})
	client := kms.New(kms.Options{Region: v.Region(), BaseEndpoint: new("http://kms.test"), HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
		out := httptest.NewRecorder()
		v.ServeHTTP(out, r)
		return out.Result(), nil
	})})
	var given [][]byte
	generates := generator(func(ctx context.Context, in *kms.GenerateDataKeyInput, o ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
		out, err := client.GenerateDataKey(ctx, in, o...)
		if err == nil {
			given = append(given, bytes.Clone(out.Plaintext))
		}
		return out, err
	})
	wrapping := sha256.Sum256([]byte("the wrapping key"))
	wraps := must(v.AddKey(types.KeySpecSymmetricDefault, wrapping[:]))
	mac := sha256.Sum256([]byte("the MAC key"))
	macs := must(v.AddKey(types.KeySpecHmac256, mac[:]))
	signs := must(v.AddKey(types.KeySpecEccNistP256, nil))
	secret, private := testkeys.Secret(t, "", "HS256", "s"), testkeys.Private(t, "the kid", "ES256", "a")

	envelope := kmskeys.EnvelopeConfig{KeyID: wraps, EncryptionContext: kmskeys.TokenContext(issuer, audience), ReuseTokens: 10, ReuseFor: time.Hour}
	envelopeSigner, envelopeVerifier := must(kmskeys.NewEnvelopeSigner(generates, envelope)), must(kmskeys.NewEnvelopeVerifier(client, envelope))
	asymmetric := kmskeys.AsymmetricConfig{KeyID: signs, Algorithm: "ES256"}
	asymmetricSigner, asymmetricVerifier := must(kmskeys.NewAsymmetricSigner(client, asymmetric)), must(kmskeys.NewAsymmetricVerifier(client, asymmetric))
	remoteVerifier := must(kmskeys.NewAsymmetricRemoteVerifier(client, asymmetric))
	macSigner, macVerifier := must(kmskeys.NewMACSigner(client, kmskeys.MACConfig{KeyID: macs, Algorithm: "HS256"})), must(kmskeys.NewMACVerifier(client, kmskeys.MACConfig{KeyID: macs, Algorithm: "HS256"}))
	ring := must(keys.NewRing(secret))
	refreshing := must(keys.NewRefreshing(keys.RefreshingConfig{Load: func(context.Context) (*keys.Ring, error) { return ring, nil }}))
	now := time.Now().Truncate(time.Second)
	rotating := must(rotation.NewRing(rotation.RingConfig{
		Schedule: &rotation.Schedule{CacheTime: time.Hour, TokenLifetime: time.Hour, Keys: []rotation.Key{{Kid: "the kid", Publish: now.Add(-4 * time.Hour), Sign: now.Add(-time.Hour)}}},
		Keys:     []rotation.Pair{rotation.PairOf(private)},
	}))

	holders := map[string]any{"the KMS in memory": v}
	var secrets [][]byte
	for name, pair := range map[string]struct {
		signing      keys.SigningSource
		verification keys.VerificationSource
	}{
		"secret": {secret, secret}, "private key": {private, private}, "ring": {ring, ring}, "refreshing": {refreshing, refreshing}, "rotating": {rotating, rotating},
		"envelope": {envelopeSigner, envelopeVerifier}, "asymmetric": {asymmetricSigner, asymmetricVerifier}, "remote": {asymmetricSigner, remoteVerifier},
		"MAC": {macSigner, macVerifier},
	} {
		issues, verifies := login(pair.signing, pair.verification)
		cached := must(verifier.Cached(verifies, verifier.CacheConfig{Size: 10}))
		text := must(issues.Issue(ctx, "user-1", map[string]any{"note": "a private note of " + name}))
		token := must(cached.Verify(ctx, text))
		key := must(pair.signing.SigningKey(ctx))
		found := must(pair.verification.VerificationKey(ctx, token.Header))
		must(key.Sign(ctx, []byte("input")))
		a := must(authorizer.New(authorizer.Config{Verifier: cached, Policy: authorizer.AllowStage}))
		r := httptest.NewRequest("GET", "/orders/7", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+text)
		r.Header.Set("Cookie", "session="+text)
		request := authorizertest.NewRequest(authorizer.HTTPFormat2, "GET /orders/{id}", r)
		answer := must(a.Decide(ctx, request))
		for what, value := range map[string]any{
			"signing source": pair.signing, "verification source": pair.verification, "signing key": key, "verification key": found,
			"issuer": issues, "verifier": verifies, "cache": cached, "token": token, "tokens": []verifier.Token{*token}, "authorizer": a,
			"request": request, "request by value": *request, "answer": answer, "answer by value": *answer,
			"signer":        must(signer.New(signer.Config{Keys: pair.signing})),
			"bound request": binding.Request{Method: "GET", URL: "https://api.example.com/", Token: text, DPoP: []string{text}},
		} {
			holders[name+": "+what] = value
		}
		secrets = append(secrets, []byte(text), []byte("a private note of "))
	}
	secrets = append(secrets, wrapping[:], mac[:], testkeys.SecretBytes("s"))
	secrets = append(secrets, given...)
	if len(given) == 0 {
		t.Fatal("no data key was given")
	}
	for name, value := range holders {
		t.Run(name, func(t *testing.T) {
			redacttest.WantNoTrace(t, name, printedWithoutReflection(value), secrets...)
			if value == any(v) {
				return
			}
			// Keys in use are sealed against printers that follow every pointer, too.
			redacttest.WantNoTrace(t, name, redacttest.Reflected(value), secrets[len(secrets)-len(given)-3:]...)
		})
	}
}

// printedWithoutReflection returns what package fmt, slog and encoding/json make of a value.
func printedWithoutReflection(value any) string {
	var all strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%50v"} {
		fmt.Fprintf(&all, verb+"\n", value)
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("message", "value", value, "group", slog.GroupValue(slog.Any("inner", value)))
	slog.New(slog.NewJSONHandler(&all, nil)).Info("message", "value", value)
	text, err := json.Marshal(value)
	if answer := strings.HasPrefix(fmt.Sprintf("%T", value), "*policy.") || strings.HasPrefix(fmt.Sprintf("%T", value), "policy."); !answer {
		fmt.Fprintln(&all, string(text), err) // an answer's JSON is what API Gateway gets, claims and all
	}
	return all.String()
}
