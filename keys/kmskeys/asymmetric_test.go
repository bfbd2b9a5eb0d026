package kmskeys_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

// kmsAlgorithms is what KMS calls the algorithms, and how many bytes it is sent: 0 for
// the message itself.
var kmsAlgorithms = map[string]struct {
	name   types.SigningAlgorithmSpec
	digest int
}{
	"RS256": {"RSASSA_PKCS1_V1_5_SHA_256", 32}, "RS384": {"RSASSA_PKCS1_V1_5_SHA_384", 48}, "RS512": {"RSASSA_PKCS1_V1_5_SHA_512", 64},
	"PS256": {"RSASSA_PSS_SHA_256", 32}, "PS384": {"RSASSA_PSS_SHA_384", 48}, "PS512": {"RSASSA_PSS_SHA_512", 64},
	"ES256": {"ECDSA_SHA_256", 32}, "ES384": {"ECDSA_SHA_384", 48}, "ES512": {"ECDSA_SHA_512", 64},
	"EdDSA": {"ED25519_SHA_512", 0}, "Ed25519": {"ED25519_SHA_512", 0},
}

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
		"no algorithm":         {kmskeys.AsymmetricConfig{KeyID: "key"}, []string{"Algorithm", "RS, PS or ES"}},
		"none":                 {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "none"}, []string{`"none"`, "RS, PS or ES"}},
		"a secret's algorithm": {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "HS256"}, []string{`"HS256"`}},
		"KMS's name for it":    {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "ECDSA_SHA_256"}, []string{`"ECDSA_SHA_256"`}},
		"secp256k1":            {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "ES256K"}, []string{`"ES256K"`}},
		"an alias without kid": {kmskeys.AsymmetricConfig{KeyID: "alias/login", Algorithm: "RS256"}, []string{"set Kid", "alias"}},
		"an alias ARN without kid": {kmskeys.AsymmetricConfig{KeyID: "arn:aws:kms:us-east-1:111122223333:alias/login", Algorithm: "RS256"},
			[]string{"set Kid"}},
		"an endless kid": {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "RS256", Kid: strings.Repeat("k", 513)}, []string{"512"}},
		"a negative TTL": {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "RS256", MaxAge: -1}, []string{"MaxAge"}},
		"negative grace": {kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "RS256", Grace: -1}, []string{"Grace"}},
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
			public := must(three.local.PublicKey(context.Background()))(t)
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

func TestKMSIsSentADigestWhereverItTakesOne(t *testing.T) {
	for alg, want := range kmsAlgorithms {
		t.Run(alg, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			check := func(name types.SigningAlgorithmSpec, form types.MessageType, message []byte) {
				if name != want.name {
					t.Errorf("algorithm %s", name)
				}
				if want.digest > 0 && (form != types.MessageTypeDigest || len(message) != want.digest) ||
					want.digest == 0 && (form != types.MessageTypeRaw || !bytes.Equal(message, input)) {
					t.Errorf("%s message of %d bytes", form, len(message))
				}
			}
			watched := between{
				KMS:           k,
				signRequest:   func(in *kms.SignInput) { check(in.SigningAlgorithm, in.MessageType, in.Message) },
				verifyRequest: func(in *kms.VerifyInput) { check(in.SigningAlgorithm, in.MessageType, in.Message) },
			}
			cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, specs[alg]), Algorithm: alg}
			s := sign(t, must(kmskeys.NewAsymmetricSigner(watched, cfg))(t))
			wantVerified(t, must(kmskeys.NewAsymmetricRemoteVerifier(watched, cfg))(t), s)
			wantCalls(t, k, "Sign", 1)
			wantCalls(t, k, "Verify", 1)
		})
	}
}

