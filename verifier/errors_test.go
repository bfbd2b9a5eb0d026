package verifier_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/verifier"
)

var sentinels = []error{
	jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired,
	jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing,
}

func TestEachReasonMatchesTheErrorsOfGolangJWTThatSayTheSameAndNoOthers(t *testing.T) {
	for reason, want := range map[verifier.Reason][]error{
		verifier.NoToken:         nil,
		verifier.AmbiguousToken:  nil,
		verifier.TooLarge:        {jwt.ErrTokenMalformed},
		verifier.Malformed:       {jwt.ErrTokenMalformed},
		verifier.ForbiddenHeader: {jwt.ErrTokenUnverifiable},
		verifier.WrongType:       {jwt.ErrTokenUnverifiable},
		verifier.UnknownKey:      {jwt.ErrTokenUnverifiable},
		verifier.WrongAlgorithm:  {jwt.ErrTokenSignatureInvalid},
		verifier.WrongSignature:  {jwt.ErrTokenSignatureInvalid},
		verifier.Expired:         {jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired},
		verifier.TooOld:          {jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired},
		verifier.NotYetValid:     {jwt.ErrTokenInvalidClaims, jwt.ErrTokenNotValidYet},
		verifier.IssuedInFuture:  {jwt.ErrTokenInvalidClaims, jwt.ErrTokenUsedBeforeIssued},
		verifier.WrongIssuer:     {jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidIssuer},
		verifier.WrongAudience:   {jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidAudience},
		verifier.MissingClaim:    {jwt.ErrTokenInvalidClaims, jwt.ErrTokenRequiredClaimMissing},
		verifier.WrongClaim:      {jwt.ErrTokenInvalidClaims},
		verifier.WrongBinding:    {jwt.ErrTokenInvalidClaims},
		verifier.WrongProof:      {jwt.ErrTokenInvalidClaims},
		verifier.ReplayedProof:   {jwt.ErrTokenInvalidClaims},
		verifier.MissingNonce:    {jwt.ErrTokenInvalidClaims},
		verifier.Unproven:        nil, // nothing that has not been proven may be acted on
		verifier.ContextTooLarge: nil,
		verifier.RefusedByCheck:  nil,
		verifier.Inactive:        nil,
	} {
		err := fmt.Errorf("a request: %w", &verifier.Error{Reason: reason})
		if !errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) != reason {
			t.Errorf("%s: not a refusal of its reason", reason)
		}
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) != slices.Contains(want, sentinel) {
				t.Errorf("%s: matches %q: %v", reason, sentinel, errors.Is(err, sentinel))
			}
		}
	}
}

func TestARefusalSaysWhyInOneLine(t *testing.T) {
	for want, refusal := range map[string]*verifier.Error{
		"token is invalid: expired":                              {Reason: verifier.Expired},
		"token is invalid: malformed (not_base64)":               {Reason: verifier.Malformed, Detail: verifier.NotBase64},
		"token is invalid: malformed (claim_type) exp":           {Reason: verifier.Malformed, Detail: verifier.ClaimType, Claim: "exp"},
		"token is invalid: missing_claim exp":                    {Reason: verifier.MissingClaim, Claim: "exp"},
		"token is invalid: wrong_issuer, expected a":             {Reason: verifier.WrongIssuer, Expected: []string{"a"}},
		"token is invalid: wrong_audience, expected a or b or c": {Reason: verifier.WrongAudience, Expected: []string{"a", "b", "c"}},
	} {
		if got := refusal.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, wrapped := range refusal.Unwrap() {
			if wrapped == nil {
				t.Errorf("%s: wraps nil", want)
			}
		}
	}
}

// It is what a function gives that declares its own error as *Error and has none.
func TestANilErrorBlamesNoToken(t *testing.T) {
	var none *verifier.Error
	for _, err := range []error{none, fmt.Errorf("wrapped: %w", none)} {
		if errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) != "" {
			t.Errorf("%v: it is a refusal for %q", err, verifier.ReasonOf(err))
		}
	}
	if got := none.Error(); got != "a nil *verifier.Error, which is no refusal" {
		t.Errorf("got %q", got)
	}
}

func TestTheReasonOfAnError(t *testing.T) {
	for _, test := range []struct {
		err  error
		want verifier.Reason
	}{
		{nil, ""},
		{errors.New("throttled"), ""},
		{verifier.ErrInvalidToken, verifier.RefusedByCheck},
		{fmt.Errorf("revoked: %w", verifier.ErrInvalidToken), verifier.RefusedByCheck},
		{verifier.ErrNoToken, verifier.NoToken},
		{verifier.ErrAmbiguousToken, verifier.AmbiguousToken},
		{fmt.Errorf("%w: %w", verifier.ErrInvalidToken, &verifier.Error{Reason: verifier.Expired}), verifier.Expired},
		{verifier.Refuse(errors.New("no tenant")), verifier.RefusedByCheck},
		{verifier.Refuse(verifier.ErrNoToken), verifier.NoToken},
	} {
		if got := verifier.ReasonOf(test.err); got != test.want || errors.Is(test.err, verifier.ErrInvalidToken) != (test.want != "") {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

func TestRefuseKeepsTheErrorThatItIsGiven(t *testing.T) {
	cause := errors.New("no tenant")
	if err := verifier.Refuse(cause); !errors.Is(err, cause) || !errors.Is(err, verifier.ErrInvalidToken) || err.Error() != "no tenant" {
		t.Errorf("got %v", err)
	}
	refusal := fmt.Errorf("revoked: %w", verifier.ErrInvalidToken)
	if err := verifier.Refuse(refusal); err != refusal {
		t.Errorf("a refusal became %v", err)
	}
	if err := verifier.Refuse(nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
}
