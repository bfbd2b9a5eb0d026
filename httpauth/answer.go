package httpauth

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// answer answers a request that is not handed on.
func (m *Middleware) answer(w http.ResponseWriter, v verdict) {
	status := statusOf(v)
	if v.decision == Refused || v.decision == Denied && len(v.missing) > 0 {
		challenges, nonce := m.challenges(v)
		for _, c := range challenges {
			w.Header().Add("WWW-Authenticate", c)
		}
		if nonce != "" {
			w.Header().Set("DPoP-Nonce", nonce) // RFC 9449 section 9
		}
	}
	if status == http.StatusServiceUnavailable {
		seconds := (m.cfg.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	refuse(w, status)
}

func statusOf(v verdict) int {
	switch {
	case v.decision == Denied:
		return http.StatusForbidden
	case v.decision == Refused && verifier.ReasonOf(v.err) == verifier.AmbiguousToken:
		return http.StatusBadRequest
	case v.decision == Refused:
		return http.StatusUnauthorized
	case errors.Is(v.err, keys.ErrMisconfigured):
		return http.StatusInternalServerError
	}
	return http.StatusServiceUnavailable
}

// refuse answers with a status and its name, as API Gateway does. No cache keeps it.
func refuse(w http.ResponseWriter, status int) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintf(w, "{\"message\":%q}\n", http.StatusText(status))
}
