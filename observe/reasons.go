package observe

import "github.com/lambdajwt/authorizer/verifier"

// ReasonLabel returns a reason as a label: itself if it is one of package verifier's, and
// [Other] if it is a user's own.
func ReasonLabel(reason verifier.Reason) string {
	switch reason {
	case "", verifier.NoToken, verifier.AmbiguousToken, verifier.TooLarge, verifier.Malformed, verifier.ForbiddenHeader,
		verifier.WrongType, verifier.WrongAlgorithm, verifier.UnknownKey, verifier.WrongSignature,
		verifier.Expired, verifier.NotYetValid, verifier.IssuedInFuture, verifier.TooOld,
		verifier.WrongIssuer, verifier.WrongAudience, verifier.MissingClaim, verifier.WrongClaim,
		verifier.Unproven, verifier.ContextTooLarge, verifier.RefusedByCheck, verifier.Inactive,
		verifier.WrongBinding, verifier.WrongProof, verifier.ReplayedProof, verifier.MissingNonce:
		return string(reason)
	}
	return Other
}
