package authorizertest

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// A veil is between a request and those who look at it: what may be a token or a secret
// does not get through.
type veil struct {
	credentials []string
}

func newVeil(g *Gateway, x *exchange) veil { return veil{g.credentials(x)} }

// text hides tokens, wherever they are, the request's credentials, and the values of
// members and parameters whose names say that they are secret.
func (v veil) text(text string) string {
	text = tokenLike.ReplaceAllStringFunc(text, shortenToken)
	text = hide(text, v.credentials)
	text = secretMember.ReplaceAllStringFunc(text, func(found string) string { return hideValue(found, secretMember, `"[hidden]"`) })
	return secretParameter.ReplaceAllStringFunc(text, func(found string) string { return hideValue(found, secretParameter, "[hidden]") })
}

// hideValue hides what is behind a name, unless it is a token that has been shortened and
// nothing else.
func hideValue(found string, pattern *regexp.Regexp, hidden string) string {
	name := pattern.FindStringSubmatch(found)[1]
	if shortenedAlone.MatchString(found[len(name):]) {
		return found
	}
	return name + hidden
}

// header is text for headers, where what follows the name of a scheme is a credential.
func (v veil) header(text string) string {
	return v.text(credential.ReplaceAllStringFunc(text, func(found string) string {
		scheme, value, _ := strings.Cut(found, " ")
		if isToken(value) {
			return found
		}
		return scheme + " [hidden]"
	}))
}

const secretNames = `passw|passphrase|passcode|pwd|secret|api_?-?key|private_?-?key|credential|cookie`

var (
	// Three parts or more: a signature that somebody has added to is one still.
	tokenLike       = regexp.MustCompile(`[\w-]{4,}(?:\.[\w+/=~-]*){2,}`)
	shortenedAlone  = regexp.MustCompile(`^"?(?:\w+ )?[\w-]+…\.…\.[\w-]*…"?$`) // see shortenToken
	credential      = regexp.MustCompile(`(?i)\b(?:Basic|Bearer|DPoP|Digest|Negotiate|Token|ApiKey) +[^\s",]+`)
	secretMember    = regexp.MustCompile(`(?i)("[^"\n]*(?:(?:` + secretNames + `)[^"\n]*|token)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|\{[^}]*\}?|[^\s,}\]]+)`)
	secretParameter = regexp.MustCompile(`(?i)((?:^|[?&;"\s])[^=&;?"\s]*(?:(?:` + secretNames + `)[^=&;?"\s]*|token)=)(?:"(?:[^"\\]|\\.)*"?|[^&;"\s]*)`)
)

// isToken reports whether a text begins as a JWS or JWE does: with a JSON object in base64.
func isToken(text string) bool {
	first, _, found := strings.Cut(text, ".")
	if !found {
		return false
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(first, "="))
	return err == nil && strings.HasPrefix(strings.TrimLeft(string(header), " \t\r\n"), "{")
}

// shortenToken leaves as much of a token as tells it from another at a glance.
func shortenToken(text string) string {
	if !isToken(text) {
		return text
	}
	signature := text[strings.LastIndexByte(text, '.')+1:]
	return beginning(text) + ".…." + beginning(signature)
}

// beginning returns the first characters of a text that is to be known by them, and never
// more than a quarter of it.
func beginning(text string) string { return text[:min(6, len(text)/4)] + "…" }