// golang-jwt, which knows nothing of KMS, verifies what KMS has signed, and KMS what
// golang-jwt would have: the same bytes.
func TestTokensSignedByKMSAreVerifiedByGolangJWT(t *testing.T) {
	c := newClock()
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

// KMS signs at most 4,096 bytes, and a token can be longer.
func TestTokensLongerThanKMSTakesAreSignedByTheirDigest(t *testing.T) {
	c := newClock()
	for alg, want := range kmsAlgorithms {
		t.Run(alg, func(t *testing.T) {
			three := newTrio(t, alg)
			m := claims(c.Now())
			m["groups"] = strings.Repeat("administrators ", 300)
			if want.digest > 0 {
				text := token(t, three.signs, m)
				for _, source := range []keys.VerificationSource{three.local, three.remote} {
					if _, err := tokenVerifier(t, source, c.Now).Verify(context.Background(), text); err != nil {
						t.Error(err)
					}
				}
				return
			}
			_, err := must(three.signs.SigningKey(context.Background()))(t).Sign(context.Background(), make([]byte, 4097))
			wantError(t, err, kmskeys.ErrTooLong)
			wantOutage(t, err)
			wantText(t, err, "4097", "4,096", "RS, PS or ES")
			h := keys.Header{Algorithm: alg}
			key := must(three.remote.VerificationKey(context.Background(), h))(t)
			wantError(t, key.Verify(context.Background(), make([]byte, 4097), make([]byte, 64)), keys.ErrSignature)
			wantCalls(t, three.KMS, "", 0)
		})
	}
}

func TestASignatureOfImpossibleFormCostsNoCall(t *testing.T) {
	for _, alg := range []string{"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"} {
		three := newTrio(t, alg)
		s := sign(t, three.signs)
		half := len(s.signature) / 2
		signatures := map[string][]byte{
			"empty": nil, "a byte short": s.signature[1:], "a byte long": append(bytes.Clone(s.signature), 0), "a megabyte": make([]byte, 1<<20),
		}
		if strings.HasPrefix(alg, "ES") {
			signatures["r zero"] = append(make([]byte, half), s.signature[half:]...)
			signatures["s zero"] = append(bytes.Clone(s.signature[:half]), make([]byte, half)...)
			signatures["r above the order"] = append(bytes.Repeat([]byte{0xff}, half), s.signature[half:]...)
			signatures["DER"] = []byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}
		}
		for name, signature := range signatures {
			t.Run(alg+" "+name, func(t *testing.T) {
				wantError(t, verify(context.Background(), three.remote, signed{s.header, signature}), keys.ErrSignature)
				wantCalls(t, three.KMS, "Verify", 0)
			})
		}
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
			_, publicErr := three.local.PublicKey(context.Background())
			signature := bytes.Repeat([]byte{1}, map[string]int{"ES256": 64, "RS256": 256, "EdDSA": 64, "ES384": 96}[alg])
			remoteErr := three.remote.Verify(context.Background(), input, signature)
			for _, err := range []error{signErr, localErr, publicErr, remoteErr} {
				wantError(t, err, kmskeys.ErrMisconfigured)
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
			for _, err := range []error{
				func() error {
					_, err := must(kmskeys.NewAsymmetricSigner(proxy, cfg))(t).Sign(context.Background(), input)
					return err
				}(),
				verify(context.Background(), must(kmskeys.NewAsymmetricVerifier(proxy, cfg))(t), good),
				verify(context.Background(), must(kmskeys.NewAsymmetricRemoteVerifier(proxy, cfg))(t), good),
			} {
				if err != nil {
					wantOutage(t, err)
					failures++
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

// KMS never says so, but mocks do.
func TestAVerdictOfFalseIsAWrongSignature(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256"}
	s := sign(t, must(kmskeys.NewAsymmetricSigner(k, cfg))(t))
	no := between{KMS: k, verify: func(out *kms.VerifyOutput) *kms.VerifyOutput { out.SignatureValid = false; return out }}
	wantError(t, verify(context.Background(), must(kmskeys.NewAsymmetricRemoteVerifier(no, cfg))(t), s), keys.ErrSignature)
}

// API Gateway's own JWT authorizer verifies with such a set.
func TestPublicKeysOfKMSGoIntoAJWKSAndARing(t *testing.T) {
	ctx := context.Background()
	current, previous := newTrio(t, "RS256"), newTrio(t, "ES256")
	set := must(keys.NewSet(must(current.local.PublicKey(ctx))(t), must(previous.local.PublicKey(ctx))(t)))(t)
	published := must(json.Marshal(set))(t)
	read := must(keys.ParseJWKS(published))(t)
	ring := must(keys.NewRing(current.signs, current.local, previous.local))(t)
	for _, s := range []signed{sign(t, ring), sign(t, previous.signs)} {
		wantVerified(t, read, s)
		wantVerified(t, ring, s)
	}
	if ring.Metered() {
		t.Error("a ring of local verifiers is metered")
	}
	foreign := sign(t, newTrio(t, "RS256").signs)
	wantError(t, verify(ctx, ring, foreign), keys.ErrUnknownKey)
}

func TestOnlyWhatPaysForEveryTokenIsMetered(t *testing.T) {
	three := newTrio(t, "ES256")
	if metered, ok := any(three.local).(keys.Metered); ok && metered.Metered() {
		t.Error("local verification is metered")
	}
	if !three.remote.Metered() {
		t.Error("remote verification is not metered")
	}
	c := newClock()
	expired := claims(c.Now())
	expired["exp"] = c.Now().Unix()
	_, err := tokenVerifier(t, three.remote, c.Now).Verify(context.Background(), token(t, three.signs, expired))
	wantError(t, err, verifier.ErrInvalidToken)
	wantCalls(t, three.KMS, "Verify", 0)
}

// For every algorithm, a byte of a token changed is a token refused.
func TestAChangedTokenIsRefusedByKMSToo(t *testing.T) {
	c := newClock()
	random := rand.New(rand.NewPCG(1, 2))
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		three := newTrio(t, alg)
		text := token(t, three.signs, claims(c.Now()))
		v := tokenVerifier(t, three.remote, c.Now)
		for range 50 {
			changed := []byte(text)
			changed[random.IntN(len(changed))] ^= byte(1 + random.IntN(127))
			_, err := v.Verify(context.Background(), string(changed))
			wantError(t, err, verifier.ErrInvalidToken)
		}
	}
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
