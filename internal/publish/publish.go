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

// Serve answers GET and HEAD with a JSON document, with ETag and Cache-Control, or with 304
// to one who has it. Caches may keep it for maxAge, in whole seconds. Any other method gets
// 405.
func Serve(w http.ResponseWriter, r *http.Request, text []byte, maxAge time.Duration) {
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	sum := sha256.Sum256(text)
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", maxAge/time.Second))
	header.Set("ETag", `"`+jose.EncodeBase64URL(sum[:])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
