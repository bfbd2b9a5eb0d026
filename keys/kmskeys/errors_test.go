package kmskeys_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// codes are the error codes that KMS answers with, and what each of them means.
var codes = []struct {
	code  string
	class kmskeys.Class
}{
	{"InvalidCiphertextException", kmskeys.TokenFault},
	{"IncorrectKeyException", kmskeys.TokenFault},
	{"KMSInvalidSignatureException", kmskeys.TokenFault},
	{"KMSInvalidMacException", kmskeys.TokenFault},

	{"ThrottlingException", kmskeys.Outage},
	{"LimitExceededException", kmskeys.Outage},
	{"KMSInternalException", kmskeys.Outage},
	{"DependencyTimeoutException", kmskeys.Outage},
	{"KeyUnavailableException", kmskeys.Outage},
	{"InternalFailure", kmskeys.Outage},
	{"ServiceUnavailable", kmskeys.Outage},
	{"RequestTimeoutException", kmskeys.Outage},
	{"ACodeThatNobodyKnows", kmskeys.Outage},

	{"AccessDeniedException", kmskeys.Misconfiguration},
	{"NotFoundException", kmskeys.Misconfiguration},
	{"DisabledException", kmskeys.Misconfiguration},
	{"KMSInvalidStateException", kmskeys.Misconfiguration},
	{"InvalidKeyUsageException", kmskeys.Misconfiguration},
	{"ExpiredTokenException", kmskeys.Outage},
	{"InvalidArnException", kmskeys.Misconfiguration},
	{"InvalidGrantTokenException", kmskeys.Misconfiguration},
	{"IncompleteSignature", kmskeys.Misconfiguration},
	{"OptInRequired", kmskeys.Misconfiguration},
	{"UnrecognizedClientException", kmskeys.Misconfiguration},
	{"UnsupportedOperationException", kmskeys.Misconfiguration},
	{"ValidationException", kmskeys.Misconfiguration},
	{"DryRunOperationException", kmskeys.Misconfiguration},
}

func TestClassifyTellsWhoseFaultEveryCodeIs(t *testing.T) {
	for _, c := range codes {
		for name, err := range map[string]error{
			"bare": kmstest.Error(c.code, "message"), "wrapped": fmt.Errorf("operation error: %w", kmstest.Error(c.code, "")),
		} {
			if got := kmskeys.Classify(err); got != c.class {
				t.Errorf("%s, %s: %s, want %s", c.code, name, got, c.class)
			}
		}
	}
}

