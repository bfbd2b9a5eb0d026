package kmstest

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Error returns the error that the SDK makes of an answer with this code and
// message: *types.NotFoundException for "NotFoundException" and so on; for a code
// without a Go type, such as ThrottlingException, AccessDeniedException,
// ExpiredTokenException or ValidationException, an error with the methods ErrorCode,
// ErrorMessage and ErrorFault, as smithy.APIError has them. Any code is accepted.
//
// It is what to give to [KMS.Fail]. An empty message is one that was not sent, as
// KMS does with InvalidCiphertextException.
func Error(code, message string) error {
	var text *string
	if message != "" {
		text = &message
	}
	if err := typed(code, text); err != nil {
		return err
	}
	// The type parameter is smithy.ErrorFault. It is inferred from an exception's
	// method, so that smithy-go stays an indirect requirement.
	return newAPIError(code, message, new(types.NotFoundException).ErrorFault())
}

// typed returns the exception of a code that has a Go type, of those that the
// operations here can answer with; nil for any other.
func typed(code string, message *string) error {
	switch code {
	case "AlreadyExistsException":
		return &types.AlreadyExistsException{Message: message}
	case "ConflictException":
		return &types.ConflictException{Message: message}
	case "CustomKeyStoreInvalidStateException":
		return &types.CustomKeyStoreInvalidStateException{Message: message}
	case "CustomKeyStoreNotFoundException":
		return &types.CustomKeyStoreNotFoundException{Message: message}
	case "DependencyTimeoutException":
		return &types.DependencyTimeoutException{Message: message}
	case "DisabledException":
		return &types.DisabledException{Message: message}
	case "DryRunOperationException":
		return &types.DryRunOperationException{Message: message}
	case "IncorrectKeyException":
		return &types.IncorrectKeyException{Message: message}
	case "InvalidAliasNameException":
		return &types.InvalidAliasNameException{Message: message}
	case "InvalidArnException":
		return &types.InvalidArnException{Message: message}
	case "InvalidCiphertextException":
		return &types.InvalidCiphertextException{Message: message}
	case "InvalidGrantTokenException":
		return &types.InvalidGrantTokenException{Message: message}
	case "InvalidKeyUsageException":
		return &types.InvalidKeyUsageException{Message: message}
	case "InvalidMarkerException":
		return &types.InvalidMarkerException{Message: message}
	case "KMSInternalException":
		return &types.KMSInternalException{Message: message}
	case "KMSInvalidMacException":
		return &types.KMSInvalidMacException{Message: message}
	case "KMSInvalidSignatureException":
		return &types.KMSInvalidSignatureException{Message: message}
	case "KMSInvalidStateException":
		return &types.KMSInvalidStateException{Message: message}
	case "KeyUnavailableException":
		return &types.KeyUnavailableException{Message: message}
	case "LimitExceededException":
		return &types.LimitExceededException{Message: message}
	case "MalformedPolicyDocumentException":
		return &types.MalformedPolicyDocumentException{Message: message}
	case "NotFoundException":
		return &types.NotFoundException{Message: message}
	case "TagException":
		return &types.TagException{Message: message}
	case "UnsupportedOperationException":
		return &types.UnsupportedOperationException{Message: message}
	}
	return nil
}

// httpStatus returns the HTTP status that KMS answers with for a code: 400 for
// nearly all, NotFound, AccessDenied and throttling included (API Reference, the
// Errors section of each operation; for codes without a type (M), from reports). The
// model's own trait, which says 404 or 409 for some, is not what is sent (M).
func httpStatus(code string) int {
	switch code {
	case "DependencyTimeoutException", "KeyUnavailableException", "KMSInternalException", "InternalFailure":
		return http.StatusInternalServerError
	case "ServiceUnavailable", "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	case "RequestEntityTooLargeException":
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// A coded error is one with an AWS error code.
type coded interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// An apiError is an error of a code that the SDK has no type for. It stands in for
// smithy.GenericAPIError, whose fault is unknown too.
type apiError[Fault any] struct {
	code, message string
	fault         Fault
}

func newAPIError[Fault any](code, message string, _ Fault) error {
	return &apiError[Fault]{code: code, message: message}
}

func (e *apiError[Fault]) Error() string {
	return fmt.Sprintf("api error %s: %s", e.code, e.message)
}

func (e *apiError[Fault]) ErrorCode() string    { return e.code }
func (e *apiError[Fault]) ErrorMessage() string { return e.message }
func (e *apiError[Fault]) ErrorFault() Fault    { return e.fault }

func errorf(code, format string, args ...any) error {
	return Error(code, fmt.Sprintf(format, args...))
}

// invalid returns the error for a request that breaks a constraint of the API model. The texts of
// these errors follow those of KMS loosely (M).
func invalid(format string, args ...any) error {
	return errorf("ValidationException", format, args...)
}

func unsupported(format string, args ...any) error {
	return errorf("UnsupportedOperationException", format, args...)
}

func internalError(err error) error {
	return errorf("KMSInternalException", "kmstest: %v", err)
}
