package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/lambdajwt/authorizer/verifier"
)

// token gives a token for a code (RFC 6749 section 4.1.3).
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if r.PostFormValue("grant_type") != "authorization_code" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	user, err := i.redeem(r)
	if errors.Is(err, verifier.ErrInvalidToken) {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	var token string
	if err == nil {
		token, err = i.tokens.Issue(r.Context(), user, map[string]string{"client_id": clientID, "scope": scope}) // RFC 9068
	}
	if err != nil {
		i.set.logger.ErrorContext(r.Context(), "no token could be made", "error", err)
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(tokenLifetime.Seconds()), "scope": scope,
	})
}

var errOther = verifier.Refuse(errors.New("the code was given to another client, or has been used"))

// redeem returns the user who has let the client have a code. A code is good once, and for the
// client alone that has asked for it: who else gets hold of it lacks the verifier (RFC 7636).
func (i *issuer) redeem(r *http.Request) (user string, err error) {
	code, err := i.verify.Verify(r.Context(), r.PostFormValue("code"))
	if err != nil {
		return "", err
	}
	var q question
	if err := code.Claims(&q); err != nil {
		return "", err
	}
	client := r.PostFormValue("client_id")
	if id, _, ok := r.BasicAuth(); ok { // some clients try this first, with no secret
		client = id
	}
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case client != q.ClientID, r.PostFormValue("redirect_uri") != q.RedirectURI:
		return "", errOther
	case subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(challenge[:])), []byte(q.Challenge)) != 1:
		return "", errOther
	case r.PostFormValue("resource") != i.set.resource:
		return "", errOther
	}
	first, err := i.used.Use(r.Context(), code.ID, code.ExpiresAt)
	switch {
	case err != nil:
		return "", err
	case !first:
		return "", errOther
	}
	return code.Subject, nil
}
