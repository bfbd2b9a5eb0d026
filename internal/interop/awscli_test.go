package interop_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// awsCommand is where Debian's package awscli puts the aws command line, which is
// written on Amazon's SDK for Python.
const awsCommand = "/usr/bin/aws"

// A commandLine is the aws command line, in front of a KMS in memory.
type commandLine struct {
	*kmstest.KMS
	endpoint string
	dir      string
}

func newCommandLine(t *testing.T) *commandLine {
	t.Helper()
	if _, err := exec.LookPath(awsCommand); err != nil {
		missing(t, "the aws command line", errors.New("is not installed"))
	}
	memory := kmstest.New(kmstest.Config{})
	server := httptest.NewServer(memory)
	t.Cleanup(server.Close)
	return &commandLine{memory, server.URL, t.TempDir()}
}

// kms runs aws kms with these arguments and returns what it prints, or an error with
// that.
func (c *commandLine) kms(t *testing.T, args ...string) (answer map[string]any, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), awsCommand, append([]string{"--endpoint-url", c.endpoint, "--output", "json", "kms"}, args...)...)
	cmd.Env = []string{ // and no configuration of the machine's own
		"HOME=" + c.dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "PYTHONDONTWRITEBYTECODE=1",
		"AWS_REGION=" + c.Region(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	if len(output) == 0 {
		return nil, nil
	}
	return answer, json.Unmarshal(output, &answer)
}

func (c *commandLine) must(t *testing.T, args ...string) map[string]any {
	t.Helper()
	answer, err := c.kms(t, args...)
	if err != nil {
		t.Fatalf("aws kms %s: %v", strings.Join(args, " "), err)
	}
	return answer
}

// file puts bytes where the command line reads them, and returns how it is told so.
func (c *commandLine) file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "fileb://" + path
}

func (c *commandLine) createKey(t *testing.T, args ...string) (arn string) {
	t.Helper()
	metadata, _ := c.must(t, append([]string{"create-key"}, args...)...)["KeyMetadata"].(map[string]any)
	arn, _ = metadata["Arn"].(string)
	if arn == "" {
		t.Fatalf("a key without an ARN: %v", metadata)
	}
	return arn
}

// decoded returns a blob of an answer.
func decoded(t *testing.T, answer map[string]any, member string) []byte {
	t.Helper()
	text, _ := answer[member].(string)
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(blob) == 0 {
		t.Fatalf("%s of %v: %v", member, answer, err)
	}
	return blob
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "("+code+")") {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestTheAWSCommandLineUsesAKMSInMemory(t *testing.T) {
	t.Run("data keys", func(t *testing.T) {
		t.Parallel()
		c := newCommandLine(t)
		key := c.createKey(t)
		made := c.must(t, "generate-data-key", "--key-id", key, "--key-spec", "AES_256", "--encryption-context", "aud=orders")
		blob := c.file(t, "blob", decoded(t, made, "CiphertextBlob"))
		got := c.must(t, "decrypt", "--key-id", key, "--ciphertext-blob", blob, "--encryption-context", "aud=orders")
		if got["Plaintext"] != made["Plaintext"] || got["KeyId"] != key {
			t.Error("another data key, or of another key")
		}
		_, err := c.kms(t, "decrypt", "--key-id", key, "--ciphertext-blob", blob, "--encryption-context", "aud=others")
		wantCode(t, err, "InvalidCiphertextException")
	})
	t.Run("signatures", func(t *testing.T) {
		t.Parallel()
		c := newCommandLine(t)
		c.must(t, "create-alias", "--alias-name", "alias/login", "--target-key-id",
			c.createKey(t, "--key-spec", "RSA_2048", "--key-usage", "SIGN_VERIFY"))
		input := []byte("header.claims")
		digest := sha256.Sum256(input)
		signed := c.must(t, "sign", "--key-id", "alias/login", "--signing-algorithm", "RSASSA_PKCS1_V1_5_SHA_256",
			"--message-type", "DIGEST", "--message", c.file(t, "digest", digest[:]))
		published := c.must(t, "get-public-key", "--key-id", "alias/login")
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: decoded(t, published, "PublicKey")})
		public, err := keys.ParsePublicPEM("RS256", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := public.Verify(t.Context(), input, decoded(t, signed, "Signature")); err != nil {
			t.Error(err)
		}
		_, err = c.kms(t, "verify", "--key-id", "alias/login", "--signing-algorithm", "RSASSA_PKCS1_V1_5_SHA_256",
			"--message", c.file(t, "other", []byte("another message")), "--signature", c.file(t, "signature", decoded(t, signed, "Signature")))
		wantCode(t, err, "KMSInvalidSignatureException")
	})
	t.Run("MACs", func(t *testing.T) {
		t.Parallel()
		c := newCommandLine(t)
		key := c.createKey(t, "--key-spec", "HMAC_256", "--key-usage", "GENERATE_VERIFY_MAC")
		message := c.file(t, "message", []byte("header.claims"))
		made := c.must(t, "generate-mac", "--key-id", key, "--mac-algorithm", "HMAC_SHA_256", "--message", message)
		verified := c.must(t, "verify-mac", "--key-id", key, "--mac-algorithm", "HMAC_SHA_256", "--message", message,
			"--mac", c.file(t, "mac", decoded(t, made, "Mac")))
		if verified["MacValid"] != true {
			t.Errorf("got %v", verified)
		}
	})
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		c := newCommandLine(t)
		c.Fail("DescribeKey", 1, kmstest.Error("AccessDeniedException", "not you"))
		_, err := c.kms(t, "describe-key", "--key-id", "alias/login")
		wantCode(t, err, "AccessDeniedException")
		_, err = c.kms(t, "describe-key", "--key-id", "alias/login")
		wantCode(t, err, "NotFoundException")
	})
}
