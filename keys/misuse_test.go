package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// publicForms returns every encoding of the public key "a" of an algorithm that a
// verifier of HS256 could be given for its secret.
func publicForms(t *testing.T, alg string) map[string][]byte {
	t.Helper()
	text := pemFile(t, stem(alg)+"-a.spki")
	block, _ := pem.Decode(text)
	spki := block.Bytes
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	jwk := publicJWK(t, alg, "a")
	body := bytes.Join(slices.DeleteFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool { return bytes.HasPrefix(line, []byte("-")) }), []byte("\n"))
	forms := map[string][]byte{
		"PEM":                                  text,
		"PEM without its last line break":      bytes.TrimSpace(text),
		"PEM with CRLF":                        bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		`PEM with \n written out`:              bytes.ReplaceAll(text, []byte("\n"), []byte(`\n`)),
		"PEM on one line":                      bytes.ReplaceAll(text, []byte("\n"), nil),
		"PEM behind white space":               append([]byte(" \r\n\t"), text...),
		"PEM behind a byte order mark":         append([]byte("\ufeff"), text...),
		"PEM in quotes":                        fmt.Appendf(nil, "%q", text),
		"PEM in JSON":                          fmt.Appendf(nil, `{"key":%q}`, text),
		"PEM in base64":                        []byte(base64.StdEncoding.EncodeToString(text)),
		"PEM in hex":                           []byte(hex.EncodeToString(text)),
		"DER":                                  spki,
		"DER in base64":                        []byte(base64.StdEncoding.EncodeToString(spki)),
		"DER in base64 without padding":        []byte(base64.RawStdEncoding.EncodeToString(spki)),
		"DER in base64url":                     []byte(base64.URLEncoding.EncodeToString(spki)),
		"DER in base64url without padding":     []byte(base64.RawURLEncoding.EncodeToString(spki)),
		"DER in base64 before a comment":       []byte(base64.StdEncoding.EncodeToString(spki) + " # the old one"),
		"DER in hex":                           []byte(hex.EncodeToString(spki)),
		"DER in upper case hex":                []byte(strings.ToUpper(hex.EncodeToString(spki))),
		"the body of PEM":                      body,
		"JWK":                                  jwk,
		"JWK behind white space":               append([]byte("\n "), jwk...),
		"JWK set":                              jwkSet(jwk),
		"JWK in base64":                        []byte(base64.StdEncoding.EncodeToString(jwk)),
		"JWK as a JSON string":                 encode(t, string(jwk)),
		"JWK in UTF-16":                        utf16LE(jwk),
		"PEM in UTF-16":                        append([]byte{0xff, 0xfe}, utf16LE(text)...),
		"PEM in UTF-16, big-endian":            append([]byte{0xfe, 0xff}, utf16BE(text)...),
		"JWK in UTF-16, big-endian":            utf16BE(jwk),
		"PEM in base64 in quotes":              fmt.Appendf(nil, "%q", base64.StdEncoding.EncodeToString(text)),
		`the body of PEM with \n written out`:  bytes.ReplaceAll(body, []byte("\n"), []byte(`\n`)),
		"the body of PEM in quotes":            fmt.Appendf(nil, "%q", body),
		"the body of PEM in single quotes":     fmt.Appendf(nil, "'%s'", body),
		`the body of PEM with \\n written out`: bytes.ReplaceAll(body, []byte("\n"), []byte(`\\n`)),
		"x5c":                                  fmt.Appendf(nil, "[\n %q\n]", base64.StdEncoding.EncodeToString(spki)),
		"a line of an environment file":        fmt.Appendf(nil, "JWT_KEY=%s", base64.StdEncoding.EncodeToString(spki)),
		"a set of none":                        []byte(`{"keys":["0123456789abcdef","ghijklmnopqrstuvwxyz"]}`),
		"JWK in a list":                        fmt.Appendf(nil, "[%s]", jwk),
		"JWK as a JSON string in a list":       fmt.Appendf(nil, "[%s]", encode(t, string(jwk))),
		"JWK as in a URL":                      []byte(url.QueryEscape(string(jwk))),
		"DER in hex with colons":               []byte(strings.ReplaceAll(fmt.Sprintf("% x", spki), " ", ":")),
		"DER with a byte behind it":            append(bytes.Clone(spki), 0),
		"DER in hex behind 0x":                 fmt.Appendf(nil, "%#x", spki),
		"OpenSSH blob":                         sshBlob(key),
		"OpenSSH line":                         []byte(sshName(key) + " " + base64.StdEncoding.EncodeToString(sshBlob(key)) + " user@host"),
		"OpenSSH blob in base64":               []byte(base64.StdEncoding.EncodeToString(sshBlob(key))),
		"SSH2 file": []byte("---- BEGIN SSH2 PUBLIC KEY ----\n" + base64.StdEncoding.EncodeToString(sshBlob(key)) +
			"\n---- END SSH2 PUBLIC KEY ----\n"),
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		pkcs1 := x509.MarshalPKCS1PublicKey(key)
		certificate, _ := pem.Decode(pemFile(t, "rsa2048-a.certificate"))
		forms["PKCS #1 PEM"] = pemFile(t, "rsa2048-a.pkcs1pub")
		forms["PKCS #1 DER"] = pkcs1
		forms["PKCS #1 DER in base64"] = []byte(base64.StdEncoding.EncodeToString(pkcs1))
		forms["certificate"] = pemFile(t, "rsa2048-a.certificate")
		forms["certificate in DER"] = certificate.Bytes
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		forms["uncompressed point"] = point
		forms["uncompressed point in hex"] = []byte(hex.EncodeToString(point))
		forms["uncompressed point in base64"] = []byte(base64.StdEncoding.EncodeToString(point))
	}
	return forms
}

