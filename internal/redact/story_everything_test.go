package redact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/internal/redact/redacttest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/keystest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
	"github.com/lambdajwt/authorizer/verifier/revocation"
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
	rsa := testkeys.Private(t, "the RSA kid", "RS256", "a")
	table := must(policy.NewTable(policy.Route{Key: "GET /orders/{id}", AnyToken: true}))
	backend := keystest.Pair{Signing: private, Verification: private}
	refreshing := must(keys.NewRefreshing(keys.RefreshingConfig{Load: func(context.Context) (*keys.Ring, error) { return ring, nil }}))
	now := time.Now().Truncate(time.Second)
	rotating := must(rotation.NewRing(rotation.RingConfig{
		Schedule: &rotation.Schedule{CacheTime: time.Hour, TokenLifetime: time.Hour, Keys: []rotation.Key{{Kid: "the kid", Publish: now.Add(-4 * time.Hour), Sign: now.Add(-time.Hour)}}},
		Keys:     []rotation.Pair{rotation.PairOf(private)},
	}))

	holders := map[string]any{
		"the KMS in memory": v, "harness": kmstest.Harness{API: client},
		"set": testkeys.Set(t, private.Public(), rsa.Public()), "public key": private.Public(),
		"private key by value": *private, "secret by value": *secret, "RSA key": rsa, "RSA signing key": must(rsa.SigningKey(ctx)),
		"two halves": rotation.PairOf(rsa), "rotation's config": rotation.RingConfig{Keys: []rotation.Pair{rotation.PairOf(rsa)}},
		"issuer's remote": must(jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer})), "claims' checker": must(verifier.NewClaimsChecker(verifier.Config{Issuer: issuer, Audience: []string{audience}})),
		"pair": backend, "backend": keystest.Backend{A: backend, B: backend},
	}
	var tokens [][]byte
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
		checked := must(cached.Verify(ctx, text))
		golang, golangKey, err := golangjwt.NewWithClaims(ctx, pair.signing, jwt.MapClaims{"sub": "user-1"})
		if err != nil {
			t.Fatal(err)
		}
		key := must(pair.signing.SigningKey(ctx))
		found := must(pair.verification.VerificationKey(ctx, checked.Header))
		must(key.Sign(ctx, []byte("input")))
		config := authorizer.Config{Verifier: cached, Policy: authorizer.AllowStage}
		a := must(authorizer.New(config))
		r := httptest.NewRequest("GET", "/orders/7", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+text)
		r.Header.Set("Cookie", "session="+text)
		request := authorizertest.NewRequest(authorizer.HTTPFormat2, "GET /orders/{id}", r)
		answer := must(a.Decide(ctx, request))
		middlewareConfig := httpauth.Config{Verifier: cached, Table: table}
		middleware := must(httpauth.New(middlewareConfig))
		middleware.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		introspectorConfig := introspection(text)
		introspector := must(revocation.NewIntrospector(introspectorConfig))
		for what, value := range map[string]any{
			"config": config, "middleware": middleware, "middleware's config": middlewareConfig,
			"introspector": introspector, "introspector's config": introspectorConfig, "introspected": must(introspector.Verify(ctx, text)),
			"golang-jwt's method": golang.Method, "golang-jwt's key": golangKey, "found for golang-jwt": must(golangjwt.Keyfunc(ctx, pair.verification)(unverified(text))),
			"verifier's config": verifier.Config{Keys: pair.verification}, "signer's config": signer.Config{Keys: pair.signing}, "issuer's config": signer.IssuerConfig{Keys: pair.signing},
			"gateway": gateway(a, r), "gateway's config": authorizertest.Config{Authorizer: a},
			"signing source": pair.signing, "verification source": pair.verification, "signing key": key, "verification key": found,
			"issuer": issues, "verifier": verifies, "cache": cached, "token": checked, "tokens": []verifier.Token{*checked}, "authorizer": a,
			"request": request, "request by value": *request, "answer": answer, "answer by value": *answer,
			"signer":        must(signer.New(signer.Config{Keys: pair.signing})),
			"bound request": binding.Request{Method: "GET", URL: "https://api.example.com/", Token: text, DPoP: []string{text}},
		} {
			holders[name+": "+what] = value
		}
		if source, ok := pair.signing.(keys.PublicSource); ok && name != "secret" && name != "ring" && name != "refreshing" {
			publisherConfig := jwks.PublisherConfig{Issuer: issuer, Keys: source}
			publisher := must(jwks.NewPublisher(publisherConfig))
			must(publisher.JWKS(ctx))
			holders[name+": publisher"], holders[name+": publisher's config"] = publisher, publisherConfig
		}
		tokens = append(tokens, []byte(text), []byte("a private note of "))
	}
	material := append([][]byte{wrapping[:], mac[:], testkeys.SecretBytes("s")}, given...)
	var texts []string
	for _, key := range []*keys.PrivateKey{private, rsa} {
		d, more := privateTexts(t, key)
		material, texts = append(material, d), append(texts, more...)
	}
	secrets := append(tokens, material...)
	wantEveryStruct(t, holders)
	if len(given) == 0 {
		t.Fatal("no data key was given")
	}
	for name, value := range holders {
		t.Run(name, func(t *testing.T) {
			printed := printedWithoutReflection(value) + panicked(value)
			redacttest.WantNoTrace(t, name, printed, secrets...)
			wantNoText(t, name, printed, texts)
			if value == any(v) {
				return
			}
			// Keys in use are sealed against printers that follow every pointer, too.
			reflected := redacttest.Reflected(value) + redacttest.FormattedUnasked(value)
			redacttest.WantNoTrace(t, name, reflected, material...)
			wantNoText(t, name, reflected, texts)
		})
	}
}

