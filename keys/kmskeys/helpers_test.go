package kmskeys_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	issuer   = "https://login.example.com"
	audience = "orders"

	someKey = "1234abcd-12ab-34cd-56ef-1234567890ab" // of a KMS that nobody asks
)

// client returns an unmodified client of the SDK, whose requests k answers in the same
// goroutine: so they take no time but what is simulated.
func client(k *kmstest.KMS, options ...func(*kms.Options)) *kms.Client {
	return kms.New(kms.Options{Region: k.Region(), HTTPClient: inProcess{k}, BaseEndpoint: new("http://kms.test")}, options...)
}

type inProcess struct{ http.Handler }

func (p inProcess) Do(r *http.Request) (answer *http.Response, err error) {
	defer func() {
		if recover() != nil { // http.ErrAbortHandler, which breaks the connection
			answer, err = nil, cmp.Or(r.Context().Err(), io.ErrUnexpectedEOF)
		}
	}()
	out := httptest.NewRecorder()
	p.ServeHTTP(out, r)
	return out.Result(), nil
}

// newKey puts a key into a KMS and returns its ARN.
func newKey(t testing.TB, k *kmstest.KMS, spec types.KeySpec) string {
	t.Helper()
	arn, err := k.AddKey(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// newAlias gives a key a name.
func newAlias(t testing.TB, k *kmstest.KMS, name, key string) string {
	t.Helper()
	if _, err := k.CreateAlias(context.Background(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &key}); err != nil {
		t.Fatal(err)
	}
	return name
}

// repoint points an alias at another key.
func repoint(t testing.TB, k *kmstest.KMS, name, key string) {
	t.Helper()
	if _, err := k.UpdateAlias(context.Background(), &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: &key}); err != nil {
		t.Fatal(err)
	}
}

func disable(t testing.TB, k *kmstest.KMS, key string) {
	t.Helper()
	if _, err := k.DisableKey(context.Background(), &kms.DisableKeyInput{KeyId: &key}); err != nil {
		t.Fatal(err)
	}
}

// keyID returns the key ID in a key ARN.
func keyID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// must returns what a constructor returns, or ends the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// A signed is what goes from a signer to a verifier.
type signed struct {
	header    keys.Header
	signature []byte
}

var input = []byte("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9")

// sign signs input with the next key of a source.
func sign(t testing.TB, source keys.SigningSource) signed {
	t.Helper()
	key, err := source.SigningKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return signed{key.Header(), signature}
}

// verify has a source give its verdict.
func verify(ctx context.Context, source keys.VerificationSource, s signed) error {
	key, err := source.VerificationKey(ctx, s.header)
	if err != nil {
		return err
	}
	return key.Verify(ctx, input, s.signature)
}

func wantVerified(t testing.TB, source keys.VerificationSource, s signed) {
	t.Helper()
	if err := verify(context.Background(), source, s); err != nil {
		t.Errorf("not verified: %v", err)
	}
}

// wantError tests that err wraps want.
func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// wantOutage tests that err is an error and puts no blame on the token.
func wantOutage(t testing.TB, err error) {
	t.Helper()
	if err == nil || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
		t.Errorf("got %v, want an outage", err)
	}
}

// wantText tests that err says all of this.
func wantText(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error %q lacks %q", err, text)
		}
	}
}

// wantCalls tests how many calls of an operation there have been.
func wantCalls(t testing.TB, k *kmstest.KMS, operation string, want int) {
	t.Helper()
	if got := k.Calls(operation); got != want {
		t.Errorf("%d calls of %q, want %d", got, operation, want)
	}
}

func throttled() error { return kmstest.Error("ThrottlingException", "Rate exceeded") }

// envelopeConfig is the usual one for a key.
func envelopeConfig(key string) kmskeys.EnvelopeConfig {
	return kmskeys.EnvelopeConfig{KeyID: key, EncryptionContext: kmskeys.TokenContext(issuer, audience)}
}

func envelopeSigner(t testing.TB, k kmskeys.GenerateDataKeyAPI, cfg kmskeys.EnvelopeConfig) *kmskeys.EnvelopeSigner {
	t.Helper()
	return must(kmskeys.NewEnvelopeSigner(k, cfg))(t)
}

func envelopeVerifier(t testing.TB, k kmskeys.DecryptAPI, cfg kmskeys.EnvelopeConfig) *kmskeys.EnvelopeVerifier {
	t.Helper()
	return must(kmskeys.NewEnvelopeVerifier(k, cfg))(t)
}

// claims are those of an ordinary access token that is good for an hour.
func claims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": issuer, "sub": "user-8f14e45f", "aud": audience, "jti": "5f2b8c1e-7f0a-4c1e",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "scope": "orders:read orders:write",
	}
}

// token returns a token of a source, as a login function makes them.
func token(t testing.TB, source keys.SigningSource, c jwt.Claims) string {
	t.Helper()
	s := must(signer.New(signer.Config{Keys: source}))(t)
	return must(s.Sign(context.Background(), c))(t)
}

