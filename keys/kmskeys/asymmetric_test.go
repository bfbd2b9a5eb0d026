package kmskeys_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A trio is the three ways to use one asymmetric KMS key.
type trio struct {
	*kmstest.KMS
	cfg    kmskeys.AsymmetricConfig
	signs  *kmskeys.AsymmetricSigner
	local  *kmskeys.AsymmetricVerifier
	remote *kmskeys.AsymmetricRemoteVerifier
}

func newTrio(t testing.TB, alg string) *trio {
	t.Helper()
	k := kmstest.New(kmstest.Config{})
	return trioOf(t, k, kmskeys.AsymmetricConfig{KeyID: newKey(t, k, specs[alg]), Algorithm: alg})
}

func trioOf(t testing.TB, k *kmstest.KMS, cfg kmskeys.AsymmetricConfig) *trio {
	t.Helper()
	return &trio{
		KMS: k, cfg: cfg,
		signs:  must(kmskeys.NewAsymmetricSigner(k, cfg))(t),
		local:  must(kmskeys.NewAsymmetricVerifier(k, cfg))(t),
		remote: must(kmskeys.NewAsymmetricRemoteVerifier(k, cfg))(t),
	}
}

func TestAsymmetricKeysThatCannotWorkAreRefusedWithWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  kmskeys.AsymmetricConfig
		want []string
	}{
		"no key":               {kmskeys.AsymmetricConfig{Algorithm: "RS256"}, []string{"set KeyID"}},
		"no algorithm":         {kmskeys.AsymmetricConfig{KeyID: someKey}, []string{"Algorithm", "RS, PS or ES"}},
		"none":                 {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "none"}, []string{`"none"`, "RS, PS or ES"}},
		"a secret's algorithm": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "HS256"}, []string{`"HS256"`}},
		"KMS's name for it":    {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ECDSA_SHA_256"}, []string{`"ECDSA_SHA_256"`}},
		"secp256k1":            {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ES256K"}, []string{`"ES256K"`}},
		"an alias without kid": {kmskeys.AsymmetricConfig{KeyID: "alias/login", Algorithm: "RS256"}, []string{"set Kid", "alias"}},
		"an alias ARN without kid": {kmskeys.AsymmetricConfig{KeyID: "arn:aws:kms:us-east-1:111122223333:alias/login", Algorithm: "RS256"},
			[]string{"set Kid"}},
		"an endless kid": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", Kid: strings.Repeat("k", 513)}, []string{"512"}},
		"a kid of bytes": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", Kid: "\xff"}, []string{"Kid", "UTF-8"}},
		"a key ID that is too long for a kid": {kmskeys.AsymmetricConfig{KeyID: arnOf(strings.Repeat("k", 513)), Algorithm: "RS256"},
			[]string{"Kid", "512"}},
		"a kid for a key ID": {kmskeys.AsymmetricConfig{KeyID: "2026-01", Algorithm: "RS256"},
			[]string{`"2026-01"`, "UUID", "what tokens call the key is Kid"}},
		"a negative age":    {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", MaxAge: -1}, []string{"MaxAge", "24h", "5m"}},
		"an endless age":    {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", MaxAge: 25 * time.Hour}, []string{"MaxAge"}},
		"endless grace":     {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", Grace: 25 * time.Hour}, []string{"Grace", "none"}},
		"negative patience": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", CallTimeout: -1}, []string{"CallTimeout", "3s"}},
		"endless patience":  {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", CallTimeout: 61 * time.Second}, []string{"CallTimeout", "1m"}},
		"a negative rate":   {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", VerifyRate: -1}, []string{"VerifyRate", "200"}},
		"an enormous burst": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256", VerifyBurst: 1_000_001}, []string{"VerifyBurst", "400"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			_, err := kmskeys.NewAsymmetricSigner(k, test.cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			_, err = kmskeys.NewAsymmetricVerifier(k, test.cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			_, err = kmskeys.NewAsymmetricRemoteVerifier(k, test.cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
		})
	}
}

// arnOf is the ARN of a key in a KMS that nobody asks.
func arnOf(id string) string { return "arn:aws:kms:us-east-1:111122223333:key/" + id }

func TestTheKidIsTheBareKeyIDUnlessSet(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	arn := newKey(t, k, types.KeySpecEccNistP256)
	newAlias(t, k, "alias/login", arn)
	for name, test := range map[string]struct{ keyID, kid, want string }{
		"key ARN":            {arn, "", keyID(arn)},
		"key ID":             {keyID(arn), "", keyID(arn)},
		"key ARN and a kid":  {arn, "2026-01", "2026-01"},
		"alias and a kid":    {"alias/login", "2026-01", "2026-01"},
		"the document's kid": {arn, arn, arn},
	} {
		t.Run(name, func(t *testing.T) {
			three := trioOf(t, k, kmskeys.AsymmetricConfig{KeyID: test.keyID, Algorithm: "ES256", Kid: test.kid})
			s := sign(t, three.signs)
			if s.header.Kid != test.want || s.header.Params != nil {
				t.Errorf("header %v", s.header)
			}
			public := must(three.local.PublicSet(context.Background()))(t).Keys()[0]
			if public.Kid() != test.want || public.Algorithm() != "ES256" {
				t.Errorf("the public key is %v", public)
			}
			for _, source := range []keys.VerificationSource{three.local, three.remote} {
				wantVerified(t, source, s)
				wantVerified(t, source, signed{keys.Header{Algorithm: "ES256"}, s.signature})
				other := signed{keys.Header{Algorithm: "ES256", Kid: test.want + "x"}, s.signature}
				wantError(t, verify(context.Background(), source, other), keys.ErrUnknownKey)
			}
		})
	}
}

// golang-jwt, which knows nothing of KMS, verifies what KMS has signed, and KMS what
// golang-jwt would have: the same bytes.
func TestTokensSignedByKMSAreVerifiedByGolangJWT(t *testing.T) {
	c := clocktest.NewManual()
	for alg := range specs {
		if alg == "Ed25519" {
			continue // a name that golang-jwt does not know
		}
		t.Run(alg, func(t *testing.T) {
			three := newTrio(t, alg)
			text := token(t, three.signs, claims(c.Now()))
			out, err := three.GetPublicKey(context.Background(), &kms.GetPublicKeyInput{KeyId: &three.cfg.KeyID})
			if err != nil {
				t.Fatal(err)
			}
			public := must(x509.ParsePKIXPublicKey(out.PublicKey))(t)
			parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return public, nil },
				jwt.WithValidMethods([]string{alg}), jwt.WithTimeFunc(c.Now))
			if err != nil || !parsed.Valid {
				t.Errorf("golang-jwt: %v", err)
			}
			for _, source := range []keys.VerificationSource{three.local, three.remote} {
				got, err := tokenVerifier(t, source, c.Now).Verify(context.Background(), text)
				if err != nil || got.Subject != "user-8f14e45f" {
					t.Errorf("%v, %v", got, err)
				}
			}
		})
	}
}

func TestTheNamesOfEd25519DoNotPassForEachOther(t *testing.T) {
	three := newTrio(t, "EdDSA")
	s := sign(t, three.signs)
	s.header.Algorithm = "Ed25519"
	for _, source := range []keys.VerificationSource{three.local, three.remote} {
		wantError(t, verify(context.Background(), source, s), keys.ErrAlgorithm)
	}
	wantCalls(t, three.KMS, "GetPublicKey", 0)
	wantCalls(t, three.KMS, "Verify", 0)
}

// An alias may be pointed at any key.
func TestAKeyThatDoesNotSignTheAlgorithmIsAMisconfiguration(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for alg, spec := range map[string]types.KeySpec{
		"ES256": types.KeySpecEccNistP384, "RS256": types.KeySpecEccNistP256, "EdDSA": types.KeySpecRsa2048, "ES384": types.KeySpecSymmetricDefault,
	} {
		t.Run(alg+" with "+string(spec), func(t *testing.T) {
			three := trioOf(t, k, kmskeys.AsymmetricConfig{KeyID: newKey(t, k, spec), Algorithm: alg})
			_, signErr := three.signs.Sign(context.Background(), input)
			_, localErr := three.local.VerificationKey(context.Background(), keys.Header{Algorithm: alg})
			_, publicErr := three.local.PublicSet(context.Background())
			signature := bytes.Repeat([]byte{1}, map[string]int{"ES256": 64, "RS256": 256, "EdDSA": 64, "ES384": 96}[alg])
			remoteErr := three.remote.Verify(context.Background(), input, signature)
			for _, err := range []error{signErr, localErr, publicErr, remoteErr} {
				wantError(t, err, keys.ErrMisconfigured)
				wantOutage(t, err)
			}
		})
	}
}

func TestAnswersOfAnotherKeyOrAlgorithmAreOutages(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256"}
	other := newKey(t, k, types.KeySpecEccNistP256)
	good := sign(t, must(kmskeys.NewAsymmetricSigner(k, cfg))(t))
	isOfTheKey := map[string]bool{ // and not of what stands between KMS and here
		"a public key to encrypt": true, "a public key for no ES256": true, "a public key of other kind": true,
	}
	for name, proxy := range map[string]between{
		"a signature of another key": {sign: func(out *kms.SignOutput) *kms.SignOutput { out.KeyId = &other; return out }},
		"a signature of no key":      {sign: func(out *kms.SignOutput) *kms.SignOutput { out.KeyId = nil; return out }},
		"a signature of another algorithm": {sign: func(out *kms.SignOutput) *kms.SignOutput {
			out.SigningAlgorithm = types.SigningAlgorithmSpecEcdsaSha384
			return out
		}},
		"a signature that is none":  {sign: func(out *kms.SignOutput) *kms.SignOutput { out.Signature = out.Signature[1:]; return out }},
		"a signature of nothing":    {sign: func(*kms.SignOutput) *kms.SignOutput { return nil }},
		"a public key of another":   {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { out.KeyId = &other; return out }},
		"a public key that is none": {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { out.PublicKey = []byte("key"); return out }},
		"a public key and more": {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput {
			out.PublicKey = append(out.PublicKey, 0)
			return out
		}},
		"no public key":            {publicKey: func(*kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { return nil }},
		"a verdict of another key": {verify: func(out *kms.VerifyOutput) *kms.VerifyOutput { out.KeyId = &other; return out }},
		"a verdict under another":  {verify: func(out *kms.VerifyOutput) *kms.VerifyOutput { out.SigningAlgorithm = "RSASSA_PSS_SHA_256"; return out }},
		"a verdict of nothing":     {verify: func(*kms.VerifyOutput) *kms.VerifyOutput { return nil }},
		"a public key to encrypt": {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput {
			out.KeyUsage = "ENCRYPT_DECRYPT"
			return out
		}},
		"a public key for no ES256":  {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { out.SigningAlgorithms = nil; return out }},
		"a public key of other kind": {publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { out.PublicKey = rsaSPKI(t); return out }},
	} {
		t.Run(name, func(t *testing.T) {
			proxy.KMS = k
			failures := 0
			signature, signErr := must(kmskeys.NewAsymmetricSigner(proxy, cfg))(t).Sign(context.Background(), input)
			if (signature == nil) != (signErr != nil) {
				t.Errorf("a signature of %d bytes and the error %v", len(signature), signErr)
			}
			for _, err := range []error{
				signErr,
				verify(context.Background(), must(kmskeys.NewAsymmetricVerifier(proxy, cfg))(t), good),
				verify(context.Background(), must(kmskeys.NewAsymmetricRemoteVerifier(proxy, cfg))(t), good),
			} {
				if err != nil {
					wantOutage(t, err)
					failures++
					if got, want := errors.Is(err, keys.ErrMisconfigured), isOfTheKey[name]; got != want {
						t.Errorf("ErrMisconfigured: %v, want %v: %v", got, want, err)
					}
				}
			}
			if failures != 1 {
				t.Errorf("%d operations failed", failures)
			}
		})
	}
}

func rsaSPKI(t *testing.T) []byte {
	t.Helper()
	k := kmstest.New(kmstest.Config{})
	key := newKey(t, k, types.KeySpecRsa2048)
	return must(k.GetPublicKey(context.Background(), &kms.GetPublicKeyInput{KeyId: &key}))(t).PublicKey
}

func TestASignerThatIsNilHasAnEmptyHeader(t *testing.T) {
	var asymmetric *kmskeys.AsymmetricSigner
	var mac *kmskeys.MACSigner
	for name, h := range map[string]keys.Header{"AsymmetricSigner": asymmetric.Header(), "MACSigner": mac.Header()} {
		if h.Algorithm != "" || h.Kid != "" || h.Params != nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}
