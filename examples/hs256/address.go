package main

import (
	"strings"

	"golang.org/x/net/idna"
)

// Domains are read as RFC 5891 has it, with the mapping of UTS 46 before: case and width
// of letters make no difference.
var domains = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true),
	idna.StrictDomainName(true), idna.ValidateLabels(true), idna.VerifyDNSLength(true),
)

// An address is an e-mail address. Mail goes to the one that is stored, and never to one
// that merely looks the same.
type address struct {
	text string // as mail is sent to it, its domain in ASCII
	key  string // the same for all spellings of one address
}

// maxAddress and maxLocal are those of RFC 5321 sections 4.5.3.1.3 and 4.5.3.1.1, in bytes.
const (
	maxAddress = 254
	maxLocal   = 64
)

// parseAddress reads an address and nothing else: no name before it, no list. What stands
// before the @ must be ASCII. Anything else has several spellings, which programs fold
// differently: strings.ToLower makes a "k" of the Kelvin sign, and so would let whoever
// has one address pass for the owner of another.
func parseAddress(text string) (a address, ok bool) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || len(text) > maxAddress || !isLocal(text[:at]) {
		return address{}, false
	}
	local := text[:at]
	domain, err := domains.ToASCII(text[at+1:])
	if err != nil || !isPublic(domain) {
		return address{}, false
	}
	a = address{text: local + "@" + domain, key: lowerASCII(local) + "@" + domain}
	return a, len(a.text) <= maxAddress
}

// isLocal reports whether text is a Dot-string of RFC 5321 section 4.1.2.
func isLocal(text string) bool {
	if len(text) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(text, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	return true
}

func notAtext(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isPublic reports whether a domain may be one of the Internet: it has a dot in it, and is
// not the number of a host.
func isPublic(domain string) bool {
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && strings.Trim(domain[dot+1:], "0123456789") != ""
}

// lowerASCII makes small letters of A to Z, and leaves all else.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, text)
}
