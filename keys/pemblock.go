package keys

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// maxPEMSize bounds a PEM text, in bytes. An RSA key of 8192 bits has 6 KB, a
// certificate of it not much more.
const maxPEMSize = 64 << 10

var pemBegin = []byte("-----BEGIN ")

// onePEMBlock returns the only block of a text that has nothing else but the EC
// PARAMETERS which OpenSSL writes before an EC key, and which the key itself repeats.
func onePEMBlock(text []byte) (*pem.Block, error) {
	if len(text) > maxPEMSize {
		return nil, fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), maxPEMSize)
	}
	text = unwrapped(text)
	if err := checkPEMText(text); err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New("a damaged PEM block: it needs its BEGIN and END lines, each a line of its own, and base64 between them")
	case len(rest) > 0:
		return nil, errors.New("data after the PEM block: remove it")
	case block.Type == "OPENSSH PRIVATE KEY" && bytes.Contains(block.Bytes, []byte("ssh-ed25519")):
		return nil, errOpenSSHEd25519
	case block.Type == "OPENSSH PRIVATE KEY":
		return nil, errors.New("a private key in OpenSSH's own form: convert it with ssh-keygen -p -m PKCS8 -f FILE")
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "": // the latter is RFC 1421's way
		return nil, errors.New("an encrypted private key: decrypt it with openssl pkey, and keep it in a secret store instead")
	case len(block.Headers) > 0:
		return nil, errors.New("a PEM block with headers: remove the lines with a colon")
	}
	if err := wholeDER(block.Bytes); err != nil {
		return nil, fmt.Errorf("a %s block that is not DER: %w", block.Type, err)
	}
	return block, nil
}

var errOpenSSHEd25519 = errors.New("an Ed25519 key in OpenSSH's own form, which no tool converts: make one with openssl genpkey -algorithm ed25519")

// unwrapped takes off what files, shells and environment variables put around a text or
// into it: a byte order mark, white space, quotes, and line breaks written out.
func unwrapped(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(`\r`), nil)
	text = bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte(`\`), nil) // of \\n, which has been escaped twice
	return bytes.Trim(text, "\ufeff \t\r\n\"'")
}

// checkPEMText says what a text is that is not one PEM block, and what to do.
func checkPEMText(text []byte) error {
	parameters := bytes.HasPrefix(text, []byte("-----BEGIN EC PARAMETERS-----"))
	switch blocks := bytes.Count(text, pemBegin); {
	case len(text) == 0:
		return errors.New("an empty text: is the environment variable or the file that it comes from there?")
	case bytes.IndexByte(text, 0) >= 0:
		return errors.New("a text with zero bytes, as UTF-16 has them, or no text at all: save the PEM file as UTF-8")
	case blocks == 0:
		return notPEM(text)
	case blocks > 2, blocks == 2 && !parameters:
		return fmt.Errorf("%d PEM blocks: give that of the one key alone, without other keys and certificates", blocks)
	case !bytes.HasPrefix(text, pemBegin):
		return errors.New("text before the PEM block: remove it")
	case bytes.IndexByte(text, '\n') < 0 && bytes.Contains(text, []byte("----- ")):
		return errors.New("a PEM block whose line breaks have become spaces: keep them, or write each as \\n")
	}
	return nil
}

// notPEM says what a text without a PEM block is.
func notPEM(text []byte) error {
	switch {
	case bytes.Contains(text, []byte("ssh-ed25519")):
		return errOpenSSHEd25519
	case isSSH(text):
		return errors.New("an OpenSSH public key: convert it with ssh-keygen -e -m PKCS8 -f FILE")
	}
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
	switch {
	case err != nil:
		return errors.New("no PEM block: give the text that begins with -----BEGIN")
	case bytes.Contains(decoded, pemBegin):
		return errors.New("a PEM block in base64: decode it first")
	}
	return errors.New("base64 without BEGIN and END lines: put them around it, such as -----BEGIN PUBLIC KEY-----")
}

// wholeDER refuses data behind the outermost element, which crypto/x509 passes
// over here and there.
func wholeDER(der []byte) error {
	var outermost asn1.RawValue
	rest, err := asn1.Unmarshal(der, &outermost)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return errors.New("data after the key")
	}
	return nil
}
