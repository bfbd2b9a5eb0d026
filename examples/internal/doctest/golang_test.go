package doctest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lambdajwt/authorizer"

// imports are the packages that fragments may use without saying so.
var imports = map[string]string{
	"authorizer":     module,
	"authorizertest": module + "/authorizertest",
	"binding":        module + "/verifier/binding",
	"golangjwt":      module + "/keys/golangjwt",
	"httpauth":       module + "/httpauth",
	"jwks":           module + "/keys/jwks",
	"keys":           module + "/keys",
	"keystest":       module + "/keys/keystest",
	"kmskeys":        module + "/keys/kmskeys",
	"kmstest":        module + "/keys/kmstest",
	"observe":        module + "/observe",
	"policy":         module + "/policy",
	"revocation":     module + "/verifier/revocation",
	"rotation":       module + "/keys/rotation",
	"signer":         module + "/signer",
	"verifier":       module + "/verifier",

	"aws":    "github.com/aws/aws-sdk-go-v2/aws",
	"events": "github.com/aws/aws-lambda-go/events",
	"jwt":    "github.com/golang-jwt/jwt/v5",
	"kms":    "github.com/aws/aws-sdk-go-v2/service/kms",
	"lambda": "github.com/aws/aws-lambda-go/lambda",
	"types":  "github.com/aws/aws-sdk-go-v2/service/kms/types",

	"bytes": "bytes", "context": "context", "errors": "errors", "http": "net/http", "httptest": "net/http/httptest",
	"log": "log", "os": "os", "slices": "slices", "slog": "log/slog",
	"strings": "strings", "testing": "testing", "time": "time",
}

// given is what fragments may use as if it had been declared before them.
const given = `
var (
	ctx                      context.Context
	awsConfig                aws.Config
	client                   *kms.Client
	pem, secret, set         []byte
	issuer, clientID, text   string
	audience                 []string
	key                      *keys.PublicKey
	shared                   *keys.Secret
	private                  *keys.PrivateKey
	v                        verifier.Verifier
	a                        *authorizer.Authorizer
	routes                   *policy.Routes
	table                    *policy.Table
	claims                   jwt.MapClaims
	w                        http.ResponseWriter
	r                        *http.Request
	t                        *testing.T
	store                    revocation.Store
	proofs                   binding.ProofStore
	readOrder, login         http.Handler
	mine                     []policy.Route
)

func check(err error) {}

func count(metric string, labels ...string) {}
`

// results are what the functions return in which fragments may stand.
var results = []string{"", "error", "(*policy.Response, error)"}

// A compiler type-checks what snippets are made of against the compiled packages.
type compiler struct {
	files    *token.FileSet
	importer types.Importer
}

// newCompiler has go list compile all packages once, which the build cache makes short.
func newCompiler(t *testing.T, paths []string) *compiler {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Export"}, paths...)...)
	var report bytes.Buffer
	command.Stderr = &report
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &report)
	}
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p struct{ ImportPath, Export string }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
	}
	files := token.NewFileSet()
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	return &compiler{files: files, importer: importer.ForCompiler(files, "gc", open)}
}

// compile type-checks the files of a package. Where they hold a fragment, what is not used is no
// fault.
func (c *compiler) compile(fragment bool, sources ...string) error {
	var files []*ast.File
	for _, source := range sources {
		file, err := parser.ParseFile(c.files, "snippet.go", source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var first error
	config := types.Config{Importer: c.importer, Error: func(err error) {
		var fault types.Error
		if first == nil && !(fragment && errors.As(err, &fault) && fault.Soft) {
			first = err
		}
	}}
	_, _ = config.Check(files[0].Name.Name, c.files, files, nil) // which has told Error
	return first
}

var selector = regexp.MustCompile(`\b([a-z][a-z0-9]*)\.[A-Z]`)

// header returns the clause and the imports of a file with these texts in it.
func header(texts ...string) string {
	var used []string
	for _, match := range selector.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
		if path := imports[match[1]]; path != "" && !slices.Contains(used, path) {
			used = append(used, path)
		}
	}
	source := "package snippet\n\n"
	for _, path := range used {
		source += fmt.Sprintf("import %q\n", path)
	}
	return source
}

// fragment compiles a snippet that is not a whole file: declarations, or statements of a
// function, after declarations that are given. It returns the error of the last reading.
func (c *compiler) fragment(given, code string) error {
	declarations := header(code, given) + given + code
	if _, err := parser.ParseFile(token.NewFileSet(), "", declarations, 0); err == nil {
		return c.compile(true, declarations)
	}
	var last error
	for _, result := range results {
		function := fmt.Sprintf("\nfunc _() %s {\n%s\npanic(0)\n}\n", result, code)
		if last = c.compile(true, header(function, given)+given+function); last == nil {
			return nil
		}
	}
	return last
}

// importsOf returns the packages that whole files import.
func importsOf(t *testing.T, all []snippet) (paths []string) {
	t.Helper()
	for _, s := range all {
		if file, err := parser.ParseFile(token.NewFileSet(), "", s.code, parser.ImportsOnly); err == nil {
			for _, spec := range file.Imports {
				paths = append(paths, strings.Trim(spec.Path.Value, `"`))
			}
		}
	}
	return paths
}

func TestEveryGoSnippetCompiles(t *testing.T) {
	all := snippetsIn(t, "go")
	paths := importsOf(t, all)
	for _, path := range imports {
		paths = append(paths, path)
	}
	c := newCompiler(t, paths)
	for _, s := range all {
		var err error
		switch {
		case !strings.HasPrefix(s.code, "package "):
			err = c.fragment(given, s.code)
		case strings.Contains(s.code, "\"testing\"\n"):
			err = c.compile(false, readmeProgram(t), s.code)
		default:
			err = c.compile(false, s.code)
		}
		if err != nil {
			t.Errorf("%s:%d: %v", s.document, s.line, err)
		}
	}
}

func TestASnippetThatDoesNotCompileIsFound(t *testing.T) {
	var paths []string
	for _, path := range imports {
		paths = append(paths, path)
	}
	c := newCompiler(t, paths)
	for name, code := range map[string]string{
		"an unknown function": "key, err := keys.Secretly(secret)",
		"an unknown field":    "v, err := verifier.New(verifier.Config{Key: key})",
		"an unknown variable": "v, err := verifier.New(configuration)",
		"a wrong type":        `x, err := keys.HMAC("HS256", "text")`,
		"no Go":               "v, err :=",
		"a wrong declaration": "type x struct{ verifier.Unknown }",
	} {
		if c.fragment(given, code) == nil {
			t.Errorf("%s compiles", name)
		}
	}
	for name, code := range map[string]string{
		"statements": "v, err := verifier.New(verifier.Config{Keys: key})\nif err != nil {\n\treturn err\n}",
		"a type":     "type x struct{ verifier.Verifier }",
	} {
		if err := c.fragment(given, code); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
