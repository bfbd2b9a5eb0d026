package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// printed returns value in every way in which somebody might print it.
func printed(t *testing.T, value any) string {
	t.Helper()
	var out bytes.Buffer
	type outer struct {
		Exported any
		hidden   any
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
		fmt.Fprintf(&out, verb+"\n", value)
		fmt.Fprintf(&out, verb+"\n", []any{value})
		fmt.Fprintf(&out, verb+"\n", outer{value, value})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	text, _ := json.Marshal(value)
	out.Write(text)
	return out.String()
}

func TestNothingPrintsADataKey(t *testing.T) {
	var given plaintexts
	k := kmstest.New(kmstest.Config{})
	watched := between{
		KMS:     k,
		dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { given.add(out.Plaintext); return out },
		decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput { given.add(out.Plaintext); return out },
	}
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.ReuseTokens, cfg.ReuseFor = 10, time.Hour
	signs, verifies := envelopeSigner(t, watched, cfg), envelopeVerifier(t, watched, cfg)
	signing := must(signs.SigningKey(context.Background()))(t)
	verifying := must(verifies.VerificationKey(context.Background(), signing.Header()))(t)
	for name, value := range map[string]any{
		"the signer": signs, "the verifier": verifies, "a signing key": signing, "a verification key": verifying,
	} {
		text := printed(t, value)
		for _, key := range given.copies {
			for _, form := range []string{
				string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
				base64.StdEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key), fmt.Sprint(key)[1:],
			} {
				if strings.Contains(text, form) {
					t.Errorf("%s prints a data key: %s", name, text)
				}
			}
		}
	}
	for kind, value := range map[string]any{"EnvelopeSigner": signs, "dataKey": verifying} {
		if got, want := fmt.Sprintf("%+v", value), "kmskeys."+kind+"(HS256, "+cfg.KeyID+")"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got, want := fmt.Sprint(signing), fmt.Sprint(signs); got != want {
		t.Errorf("a signing key is %s, and its source %s", got, want)
	}
}

func TestSourcesPrintTheirAlgorithmAndKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	asymmetric := kmskeys.AsymmetricConfig{KeyID: "alias/login", Algorithm: "ES256", Kid: "login"}
	mac := kmskeys.MACConfig{KeyID: "alias/login", Kid: "login"}
	for want, value := range map[string]any{
		"kmskeys.EnvelopeVerifier(HS256, alias/login)":         envelopeVerifier(t, k, envelopeConfig("alias/login")),
		"kmskeys.AsymmetricSigner(ES256, alias/login)":         must(kmskeys.NewAsymmetricSigner(k, asymmetric))(t),
		"kmskeys.AsymmetricVerifier(ES256, alias/login)":       must(kmskeys.NewAsymmetricVerifier(k, asymmetric))(t),
		"kmskeys.AsymmetricRemoteVerifier(ES256, alias/login)": must(kmskeys.NewAsymmetricRemoteVerifier(k, asymmetric))(t),
		"kmskeys.MACSigner(HS256, alias/login)":                must(kmskeys.NewMACSigner(k, mac))(t),
		"kmskeys.MACVerifier(HS256, alias/login)":              must(kmskeys.NewMACVerifier(k, mac))(t),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if got := fmt.Sprintf(verb, value); got != want {
				t.Errorf("%s: %s, want %s", verb, got, want)
			}
		}
	}
}

// Errors end up in logs.
func TestNoErrorHoldsPartsOfAToken(t *testing.T) {
	b := newBench(t, nil)
	s := forged(1)
	edk, _ := s.header.Param("edk")
	blob := must(base64.RawURLEncoding.DecodeString(edk))(t)
	errs := []error{verify(context.Background(), b.verifies, s)}
	for _, c := range codes {
		b.Fail("Decrypt", 1, kmstest.Error(c.code, "message"))
		errs = append(errs, verify(context.Background(), b.verifies, forged(100+len(errs))))
	}
	for _, err := range errs {
		for _, secret := range []string{edk, string(blob), string(input)} {
			if err == nil || strings.Contains(err.Error(), secret[:16]) {
				t.Errorf("%v", err)
			}
		}
	}
}