// tokenVerifier returns a verifier, as an authorizer has them.
func tokenVerifier(t testing.TB, source keys.VerificationSource, now func() time.Time) *verifier.Local {
	t.Helper()
	return must(verifier.New(verifier.Config{Keys: source, Issuer: issuer, Audience: []string{audience}, Now: now}))(t)
}

// A bench is a KMS with a key, and a signer and a verifier of envelopes under it.
type bench struct {
	*kmstest.KMS
	clock    *clocktest.Manual
	cfg      kmskeys.EnvelopeConfig
	signs    *kmskeys.EnvelopeSigner
	verifies *kmskeys.EnvelopeVerifier
}

func newBench(t testing.TB, change func(*kmskeys.EnvelopeConfig)) *bench {
	t.Helper()
	b := &bench{KMS: kmstest.New(kmstest.Config{}), clock: clocktest.NewManual()}
	b.cfg = envelopeConfig(newKey(t, b.KMS, types.KeySpecSymmetricDefault))
	b.cfg.Now = b.clock.Now
	if change != nil {
		change(&b.cfg)
	}
	b.signs, b.verifies = envelopeSigner(t, b, b.cfg), envelopeVerifier(t, b, b.cfg)
	return b
}

// forged returns what somebody makes who has no data key of the KMS: a blob of its
// own invention, another one for each number.
func forged(number int) signed {
	blob := fmt.Appendf(nil, "a blob of as many bytes as those of KMS have, in which nothing but the number %8d is of interest", number)
	text := base64.RawURLEncoding.EncodeToString(blob)
	return signed{
		keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": json.RawMessage(`"` + text + `"`)}},
		make([]byte, 32),
	}
}

func blueprint(c *kmskeys.EnvelopeConfig) {
	c.Format, c.EncryptionContext = kmskeys.BlueprintEnvelope, nil
}

// A between stands between a source and its KMS, as a proxy would: it sees requests,
// and can change answers. Its functions may be nil.
type between struct {
	*kmstest.KMS
	dataKeyRequest     func(*kms.GenerateDataKeyInput)
	dataKey            func(*kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput
	decryptRequest     func(*kms.DecryptInput)
	decrypt            func(*kms.DecryptOutput) *kms.DecryptOutput
	signRequest        func(*kms.SignInput)
	sign               func(*kms.SignOutput) *kms.SignOutput
	publicKey          func(*kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput
	verifyRequest      func(*kms.VerifyInput)
	verify             func(*kms.VerifyOutput) *kms.VerifyOutput
	generateMAC        func(*kms.GenerateMacOutput) *kms.GenerateMacOutput
	generateMACRequest func(*kms.GenerateMacInput)
	verifyMACRequest   func(*kms.VerifyMacInput)
	verifyMAC          func(*kms.VerifyMacOutput) *kms.VerifyMacOutput
}

func pass[In, Out any](in *In, see func(*In), call func() (*Out, error), change func(*Out) *Out) (*Out, error) {
	if see != nil {
		see(in)
	}
	out, err := call()
	if err == nil && change != nil {
		out = change(out)
	}
	return out, err
}

func (b between) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, o ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return pass(in, b.dataKeyRequest, func() (*kms.GenerateDataKeyOutput, error) { return b.KMS.GenerateDataKey(ctx, in, o...) }, b.dataKey)
}

func (b between) Decrypt(ctx context.Context, in *kms.DecryptInput, o ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return pass(in, b.decryptRequest, func() (*kms.DecryptOutput, error) { return b.KMS.Decrypt(ctx, in, o...) }, b.decrypt)
}

func (b between) Sign(ctx context.Context, in *kms.SignInput, o ...func(*kms.Options)) (*kms.SignOutput, error) {
	return pass(in, b.signRequest, func() (*kms.SignOutput, error) { return b.KMS.Sign(ctx, in, o...) }, b.sign)
}

func (b between) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, o ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	return pass(in, nil, func() (*kms.GetPublicKeyOutput, error) { return b.KMS.GetPublicKey(ctx, in, o...) }, b.publicKey)
}

func (b between) Verify(ctx context.Context, in *kms.VerifyInput, o ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	return pass(in, b.verifyRequest, func() (*kms.VerifyOutput, error) { return b.KMS.Verify(ctx, in, o...) }, b.verify)
}

func (b between) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, o ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return pass(in, b.generateMACRequest, func() (*kms.GenerateMacOutput, error) { return b.KMS.GenerateMac(ctx, in, o...) }, b.generateMAC)
}

func (b between) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, o ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return pass(in, b.verifyMACRequest, func() (*kms.VerifyMacOutput, error) { return b.KMS.VerifyMac(ctx, in, o...) }, b.verifyMAC)
}

// plaintexts collects the data keys that a KMS has given out: the slices themselves,
// which the receiver may write to, and copies. It is safe for concurrent use.
type plaintexts struct {
	mu     sync.Mutex
	given  [][]byte
	copies [][]byte
}

func (p *plaintexts) add(plaintext []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = append(p.given, plaintext)
	p.copies = append(p.copies, slices.Clone(plaintext))
}
