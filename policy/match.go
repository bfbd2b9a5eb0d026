package policy

import "unicode/utf8"

// match reports whether s matches an IAM pattern: "*" stands for any run of
// characters, also an empty one and also across "/" and ":", "?" for exactly
// one character, and everything else for itself. Case matters.
//
// On a mismatch it goes back to the last "*" only, so that its work is bounded
// by the product of the two lengths whatever the pattern.
func match(pattern, s string) bool {
	var p, i, resume int
	star := -1
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			_, n := utf8.DecodeRuneInString(s[i:])
			p, i = p+1, i+n
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			_, n := utf8.DecodeRuneInString(s[resume:])
			resume += n
			p, i = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
