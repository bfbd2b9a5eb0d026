package jwks

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// cacheLifetime returns for how long a response may be used according to its own
// headers (RFC 9111): max-age of Cache-Control, less its Age, or nothing at all where
// Cache-Control says no-store or no-cache. Of several max-age the least counts. ok is
// false if the headers do not say, or not in a way that can be read.
func cacheLifetime(header http.Header) (lifetime time.Duration, ok bool) {
	for _, line := range header.Values("Cache-Control") {
		for directive := range directives(line) {
			name, value, _ := strings.Cut(directive, "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-store", "no-cache":
				return 0, true
			case "max-age":
				age, valid := deltaSeconds(value)
				if valid && (!ok || age < lifetime) {
					lifetime, ok = age, true
				}
			}
		}
	}
	if age, valid := deltaSeconds(header.Get("Age")); valid {
		lifetime -= age
	}
	return max(lifetime, 0), ok
}

// directives goes through a list that is parted by commas. A comma in a quoted string
// parts nothing (RFC 9110 section 5.6.1).
func directives(line string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case c == '\\' && quoted:
				i++
			case c == '"':
				quoted = !quoted
			case c == ',' && !quoted:
				if !yield(line[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(line[start:])
	}
}

// deltaSeconds reads a number of seconds (RFC 9111 section 1.2.2), which some servers
// put in quotes. One that is too large to matter counts as a century.
func deltaSeconds(text string) (time.Duration, bool) {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	const century = 100 * 365 * 24 * 60 * 60
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds > century {
		seconds = century
	}
	return time.Duration(seconds) * time.Second, true
}
