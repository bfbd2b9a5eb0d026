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

// A class is whose fault an error code is.
type class int

const (
	outage class = iota
	tokenFault
	misconfiguration
)

// codes are the error codes that KMS answers with, and what each of them means.
var codes = []struct {
	code  string
	class class
}{
	{"InvalidCiphertextException", tokenFault},
	{"IncorrectKeyException", tokenFault},
	{"KMSInvalidSignatureException", tokenFault},
	{"KMSInvalidMacException", tokenFault},

	{"ThrottlingException", outage},
	{"LimitExceededException", outage},
	{"KMSInternalException", outage},
	{"DependencyTimeoutException", outage},
	{"KeyUnavailableException", outage},
	{"InternalFailure", outage},
	{"ServiceUnavailable", outage},
	{"RequestTimeoutException", outage},
	{"ACodeThatNobodyKnows", outage},

	{"AccessDeniedException", misconfiguration},
	{"NotFoundException", misconfiguration},
	{"DisabledException", misconfiguration},
	{"KMSInvalidStateException", misconfiguration},
	{"InvalidKeyUsageException", misconfiguration},
	{"ExpiredTokenException", outage},
	{"InvalidArnException", misconfiguration},
	{"InvalidGrantTokenException", misconfiguration},
	{"IncompleteSignature", misconfiguration},
	{"OptInRequired", misconfiguration},
	{"UnrecognizedClientException", misconfiguration},
	{"UnsupportedOperationException", misconfiguration},
	{"ValidationException", misconfiguration},
	{"DryRunOperationException", misconfiguration},
	{"NotAuthorized", misconfiguration},
	{"NotAuthorizedException", misconfiguration},
	{"InvalidClientTokenId", misconfiguration},
	{"InvalidSignatureException", misconfiguration},
	{"MissingAuthenticationToken", misconfiguration},
	{"MissingAuthenticationTokenException", misconfiguration},
	{"SignatureDoesNotMatch", misconfiguration},
	{"ValidationError", misconfiguration},
	{"UnknownOperationException", misconfiguration},
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
	asymmetric := kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ES256"}
	return []operation{
		{"GenerateDataKey", func(t *testing.T, err error) error {
			return makeToken(envelopeSigner(t, failing("GenerateDataKey", err), envelopeConfig(someKey)))
		}, nil},
		{"Decrypt", func(t *testing.T, err error) error {
			good := kmstest.New(kmstest.Config{})
			s := sign(t, envelopeSigner(t, good, envelopeConfig(newKey(t, good, types.KeySpecSymmetricDefault))))
			return verify(context.Background(), envelopeVerifier(t, failing("Decrypt", err), envelopeConfig(someKey)), s)
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
			return makeToken(must(kmskeys.NewMACSigner(failing("GenerateMac", err), kmskeys.MACConfig{KeyID: someKey}))(t))
		}, nil},
		{"VerifyMac", func(t *testing.T, err error) error {
			v := must(kmskeys.NewMACVerifier(failing("VerifyMac", err), kmskeys.MACConfig{KeyID: someKey}))(t)
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
					if want == tokenFault {
						want = outage // the answer is not one that KMS gives
					}
				}
				if want == c.class {
					wantError(t, err, cause)
				}
				if got, want := errors.Is(err, keys.ErrMisconfigured), want == misconfiguration; got != want {
					t.Errorf("ErrMisconfigured: %v, want %v: %v", got, want, err)
				}
			})
		}
		t.Run(op.name+"/the end of a context, and a code", func(t *testing.T) {
			for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
				for _, c := range codes {
					err := op.call(t, errors.Join(end, kmstest.Error(c.code, "")))
					wantOutage(t, err)
					if wantError(t, err, end); errors.Is(err, keys.ErrMisconfigured) {
						t.Errorf("%v and %s: a misconfiguration: %v", end, c.code, err)
					}
				}
			}
		})
		t.Run(op.name+"/the verdict on another token", func(t *testing.T) {
			for _, verdict := range []error{keys.ErrUnknownKey, keys.ErrAlgorithm, keys.ErrSignature} {
				wantOutage(t, op.call(t, fmt.Errorf("asking for credentials: %w", verdict)))
			}
		})
		t.Run(op.name+"/a broken connection", func(t *testing.T) {
			err := op.call(t, io.ErrUnexpectedEOF)
			wantOutage(t, err)
			wantError(t, err, io.ErrUnexpectedEOF)
		})
	}
}