// utf16LE returns ASCII text in UTF-16, as Windows writes it.
func utf16LE(text []byte) []byte {
	var wide []byte
	for _, c := range text {
		wide = append(wide, c, 0)
	}
	return wide
}

func utf16BE(text []byte) []byte {
	wide := utf16LE(text)
	for pair := range slices.Chunk(wide, 2) {
		slices.Reverse(pair)
	}
	return wide
}

func TestHMACRefusesTextThatIsNotTheSecretItself(t *testing.T) {
	good := "correct horse battery staple, and a few words more"
	for want, text := range map[string]string{
		"fewer than eight different": strings.Repeat("changeme", 5),
		"CloudFormation":             "{{resolve:secretsmanager:jwt:SecretString:secret}}",
		"give it the value alone":    `{"JWT_SECRET":"` + good + `"}`,
		"ends with a line break":     good + "\n",
		"with a line break":          good + " ~\n",
		"of at least 32 bytes":       "hunter2",
		"32 bytes, got 3:":           "\x00\x00\x00",
		"different bytes":            strings.Repeat("changem", 5),
	} {
		_, err := keys.HMAC("HS256", []byte(text))
		wantError(t, err, want)
		if strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	for name, text := range map[string]string{
		"text": good, "base64 text": base64.StdEncoding.EncodeToString(secretBytes("s")), "hex": hex.EncodeToString(secretBytes("s")),
		"bytes that end with a line break": string(append(secretBytes("s"), '\n')), "braces": "{" + good + "}",
		"names of a JWK's members":             `"kty" and "keys" are not behind a brace`,
		"eight different bytes":                strings.Repeat("changem!", 5),
		"a control character and a line break": "\x1f" + good + "\n", "DEL and a line break": "\x7f" + good + "\n",
		"white space of many kinds": " \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006",
	} {
		if _, err := keys.HMAC("HS256", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func sshName(key any) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return "ssh-rsa"
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ecdsa-sha2-nistp%d", key.Params().BitSize)
	default:
		return "ssh-ed25519"
	}
}

// sshBlob encodes a key as RFC 4253 section 6.6, RFC 5656 section 3.1 and RFC 8709
// section 4 have it.
func sshBlob(key any) []byte {
	var fields [][]byte
	switch key := key.(type) {
	case *rsa.PublicKey:
		fields = [][]byte{big.NewInt(int64(key.E)).Bytes(), append([]byte{0}, key.N.Bytes()...)}
	case *ecdsa.PublicKey:
		point, _ := key.Bytes()
		fields = [][]byte{fmt.Appendf(nil, "nistp%d", key.Params().BitSize), point}
	case ed25519.PublicKey:
		fields = [][]byte{key}
	}
	var blob []byte
	for _, field := range append([][]byte{[]byte(sshName(key))}, fields...) {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(field))), field...)
	}
	return blob
}

