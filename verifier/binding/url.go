package binding

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/verifier"
)

// errURL holds nothing of the URL, in which callers may have put anything.
var errURL = errors.New("not an absolute http or https URL without a user")

// normalize returns a text that is the same for two URLs of one resource: it compares them
// by syntax and by scheme (RFC 3986 sections 6.2.2 and 6.2.3), without query and fragment.
func normalize(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", errURL
	}
	return discovery.Origin(u) + removeDots(escape(writtenPath(u))), nil
}

// writtenPath returns the path as it was written. URL.EscapedPath is another one where the
// path has a character that should have been escaped: of "/a%2Fé" it makes "/a/%C3%A9".
func writtenPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return u.EscapedPath()
}

// escape writes every character of a path as an escape in capitals, but for the reserved
// ones that stand there as such. So "a" and "%61" become the same, and "/" and "%2f" do not.
// All escapes are well-formed: url.Parse has seen to that.
func escape(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '%':
			fmt.Fprintf(&b, "%%%02X", unhex(path[i+1])<<4|unhex(path[i+2]))
			i += 2
		case strings.IndexByte("/:@!$&'()*+,;=", c) >= 0: // RFC 3986 section 3.3
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func unhex(digit byte) byte {
	if digit <= '9' {
		return digit - '0'
	}
	return digit&0xf + 9 // of a letter in either case
}

// removeDots takes the segments "." and "..", escaped, out of a path (RFC 3986 section
// 5.2.4). An empty path is the root.
func removeDots(path string) string {
	const dot = "%2E"
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		if segment != dot && segment != dot+dot {
			kept = append(kept, segment)
			continue
		}
		if segment == dot+dot && len(kept) > 0 {
			kept = kept[:len(kept)-1]
		}
		if i == len(segments)-1 {
			kept = append(kept, "") // the slash before it stays
		}
	}
	return "/" + strings.Join(kept, "/")
}

// Rebase returns a [DPoPConfig.PublicURL] for an API that callers reach at another address
// than the one it sees. It removes strip from the beginning of the path of Request.URL, and
// puts the rest behind base. For a CloudFront distribution in front of the stage prod of a
// REST API:
//
//	binding.Rebase("/prod", "https://www.example.com/api")
//
// strip may be empty, and base is an https URL without query and fragment (http for
// loopback). Rebase returns an error that says which of them to mend. What it returns gives
// a refusal, WrongProof, for a Request.URL whose path does not begin with strip.
func Rebase(strip, base string) (func(Request) (string, error), error) {
	u, err := discovery.ParseIssuer(base)
	switch {
	case err != nil:
		return nil, fmt.Errorf("binding: Rebase: base: %w", err)
	case strip != "" && (!strings.HasPrefix(strip, "/") || strings.HasSuffix(strip, "/")):
		return nil, fmt.Errorf("binding: Rebase: strip is %q: set it to a path such as /prod, or leave it empty", strip)
	}
	front := discovery.ShowOrigin(u) + strings.TrimSuffix(writtenPath(u), "/")
	return func(r Request) (string, error) {
		u, err := url.Parse(r.URL)
		if err != nil {
			return "", errURL
		}
		path, found := strings.CutPrefix(writtenPath(u), strip)
		if !found || path != "" && path[0] != '/' {
			return "", refuse(verifier.WrongProof, "the path of Request.URL does not begin with what Rebase is to strip")
		}
		return front + path, nil
	}, nil
}