// Zero values are left behind by a constructor whose error nobody looked at.
func TestZeroAndNilSourcesAreOutagesNotPanics(t *testing.T) {
	ctx := context.Background()
	for name, source := range map[string]keys.SigningSource{
		"EnvelopeSigner": &kmskeys.EnvelopeSigner{}, "nil EnvelopeSigner": (*kmskeys.EnvelopeSigner)(nil),
		"AsymmetricSigner": &kmskeys.AsymmetricSigner{}, "nil AsymmetricSigner": (*kmskeys.AsymmetricSigner)(nil),
		"MACSigner": &kmskeys.MACSigner{}, "nil MACSigner": (*kmskeys.MACSigner)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.SigningKey(ctx)
			wantOutage(t, err)
			if key, ok := source.(keys.SigningKey); ok {
				_, err := key.Sign(ctx, input)
				wantOutage(t, err)
			}
			wantError(t, source.(common).Ready(ctx), keys.ErrMisconfigured)
		})
	}
	for name, source := range map[string]keys.VerificationSource{
		"EnvelopeVerifier": &kmskeys.EnvelopeVerifier{}, "nil EnvelopeVerifier": (*kmskeys.EnvelopeVerifier)(nil),
		"AsymmetricVerifier": &kmskeys.AsymmetricVerifier{}, "nil AsymmetricVerifier": (*kmskeys.AsymmetricVerifier)(nil),
		"AsymmetricRemoteVerifier": &kmskeys.AsymmetricRemoteVerifier{}, "nil AsymmetricRemoteVerifier": (*kmskeys.AsymmetricRemoteVerifier)(nil),
		"MACVerifier": &kmskeys.MACVerifier{}, "nil MACVerifier": (*kmskeys.MACVerifier)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.VerificationKey(ctx, keys.Header{})
			wantOutage(t, err)
			if key, ok := source.(keys.VerificationKey); ok {
				wantOutage(t, key.Verify(ctx, input, make([]byte, 32)))
			}
			wantError(t, source.(common).Ready(ctx), keys.ErrMisconfigured)
		})
	}
	for _, source := range []*kmskeys.AsymmetricVerifier{nil, {}} {
		set, err := source.PublicSet(ctx)
		if wantError(t, err, keys.ErrMisconfigured); set != nil {
			t.Error("a set and an error")
		}
	}
}

// A common is what every source has.
type common interface {
	Kid() string
	Ready(context.Context) error
	Stats() kmskeys.Stats
}

// A kind is one of the seven sources, of a key with the kid "kid".
type kind struct {
	name, operation string
	spec            types.KeySpec   // of a key for it
	wrong           []types.KeySpec // of keys that are for something else
	make            func(t testing.TB, k kmstest.API, keyID string, callTimeout time.Duration) common
}

func kinds() []kind {
	asymmetric := func(keyID string, callTimeout time.Duration) kmskeys.AsymmetricConfig {
		return kmskeys.AsymmetricConfig{KeyID: keyID, Algorithm: "ES256", Kid: "kid", CallTimeout: callTimeout}
	}
	envelope := func(keyID string, callTimeout time.Duration) kmskeys.EnvelopeConfig {
		return kmskeys.EnvelopeConfig{
			KeyID: keyID, EncryptionContext: kmskeys.TokenContext(issuer, audience), Kid: "kid", CallTimeout: callTimeout,
		}
	}
	mac := func(keyID string, callTimeout time.Duration) kmskeys.MACConfig {
		return kmskeys.MACConfig{KeyID: keyID, Kid: "kid", CallTimeout: callTimeout}
	}
	const (
		p256, p384, rsa  = types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecRsa2048
		hmac256, hmac512 = types.KeySpecHmac256, types.KeySpecHmac512
		symmetric        = types.KeySpecSymmetricDefault
	)
	return []kind{
		{
			"AsymmetricSigner", "Sign", p256, []types.KeySpec{p384, rsa, hmac256, symmetric},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewAsymmetricSigner(k, asymmetric(id, d)))(t)
			},
		}, {
			"AsymmetricVerifier", "GetPublicKey", p256, []types.KeySpec{p384, rsa, hmac256, symmetric},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewAsymmetricVerifier(k, asymmetric(id, d)))(t)
			},
		}, {
			"AsymmetricRemoteVerifier", "Verify", p256, []types.KeySpec{p384, rsa, hmac256, symmetric},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewAsymmetricRemoteVerifier(k, asymmetric(id, d)))(t)
			},
		}, {
			"EnvelopeSigner", "GenerateDataKey", symmetric, []types.KeySpec{p256, rsa, hmac256},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewEnvelopeSigner(k, envelope(id, d)))(t)
			},
		}, {
			"EnvelopeVerifier", "Decrypt", symmetric, []types.KeySpec{p256, rsa, hmac256},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewEnvelopeVerifier(k, envelope(id, d)))(t)
			},
		}, {
			"MACSigner", "GenerateMac", hmac256, []types.KeySpec{hmac512, p256, symmetric},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewMACSigner(k, mac(id, d)))(t)
			},
		}, {
			"MACVerifier", "VerifyMac", hmac256, []types.KeySpec{hmac512, p256, symmetric},
			func(t testing.TB, k kmstest.API, id string, d time.Duration) common {
				return must(kmskeys.NewMACVerifier(k, mac(id, d)))(t)
			},
		},
	}
}

