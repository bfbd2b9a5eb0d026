// Package publish serves small documents that many read.
package publish

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// IsRead reports whether a request reads a document: with GET or HEAD. It answers any other
// with 405.
func IsRead(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "use GET or HEAD", http.StatusMethodNotAllowed)
	return false
}

// Serve answers a request that reads a document with its JSON, with ETag and Cache-Control,
// or with 304 one who has it. Caches may keep it for maxAge, in whole seconds.
func Serve(w http.ResponseWriter, r *http.Request, text []byte, maxAge time.Duration) {
	header := w.Header()
	sum := sha256.Sum256(text)
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", maxAge/time.Second))
	header.Set("ETag", `"`+jose.EncodeBase64URL(sum[:])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
