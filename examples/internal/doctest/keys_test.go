package doctest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// storeTest is put beside the loader of secrets that docs/keys.md shows.
const storeTest = `
type given [][]byte

func (g given) Secrets(context.Context) ([][]byte, error) { return g, nil }

func TestLoader(t *testing.T) {
	old, renewed, other := []byte("the old secret of an example, not yours"), []byte("the new secret of an example, not yours"), []byte("no secret of this example, and not yours")
	for name, test := range map[string]struct {
		store     given
		good, bad []byte
	}{
		"one secret": {store: given{renewed}, good: renewed, bad: other},
		"the same twice": {store: given{renewed, renewed}, good: renewed, bad: other},
		"the older of two": {store: given{renewed, old}, good: old, bad: other},
		"the newer of two": {store: given{renewed, old}, good: renewed, bad: other},
		"the old one is out": {store: given{renewed}, good: renewed, bad: old},
	} {
		if loading, err := newKeys(test.store); err != nil || loading.Ready(t.Context()) != nil {
			t.Errorf("%s: the first load fails", name)
		}
		source, err := newKeys(test.store) // which gives what it gave before
		if err != nil {
			t.Fatal(err)
		}
		verify := func(secret []byte) error {
			signs, err := keys.HMAC("HS256", secret)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := signs.Sign(t.Context(), []byte("input"))
			if err != nil {
				t.Fatal(err)
			}
			key, err := source.VerificationKey(t.Context(), signs.Header())
			if err != nil {
				return err
			}
			return key.Verify(t.Context(), []byte("input"), signature)
		}
		if err := verify(test.good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := verify(test.bad); !errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: another secret: %v", name, err)
		}
		if _, err := source.SigningKey(t.Context()); err == nil {
			t.Errorf("%s: a new secret signs before every function knows it", name)
		}
	}
}
`

func TestTheLoaderOfSecretsVerifiesWithAllAndSignsWithNone(t *testing.T) {
	loader := ""
	for _, s := range snippets(t, "docs/keys.md") {
		if strings.Contains(s.code, "func newKeys(") {
			loader = s.code
		}
	}
	library, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module snippet\n\ngo 1.26\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + library + "\n",
		"loader.go":      header(loader) + loader,
		"loader_test.go": header(storeTest) + storeTest,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "test", "-mod=mod", ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off")
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