// use has a source do what it is for, of which KMS is asked once.
func use(ctx context.Context, source common, s signed) error {
	if signs, ok := source.(keys.SigningSource); ok {
		key, err := signs.SigningKey(ctx)
		if err == nil {
			_, err = key.Sign(ctx, input)
		}
		return err
	}
	return verify(ctx, source.(keys.VerificationSource), s)
}

// tokenFor returns what a source of a kind verifies; nothing for one that signs.
func (k kind) tokenFor(t testing.TB, api kmstest.API, keyID string) signed {
	t.Helper()
	signer := map[string]int{"AsymmetricVerifier": 0, "AsymmetricRemoteVerifier": 0, "EnvelopeVerifier": 3, "MACVerifier": 5}
	i, verifies := signer[k.name]
	if !verifies {
		return signed{}
	}
	return sign(t, kinds()[i].make(t, api, keyID, 0).(keys.SigningSource))
}

func TestEverySourceSaysItsKid(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, kind := range kinds() {
		if got := kind.make(t, k, newKey(t, k, kind.spec), 0).Kid(); got != "kid" {
			t.Errorf("%s: %q", kind.name, got)
		}
	}
	id := keyID(newKey(t, k, types.KeySpecHmac256))
	if got := must(kmskeys.NewMACVerifier(k, kmskeys.MACConfig{KeyID: id}))(t).Kid(); got != id {
		t.Errorf("without a kid it is %q, want the key ID", got)
	}
	if got := envelopeVerifier(t, k, envelopeConfig(id)).Kid(); got != "" {
		t.Errorf("an envelope without a kid has %q", got)
	}
}

func TestReadyIsOneCallThatTakesNothing(t *testing.T) {
	for _, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			key := newKey(t, k, kind.spec)
			s := kind.tokenFor(t, k, key)
			for name, api := range map[string]kmstest.API{"in memory": k, "over HTTP": client(k)} {
				before, own := k.Calls(""), k.CallsTo(kind.operation, key)
				source := kind.make(t, api, key, 0)
				if err := source.Ready(t.Context()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if all, of := k.Calls("")-before, k.CallsTo(kind.operation, key)-own; all != 1 || of != 1 {
					t.Errorf("%s: %d calls, %d of them of %s", name, all, of, kind.operation)
				}
				if got := source.Stats(); got != (kmskeys.Stats{Calls: 1}) {
					t.Errorf("%s: %+v", name, got)
				}
				if err := use(t.Context(), source, s); err != nil {
					t.Errorf("%s: after that: %v", name, err)
				}
			}
		})
	}
}

func TestReadyAsksForADryRunWhereThereIsOne(t *testing.T) {
	for _, kind := range kinds() {
		k := kmstest.New(kmstest.Config{})
		dry := kind.operation == "GetPublicKey" // which has none
		see := func(asked *bool) { dry = asked != nil && *asked }
		watched := between{
			KMS:            k,
			dataKeyRequest: func(in *kms.GenerateDataKeyInput) { see(in.DryRun) },
			decryptRequest: func(in *kms.DecryptInput) {
				see(in.DryRun)
				if *in.KeyId == "" || len(in.EncryptionContext) != 2 || !slices.Equal(in.DryRunModifiers, []types.DryRunModifierType{"IGNORE_CIPHERTEXT"}) {
					t.Errorf("key %s, context %v, %v", *in.KeyId, in.EncryptionContext, in.DryRunModifiers)
				}
			},
			signRequest:        func(in *kms.SignInput) { see(in.DryRun) },
			verifyRequest:      func(in *kms.VerifyInput) { see(in.DryRun) },
			generateMACRequest: func(in *kms.GenerateMacInput) { see(in.DryRun) },
			verifyMACRequest:   func(in *kms.VerifyMacInput) { see(in.DryRun) },
		}
		if err := kind.make(t, watched, newKey(t, k, kind.spec), 0).Ready(t.Context()); err != nil || !dry {
			t.Errorf("%s: dry %v, %v", kind.name, dry, err)
		}
	}
}

