package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// What a would-be secret can turn out to be.
const (
	textPEM     = "a PEM file"
	textSSH     = "an SSH key"
	textJWK     = "a JSON Web Key"
	textDER     = "a DER encoded key or certificate"
	textECPoint = "a point of an elliptic curve"
)

// keyText returns what kind of key the bytes of a would-be secret encode, or
// nothing. A verifier that is given a public key for its secret falls to algorithm
// confusion: the public key is public, and so anyone can make HS256 tokens with
// it. Bytes that were drawn at random are never taken for a key.
func keyText(secret []byte) string {
	return keyBehind(secret, 3)
}

// keyBehind looks at data, and at what it is a costume of: text in quotes or brackets, with
// line breaks written out, behind a name and an equals sign, in UTF-16, in base64, in hex or
// escaped as in a URL, one inside the other.
func keyBehind(data []byte, depth int) string {
	if what := keyEncoding(data); what != "" || depth == 0 {
		return what
	}
	for _, undress := range []func([]byte) []byte{stripped, assigned, unescaped, fromUTF16, decodeText} {
		inner := undress(data)
		if bytes.Equal(inner, data) {
			continue
		}
		if what := keyBehind(inner, depth-1); what != "" {
			return what
		}
	}
	return ""
}

// stripped returns text without what stands around it, such as the brackets of x5c.
func stripped(data []byte) []byte {
	return bytes.Trim(unwrapped(data), "\ufeff \t\r\n\x00\"'`[]")
}

// assigned returns what is behind the first equals sign, as in a file of environment
// variables.
func assigned(data []byte) []byte {
	_, value, _ := bytes.Cut(data, []byte("="))
	return value
}

// unescaped returns what stands in a URL, or nothing.
func unescaped(data []byte) []byte {
	text, _ := url.QueryUnescape(string(data))
	return []byte(text)
}

// fromUTF16 returns text in UTF-16 of either byte order as UTF-8, if it is ASCII, or nil.
func fromUTF16(data []byte) []byte {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		data = data[2:]
	}
	if len(data)%2 != 0 {
		return nil
	}
	var text []byte
	for pair := range slices.Chunk(data, 2) {
		switch {
		case pair[0] == 0:
			text = append(text, pair[1])
		case pair[1] == 0:
			text = append(text, pair[0])
		default:
			return nil
		}
	}
	return text
}

// insteadOf says what to do with such a key.
func insteadOf(what string) string {
	switch what {
	case textPEM, textDER, textECPoint:
		return "use ParsePublicPEM or ParsePrivatePEM for a key in PEM"
	case textJWK:
		return "use ParseSecretJWK, ParsePublicJWK, ParsePrivateJWK or ParseJWKS"
	default:
		return "convert it to PEM and use ParsePublicPEM or ParsePrivatePEM"
	}
}

func keyEncoding(data []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case bytes.Contains(data, []byte("-----BEGIN")):
		return textPEM
	case isSSH(text):
		return textSSH
	case isJWK(text):
		return textJWK
	case isDER(data):
		return textDER
	case isECPoint(data):
		return textECPoint
	}
	return ""
}

// isSSH knows the line of an authorized_keys file, the bytes that its base64 part
// stands for, which begin with the same name and its length (RFC 4253 section 6.6),
// and the files of RFC 4716.
func isSSH(data []byte) bool {
	if len(data) > 4 && bytes.HasPrefix(data, []byte{0, 0, 0}) {
		data = data[4:]
	}
	for _, prefix := range []string{
		"ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-nistp",
		"sk-ssh-ed25519", "sk-ecdsa-sha2-nistp", "---- BEGIN SSH2",
	} {
		if bytes.HasPrefix(data, []byte(prefix)) {
			return true
		}
	}
	return false
}

// isJWK knows a JWK by the member that it must have (RFC 7517 section 4.1), and a
// set by its own (section 5.1).
func isJWK(data []byte) bool {
	return bytes.HasPrefix(data, []byte("{")) &&
		(bytes.Contains(data, []byte(`"kty"`)) || bytes.Contains(data, []byte(`"keys"`)))
}

// isDER knows SubjectPublicKeyInfo of any algorithm, certificates, and the forms of
// keys that crypto/x509 reads.
func isDER(data []byte) bool {
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(data, &spki); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS1PublicKey(data); err == nil {
		return true
	}
	if _, err := x509.ParseCertificate(data); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS8PrivateKey(data); err == nil {
		return true
	}
	if _, err := x509.ParsePKCS1PrivateKey(data); err == nil {
		return true
	}
	_, err := x509.ParseECPrivateKey(data)
	return err == nil
}

// isECPoint knows uncompressed points only. Compressed ones look like any secret.
func isECPoint(data []byte) bool {
	for _, name := range []string{"P-256", "P-384", "P-521"} {
		if _, err := ecdsa.ParseUncompressedPublicKey(ecCurve(name), data); err == nil {
			return true
		}
	}
	return false
}

// decodeText returns the bytes that data stands for in hex or in either base64,
// with or without padding and line breaks, up to what is neither.
func decodeText(data []byte) []byte {
	text := bytes.Join(bytes.Fields(data), nil)
	digits := strings.ReplaceAll(strings.TrimPrefix(string(text), "0x"), ":", "")
	if decoded, err := hex.DecodeString(digits); err == nil {
		return decoded
	}
	text = bytes.ReplaceAll(text, []byte("-"), []byte("+"))
	text = bytes.ReplaceAll(text, []byte("_"), []byte("/"))
	behind := bytes.TrimLeft(text, base64Digits)
	decoded, _ := base64.RawStdEncoding.DecodeString(string(text[:len(text)-len(behind)]))
	return decoded
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// checkSecret refuses what is too regular for a secret, and text that is not the secret
// itself.
func checkSecret(secret []byte) error {
	text := bytes.TrimSpace(secret)
	switch {
	case len(slices.Compact(slices.Sorted(slices.Values(secret)))) < 8:
		return errors.New("a secret of fewer than eight different bytes: fill it from crypto/rand")
	case bytes.Contains(text, []byte("{{resolve:")):
		return errors.New("a secret that is a {{resolve:...}} which CloudFormation has not resolved: it does so in some properties of a template only, load the secret at run time")
	case bytes.HasPrefix(text, []byte("{")) && json.Valid(text):
		return errors.New("a secret that is a JSON object, as Secrets Manager keeps pairs of keys and values: give it the value alone")
	case isPrintable(text) && bytes.HasSuffix(secret, []byte("\n")):
		return errors.New("a secret that ends with a line break, as a file does: trim it, on every side that uses it")
	}
	return nil
}

// isPrintable reports whether data is text of printable ASCII.
func isPrintable(data []byte) bool {
	return !bytes.ContainsFunc(data, func(c rune) bool { return c < ' ' || c > '~' })
}
