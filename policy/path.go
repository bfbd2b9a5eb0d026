package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// PathValue returns value if it can stand as one segment of a path given to a
// [Builder], and an error otherwise. Use it for every part of a path that is
// data rather than text of the program, such as a user or tenant identifier:
//
//	id, err := policy.PathValue(token.Subject)
//	…
//	b.AllowMethod("GET", "/users/"+id)
//
// It refuses the empty string, "." and "..", and every character that is not
// itself in a URI's path segment (RFC 3986 section 3.3; percent-encode it if
// that is how requests name the resource), a "*", which IAM would read as any
// text at all, and "$", which begins a policy variable. Nothing is escaped: IAM
// has ${*} for a literal asterisk, but whether API Gateway reads it is not
// documented.
func PathValue(value string) (string, error) {
	if value == "" || value == "." || value == ".." {
		return "", fmt.Errorf("policy: %q cannot be a path segment", value)
	}
	if i := strings.IndexAny(value, "/*$"); i >= 0 {
		return "", fmt.Errorf("policy: a path value must not hold %q", value[i])
	}
	if err := checkURIPath(value); err != nil {
		return "", err
	}
	return value, nil
}

// checkURIPath refuses what cannot be in a URI's path: RFC 3986 section 3.3.
func checkURIPath(path string) error {
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
				return errors.New(`policy: a "%" in a path must begin a percent-encoded character`)
			}
		case !isAlphanumeric(c) && strings.IndexByte("/-._~!$&'()*+,;=:@", c) < 0:
			return fmt.Errorf("policy: a path must not hold %q: percent-encode it as requests do", c)
		}
	}
	return nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// notInBlueprint reports whether the original AuthPolicy refuses a character in paths.
func notInBlueprint(r rune) bool {
	return r >= utf8.RuneSelf || !isAlphanumeric(byte(r)) && !strings.ContainsRune("/.-*", r)
}

// translatePath turns a path as developers write it into one of IAM: {id} and
// {proxy+} become "*".
func translatePath(path string) (string, error) {
	if strings.Contains(path, "${") {
		return "", fmt.Errorf("policy: the path %q holds a policy variable, which API Gateway is not known to support", path)
	}
	if !strings.ContainsAny(path, "{}") {
		return path, checkURIPath(path)
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		name, greedy, ok := parameterName(s)
		switch {
		case ok && greedy && i < len(segments)-1:
			return "", fmt.Errorf("policy: in the path %q, {%s+} must come last", path, name)
		case ok:
			segments[i] = "*"
		default:
			if err := checkURIPath(s); err != nil {
				return "", fmt.Errorf("policy: in the path %q, a parameter must be a whole segment, as in /users/{id}: %w", path, err)
			}
		}
	}
	return strings.Join(segments, "/"), nil
}

// parameterName reads a path parameter: {name}, or {name+} that takes the rest of
// the path. Names hold what API Gateway allows in them.
func parameterName(segment string) (name string, greedy, ok bool) {
	name, ok = strings.CutPrefix(segment, "{")
	if !ok {
		return "", false, false
	}
	if name, ok = strings.CutSuffix(name, "}"); !ok {
		return "", false, false
	}
	name, greedy = strings.CutSuffix(name, "+")
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && strings.IndexByte("_.:-", c) < 0 {
			return "", false, false
		}
	}
	return name, greedy, name != ""
}