func TestHMACRefusesEveryEncodingOfAPublicKey(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		for name, form := range publicForms(t, alg) {
			t.Run(alg+" "+name, func(t *testing.T) {
				for _, hs := range hmacAlgorithms {
					_, err := keys.HMAC(hs, form)
					wantError(t, err, "needs a")
				}
				// All that is long enough must be refused for what it is, with a way out.
				if _, err := keys.HMAC("HS256", form); len(form) >= 32 && !(strings.Contains(err.Error(), "random secret") && strings.Contains(err.Error(), "Parse")) {
					t.Errorf("refused for another reason: %v", err)
				}
			})
		}
	}
}

// What to use instead depends on the encoding.
func TestHMACSaysWhatToUseForAKey(t *testing.T) {
	text := pemFile(t, "ec-p256-a.spki")
	block, _ := pem.Decode(text)
	for want, form := range map[string][]byte{
		"HS256 needs a random secret, got a PEM file: use ParsePublicPEM or ParsePrivatePEM for a key in PEM":                       text,
		"HS256 needs a random secret, got a DER encoded key or certificate: use ParsePublicPEM or ParsePrivatePEM for a key in PEM": block.Bytes,
		"HS256 needs a random secret, got a point of an elliptic curve: use ParsePublicPEM or ParsePrivatePEM for a key in PEM":     block.Bytes[len(block.Bytes)-65:],
		"HS256 needs a random secret, got a JSON Web Key: use ParseSecretJWK, ParsePublicJWK, ParsePrivateJWK or ParseJWKS":         publicJWK(t, "ES256", "a"),
		"HS256 needs a random secret, got an SSH key: convert it to PEM and use ParsePublicPEM or ParsePrivatePEM":                  []byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ user@host"),
	} {
		if _, err := keys.HMAC("", form); err == nil || err.Error() != "keys: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A key is found under three costumes. The fourth is a limit to the work.
func TestHMACLooksBehindThreeCostumes(t *testing.T) {
	form := pemFile(t, "ed25519-a.spki")
	for depth := range 5 {
		if _, err := keys.HMAC("", form); (err == nil) != (depth > 3) {
			t.Errorf("in base64 %d times: %v", depth, err)
		}
		form = []byte(base64.StdEncoding.EncodeToString(form))
	}
}

func TestHMACRefusesPrivateKeys(t *testing.T) {
	for _, name := range []string{
		"rsa2048-a.pkcs8", "rsa2048-a.pkcs1", "ec-p256-a.pkcs8", "ec-p256-a.sec1", "ed25519-a.pkcs8",
		"refused-encrypted.pkcs8", "refused-openssh", "refused-ec-secp256k1.spki", "rsapss-a.spki", "refused-dsa.spki",
	} {
		text := pemFile(t, name)
		block, _ := pem.Decode(text)
		if _, err := keys.HMAC("", text); err == nil {
			t.Errorf("HMAC took %s as a secret", name)
		}
		if strings.Contains(name, "openssh") || strings.Contains(name, "encrypted") {
			continue // their DER is of no form that is known
		}
		if _, err := keys.HMAC("", block.Bytes); err == nil {
			t.Errorf("HMAC took the DER of %s as a secret", name)
		}
	}
	for _, text := range [][]byte{
		privateJWK(t, "RS256", "a"),
		[]byte(`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`),
	} {
		_, err := keys.HMAC("", text)
		wantError(t, err, "JSON Web Key", "ParseSecretJWK")
	}
}

func TestHMACTakesWhatIsNoKey(t *testing.T) {
	random := secretBytes("random")
	for name, secret := range map[string][]byte{
		"random bytes":                     random,
		"random bytes in hex":              []byte(hex.EncodeToString(random)),
		"random bytes in base64":           []byte(base64.StdEncoding.EncodeToString(random)),
		"random bytes in base64url":        []byte(base64.RawURLEncoding.EncodeToString(random)),
		"a long passphrase":                []byte("correct horse battery staple correct horse battery staple"),
		"bytes that begin like DER":        append([]byte{0x30, 62}, random[:62]...),
		"bytes that begin like a point":    append([]byte{4}, random...),
		"bytes that begin like an SSH key": append([]byte{0, 0, 0, 7}, random...),
		"text that begins like JSON":       []byte(`{"secret":correct horse battery staple}`),
		"digits":                           []byte("31415926535897932384626433832795028841971"),
		"a JWK between other bytes":        bytes.ReplaceAll(utf16LE(publicJWK(t, "ES256", "a")), []byte{0}, []byte{'x'}),
		"text that begins with ssh":        []byte("ssh, this is a long passphrase of ours"),
	} {
		if _, err := keys.HMAC("HS256", secret); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
