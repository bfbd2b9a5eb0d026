package interop_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// readmeRow returns the line of the README's table that says what is tested of a peer.
func readmeRow(p peer) string {
	cells := []string{p.name + " " + p.version, p.client}
	for _, group := range [][]string{hmacs, rsas, psses, ecdsas, eddsa, ed25519s} {
		cell := "–"
		switch {
		case !slices.Contains(p.algorithms, group[0]):
		case p.verifyOnly:
			cell = "verifies"
		default:
			cell = "both"
		}
		cells = append(cells, cell)
	}
	return fmt.Sprintf("| %s |", strings.Join(cells, " | "))
}

func TestTheREADMESaysWhatIsTested(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for _, p := range peers() {
		if row := readmeRow(p); !slices.Contains(lines, row) {
			t.Errorf("README.md lacks the line\n%s", row)
		}
	}
}

func TestTheREADMENamesTheClientsOfDPoP(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range dpopClients() {
		if row := "| " + p.name + " " + p.version + " |"; !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks a line that begins with %s", row)
		}
	}
}

// The versions of Go's clients are in a go.mod of their own.
func TestTheREADMENamesTheClientsOfTheKMS(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(kmsSDKs(), encryptionSDK()) {
		if row := "| " + p.name + " " + p.version + " |"; !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks a line that begins with %s", row)
		}
	}
	requirements, err := os.ReadFile("kmsclients/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(requirements)) {
		client := strings.TrimSpace(line)
		named := strings.HasPrefix(client, "gocloud.dev ") || strings.HasPrefix(client, "github.com/tink-crypto/tink-go-awskms/")
		if row := "| " + client + " |"; named && !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks a line that begins with %s", row)
		}
	}
}
