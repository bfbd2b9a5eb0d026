package binding

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/discovery"
)

// errURL holds nothing of the URL, in which callers may have put anything.
var errURL = errors.New("not an absolute http or https URL without a user")

// normalize returns the form that two URLs of one resource have in common, by syntax and
// by scheme (RFC 3986 sections 6.2.2 and 6.2.3), without query and fragment.
func normalize(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", errURL
	}
	return discovery.Origin(u) + removeDots(normalizeEscapes(writtenPath(u))), nil
}

// writtenPath returns the path as it was written. URL.EscapedPath is another one where the
// path has a character that should have been escaped: of "/a%2Fé" it makes "/a/%C3%A9".
func writtenPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return u.EscapedPath()
}

// normalizeEscapes escapes what cannot stand in a path, writes escapes in capitals, and
// those of unreserved characters as the characters themselves. All escapes are well-formed:
// url.Parse has seen to that.
func normalizeEscapes(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c, escaped := path[i], false
		if c == '%' {
			c, escaped = unhex(path[i+1])<<4|unhex(path[i+2]), true
			i += 2
		}
		if isUnreserved(c) || !escaped && strings.IndexByte("/:@!$&'()*+,;=", c) >= 0 {
			b.WriteByte(c)
		} else {
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

// isUnreserved is RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~", c) >= 0
}

// removeDots takes the segments "." and ".." out of a path (RFC 3986 section 5.2.4). An
// empty path is the root.
func removeDots(path string) string {
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		switch segment {
		case ".", "..":
			if segment == ".." && len(kept) > 0 {
				kept = slices.Delete(kept, len(kept)-1, len(kept))
			}
			if i == len(segments)-1 {
				kept = append(kept, "") // the slash before it stays
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// Rebase returns a [DPoPConfig.PublicURL] for an API that callers reach at another address
// than the one it sees: it cuts strip off the path of Request.URL and puts what is left
// behind base. For a CloudFront distribution in front of the stage prod of a REST API that
// is
//
//	Rebase("/prod", "https://www.example.com/api")
//
// strip may be empty, and base is an https URL without query and fragment (http for
// loopback). Rebase returns an error that says which of them to mend. What it returns gives
// an error for a Request.URL whose path does not begin with strip.
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
			return "", errors.New("the path of Request.URL does not begin with what Rebase is to strip")
		}
		return front + path, nil
	}, nil
}
