package verifier

import (
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// ErrInvalidToken says that a token is at fault: refuse the caller who sent
// it. An error of [Verifier] that does not wrap it says that the token could
// not be decided, because something that was needed for it failed.
//
// A [Config.Check] refuses a token with an error that wraps ErrInvalidToken.
var ErrInvalidToken = errors.New("token is invalid")

// ErrNoToken says that a request has no token where one was looked for. It wraps
// [ErrInvalidToken].
var ErrNoToken error = &Error{Reason: NoToken}

// ErrAmbiguousToken says that a request has several tokens, or several values where one
// token should be. None of them is used: which one counts is not for the sender to leave
// open. It wraps [ErrInvalidToken].
var ErrAmbiguousToken error = &Error{Reason: AmbiguousToken}

// Reason says in one word why a token was refused. The list is fixed, so that a
// reason can be the label of a metric; later versions may add to it.
type Reason string

// The reasons for which a token is refused.
const (
	NoToken         Reason = "no_token"          // ErrNoToken
	AmbiguousToken  Reason = "ambiguous_token"   // ErrAmbiguousToken
	TooLarge        Reason = "too_large"         // longer than Config.MaxTokenSize
	Malformed       Reason = "malformed"         // no strictly formed compact JWS of a claims set
	ForbiddenHeader Reason = "forbidden_header"  // crit, b64:false, a nested token, or what Config.RefuseKeyHeaders refuses
	WrongType       Reason = "wrong_type"        // typ is not Config.Type
	WrongAlgorithm  Reason = "wrong_algorithm"   // alg is not the key's
	UnknownKey      Reason = "unknown_key"       // kid names no key of Config.Keys
	WrongSignature  Reason = "wrong_signature"   // not made with the key
	Expired         Reason = "expired"           // at or past exp
	NotYetValid     Reason = "not_yet_valid"     // before nbf
	IssuedInFuture  Reason = "issued_in_future"  // before iat
	TooOld          Reason = "too_old"           // iat is longer ago than Config.MaxTokenAge
	WrongIssuer     Reason = "wrong_issuer"      // iss is not Config.Issuer
	WrongAudience   Reason = "wrong_audience"    // aud holds none of Config.Audience
	MissingClaim    Reason = "missing_claim"     // exp, iat or one of Config.RequiredClaims is missing, or one that a preset needs
	WrongClaim      Reason = "wrong_claim"       // a claim that a preset checks has another value: token_use, client_id
	Unproven        Reason = "unproven"          // refused for its claims before the signature was checked
	ContextTooLarge Reason = "context_too_large" // the claims that an authorizer is to hand over are longer than API Gateway takes
	RefusedByCheck  Reason = "refused_by_check"  // Config.Check or Refuse said so
	Inactive        Reason = "inactive"          // the issuer says so (RFC 7662 section 2.2)
	WrongBinding    Reason = "wrong_binding"     // the sender is not the one whom cnf names (RFC 7800), or none is named
	WrongProof      Reason = "wrong_proof"       // the DPoP proof beside the token is missing or no good (RFC 9449 section 4.3)
	ReplayedProof   Reason = "replayed_proof"    // the DPoP proof has been used before
	MissingNonce    Reason = "missing_nonce"     // the DPoP proof does not have the nonce to use now (RFC 9449 section 9)
)

// Detail says in one word more about a [Malformed] or an [Unproven] token. The list is
// fixed, so that a detail can be the label of a metric; later versions may add to it. Of an
// unproven token it can also be the reason for which it would be refused if it were proven,
// such as "expired".
type Detail string

// The details.
const (
	BearerLeftOn  Detail = "bearer_left_on"  // the text begins with "Bearer "
	WhiteSpace    Detail = "white_space"     // there is white space in it, a line break at its end for one
	NotThreeParts Detail = "not_three_parts" // not three parts joined by dots, such as an opaque or an encrypted token
	NotBase64     Detail = "not_base64"      // a part is not in base64url, or padded
	HeaderJSON    Detail = "header_json"     // the header is no strict JSON object, or lacks alg
	HeaderType    Detail = "header_type"     // a member of the header is of the wrong type
	ClaimsJSON    Detail = "claims_json"     // the claims are no strict JSON object
	ClaimType     Detail = "claim_type"      // a registered claim is of the wrong type
	UnknownIssuer Detail = "unknown_issuer"  // iss is none of ByIssuer's
)

// Error is a refusal. It wraps [ErrInvalidToken] and, for those who match on
// them, the errors with which golang-jwt says the same, such as
// [jwt.ErrTokenExpired]. It holds nothing of the token.
type Error struct {
	Reason Reason

	// Detail is set for Malformed and Unproven, and empty otherwise.
	Detail Detail

	// Claim is the name of the claim for MissingClaim, WrongClaim and ClaimType, and for
	// ContextTooLarge if it is a subject.
	Claim string

	// Expected is what the setting asks for, for WrongIssuer, WrongAudience and WrongType:
	// configuration, and nothing secret.
	Expected []string

	cause error // what Config.Check or Refuse was given; nil otherwise
}

// Error returns a sentence without any content of the token, unless
// [Config.Check] put some into its own error.
func (e *Error) Error() string {
	if e == nil {
		return "a nil *verifier.Error, which is no refusal"
	}
	if e.cause != nil {
		return e.cause.Error()
	}
	text := "token is invalid: " + string(e.Reason)
	if e.Detail != "" {
		text += " (" + string(e.Detail) + ")"
	}
	if e.Claim != "" {
		text += " " + e.Claim
	}
	if len(e.Expected) > 0 {
		text += ", expected " + strings.Join(e.Expected, " or ")
	}
	return text
}

// Unwrap returns ErrInvalidToken and the like-minded errors of golang-jwt. A nil Error in
// an error, which a function gives that declares its own as *Error, wraps nothing: it
// blames no token.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	wrapped := append([]error{ErrInvalidToken}, sentinels(e.Reason)...)
	if e.cause != nil {
		wrapped = append(wrapped, e.cause)
	}
	return wrapped
}