// privateTexts returns the d of a key, and the texts that have what is secret of it: d in
// base64url and in decimal, and the PEM's base64 behind the header that all such keys share.
func privateTexts(t *testing.T, key *keys.PrivateKey) (d []byte, texts []string) {
	t.Helper()
	var jwk struct{ D string }
	if err := json.Unmarshal(must(key.MarshalPrivateJWK()), &jwk); err != nil || jwk.D == "" {
		t.Fatalf("the JWK has no d: %v", err)
	}
	d = must(base64.RawURLEncoding.DecodeString(jwk.D))
	block, _ := pem.Decode(must(key.MarshalPrivatePEM()))
	return d, []string{jwk.D, new(big.Int).SetBytes(d).String(), base64.StdEncoding.EncodeToString(block.Bytes)[48:]}
}

// wantNoText tests that output shows no run of the texts, wherever it begins.
func wantNoText(t *testing.T, what, output string, texts []string) {
	t.Helper()
	const run = 12
	for _, text := range texts {
		for at := 0; at+run <= len(text); at += run {
			if strings.Contains(output, text[at:at+run]) {
				t.Fatalf("%s shows %q", what, text[at:at+run])
			}
		}
	}
}

// unverified returns the token as golang-jwt gives it to a key function.
func unverified(text string) *jwt.Token {
	token, parts, err := jwt.NewParser().ParseUnverified(text, jwt.MapClaims{})
	if err != nil {
		panic(err)
	}
	token.Raw, token.Signature = text, must(base64.RawURLEncoding.DecodeString(parts[2]))
	return token
}

// introspection is the configuration of an endpoint that calls every token active.
func introspection(token string) revocation.IntrospectionConfig {
	claims := must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))
	return revocation.IntrospectionConfig{
		URL:          "https://login.example.com/introspect",
		Authenticate: func(context.Context, http.Header) error { return nil },
		Claims:       verifier.Config{Issuer: issuer, Audience: []string{audience}},
		Transport: tripper(func(*http.Request) (*http.Response, error) {
			out := httptest.NewRecorder()
			out.Header().Set("Content-Type", "application/json")
			out.WriteString(`{"active": true, ` + string(claims[1:]))
			return out.Result(), nil
		}),
	}
}

// A tripper answers the requests of a client.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// gateway returns a gateway that has called the authorizer.
func gateway(a *authorizer.Authorizer, r *http.Request) *authorizertest.Gateway {
	g := must(authorizertest.New(authorizertest.Config{Kind: authorizer.HTTPFormat2, Authorizer: a, Routes: []authorizertest.Route{{Key: "GET /orders/{id}", Handler: http.NotFoundHandler()}}}))
	g.ServeHTTP(httptest.NewRecorder(), r)
	return g
}

// panicked returns what a panic with the value says: the runtime prints what Error and
// String return, and programs that recover print it by %v.
func panicked(value any) (text string) {
	defer func() {
		recovered := recover()
		text = fmt.Sprintf("%v\n", recovered)
		switch recovered := recovered.(type) {
		case error:
			text += recovered.Error()
		case fmt.Stringer:
			text += recovered.String()
		}
	}()
	panic(value)
}