// A dry run of another form than that of a token would not say what becomes of one.
func TestReadyOfARemoteVerifierSendsWhatAVerificationDoes(t *testing.T) {
	for _, alg := range []string{"RS256", "ES512", "PS384", "EdDSA"} {
		three := newTrio(t, alg)
		var sent []*kms.VerifyInput
		watched := between{KMS: three.KMS, verifyRequest: func(in *kms.VerifyInput) { sent = append(sent, in) }}
		v := must(kmskeys.NewAsymmetricRemoteVerifier(watched, three.cfg))(t)
		if err := v.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantVerified(t, v, sign(t, three.signs))
		if len(sent) != 2 || sent[0].MessageType != sent[1].MessageType || sent[0].SigningAlgorithm != sent[1].SigningAlgorithm || *sent[0].KeyId != *sent[1].KeyId {
			t.Errorf("%s: ready sends %+v, a verification %+v", alg, sent[0], sent[len(sent)-1])
		}
		ready := sent[0].Signature
		var numbers struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(ready, &numbers); strings.HasPrefix(alg, "ES") && (err != nil || len(rest) > 0) ||
			!strings.HasPrefix(alg, "ES") && len(ready) != len(sent[1].Signature) {
			t.Errorf("%s: ready sends the signature %x", alg, ready)
		}
	}
}

// DryRun is not known to every KMS that people have on their laptops.
func TestReadyOfAKMSThatKnowsNoDryRun(t *testing.T) {
	for _, kind := range kinds() {
		k := kmstest.New(kmstest.Config{})
		source := kind.make(t, wetRun(k), newKey(t, k, kind.spec), 0)
		if err := source.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", kind.name, err)
		}
		if got := source.Stats(); got != (kmskeys.Stats{Calls: 1}) {
			t.Errorf("%s: %+v", kind.name, got)
		}
	}
}

// wetRun is a KMS that does what it is asked to without looking at DryRun.
func wetRun(k *kmstest.KMS) between {
	return between{
		KMS:                k,
		dataKeyRequest:     func(in *kms.GenerateDataKeyInput) { in.DryRun = nil },
		decryptRequest:     func(in *kms.DecryptInput) { in.DryRun, in.DryRunModifiers = nil, nil },
		signRequest:        func(in *kms.SignInput) { in.DryRun = nil },
		verifyRequest:      func(in *kms.VerifyInput) { in.DryRun = nil },
		generateMACRequest: func(in *kms.GenerateMacInput) { in.DryRun = nil },
		verifyMACRequest:   func(in *kms.VerifyMacInput) { in.DryRun = nil },
	}
}

func TestReadyFindsWhatIsWrongAndNamesTheIAMAction(t *testing.T) {
	for _, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			good := newKey(t, k, kind.spec)
			disabled := newKey(t, k, kind.spec)
			disable(t, k, disabled)
			deleted := newKey(t, k, kind.spec)
			if _, err := k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &deleted}); err != nil {
				t.Fatal(err)
			}
			wrong := map[string]string{
				"no such key":              someKey,
				"no such alias":            "alias/nobody",
				"a disabled key":           disabled,
				"a key that is going":      deleted,
				"a key of another Region":  strings.Replace(good, "us-east-1", "us-west-2", 1),
				"a key of another account": strings.Replace(good, "111122223333", "444455556666", 1),
			}
			for _, spec := range kind.wrong {
				wrong["a key of "+string(spec)] = newKey(t, k, spec)
			}
			for name, key := range wrong {
				err := kind.make(t, k, key, 0).Ready(t.Context())
				if !errors.Is(err, keys.ErrMisconfigured) {
					t.Errorf("%s: %v", name, err)
				}
				wantText(t, err, "kmskeys: kms:"+kind.operation+": misconfigured")
			}
			k.Fail(kind.operation, 1, kmstest.Error("AccessDeniedException", "not authorized"))
			denied := kind.make(t, k, good, 0).Ready(t.Context())
			wantError(t, denied, keys.ErrMisconfigured)
			wantText(t, denied, "policies allow kms:"+kind.operation, "not authorized")
			k.Fail(kind.operation, 1, throttled())
			outage := kind.make(t, k, good, 0).Ready(t.Context())
			if wantOutage(t, outage); errors.Is(outage, keys.ErrMisconfigured) {
				t.Errorf("throttling is a misconfiguration: %v", outage)
			}
		})
	}
}

