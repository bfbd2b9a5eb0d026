package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxAddressSize bounds an address, in bytes. Issuers and key sets have short ones.
const maxAddressSize = 2048

// ParseEndpoint reads the address of something that is published. It is an absolute
// https URL without user and fragment, or an http URL of this very machine.
func ParseEndpoint(text string) (*url.URL, error) {
	if len(text) > maxAddressSize {
		return nil, fmt.Errorf("an address of %d bytes: use at most %d", len(text), maxAddressSize)
	}
	u, err := url.Parse(text)
	shown := Show(text)
	if strings.Contains(text, "@") { // a password may stand before it
		shown = "it"
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is no URL: use one such as https://login.example.com", shown)
	case u.User != nil:
		return nil, errors.New("an address with a user name in it: leave the user out")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s is not over https: use https (http is for loopback alone)", shown)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("%s is no absolute https URL: use one such as https://login.example.com", shown)
	case strings.ContainsFunc(u.Hostname(), func(c rune) bool { return c >= 0x80 }):
		// Which ASCII name it stands for, client and comparison might see differently.
		return nil, fmt.Errorf("%s has a host that is not ASCII: write it in Punycode (RFC 5890), xn--", shown)
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("%s has a fragment: leave it out", shown)
	}
	return u, nil
}

// ParseIssuer reads an issuer's name, which is an address without a query (OpenID
// Connect Discovery 1.0 section 3).
func ParseIssuer(text string) (*url.URL, error) {
	u, err := ParseEndpoint(text)
	if err != nil {
		return nil, err
	}
	if strings.Contains(text, "?") {
		return nil, fmt.Errorf("%s has a query, which an issuer must not have: leave it out", Show(text))
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, fmt.Errorf("%s has dots for a segment of its path, which clients take out: name the path itself", Show(text))
		}
	}
	return u, nil
}

// IsLoopback reports whether host is this machine, by its name or address alone:
// nothing is looked up.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") { // RFC 6761 section 6.3
		return true
	}
	return net.ParseIP(host).IsLoopback()
}

// Origin returns scheme, host and port (RFC 6454 section 4), in the one form that
// two URLs of one origin have in common.
func Origin(u *url.URL) string {
	port := u.Port()
	switch {
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// ShowOrigin writes an origin as a person does, for an error that says what to set.
func ShowOrigin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// Show writes an address for an error or a log: in quotes, without a query, in which a
// key may stand, and without a fragment.
func Show(address string) string {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i+1] + "..."
	}
	return redact.Quote(address)
}

// ParseOrigin reads an origin as ShowOrigin writes it.
func ParseOrigin(text string) (string, error) {
	u, err := ParseEndpoint(text)
	if err != nil {
		return "", err
	}
	if u.Path != "" || strings.Contains(text, "?") {
		return "", fmt.Errorf("%s is more than an origin: use %s", Show(text), redact.Quote(ShowOrigin(u)))
	}
	return Origin(u), nil
}
