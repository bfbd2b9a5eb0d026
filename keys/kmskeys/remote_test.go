package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A remote is a verifier that puts every signature to KMS.
type remote struct {
	*kmstest.KMS
	clock     *clocktest.Manual
	operation string
	verifies  keys.VerificationSource
	good      signed
}

// remotes calls test with one of each kind, of a key ARN or of an alias.
func remotes(t *testing.T, alias bool, rate, burst int, test func(*testing.T, remote)) {
	t.Helper()
	for _, operation := range []string{"Verify", "VerifyMac"} {
		t.Run(operation, func(t *testing.T) {
			r := remote{KMS: kmstest.New(kmstest.Config{}), clock: clocktest.NewManual(), operation: operation}
			spec := types.KeySpecEccNistP256
			if operation == "VerifyMac" {
				spec = types.KeySpecHmac256
			}
			key := newKey(t, r.KMS, spec)
			if alias {
				key = newAlias(t, r.KMS, "alias/login", key)
			}
			if operation == "VerifyMac" {
				cfg := kmskeys.MACConfig{KeyID: key, Kid: "kid", VerifyRate: rate, VerifyBurst: burst, Now: r.clock.Now}
				signs, verifies := newMACs(t, r.KMS, cfg)
				r.good, r.verifies = sign(t, signs), verifies
			} else {
				three := trioOf(t, r.KMS, kmskeys.AsymmetricConfig{
					KeyID: key, Algorithm: "ES256", Kid: "kid", VerifyRate: rate, VerifyBurst: burst, Now: r.clock.Now,
				})
				r.good, r.verifies = sign(t, three.signs), three.remote
			}
			test(t, r)
		})
	}
}

// wrong returns a signature that is formed well, another one for each number.
func (r remote) wrong(number int) signed {
	signature := bytes.Clone(r.good.signature)
	binary.BigEndian.PutUint32(signature[4:], uint32(number))
	return signed{r.good.header, signature}
}

func TestTheSameForgedTokenIsPutToKMSOnce(t *testing.T) {
	remotes(t, false, 0, 0, func(t *testing.T, r remote) {
		for range 2000 {
			wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		}
		wantCalls(t, r.KMS, r.operation, 1)
		r.clock.Add(5*time.Minute - 1)
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		wantCalls(t, r.KMS, r.operation, 1)
		r.clock.Add(1)
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		wantCalls(t, r.KMS, r.operation, 2)
	})
}

func TestARefusedSignatureIsThatOfOneInputAndNoOther(t *testing.T) {
	remotes(t, false, 0, 0, func(t *testing.T, r remote) {
		key := must(r.verifies.VerificationKey(t.Context(), r.good.header))(t)
		wantError(t, key.Verify(t.Context(), append(bytes.Clone(input), r.good.signature[0]), r.good.signature), keys.ErrSignature)
		wantError(t, key.Verify(t.Context(), input[1:], r.good.signature), keys.ErrSignature)
		if err := key.Verify(t.Context(), input, r.good.signature); err != nil {
			t.Error(err)
		}
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		wantVerified(t, r.verifies, r.good)
		wantCalls(t, r.KMS, r.operation, 5)
	})
}

// refusing is a KMS to which every signature is wrong, and no data key is one.
type refusing struct{ asked int }

func (r *refusing) Verify(context.Context, *kms.VerifyInput, ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	r.asked++
	return nil, kmstest.Error("KMSInvalidSignatureException", "")
}

func (r *refusing) Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	r.asked++
	return nil, kmstest.Error("InvalidCiphertextException", "")
}

