package kmstest_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// exceptions are the codes that a KMS can answer the operations here with: the type
// that errors.As must find, nil where the SDK has none, and the HTTP status.
func exceptions() map[string]struct {
	as     any
	status int
} {
	type exception = struct {
		as     any
		status int
	}
	return map[string]exception{
		"AlreadyExistsException":              {new(*types.AlreadyExistsException), 400},
		"ConflictException":                   {new(*types.ConflictException), 400},
		"CustomKeyStoreInvalidStateException": {new(*types.CustomKeyStoreInvalidStateException), 400},
		"CustomKeyStoreNotFoundException":     {new(*types.CustomKeyStoreNotFoundException), 400},
		"DependencyTimeoutException":          {new(*types.DependencyTimeoutException), 500},
		"DisabledException":                   {new(*types.DisabledException), 400},
		"DryRunOperationException":            {new(*types.DryRunOperationException), 400},
		"IncorrectKeyException":               {new(*types.IncorrectKeyException), 400},
		"InvalidAliasNameException":           {new(*types.InvalidAliasNameException), 400},
		"InvalidArnException":                 {new(*types.InvalidArnException), 400},
		"InvalidCiphertextException":          {new(*types.InvalidCiphertextException), 400},
		"InvalidGrantTokenException":          {new(*types.InvalidGrantTokenException), 400},
		"InvalidKeyUsageException":            {new(*types.InvalidKeyUsageException), 400},
		"InvalidMarkerException":              {new(*types.InvalidMarkerException), 400},
		"KMSInternalException":                {new(*types.KMSInternalException), 500},
		"KMSInvalidMacException":              {new(*types.KMSInvalidMacException), 400},
		"KMSInvalidSignatureException":        {new(*types.KMSInvalidSignatureException), 400},
		"KMSInvalidStateException":            {new(*types.KMSInvalidStateException), 400},
		"KeyUnavailableException":             {new(*types.KeyUnavailableException), 500},
		"LimitExceededException":              {new(*types.LimitExceededException), 400},
		"MalformedPolicyDocumentException":    {new(*types.MalformedPolicyDocumentException), 400},
		"NotFoundException":                   {new(*types.NotFoundException), 400},
		"TagException":                        {new(*types.TagException), 400},
		"UnsupportedOperationException":       {new(*types.UnsupportedOperationException), 400},

		"AccessDeniedException":           {nil, 400},
		"ExpiredTokenException":           {nil, 400},
		"IncompleteSignatureException":    {nil, 400},
		"InternalFailure":                 {nil, 500},
		"InvalidSignatureException":       {nil, 400},
		"MissingAuthenticationToken":      {nil, 400},
		"NotAuthorizedException":          {nil, 400},
		"RequestEntityTooLargeException":  {nil, 413},
		"SerializationException":          {nil, 400},
		"ServiceUnavailable":              {nil, 503},
		"ServiceUnavailableException":     {nil, 503},
		"ThrottlingException":             {nil, 400},
		"UnknownOperationException":       {nil, 400},
		"UnrecognizedClientException":     {nil, 400},
		"ValidationException":             {nil, 400},
		"SomethingNobodyHasHeardOfBefore": {nil, 400},
	}
}

func TestEveryExceptionIsTheSameInMemoryAndOverHTTP(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	client := clientOf(t, k)
	in := &kms.DescribeKeyInput{KeyId: ptr("alias/login")}
	for code, want := range exceptions() {
		t.Run(code, func(t *testing.T) {
			k.Fail("DescribeKey", 2, kmstest.Error(code, "what went wrong"))
			_, inMemory := k.DescribeKey(t.Context(), in)
			_, overHTTP := client.DescribeKey(t.Context(), in)
			for where, err := range map[string]error{"in memory": inMemory, "over HTTP": overHTTP} {
				if got := codeOf(err); got != code {
					t.Errorf("%s: got the code %s (%v)", where, got, err)
				}
				if !strings.Contains(err.Error(), "what went wrong") {
					t.Errorf("%s: the message is missing from %q", where, err)
				}
				if want.as != nil && !errors.As(err, want.as) {
					t.Errorf("%s: %T is not found in %v", where, want.as, err)
				}
			}
			if got := statusOf(overHTTP); got != want.status {
				t.Errorf("got the HTTP status %d, want %d", got, want.status)
			}
		})
	}
}

// statusOf returns the HTTP status that the SDK notes beside an error.
func statusOf(err error) int {
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}

// The SDK's retryer and users look for smithy.APIError. Its method ErrorFault has a
// type of smithy-go, which the methods of an error without a Go type must have too.
func TestAnErrorWithoutAGoTypeHasTheMethodsOfSmithyAPIError(t *testing.T) {
	want, found := reflect.TypeFor[*types.NotFoundException]().MethodByName("ErrorFault")
	if !found {
		t.Fatal("an exception of the SDK without ErrorFault")
	}
	err := kmstest.Error("ThrottlingException", "Rate exceeded")
	got, found := reflect.TypeOf(err).MethodByName("ErrorFault")
	if !found || got.Type.Out(0) != want.Type.Out(0) {
		t.Errorf("ErrorFault of %T is %v, want one that returns %v", err, got.Type, want.Type.Out(0))
	}
	if fault := reflect.ValueOf(err).MethodByName("ErrorFault").Call(nil)[0]; !fault.IsZero() {
		t.Errorf("the fault is %v, want that it is unknown, as the SDK has it", fault)
	}
	if want := "api error ThrottlingException: Rate exceeded"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestAnErrorIsWrappedAsTheSDKWrapsIt(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	client := clientOf(t, k)
	in := &kms.DescribeKeyInput{KeyId: ptr("alias/nobody")}
	_, inMemory := k.DescribeKey(t.Context(), in)
	_, overHTTP := client.DescribeKey(t.Context(), in)
	for where, err := range map[string]error{"in memory": inMemory, "over HTTP": overHTTP} {
		if _, bare := err.(*types.NotFoundException); bare {
			t.Errorf("%s: a type assertion finds the exception, which it would not on AWS", where)
		}
		if !strings.HasPrefix(err.Error(), "operation error KMS: DescribeKey, ") {
			t.Errorf("%s: got %q", where, err)
		}
	}
}

func TestAMessageThatIsEmptyIsNotSent(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	client := clientOf(t, k)
	for _, c := range []kmstest.API{k, client} {
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: []byte("no ciphertext")})
		var invalid *types.InvalidCiphertextException
		if !errors.As(err, &invalid) {
			t.Fatalf("got %v", err)
		}
		if invalid.Message != nil {
			t.Errorf("got the message %q, want none", *invalid.Message)
		}
	}
	if got := rawRequest(t, k, "TrentService.Decrypt", `{"CiphertextBlob":"AAAA"}`); got.body != `{"__type":"InvalidCiphertextException"}` || got.status != http.StatusBadRequest {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