// printedWithoutReflection returns what package fmt, slog and encoding/json make of a value.
func printedWithoutReflection(value any) string {
	var all strings.Builder
	all.WriteString(redacttest.Formatted(value))
	slog.New(slog.NewTextHandler(&all, nil)).Info("message", "value", value, "group", slog.GroupValue(slog.Any("inner", value)))
	slog.New(slog.NewJSONHandler(&all, nil)).Info("message", "value", value)
	text, err := json.Marshal(value)
	if answer := strings.HasPrefix(fmt.Sprintf("%T", value), "*policy.") || strings.HasPrefix(fmt.Sprintf("%T", value), "policy."); !answer {
		fmt.Fprintln(&all, string(text), err) // an answer's JSON is what API Gateway gets, claims and all
	}
	return all.String()
}

// keyless are the exported structs that hold neither keys nor tokens, nor claims that a
// program has not put there itself.
var keyless = strings.Fields(`
	.ClientCert .Outcome
	authorizertest.AppSync authorizertest.AppSyncConfig authorizertest.GatewayResponse
	authorizertest.JWTAuthorizer authorizertest.JWTClaim authorizertest.JWTIssuer
	authorizertest.PanelConfig authorizertest.PanelFigure authorizertest.PanelSection
	authorizertest.PanelSpan authorizertest.RESTJWTAuthorizer authorizertest.Route authorizertest.Unconfirmed
	httpauth.Metadata httpauth.MetadataConfig httpauth.Outcome
	keys.Event keys.Header keys.RefreshingConfig
	keys/jwks.GatewayConfig keys/jwks.RemoteConfig
	keys/kmskeys.AsymmetricConfig keys/kmskeys.EnvelopeConfig keys/kmskeys.MACConfig keys/kmskeys.Stats
	keys/kmstest.Config
	keys/rotation.Key keys/rotation.Plan keys/rotation.Schedule
	observe.Config observe.EMF observe.Routes
	policy.ARN policy.Builder policy.Caller policy.ConditionKeys policy.ConflictError policy.Document policy.Exception
	policy.Field policy.Fields policy.LimitError policy.Route policy.Routes policy.Statement policy.Table
	verifier.CacheConfig verifier.Error verifier.IssuersConfig
	verifier/binding.Certificate verifier/binding.CertificateConfig verifier/binding.Challenge verifier/binding.DPoP
	verifier/binding.DPoPConfig verifier/binding.Either verifier/binding.Memory verifier/binding.MemoryConfig
	verifier/revocation.Checker verifier/revocation.Config verifier/revocation.Key verifier/revocation.Memory
`)

// open are the exported structs in which a test looks for tokens, or puts them.
var open = []string{"authorizertest.Invocation", "authorizertest.Operation"}

// wantEveryStruct tests that each exported struct of the public packages is among the
// values, or keyless, or open.
func wantEveryStruct(t *testing.T, holders map[string]any) {
	t.Helper()
	walked := map[string]bool{}
	for _, value := range holders {
		typ := reflect.TypeOf(value)
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		walked[strings.TrimPrefix(strings.TrimPrefix(typ.PkgPath(), "github.com/lambdajwt/authorizer"), "/")+"."+typ.Name()] = true
	}
	structs := exportedStructs(t)
	for _, name := range structs {
		listed := slices.Contains(keyless, name) || slices.Contains(open, name)
		if walked[name] == listed {
			t.Errorf("%s: put it into the walk (is: %v) or list it as keyless (is: %v)", name, walked[name], listed)
		}
	}
	for _, name := range slices.Concat(keyless, open) {
		if !slices.Contains(structs, name) {
			t.Errorf("listed, and there is none: %s", name)
		}
	}
}

// exportedStructs returns the exported structs of the packages for users, such as
// "keys/jwks.Remote", and ".Config" for the one at the root.
func exportedStructs(t *testing.T) []string {
	t.Helper()
	const root = "../.."
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, module := os.Stat(filepath.Join(path, "go.mod"))
			hidden := strings.HasPrefix(entry.Name(), ".") && path != root
			if path != root && (module == nil || hidden || entry.Name() == "internal" || entry.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				if _, ok := spec.Type.(*ast.StructType); ok {
					found = append(found, strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), root), "/")+"."+spec.Name.Name)
				}
			}
			_, inFunction := n.(*ast.FuncDecl)
			return !inFunction
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 50 {
		t.Errorf("only %d exported structs found", len(found))
	}
	return found
}