func TestClassifyOfWhatHasNoCode(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want kmskeys.Class
	}{
		"nil":                        {nil, ""},
		"a broken connection":        {io.ErrUnexpectedEOF, kmskeys.Outage},
		"a cancelled context":        {context.Canceled, kmskeys.Outage},
		"a deadline":                 {context.DeadlineExceeded, kmskeys.Outage},
		"a budget":                   {kmskeys.ErrBudget, kmskeys.Outage},
		"a token that is too long":   {kmskeys.ErrTooLong, kmskeys.Outage},
		"a misconfiguration":         {fmt.Errorf("%w", kmskeys.ErrMisconfigured), kmskeys.Misconfiguration},
		"an unknown key":             {keys.ErrUnknownKey, kmskeys.TokenFault},
		"another algorithm":          {keys.ErrAlgorithm, kmskeys.TokenFault},
		"a wrong signature":          {fmt.Errorf("%w", keys.ErrSignature), kmskeys.TokenFault},
		"a context's end and a code": {errors.Join(context.Canceled, kmstest.Error("InvalidCiphertextException", "")), kmskeys.Outage},
	} {
		if got := kmskeys.Classify(test.err); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// An operation is one way in which a source calls KMS.
type operation struct {
	name string
	// call makes a source, which meets err in its first call of KMS.
	call func(t *testing.T, err error) error
	// fault is what a token is told, by the codes that are its fault here.
	fault map[string]error
}

func operations() []operation {
	failing := func(name string, err error) *kmstest.KMS {
		k := kmstest.New(kmstest.Config{})
		k.Fail(name, kmstest.Forever, err)
		return k
	}
	makeToken := func(source keys.SigningSource) error {
		key, err := source.SigningKey(context.Background())
		if err == nil {
			_, err = key.Sign(context.Background(), input)
		}
		return err
	}
	asymmetric := kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "ES256"}
	return []operation{
		{"GenerateDataKey", func(t *testing.T, err error) error {
			return makeToken(envelopeSigner(t, failing("GenerateDataKey", err), envelopeConfig("key")))
		}, nil},
		{"Decrypt", func(t *testing.T, err error) error {
			good := kmstest.New(kmstest.Config{})
			s := sign(t, envelopeSigner(t, good, envelopeConfig(newKey(t, good, types.KeySpecSymmetricDefault))))
			return verify(context.Background(), envelopeVerifier(t, failing("Decrypt", err), envelopeConfig("key")), s)
		}, map[string]error{"InvalidCiphertextException": keys.ErrUnknownKey, "IncorrectKeyException": keys.ErrUnknownKey}},
		{"Sign", func(t *testing.T, err error) error {
			return makeToken(must(kmskeys.NewAsymmetricSigner(failing("Sign", err), asymmetric))(t))
		}, nil},
		{"GetPublicKey", func(t *testing.T, err error) error {
			v := must(kmskeys.NewAsymmetricVerifier(failing("GetPublicKey", err), asymmetric))(t)
			return verify(context.Background(), v, es256Token())
		}, nil},
		{"Verify", func(t *testing.T, err error) error {
			v := must(kmskeys.NewAsymmetricRemoteVerifier(failing("Verify", err), asymmetric))(t)
			return verify(context.Background(), v, es256Token())
		}, map[string]error{"KMSInvalidSignatureException": keys.ErrSignature}},
		{"GenerateMac", func(t *testing.T, err error) error {
			return makeToken(must(kmskeys.NewMACSigner(failing("GenerateMac", err), kmskeys.MACConfig{KeyID: "key"}))(t))
		}, nil},
		{"VerifyMac", func(t *testing.T, err error) error {
			v := must(kmskeys.NewMACVerifier(failing("VerifyMac", err), kmskeys.MACConfig{KeyID: "key"}))(t)
			return verify(context.Background(), v, signed{keys.Header{Algorithm: "HS256"}, make([]byte, 32)})
		}, map[string]error{"KMSInvalidMacException": keys.ErrSignature}},
	}
}

// es256Token has a signature of the right form.
func es256Token() signed {
	signature := make([]byte, 64)
	signature[31], signature[63] = 1, 1
	return signed{keys.Header{Algorithm: "ES256"}, signature}
}

// The code of a wrong MAC in the answer to Decrypt, say, is no word on the token.
func TestEveryCodeOfEveryOperationIsTheTokensFaultOrAnOutageNeverBoth(t *testing.T) {
	for _, op := range operations() {
		for _, c := range codes {
			t.Run(op.name+"/"+c.code, func(t *testing.T) {
				cause := kmstest.Error(c.code, "message")
				err := op.call(t, cause)
				want := c.class
				if verdict, ours := op.fault[c.code]; ours {
					wantError(t, err, verdict)
				} else {
					wantOutage(t, err)
					if want == kmskeys.TokenFault {
						want = kmskeys.Outage
					}
				}
				if got := kmskeys.Classify(err); got != want {
					t.Errorf("it is a %s, want a %s: %v", got, want, err)
				}
				if want == c.class {
					wantError(t, err, cause)
				}
				if got, want := errors.Is(err, kmskeys.ErrMisconfigured), want == kmskeys.Misconfiguration; got != want {
					t.Errorf("ErrMisconfigured: %v, want %v: %v", got, want, err)
				}
			})
		}
		t.Run(op.name+"/a broken connection", func(t *testing.T) {
			err := op.call(t, io.ErrUnexpectedEOF)
			wantOutage(t, err)
			wantError(t, err, io.ErrUnexpectedEOF)
		})
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
		})
	}
	_, err := (*kmskeys.AsymmetricVerifier)(nil).PublicKey(ctx)
	wantOutage(t, err)
}
