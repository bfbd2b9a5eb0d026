package keys_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func TestPublicPEMIsReadInEveryForm(t *testing.T) {
	for name, alg := range map[string]string{
		"rsa2048-a.spki": "RS256", "rsa2048-a.pkcs1pub": "RS256", "rsa2048-a.certificate": "RS256",
		"ec-p256-a.spki": "ES256", "ec-p256-a.certificate": "ES256", "ec-p384-a.spki": "ES384", "ec-p521-a.spki": "ES512",
		"ed25519-a.spki": "EdDSA", "ed25519-a.certificate": "EdDSA",
	} {
		t.Run(name, func(t *testing.T) {
			public, err := keys.ParsePublicPEM("", pemFile(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if public.Algorithm() != alg {
				t.Errorf("algorithm %s, want %s", public.Algorithm(), alg)
			}
			h, signature := sign(t, privateKey(t, "", alg, "a"), []byte("input"))
			if err := verify(public, h, []byte("input"), signature); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPrivatePEMIsReadInEveryForm(t *testing.T) {
	for name, alg := range map[string]string{
		"rsa2048-a.pkcs8": "RS256", "rsa2048-a.pkcs1": "RS256",
		"ec-p256-a.pkcs8": "ES256", "ec-p256-a.sec1": "ES256", "ec-p384-a.pkcs8": "ES384", "ec-p384-a.sec1": "ES384",
		"ec-p521-a.pkcs8": "ES512", "ec-p521-a.sec1": "ES512", "ed25519-a.pkcs8": "EdDSA",
	} {
		t.Run(name, func(t *testing.T) {
			private, err := keys.ParsePrivatePEM("", pemFile(t, name))
			if err != nil {
				t.Fatal(err)
			}
			public, err := keys.ParsePublicPEM("", pemFile(t, stem(alg)+"-a.spki"))
			if err != nil {
				t.Fatal(err)
			}
			if private.Algorithm() != alg || private.Kid() != public.Thumbprint() {
				t.Errorf("algorithm %s and kid %s, want %s and %s", private.Algorithm(), private.Kid(), alg, public.Thumbprint())
			}
			h, signature := sign(t, private, []byte("input"))
			if err := verify(public, h, []byte("input"), signature); err != nil {
				t.Error(err)
			}
		})
	}
}

// What environment variables, editors and OpenSSL make of a PEM file.
func TestAPEMBlockThatWentThroughAnEnvironmentVariableIsRead(t *testing.T) {
	text := string(pemFile(t, "ec-p256-a.spki"))
	for name, variant := range map[string]string{
		`\n written out`:          strings.ReplaceAll(text, "\n", `\n`),
		`\r\n written out`:        strings.ReplaceAll(text, "\n", `\r\n`),
		"double quotes around it": `"` + text + `"`,
		"single quotes around it": "'" + strings.TrimSpace(text) + "'",
		`quotes around \n`:        `"` + strings.ReplaceAll(text, "\n", `\n`) + "\"\n",
		`\n escaped twice`:        strings.ReplaceAll(text, "\n", `\\n`),
		"quotes of both kinds":    `'"` + text + `"'`,
		"a BOM in quotes":         "\"\ufeff" + text + `"`,
		"a byte order mark":       "\ufeff" + text,
		"CRLF":                    strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		if _, err := keys.ParsePublicPEM("ES256", []byte(variant)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := keys.ParsePrivatePEM("ES256", pemFile(t, "ec-p256-c.parameters")); err != nil {
		t.Errorf("EC PARAMETERS before the key: %v", err)
	}
}

// openssl genpkey -algorithm rsa-pss, and Java, bind a key to PSS.
func TestAKeyThatIsBoundToPSSServesPSOnly(t *testing.T) {
	for file, want := range map[string]string{"rsapss-a": "PS256", "rsapss-sha384": "PS384"} {
		private, err := keys.ParsePrivatePEM("", pemFile(t, file+".pkcs8"))
		if err != nil {
			t.Fatal(err)
		}
		public, err := keys.ParsePublicPEM(want, pemFile(t, file+".spki"))
		if err != nil {
			t.Fatal(err)
		}
		if private.Algorithm() != want || public.Algorithm() != want || public.Thumbprint() != private.Public().Thumbprint() {
			t.Errorf("%s: %v and %v, want %s", file, private, public, want)
		}
		h, signature := sign(t, private, []byte("input"))
		if err := verify(public, h, []byte("input"), signature); err != nil {
			t.Error(err)
		}
		_, err = keys.ParsePublicPEM("RS256", pemFile(t, file+".spki"))
		wantError(t, err, "bound to PSS, for RS256")
		_, err = keys.ParsePrivatePEM("RS256", pemFile(t, file+".pkcs8"))
		wantError(t, err, "bound to PSS, for RS256")
	}
	if key, err := keys.ParsePublicPEM("", pemFile(t, "rsapss-a.certificate")); err != nil || key.Algorithm() != "PS256" {
		t.Errorf("of a certificate: %v, %v", key, err)
	}
	if key, err := keys.ParsePublicPEM("PS512", pemFile(t, "rsapss-a.spki")); err != nil || key.Algorithm() != "PS512" {
		t.Errorf("without parameters: %v, %v", key, err)
	}
	_, err := keys.ParsePublicPEM("RS256", pemFile(t, "rsapss-a.certificate"))
	wantError(t, err, "bound to PSS, for RS256")
	_, err = keys.ParsePublicPEM("PS256", pemFile(t, "rsapss-sha384.spki"))
	wantError(t, err, "bound to PS384, for PS256")
}

func TestWhiteSpaceAroundAPEMBlockIsFine(t *testing.T) {
	text := pemFile(t, "ed25519-a.spki")
	for name, variant := range map[string][]byte{
		"line breaks around it":     []byte("\n\n" + string(text) + "\r\n \t\n"),
		"no line break at the end":  bytes.TrimSpace(text),
		"CRLF":                      bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		"trailing space on BEGIN":   bytes.Replace(text, []byte("KEY-----\n"), []byte("KEY----- \n"), 1),
		"base64 on a line or three": bytes.Replace(text, []byte("MCow"), []byte("MC\now\n"), 1),
	} {
		if _, err := keys.ParsePublicPEM("", variant); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPEMTextIsReadUpToItsLimit(t *testing.T) {
	text := string(pemFile(t, "ed25519-a.spki"))
	full := text + strings.Repeat("\n", 64<<10-len(text))
	if _, err := keys.ParsePublicPEM("", []byte(full)); err != nil {
		t.Errorf("64 KiB: %v", err)
	}
	_, err := keys.ParsePublicPEM("", []byte(full+"\n"))
	wantError(t, err, "a text of 65537 bytes: it may have at most 65536")
}

func TestPublicPEMThatIsNotOneGoodPublicKeyIsRefused(t *testing.T) {
	good := string(pemFile(t, "ec-p256-a.spki"))
	lines := strings.SplitAfter(strings.TrimSpace(good), "\n")
	tests := []struct {
		name string
		text string
		want string
	}{
		{"empty", "", "an empty text"},
		{"a path", "/etc/keys/public.pem", "no PEM block"},
		{"a JWK", string(publicJWK(t, "ES256", "a")), "no PEM block"},
		{"too large", good + strings.Repeat("\n", 64<<10), "it may have at most"},
		{"text before it", "issuer key\n" + good, "text before"},
		{"text after it", good + "x", "data after"},
		{"a NUL before it", "\x00" + good, "zero bytes"},
		{"a NUL after it", good + "\x00", "zero bytes"},
		{"another key after it", good + string(pemFile(t, "ed25519-a.spki")), "2 PEM blocks"},
		{"itself after it", good + good, "2 PEM blocks"},
		{"a chain of certificates", string(pemFile(t, "rsa2048-a.certificate")) + string(pemFile(t, "ec-p256-a.certificate")), "2 PEM blocks"},
		{"an unfinished block before it", "-----BEGIN PUBLIC KEY-----\n" + good, "2 PEM blocks"},
		{"no line breaks", strings.ReplaceAll(good, "\n", ""), "damaged"},
		{"no END line", lines[0] + lines[1] + lines[2], "damaged"},
		{"another END line", strings.Replace(good, "END PUBLIC", "END PRIVATE", 1), "damaged"},
		{"foreign base64", strings.Replace(good, "MFkw", "MF*w", 1), "damaged"},
		{"the name of an OpenSSH key", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("ssh-ed25519")})), "not DER"},
		{"a header", strings.Replace(good, "KEY-----\n", "KEY-----\nComment: mine\n\n", 1), "headers"},
		{"an empty block", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "not DER"},
		{"a private key", string(pemFile(t, "ec-p256-a.pkcs8")), "ParsePrivatePEM"},
		{"a PKCS #1 private key", string(pemFile(t, "rsa2048-a.pkcs1")), "ParsePrivatePEM"},
		{"a SEC 1 private key", string(pemFile(t, "ec-p256-a.sec1")), "ParsePrivatePEM"},
		{"an encrypted private key", string(pemFile(t, "refused-encrypted.pkcs8")), "encrypted private key"},
		{"a certificate request", strings.ReplaceAll(good, "PUBLIC KEY", "CERTIFICATE REQUEST"), "CERTIFICATE REQUEST"},
		{"a certificate under the name of a key", strings.ReplaceAll(string(pemFile(t, "rsa2048-a.certificate")), "CERTIFICATE", "PUBLIC KEY"), "holds what belongs under CERTIFICATE"},
		{"a certificate for encryption only", string(pemFile(t, "refused-encipherment.certificate")), "key usage"},
		{"a damaged certificate", changeDER(t, "rsa2048-a.certificate", 8), "does not hold a key"},
		{"RSA of 1024 bits", publicOf(t, "refused-rsa1024.pkcs8"), "at least 2048"},
		{"RSA of 2040 bits", publicOf(t, "refused-rsa2040.pkcs8"), "at least 2048"},
		{"RSA with the exponent 3", publicOf(t, "refused-rsa-e3.pkcs8"), "public exponent 3"},
		{"P-224", string(pemFile(t, "refused-ec-p224.spki")), "use P-256, P-384 or P-521"},
		{"secp256k1", string(pemFile(t, "refused-ec-secp256k1.spki")), "on secp256k1: use P-256"},
		{"explicit curve parameters", string(pemFile(t, "refused-ec-explicit.spki")), "-param_enc named_curve"},
		{"a compressed point", string(pemFile(t, "refused-ec-compressed.spki")), "-conv_form uncompressed"},
		{"an empty point", emptyPoint(t), "does not hold a key"},
		{"Ed448", string(pemFile(t, "refused-ed448.spki")), "an Ed448 key: use RSA"},
		{"line breaks turned to spaces", strings.ReplaceAll(good, "\n", " "), "have become spaces"},
		{"in base64", base64.StdEncoding.EncodeToString([]byte(good)), "a PEM block in base64: decode it"},
		{"its base64 alone", lines[1] + lines[2], "base64 without BEGIN and END lines"},
		{"UTF-16", "\xff\xfe" + strings.Join(strings.Split(good, ""), "\x00") + "\x00", "save the PEM file as UTF-8"},
		{"an ssh-ed25519 line", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host", "openssl genpkey -algorithm ed25519"},
		{"an ssh-rsa line", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ user@host", "ssh-keygen -e -m PKCS8"},
		{"PKCS #1 under the name of SPKI", strings.ReplaceAll(string(pemFile(t, "rsa2048-a.pkcs1pub")), "RSA PUBLIC", "PUBLIC"), "holds what belongs under RSA PUBLIC KEY"},
		{"SPKI under the name of PKCS #1", strings.ReplaceAll(string(pemFile(t, "rsa2048-a.spki")), "PUBLIC KEY", "RSA PUBLIC KEY"), "holds what belongs under PUBLIC KEY"},
		{"X25519", string(pemFile(t, "refused-x25519.spki")), "type *ecdh.PublicKey"},
		{"DSA", string(pemFile(t, "refused-dsa.spki")), "type *dsa.PublicKey"},
		{"a point off the curve", changeDER(t, "ec-p256-a.spki", -1), "does not hold a key"},
		{"trailing data in DER", appendDER(t, "ec-p256-a.spki"), "data after the key"},
		{"trailing data in PKCS #1", appendDER(t, "rsa2048-a.pkcs1pub"), "data after the key"},
		{"trailing data in a certificate", appendDER(t, "rsa2048-a.certificate"), "data after the key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.ParsePublicPEM("", []byte(test.text))
			wantError(t, err, "keys: public key in PEM: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

func TestPrivatePEMThatIsNotOneGoodPrivateKeyIsRefused(t *testing.T) {
	good := string(pemFile(t, "ec-p256-a.pkcs8"))
	tests := []struct {
		name string
		text string
		want string
	}{
		{"empty", "", "an empty text"},
		{"too large", strings.Repeat(" ", 64<<10) + good, "it may have at most"},
		{"text after it", good + "x", "data after"},
		{"its public key after it", good + string(pemFile(t, "ec-p256-a.spki")), "2 PEM blocks"},
		{"EC PARAMETERS and two keys", string(pemFile(t, "ec-p256-c.parameters")) + good, "3 PEM blocks"},
		{"a public key", string(pemFile(t, "ec-p256-a.spki")), "ParsePublicPEM"},
		{"a PKCS #1 public key", string(pemFile(t, "rsa2048-a.pkcs1pub")), "ParsePublicPEM"},
		{"a certificate", string(pemFile(t, "rsa2048-a.certificate")), "ParsePublicPEM"},
		{"encrypted PKCS #8", string(pemFile(t, "refused-encrypted.pkcs8")), "decrypt it"},
		{"encrypted SEC 1", string(pemFile(t, "refused-encrypted.sec1")), "decrypt it"},
		{"DSA", strings.ReplaceAll(good, "PRIVATE KEY", "DSA PRIVATE KEY"), `type "DSA PRIVATE KEY"`},
		{"OpenSSH Ed25519", string(pemFile(t, "refused-openssh")), "openssl genpkey -algorithm ed25519"},
		{"OpenSSH RSA", string(pemFile(t, "refused-openssh-rsa")), "ssh-keygen -p -m PKCS8"},
		{"RSA of 1024 bits", string(pemFile(t, "refused-rsa1024.pkcs8")), "at least 2048"},
		{"RSA of 2040 bits", string(pemFile(t, "refused-rsa2040.pkcs8")), "at least 2048"},
		{"RSA with the exponent 3", string(pemFile(t, "refused-rsa-e3.pkcs8")), "public exponent 3"},
		{"RSA of three primes", string(pemFile(t, "refused-rsa-3primes.pkcs8")), "two primes"},
		{"P-224", string(pemFile(t, "refused-ec-p224.pkcs8")), "use P-256, P-384 or P-521"},
		{"secp256k1", string(pemFile(t, "refused-ec-secp256k1.pkcs8")), "on secp256k1: use P-256"},
		{"explicit curve parameters", string(pemFile(t, "refused-ec-explicit.sec1")), "-param_enc named_curve"},
		{"X25519", string(pemFile(t, "refused-x25519.pkcs8")), "type *ecdh.PrivateKey"},
		{"Ed448", string(pemFile(t, "refused-ed448.pkcs8")), "an Ed448 key: use RSA"},
		{"SEC 1 under the name of PKCS #8", strings.ReplaceAll(string(pemFile(t, "ec-p256-a.sec1")), "EC PRIVATE", "PRIVATE"), "holds what belongs under EC PRIVATE KEY"},
		{"trailing data in PKCS #8", appendDER(t, "ec-p256-a.pkcs8"), "data after the key"},
		{"trailing data in PKCS #1", appendDER(t, "rsa2048-a.pkcs1"), "data after the key"},
		{"trailing data in SEC 1", appendDER(t, "ec-p256-a.sec1"), "data after the key"},
		{"an RSA key with a changed coefficient", changeDER(t, "rsa2048-a.pkcs1", -1), "does not hold a key"},
		{"an RSA key with a changed modulus", changeDER(t, "rsa2048-a.pkcs1", 100), "does not hold a key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.ParsePrivatePEM("", []byte(test.text))
			wantError(t, err, "keys: private key in PEM: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

// The user can mend the name, and need not look for another fault.
func TestABlockUnderTheNameOfAnotherIsNamed(t *testing.T) {
	files := map[string]string{
		"PUBLIC KEY": "rsa2048-a.spki", "RSA PUBLIC KEY": "rsa2048-a.pkcs1pub", "CERTIFICATE": "rsa2048-a.certificate",
		"PRIVATE KEY": "rsa2048-a.pkcs8", "RSA PRIVATE KEY": "rsa2048-a.pkcs1", "EC PRIVATE KEY": "ec-p256-a.sec1",
	}
	for says := range files {
		for holds, file := range files {
			text := pem.EncodeToMemory(&pem.Block{Type: says, Bytes: derOf(t, file)})
			_, err := keys.ParsePublicPEM("", text)
			if strings.HasSuffix(says, "PRIVATE KEY") {
				_, err = keys.ParsePrivatePEM("", text)
			}
			if says == holds {
				if err != nil {
					t.Errorf("%s: %v", says, err)
				}
				continue
			}
			wantError(t, err, "a block that says "+says+" and holds what belongs under "+holds+": write that")
		}
	}
}

// publicOf returns the SPKI PEM of a private key that this package would refuse.
func publicOf(t *testing.T, name string) string {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, name))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(publicPart(t, key))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// changeDER returns a PEM file with one bit of its DER changed, at a byte counted
// from its end if negative.
func changeDER(t *testing.T, name string, at int) string {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, name))
	if at < 0 {
		at += len(block.Bytes)
	}
	block.Bytes[at] ^= 1
	return string(pem.EncodeToMemory(block))
}

// emptyPoint returns an EC key on P-256 whose point is no byte at all.
func emptyPoint(t *testing.T) string {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, "ec-p256-a.spki"))
	const point = 1 + 64
	header := block.Bytes[:len(block.Bytes)-point-3]
	header[1] -= point
	block.Bytes = append(header, 3, 1, 0) // a BIT STRING of no bits
	return string(pem.EncodeToMemory(block))
}

func appendDER(t *testing.T, name string) string {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, name))
	block.Bytes = append(block.Bytes, 0)
	return string(pem.EncodeToMemory(block))
}

func TestAlgorithmMustFitTheKey(t *testing.T) {
	fits := map[string]string{"rsa2048-a": "RS PS", "ec-p256-a": "ES256", "ec-p384-a": "ES384", "ec-p521-a": "ES512", "ed25519-a": "EdDSA Ed25519"}
	all := append(append([]string{"none", "None", "rs256", "ES256K", "RS1", "Ed448", " RS256"}, hmacAlgorithms...), asymmetricAlgorithms...)
	for name, own := range fits {
		for _, alg := range all {
			fit := strings.Contains(own, alg) || name == "rsa2048-a" && (strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")) && len(alg) == 5
			public, err := keys.ParsePublicPEM(alg, pemFile(t, name+".spki"))
			if (err == nil) != fit {
				t.Errorf("%s public key for %q: %v", name, alg, err)
			}
			if fit && public.Algorithm() != alg {
				t.Errorf("%s public key for %s is one for %s", name, alg, public.Algorithm())
			}
			if _, err := keys.ParsePrivatePEM(alg, pemFile(t, name+".pkcs8")); (err == nil) != fit {
				t.Errorf("%s private key for %q: %v", name, alg, err)
			}
		}
	}
	for _, test := range []struct{ alg, file, want string }{
		{"ES384", "ec-p256-a", "ES384 needs an EC key on P-384, got an EC key on P-256: name ES256 or leave the algorithm empty"},
		{"PS256", "ed25519-a", "PS256 needs an RSA key, got an Ed25519 key: name EdDSA or leave the algorithm empty"},
		{"Ed25519", "rsa2048-a", "Ed25519 needs an Ed25519 key, got an RSA key: name RS256 or leave the algorithm empty"},
		{"HS256", "rsa2048-a", "HS256 needs a secret, got an RSA key: name RS256 or leave the algorithm empty"},
	} {
		_, err := keys.ParsePublicPEM(test.alg, pemFile(t, test.file+".spki"))
		wantError(t, err, test.want)
	}
}

func TestPEMGoesOutAndInAgain(t *testing.T) {
	for _, alg := range asymmetricAlgorithms {
		private := privateKey(t, "k", alg, "a")
		text, err := private.MarshalPrivatePEM()
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParsePrivatePEM(alg, text)
		if err != nil {
			t.Fatal(err)
		}
		again = again.WithKid("k")
		publicText, err := again.Public().MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		public, err := keys.ParsePublicPEM(alg, publicText)
		if err != nil {
			t.Fatal(err)
		}
		public = public.WithKid("k")
		h, signature := sign(t, again, []byte("input"))
		if err := verify(public, h, []byte("input"), signature); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if public.Thumbprint() != private.Public().Thumbprint() {
			t.Errorf("%s: another key came back", alg)
		}
		if !bytes.Equal(publicText, pemFile(t, stem(alg)+"-a.spki")) {
			t.Errorf("%s: the public PEM is not OpenSSL's", alg)
		}
	}
}