func TestEveryCallEndsWithCallTimeoutWhateverTimeItsCallerHas(t *testing.T) {
	for _, kind := range kinds() {
		for configured, want := range map[time.Duration]time.Duration{0: 3 * time.Second, 2 * time.Second: 2 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				k := kmstest.New(kmstest.Config{})
				key := newKey(t, k, kind.spec)
				s := kind.tokenFor(t, k, key)
				for name, call := range map[string]func(common) error{
					"use":   func(source common) error { return use(t.Context(), source, s) },
					"Ready": func(source common) error { return source.Ready(t.Context()) },
				} {
					k.Hang(kind.operation, 1)
					start := time.Now()
					err := call(kind.make(t, k, key, configured))
					wantOutage(t, err)
					wantError(t, err, context.DeadlineExceeded)
					if took := time.Since(start); took != want {
						t.Errorf("%s, %s: it took %v, want %v", kind.name, name, took, want)
					}
				}
			})
		}
	}
}

func TestACallerWhoHasGoneCausesNoCall(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range kinds() {
		k := kmstest.New(kmstest.Config{})
		key := newKey(t, k, kind.spec)
		s := kind.tokenFor(t, k, key)
		source := kind.make(t, k, key, 0)
		for name, err := range map[string]error{"use": use(gone, source, s), "Ready": source.Ready(gone)} {
			if wantOutage(t, err); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, %s: %v", kind.name, name, err)
			}
		}
		if got := source.Stats(); got != (kmskeys.Stats{}) {
			t.Errorf("%s: %+v", kind.name, got)
		}
	}
}

