package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/keys"
)

// ErrMisconfigured says that KMS refused the key or the caller: a missing
// permission, a key that does not exist, is disabled, or is made for something else.
// It is an outage, never the token's fault, and no retry will end it.
var ErrMisconfigured = errors.New("KMS refuses the key or the caller: check the key's ID, Region, policy, state, spec and usage")

// ErrBudget says that a token's data key is new, and that as many data keys have
// been decrypted lately as [EnvelopeConfig.DecryptRate] allows. The token is
// undecided: an outage, never the token's fault.
var ErrBudget = errors.New("the budget of kms:Decrypt calls is used up for now")

// ErrTooLong says that what is to be signed is longer than KMS takes: 4,096 bytes,
// for algorithms that cannot be given a digest (HS256 and its like, EdDSA, Ed25519,
// ML-DSA). It is the signer's mistake; a token that long is just not valid.
var ErrTooLong = errors.New("KMS signs at most 4,096 bytes of a token's header and claims with this algorithm: " +
	"make the claims smaller, or use RS, PS or ES")

// A Class is whose fault an error is.
type Class string

const (
	// TokenFault: the token was not made with the key. The caller who sent it is to
	// be refused.
	TokenFault Class = "token_fault"

	// Outage: the token could not be decided, and a later attempt may succeed.
	Outage Class = "outage"

	// Misconfiguration: the token could not be decided, and none will be until
	// somebody changes a setting, a policy or a key.
	Misconfiguration Class = "misconfiguration"
)

// Classify says whose fault an error is, be it one of KMS itself or one that a
// source of this package has returned. It is empty for nil. An error with a code
// that is not known, or without a code, is an Outage: so are those of a context that
// ended and of a network that failed.
//
// Errors of KMS are told by their code (ErrorCode in the SDK), for throttling,
// missing permissions and expired credentials have no Go type. The four codes that
// are the token's fault mean that only in the answer to Decrypt, Verify or
// VerifyMac; signing, there is no token to blame.
func Classify(err error) Class {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Outage
	case errors.Is(err, keys.ErrUnknownKey), errors.Is(err, keys.ErrSignature):
		return TokenFault
	case errors.Is(err, ErrMisconfigured):
		return Misconfiguration
	}
	return meaningOf(codeOf(err)).class
}

// A meaning is what an error code of KMS says.
type meaning struct {
	class     Class
	operation string // of a TokenFault: the operation that puts a token to KMS
	verdict   error  // of a TokenFault: what is wrong with it
}

// meaningOf is the table of KMS's error codes (API Reference, "Common Errors" and the
// errors of each operation). That all but four of them are no token's fault is (L).
func meaningOf(code string) meaning {
	switch code {
	case "InvalidCiphertextException", // damaged, made up, or of another encryption context
		"IncorrectKeyException": // encrypted under another key
		return meaning{TokenFault, decryptOperation, keys.ErrUnknownKey}
	case "KMSInvalidSignatureException":
		return meaning{TokenFault, verifyOperation, keys.ErrSignature}
	case "KMSInvalidMacException":
		return meaning{TokenFault, verifyMacOperation, keys.ErrSignature}

	case "AccessDeniedException", "NotAuthorized", "NotAuthorizedException", "OptInRequired", // permissions
		"IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException", // credentials
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch",
		"UnrecognizedClientException", "InvalidGrantTokenException",
		"NotFoundException", "InvalidArnException", "DisabledException", "KMSInvalidStateException", // the key
		"InvalidKeyUsageException", "UnsupportedOperationException",
		"ValidationError", "ValidationException", "DryRunOperationException", "UnknownOperationException": // the request
		return meaning{class: Misconfiguration}
	}
	// ThrottlingException, LimitExceededException, KMSInternalException,
	// DependencyTimeoutException, KeyUnavailableException, InternalFailure,
	// ServiceUnavailable, and whatever else there may be. ExpiredTokenException too:
	// credentials that have expired are renewed, and say nothing about the key.
	return meaning{class: Outage}
}

// The operations, as errors name them.
const (
	generateDataKeyOperation = "GenerateDataKey"
	decryptOperation         = "Decrypt"
	signOperation            = "Sign"
	getPublicKeyOperation    = "GetPublicKey"
	verifyOperation          = "Verify"
	generateMacOperation     = "GenerateMac"
	verifyMacOperation       = "VerifyMac"
)

// failed returns the error for a call that KMS answered with err.
func failed(operation string, err error) error {
	m := meaningOf(codeOf(err))
	switch Classify(err) {
	case TokenFault:
		if m.operation != operation {
			return wrongAnswer(operation, "the error of another operation, "+codeOf(err))
		}
		return fmt.Errorf("kmskeys: %w: %w", m.verdict, err)
	case Misconfiguration:
		return fmt.Errorf("kmskeys: kms:%s: %w: %w", operation, ErrMisconfigured, err)
	}
	return fmt.Errorf("kmskeys: kms:%s: %w", operation, err)
}

// wrongAnswer returns the error for an answer that KMS never gives. What came in
// between, a proxy or a mock, is to be mended; nothing follows for a token.
func wrongAnswer(operation, what string) error {
	return fmt.Errorf("kmskeys: kms:%s: KMS answered with %s", operation, what)
}

// codeOf returns the error code of an error of the SDK, empty if it has none.
func codeOf(err error) string {
	var coded interface{ ErrorCode() string }
	if !errors.As(err, &coded) {
		return ""
	}
	return coded.ErrorCode()
}
