package interop_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A fault is something wrong with a token that everybody must refuse, and refuse for
// that very reason.
type fault string

const (
	wrongSignature fault = "a signature of which one bit is flipped"
	expired        fault = "its time over"
	wrongIssuer    fault = "another issuer"
	wrongAudience  fault = "another audience"
)

// A peer is somebody else's library.
type peer struct {
	name       string
	version    string
	runtime    runtime
	algorithms []string // those that it and this library both know
	client     string   // how it finds the published keys
	verifyOnly bool     // makes no tokens
	thumbprint bool     // can tell a key's thumbprint
	short      bool     // writes EC coordinates without their leading zeros

	// refusals has a part of the error that the peer gives for each fault.
	refusals map[fault]string
}

var (
	hmacs    = []string{"HS256", "HS384", "HS512"}
	rsas     = []string{"RS256", "RS384", "RS512"}
	psses    = []string{"PS256", "PS384", "PS512"}
	ecdsas   = []string{"ES256", "ES384", "ES512"}
	eddsa    = []string{"EdDSA"}
	ed25519s = []string{"Ed25519"}
)

func peers() []peer {
	return []peer{
		{
			name: "jose", version: "6.2.17", runtime: node{},
			algorithms: join(hmacs, rsas, psses, ecdsas, eddsa, ed25519s),
			client:     "discovery by fetch, createRemoteJWKSet", thumbprint: true,
			refusals: map[fault]string{
				wrongSignature: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
				expired:        "ERR_JWT_EXPIRED",
				wrongIssuer:    `unexpected "iss"`,
				wrongAudience:  `unexpected "aud"`,
			},
		},
		{
			name: "jsonwebtoken", version: "9.0.3", runtime: node{},
			algorithms: join(hmacs, rsas, psses, ecdsas),
			client:     "none: both files by fetch, the key by node:crypto",
			refusals: map[fault]string{
				wrongSignature: "invalid signature",
				expired:        "jwt expired",
				wrongIssuer:    "jwt issuer invalid",
				wrongAudience:  "jwt audience invalid",
			},
		},
		{
			name: "aws-jwt-verify", version: "5.2.1", runtime: node{},
			algorithms: join(rsas, ecdsas, eddsa),
			client:     "JwtVerifier and CognitoJwtVerifier, each with its own fetch", verifyOnly: true,
			refusals: map[fault]string{
				wrongSignature: "Invalid signature",
				expired:        "Token expired",
				wrongIssuer:    "Issuer not allowed",
				wrongAudience:  "Audience not allowed",
			},
		},
		{
			name: "fast-jwt", version: "6.3.6", runtime: node{},
			algorithms: join(hmacs, rsas, psses, ecdsas, eddsa),
			client:     "none: both files by fetch, the key by node:crypto",
			refusals: map[fault]string{
				wrongSignature: "FAST_JWT_INVALID_SIGNATURE",
				expired:        "FAST_JWT_EXPIRED",
				wrongIssuer:    "iss claim value is not allowed",
				wrongAudience:  "aud claim value is not allowed",
			},
		},
		{
			name: "PyJWT", version: "2.6.0", runtime: python{script: "pyjwt_peer.py"},
			algorithms: join(hmacs, rsas, psses, ecdsas, eddsa),
			client:     "discovery by urllib, PyJWKClient", short: true,
			refusals: map[fault]string{
				wrongSignature: "InvalidSignatureError",
				expired:        "ExpiredSignatureError",
				wrongIssuer:    "InvalidIssuerError",
				wrongAudience:  "InvalidAudienceError",
			},
		},
		{
			name: "Authlib", version: "1.2.0", runtime: python{script: "authlib_peer.py"},
			algorithms: join(hmacs, rsas, psses, ecdsas, eddsa),
			client:     "OpenIDProviderMetadata, JsonWebKey", thumbprint: true, short: true,
			refusals: map[fault]string{
				wrongSignature: "BadSignatureError",
				expired:        "ExpiredTokenError",
				wrongIssuer:    "Invalid claim \"iss\"",
				wrongAudience:  "Invalid claim \"aud\"",
			},
		},
	}
}

func join(groups ...[]string) []string {
	var all []string
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// required tells whether a peer that is missing is a failure: if INTEROP is "required".
func required(t *testing.T) bool {
	t.Helper()
	switch value := os.Getenv("INTEROP"); value {
	case "":
		return false
	case "required":
		return true
	default:
		t.Fatalf(`INTEROP is %q: set it to "required", or not at all`, value)
		return false
	}
}

// command returns what starts the peer. Where it is not installed the test is skipped,
// or fails if it is required.
func (p peer) command(t *testing.T) []string {
	t.Helper()
	command, version, err := p.runtime.find(p.name)
	if err == nil && version != p.version {
		err = fmt.Errorf("is installed as version %s, not %s", version, p.version)
	}
	if err != nil {
		missing(t, p.name, err)
	}
	t.Logf("%s %s", p.name, version)
	return command
}

// missing skips the test for want of a peer, or fails it if peers are required. err ends
// a sentence that begins with the name of the peer.
func missing(t *testing.T, name string, err error) {
	t.Helper()
	if required(t) {
		t.Fatalf("%s %v: run internal/interop/install", name, err)
	}
	t.Skipf("SKIPPED: %s %v: nothing was checked against it. Run internal/interop/install to have it.", name, err)
}

// A runtime finds the peers that are written for it.
type runtime interface {
	// find returns the command that starts the peer, and the peer's version. Its error
	// ends a sentence that begins with the name of the peer.
	find(name string) (command []string, version string, err error)
}

// oldestNode is the first major version with all that the peers need, as in install.
const oldestNode = 20

// node runs peers/SCRIPT, by default NAME.mjs, with what npm has installed in this folder.
type node struct{ script string }

func (n node) find(name string) ([]string, string, error) {
	path, err := findNode()
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(filepath.Join("node_modules", name, "package.json"))
	if err != nil {
		return nil, "", errors.New("is not installed")
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, "", fmt.Errorf("is installed with a damaged package.json: %w", err)
	}
	return []string{path, filepath.Join("peers", cmp.Or(n.script, name+".mjs"))}, manifest.Version, nil
}

// findNode returns the Node that install has put here where the machine's own is too
// old, or else that of the machine.
func findNode() (string, error) {
	path, err := filepath.Abs(filepath.Join("node_modules", ".node", "node"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("node"); err != nil {
			return "", errors.New("needs Node, which is not installed")
		}
	}
	output, err := exec.Command(path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("needs Node, which does not start: %w", err)
	}
	version := strings.TrimSpace(string(output))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if number, err := strconv.Atoi(major); err != nil || number < oldestNode {
		return "", fmt.Errorf("needs Node %d or later, and that of this machine is %s", oldestNode, version)
	}
	return path, nil
}

// debianPython is the interpreter that Debian's packages are installed for. Another one
// may come before it in PATH.
const debianPython = "/usr/bin/python3"

// python runs peers/SCRIPT with what is installed for the machine's Python.
type python struct{ script string }

func (p python) find(name string) ([]string, string, error) {
	const version = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
	found := false
	for _, interpreter := range []string{debianPython, "python3"} {
		path, err := exec.LookPath(interpreter)
		if err != nil {
			continue
		}
		found = true
		if output, err := exec.Command(path, "-c", version, name).Output(); err == nil {
			return []string{path, filepath.Join("peers", p.script)}, strings.TrimSpace(string(output)), nil
		}
	}
	if !found {
		return nil, "", errors.New("needs Python 3, which is not installed")
	}
	return nil, "", errors.New("is not installed")
}