func TestStatsCountCallsFailuresHitsAndRefusals(t *testing.T) {
	t.Run("a public key", func(t *testing.T) {
		r := newRefreshing(t)
		r.Fail("GetPublicKey", 1, throttled())
		wantOutage(t, verify(t.Context(), r.verifies, r.old))
		r.clock.Add(time.Second)
		for range 10 {
			wantVerified(t, r.verifies, r.old)
		}
		if got := r.verifies.Stats(); got != (kmskeys.Stats{Calls: 2, Failures: 1, Hits: 9}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("data keys", func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 1, 3 })
		s := sign(t, b.signs)
		b.Fail("Decrypt", 1, throttled())
		wantOutage(t, verify(t.Context(), b.verifies, s))
		for range 10 {
			wantVerified(t, b.verifies, s)
			wantError(t, verify(t.Context(), b.verifies, forged(1)), keys.ErrUnknownKey)
		}
		wantError(t, verify(t.Context(), b.verifies, forged(2)), kmskeys.ErrBudget)
		if got := b.verifies.Stats(); got != (kmskeys.Stats{Calls: 3, Failures: 1, Hits: 18, Refusals: 10, OverBudget: 1}) {
			t.Errorf("%+v", got)
		}
		if got := b.signs.Stats(); got != (kmskeys.Stats{Calls: 1}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("shared data keys", func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 4, time.Hour })
		for range 8 {
			sign(t, b.signs)
		}
		if got := b.signs.Stats(); got != (kmskeys.Stats{Calls: 2, Hits: 6}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("shared data keys of a KMS that knows no dry run", func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 4, time.Hour })
		source := envelopeSigner(t, wetRun(b.KMS), b.cfg)
		if err := source.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		for range 4 {
			sign(t, source)
		}
		if got := source.Stats(); got != (kmskeys.Stats{Calls: 2, Hits: 3}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("signatures that KMS verifies", func(t *testing.T) {
		three := newTrio(t, "ES256")
		s := sign(t, three.signs)
		wrong := signed{s.header, es256Token().signature}
		if err := three.remote.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		for range 3 {
			wantVerified(t, three.remote, s)
			wantError(t, verify(t.Context(), three.remote, wrong), keys.ErrSignature)
		}
		if got := three.remote.Stats(); got != (kmskeys.Stats{Calls: 5, Hits: 2, Refusals: 3}) {
			t.Errorf("%+v", got)
		}
		if got := three.signs.Stats(); got != (kmskeys.Stats{Calls: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

// told counts what an observer is told, as Stats counts it, and keeps what it is told of
// whom.
type told struct {
	t     testing.TB
	stats kmskeys.Stats
	grace int
	kinds []string
}

func (o *told) observe(_ context.Context, e keys.Event) {
	verdict := errors.Is(e.Err, keys.ErrUnknownKey) || errors.Is(e.Err, keys.ErrSignature)
	o.kinds = append(o.kinds, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Source, e.Kind, e.Operation)))
	if verdict {
		o.stats.Refusals++
	}
	switch e.Kind {
	case keys.EventCall:
		o.stats.Calls++
		if e.Err != nil && !verdict {
			o.stats.Failures++
		}
	case keys.EventHit:
		o.stats.Hits++
	case keys.EventGrace:
		o.stats.Hits++
		o.grace++
	case keys.EventBudget:
		o.stats.OverBudget++
	}
	if e.Name == "" || e.Kind == keys.EventGrace && e.Err == nil {
		o.t.Errorf("told %+v", e)
	}
}

func (o *told) want(source interface{ Stats() kmskeys.Stats }, grace int) {
	o.t.Helper()
	if got := source.Stats(); got != o.stats || got.Calls == 0 {
		o.t.Errorf("told %+v, and counted %+v", o.stats, got)
	}
	if o.grace != grace {
		o.t.Errorf("told %d times of grace, want %d", o.grace, grace)
	}
}

func TestAnObserverIsToldWhatStatsCount(t *testing.T) {
	t.Run("a public key", func(t *testing.T) {
		o, k, clock := &told{t: t}, kmstest.New(kmstest.Config{}), clocktest.NewManual()
		key, other := newKey(t, k, types.KeySpecEccNistP256), newKey(t, k, types.KeySpecEccNistP256)
		cfg := kmskeys.AsymmetricConfig{KeyID: newAlias(t, k, "alias/login", key), Algorithm: "ES256", Kid: "login", Now: clock.Now, Observer: o.observe}
		source := must(kmskeys.NewAsymmetricVerifier(k, cfg))(t)
		h := keys.Header{Algorithm: "ES256"}
		if err := source.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		must(source.VerificationKey(t.Context(), h))(t)
		k.Fail("GetPublicKey", 1, throttled())
		clock.Add(kmskeys.DefaultMaxAge)
		must(source.VerificationKey(t.Context(), h))(t)
		must(source.PublicSet(t.Context()))(t)
		repoint(t, k, "alias/login", other)
		clock.Add(time.Minute)
		must(source.VerificationKey(t.Context(), h))(t)
		clock.Add(kmskeys.DefaultMaxAge)
		must(source.VerificationKey(t.Context(), h))(t)
		o.want(source, 2)
		const v = "kmskeys.AsymmetricVerifier "
		if want := []string{
			v + "call GetPublicKey", v + "hit", v + "call GetPublicKey", v + "grace", v + "grace",
			v + "call GetPublicKey", v + "rotated", v + "call GetPublicKey",
		}; !slices.Equal(o.kinds, want) {
			t.Errorf("told %q, want %q", o.kinds, want)
		}
	})
	t.Run("data keys", func(t *testing.T) {
		o := &told{t: t}
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst, c.Observer = 1, 3, o.observe })
		s := sign(t, b.signs)
		o.want(b.signs, 0)
		*o = told{t: t}
		b.Fail("Decrypt", 1, throttled())
		wantOutage(t, verify(t.Context(), b.verifies, s))
		for range 10 {
			wantVerified(t, b.verifies, s)
			wantError(t, verify(t.Context(), b.verifies, forged(1)), keys.ErrUnknownKey)
		}
		wantError(t, verify(t.Context(), b.verifies, forged(2)), kmskeys.ErrBudget)
		b.clock.Add(kmskeys.DefaultMaxAge)
		b.Fail("Decrypt", 1, throttled())
		wantVerified(t, b.verifies, s)
		o.want(b.verifies, 1)
	})
	t.Run("shared data keys", func(t *testing.T) {
		o := &told{t: t}
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor, c.Observer = 4, time.Hour, o.observe })
		for range 8 {
			sign(t, b.signs)
		}
		o.want(b.signs, 0)
	})
	t.Run("every source, by name", func(t *testing.T) {
		k := kmstest.New(kmstest.Config{})
		o := &told{t: t}
		a := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", VerifyRate: 1, VerifyBurst: 2, Observer: o.observe}
		m := kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256), VerifyRate: 1, VerifyBurst: 2, Observer: o.observe}
		signs, maker := must(kmskeys.NewAsymmetricSigner(k, a))(t), must(kmskeys.NewMACSigner(k, m))(t)
		remote, checker := must(kmskeys.NewAsymmetricRemoteVerifier(k, a))(t), must(kmskeys.NewMACVerifier(k, m))(t)
		for _, pair := range []struct {
			signs interface {
				keys.SigningSource
				Stats() kmskeys.Stats
			}
			verifies interface {
				keys.VerificationSource
				Stats() kmskeys.Stats
			}
			want []string
		}{
			{signs, remote, []string{"kmskeys.AsymmetricRemoteVerifier call Verify", "kmskeys.AsymmetricRemoteVerifier call Verify", "kmskeys.AsymmetricRemoteVerifier hit", "kmskeys.AsymmetricRemoteVerifier budget"}},
			{maker, checker, []string{"kmskeys.MACVerifier call VerifyMac", "kmskeys.MACVerifier call VerifyMac", "kmskeys.MACVerifier hit", "kmskeys.MACVerifier budget"}},
		} {
			*o = told{t: t}
			s := sign(t, pair.signs)
			o.want(pair.signs, 0)
			*o = told{t: t}
			wrong := signed{s.header, slices.Clone(s.signature)}
			wrong.signature[0] ^= 1
			wantVerified(t, pair.verifies, s)
			wantError(t, verify(t.Context(), pair.verifies, wrong), keys.ErrSignature)
			wantError(t, verify(t.Context(), pair.verifies, wrong), keys.ErrSignature)
			wantError(t, verify(t.Context(), pair.verifies, s), kmskeys.ErrBudget)
			o.want(pair.verifies, 0)
			if !slices.Equal(o.kinds, pair.want) {
				t.Errorf("told %q, want %q", o.kinds, pair.want)
			}
		}
	})
	t.Run("a dry run that would succeed is no failure", func(t *testing.T) {
		o, k := &told{t: t}, kmstest.New(kmstest.Config{})
		signs := must(kmskeys.NewAsymmetricSigner(k, kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", Observer: o.observe}))(t)
		if err := signs.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		o.want(signs, 0)
	})
}

func TestTheDurationOfACallIsToldByTheClock(t *testing.T) {
	const took = 40 * time.Millisecond
	k, clock := kmstest.New(kmstest.Config{}), clocktest.NewManual()
	slow := between{
		KMS:         k,
		sign:        func(out *kms.SignOutput) *kms.SignOutput { clock.Add(took); return out },
		generateMAC: func(out *kms.GenerateMacOutput) *kms.GenerateMacOutput { clock.Add(took); return out },
		dataKey:     func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { clock.Add(took); return out },
	}
	var got time.Duration
	observe := func(_ context.Context, e keys.Event) { got = e.Duration }
	envelope := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	envelope.Now, envelope.Observer = clock.Now, observe
	for name, source := range map[string]keys.SigningSource{
		"Sign": must(kmskeys.NewAsymmetricSigner(slow, kmskeys.AsymmetricConfig{
			KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", Now: clock.Now, Observer: observe,
		}))(t),
		"GenerateMac": must(kmskeys.NewMACSigner(slow, kmskeys.MACConfig{
			KeyID: newKey(t, k, types.KeySpecHmac256), Now: clock.Now, Observer: observe,
		}))(t),
		"GenerateDataKey": envelopeSigner(t, slow, envelope),
	} {
		got = 0
		if sign(t, source); got != took {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// keeping is a client that keeps the context of its last call.
type keeping struct {
	*kmstest.KMS
	ctx context.Context
}

func (k *keeping) Sign(ctx context.Context, in *kms.SignInput, options ...func(*kms.Options)) (*kms.SignOutput, error) {
	k.ctx = ctx
	return k.KMS.Sign(ctx, in, options...)
}

// What a client has left behind must not go on until CallTimeout.
func TestTheContextOfACallEndsWithIt(t *testing.T) {
	k := &keeping{KMS: kmstest.New(kmstest.Config{})}
	sign(t, must(kmskeys.NewAsymmetricSigner(k, kmskeys.AsymmetricConfig{KeyID: newKey(t, k.KMS, types.KeySpecEccNistP256), Algorithm: "ES256"}))(t))
	wantError(t, k.ctx.Err(), context.Canceled)
}