// sentinels returns the errors that golang-jwt's own parser gives in the case of
// each reason. An unproven refusal has none: a caller who acts on ErrTokenExpired
// (offers a refresh, say) may trust that the token was once good.
func sentinels(reason Reason) []error {
	switch reason {
	case TooLarge, Malformed:
		return []error{jwt.ErrTokenMalformed}
	case ForbiddenHeader, WrongType, UnknownKey:
		return []error{jwt.ErrTokenUnverifiable}
	case WrongAlgorithm, WrongSignature:
		return []error{jwt.ErrTokenSignatureInvalid}
	case Expired, TooOld:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired}
	case NotYetValid:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenNotValidYet}
	case IssuedInFuture:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenUsedBeforeIssued}
	case WrongIssuer:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidIssuer}
	case WrongAudience:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidAudience}
	case MissingClaim:
		return []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenRequiredClaimMissing}
	case WrongClaim, WrongBinding, WrongProof, ReplayedProof, MissingNonce:
		return []error{jwt.ErrTokenInvalidClaims}
	}
	return nil
}

func refuse(reason Reason) error { return &Error{Reason: reason} }

func malformed(detail Detail) error { return &Error{Reason: Malformed, Detail: detail} }

// Refuse makes a refusal of err: an error that wraps [ErrInvalidToken] and err, with the
// reason [RefusedByCheck] unless err has one of its own. It is for a [Config.Check] and for
// what decides after the verifier, such as an authorizer's PolicyFunc, where a claim of the
// wrong type or value is the token's fault:
//
//	if err := t.Claims(&claims); err != nil {
//		return nil, verifier.Refuse(err)
//	}
//
// Refuse(nil) is nil.
func Refuse(err error) error {
	if err == nil || errors.Is(err, ErrInvalidToken) {
		return err
	}
	return &Error{Reason: RefusedByCheck, cause: err}
}

func refuseWithout(claim string) error { return &Error{Reason: MissingClaim, Claim: claim} }

func refuseWrong(claim string) error { return &Error{Reason: WrongClaim, Claim: claim} }

// ReasonOf returns the reason of a refusal. It is empty for an error that is no
// refusal, and RefusedByCheck for one that wraps ErrInvalidToken without a reason.
func ReasonOf(err error) Reason {
	var refusal *Error
	switch {
	case errors.As(err, &refusal) && refusal != nil:
		return refusal.Reason
	case errors.Is(err, ErrInvalidToken):
		return RefusedByCheck
	}
	return ""
}