// Signatures of RSA have several lengths.
func TestWhatIsRefusedIsAnInputAndASignatureAndNotTheirTextOneBehindTheOther(t *testing.T) {
	k := &refusing{}
	v := must(kmskeys.NewAsymmetricRemoteVerifier(k, kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256"}))(t)
	text := bytes.Repeat([]byte("text"), 200)
	for _, size := range []int{256, 384, 512} {
		wantError(t, v.Verify(t.Context(), text[:len(text)-size], text[len(text)-size:]), keys.ErrSignature)
	}
	if k.asked != 3 {
		t.Errorf("KMS was asked %d times, want 3", k.asked)
	}
}

// Behind an alias there may be the key of the token in a moment.
func TestARefusalByAnAliasIsRememberedForASecond(t *testing.T) {
	remotes(t, true, 0, 0, func(t *testing.T, r remote) {
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		r.clock.Add(time.Second - 1)
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		wantCalls(t, r.KMS, r.operation, 1)
		r.clock.Add(1)
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		wantCalls(t, r.KMS, r.operation, 2)
	})
}

func TestARefusalByTheARNOfAnAliasIsRememberedForASecondToo(t *testing.T) {
	k, clock := kmstest.New(kmstest.Config{}), clocktest.NewManual()
	arn := newKey(t, k, types.KeySpecHmac256)
	alias := strings.TrimSuffix(arn, "key/"+keyID(arn)) + newAlias(t, k, "alias/login", arn)
	signs, verifies := newMACs(t, k, kmskeys.MACConfig{KeyID: alias, Kid: "kid", Now: clock.Now})
	forged := sign(t, signs)
	forged.signature[0] ^= 1
	for calls := 1; calls <= 2; calls++ {
		wantError(t, verify(t.Context(), verifies, forged), keys.ErrSignature)
		wantCalls(t, k, "VerifyMac", calls)
		clock.Add(time.Second)
	}
}

func TestNothingIsRememberedOfAFailureNorOfAGoodSignature(t *testing.T) {
	remotes(t, false, 0, 0, func(t *testing.T, r remote) {
		for _, code := range []string{"ThrottlingException", "AccessDeniedException"} {
			r.Fail(r.operation, 1, kmstest.Error(code, ""))
			wantOutage(t, verify(t.Context(), r.verifies, r.good))
			wantVerified(t, r.verifies, r.good)
		}
		wantCalls(t, r.KMS, r.operation, 4)
	})
}

func TestForgedTokensTakeNoMoreCallsThanTheBudget(t *testing.T) {
	for _, test := range []struct{ rate, burst, want int }{
		{0, 0, kmskeys.DefaultVerifyBurst + 10*kmskeys.DefaultVerifyRate}, {5, 20, 20 + 10*5},
	} {
		remotes(t, false, test.rate, test.burst, func(t *testing.T, r remote) {
			undecided := 0
			for i := range 10_000 {
				r.clock.Add(time.Millisecond)
				err := verify(t.Context(), r.verifies, r.wrong(i))
				if errors.Is(err, kmskeys.ErrBudget) {
					wantOutage(t, err)
					undecided++
					continue
				}
				wantError(t, err, keys.ErrSignature)
			}
			if calls := r.Calls(r.operation); calls > test.want || calls < test.want-1 || undecided != 10_000-calls {
				t.Errorf("%d calls and %d undecided, want %d calls", calls, undecided, test.want)
			}
			wantError(t, verify(context.Background(), r.verifies, r.good), kmskeys.ErrBudget)
			r.clock.Add(time.Second)
			wantVerified(t, r.verifies, r.good)
		})
	}
}

// A verdict would be no use to them, and a budget that they take is missing to others.
func TestACallerWhoHasGoneGetsNoVerdictAndTakesNoBudget(t *testing.T) {
	remotes(t, false, 1, 2, func(t *testing.T, r remote) {
		wantError(t, verify(t.Context(), r.verifies, r.wrong(1)), keys.ErrSignature)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for _, s := range []signed{r.wrong(1), r.wrong(2), r.good} {
			err := verify(gone, r.verifies, s)
			wantOutage(t, err)
			wantError(t, err, context.Canceled)
		}
		wantVerified(t, r.verifies, r.good)
		wantCalls(t, r.KMS, r.operation, 2)
	})
}

func TestByDefaultTenThousandRefusedTokensAreRememberedAndNoMore(t *testing.T) {
	const most, million = 10_000, 1_000_000
	k := &refusing{}
	remote := must(kmskeys.NewAsymmetricRemoteVerifier(k, kmskeys.AsymmetricConfig{
		KeyID: someKey, Algorithm: "ES256", VerifyRate: million, VerifyBurst: million,
	}))(t)
	cfg := envelopeConfig(someKey)
	cfg.DecryptRate, cfg.DecryptBurst = million, million
	envelope := envelopeVerifier(t, k, cfg)
	for name, ask := range map[string]func(number int){
		"signatures": func(number int) {
			signature := es256Token().signature
			binary.BigEndian.PutUint32(signature[4:], uint32(number))
			wantError(t, remote.Verify(t.Context(), input, signature), keys.ErrSignature)
		},
		"data keys": func(number int) { wantError(t, verify(t.Context(), envelope, forged(number)), keys.ErrUnknownKey) },
	} {
		k.asked = 0
		for _, step := range []struct{ from, to, asked int }{
			{0, most, most}, {0, most, most}, // which were all there
			{most, most + 1, most + 1}, // and takes the place of the first
			{1, most + 1, most + 1}, {0, 1, most + 2},
		} {
			for number := step.from; number < step.to; number++ {
				ask(number)
			}
			if k.asked != step.asked {
				t.Errorf("%s, %d to %d: KMS was asked %d times, want %d", name, step.from, step.to, k.asked, step.asked)
			}
		}
	}
}
