package kmskeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/keys"
)

// ErrBudget says that a token needs a call to KMS, and that as many have been made
// lately as [EnvelopeConfig.DecryptRate], [AsymmetricConfig.VerifyRate] or
// [MACConfig.VerifyRate] allows. The token is undecided: an outage, never the token's
// fault.
var ErrBudget = errors.New("the budget of calls is used up for now")

// ErrTooLong says that what is to be signed is longer than KMS takes: 4,096 bytes, for
// algorithms that cannot be given a digest (HS256 and its like, EdDSA, Ed25519, ML-DSA).
// It is the signer's mistake; a token that long is just not valid.
var ErrTooLong = errors.New("KMS signs at most 4,096 bytes of a token's header and claims with this algorithm: " +
	"make the claims smaller, or use RS, PS or ES")

// errNotMade is the answer of a source that no constructor of this package made. It is a
// fault in the program and so never the token's.
var errNotMade = fmt.Errorf("kmskeys: %w: a zero source: make it with a function of this package", keys.ErrMisconfigured)

// A class is whose fault an error of KMS is.
type class int

const (
	// undecided: nothing is decided, and a later attempt may succeed.
	undecided class = iota

	// tokenFault: the token was not made with the key.
	tokenFault

	// misconfiguration: nothing is decided, nor will be until somebody changes a
	// setting, a policy or a key.
	misconfiguration
)

// A meaning is what an error code of KMS says.
type meaning struct {
	class     class
	operation string // of a tokenFault: the operation that puts a token to KMS
	verdict   error  // of a tokenFault: what is wrong with it
}

// meaningOf is the table of KMS's error codes (API Reference, "Common Errors" and the
// errors of each operation). That all but four of them are no token's fault is (L).
//
// Errors are told by their code, because throttling, missing permissions and expired
// credentials have no Go type. An error without a code is an outage: a context that has
// ended, a network that has failed.
func meaningOf(code string) meaning {
	switch code {
	case "InvalidCiphertextException", // damaged, made up, or of another encryption context
		"IncorrectKeyException": // encrypted under another key
		return meaning{tokenFault, decryptOperation, keys.ErrUnknownKey}
	case "KMSInvalidSignatureException":
		return meaning{tokenFault, verifyOperation, keys.ErrSignature}
	case "KMSInvalidMacException":
		return meaning{tokenFault, verifyMacOperation, keys.ErrSignature}

	case "AccessDeniedException", "NotAuthorized", "NotAuthorizedException", "OptInRequired", // permissions
		"IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException", // credentials
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch",
		"UnrecognizedClientException", "InvalidGrantTokenException",
		"NotFoundException", "InvalidArnException", "DisabledException", "KMSInvalidStateException", // the key
		"InvalidKeyUsageException", "UnsupportedOperationException",
		"ValidationError", "ValidationException", wouldSucceed, "UnknownOperationException": // the request
		return meaning{class: misconfiguration}
	}
	// ThrottlingException, LimitExceededException, KMSInternalException,
	// DependencyTimeoutException, KeyUnavailableException, InternalFailure,
	// ServiceUnavailable, and whatever else there may be. ExpiredTokenException too:
	// credentials that have expired are renewed, and say nothing about the key.
	return meaning{class: undecided}
}

// The operations, as errors and IAM policies name them.
const (
	generateDataKeyOperation = "GenerateDataKey"
	decryptOperation         = "Decrypt"
	signOperation            = "Sign"
	getPublicKeyOperation    = "GetPublicKey"
	verifyOperation          = "Verify"
	generateMacOperation     = "GenerateMac"
	verifyMacOperation       = "VerifyMac"
)

// wouldSucceed is the code that answers a dry run of what would have succeeded
// (Developer Guide, "Testing your permissions").
const wouldSucceed = "DryRunOperationException"

// judge returns what an error of KMS means to who asked for an operation. It wraps err,
// and one error of package keys if that is what it means, whatever err wraps itself: a client
// may have asked for its credentials by a token that was refused.
func judge(operation string, err error) error {
	m := meaningOf(codeOf(err))
	err = outage.Of(err, keys.ErrUnknownKey, keys.ErrSignature)
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case m.class == tokenFault && m.operation != operation:
		return wrongAnswer("the error of another operation, " + codeOf(err))
	case m.class == tokenFault:
		return fmt.Errorf("%w: %w", m.verdict, err)
	case m.class == misconfiguration:
		return fmt.Errorf("%w: KMS refuses the key or the caller: check the key's ID, Region, state, spec and usage, "+
			"and that policies allow kms:%s: %w", keys.ErrMisconfigured, operation, err)
	}
	return err
}

// wrongAnswer returns the error for an answer that KMS never gives. What came in between,
// a proxy or a mock, is to be mended; nothing follows for a token.
func wrongAnswer(what string) error { return errors.New("KMS answered with " + what) }

// isVerdict reports whether err is the token's fault.
func isVerdict(err error) bool {
	return errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature)
}

// codeOf returns the error code of an error of the SDK, empty if it has none.
func codeOf(err error) string {
	var coded interface{ ErrorCode() string }
	if !errors.As(err, &coded) {
		return ""
	}
	return coded.ErrorCode()
}
