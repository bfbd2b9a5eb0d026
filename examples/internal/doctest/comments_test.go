package doctest_test

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// blocks returns the code in the documentation of a folder's package and of what it exports.
func blocks(t *testing.T, folder string) (all []string) {
	t.Helper()
	add := func(group *ast.CommentGroup) {
		for _, block := range new(comment.Parser).Parse(group.Text()).Content {
			if code, ok := block.(*comment.Code); ok {
				all = append(all, code.Text)
			}
		}
	}
	for _, file := range parse(t, folder, false) {
		add(file.Doc)
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				add(d.Doc)
			case *ast.GenDecl:
				add(d.Doc)
			}
		}
	}
	return all
}

// isGo reports whether a block is Go, and no example of JSON, an address or a table.
func isGo(code string) bool {
	for _, wrapped := range []string{code, "package p\n" + code, "package p\nfunc _() {\n" + code + "\n}"} {
		if _, err := parser.ParseFile(token.NewFileSet(), "", wrapped, parser.SkipObjectResolution); err == nil {
			return strings.ContainsAny(code, "(=")
		}
	}
	return false
}

// assumed is what the documentation of a folder's package assumes without saying so.
var assumed = map[string]string{
	".": `var (
		event events.APIGatewayProxyRequest
		user  string
		r     *authorizer.Request
	)
	`,
	"authorizertest": `var (
		a               authorizer.Authorizer
		readUser, login http.Handler
		mux             *http.ServeMux
		gw              *authorizertest.Gateway
	)
	`,
	"httpauth": `var (
		v         verifier.Verifier
		table     *policy.Table
		health    http.Handler
		readOrder http.HandlerFunc
		auth      *httpauth.Middleware
		mux       *http.ServeMux
		r         *http.Request
	)

	func cors(next http.Handler) http.Handler { return next }
	`,
	"keys": `var pem, secret, json []byte
	`,
	"keys/golangjwt": `var (
		ctx    context.Context
		text   string
		claims jwt.MapClaims
		source interface {
			keys.SigningSource
			keys.VerificationSource
		}
	)
	`,
	"keys/keystest": `var (
		signerA, signerB     keys.SigningSource
		verifierA, verifierB keys.VerificationSource
	)
	`,
	"keys/kmskeys": `var awsConfig aws.Config
	`,
	"keys/kmstest": `var (
		ctx         context.Context
		t           *testing.T
		k           *kmstest.KMS
		key, region string
	)

	func NewTokenSigner(client interface {
		Sign(context.Context, *kms.SignInput, ...func(*kms.Options)) (*kms.SignOutput, error)
	}, key string) (any, error) {
		return nil, nil
	}
	`,
	"keys/rotation": `var (
		text          []byte
		current, next *keys.PrivateKey
	)
	`,
	"observe": `var (
		routes []policy.Route
		v      verifier.Verifier
		p      authorizer.PolicyFunc
		url    string
	)
	`,
	"policy": `var (
		token *verifier.Token
		b     *policy.Builder
	)
	`,
	"signer": `var (
		ctx    context.Context
		secret []byte
	)
	`,
	"verifier": `var (
		ctx    context.Context
		key    *keys.PublicKey
		text   string
		t      *verifier.Token
		claims jwt.MapClaims
	)
	`,
	"verifier/binding": `var (
		ctx       context.Context
		v         verifier.Verifier
		url, text string
		header    http.Header
	)
	`,
	"verifier/revocation": `var (
		store    revocation.Store
		key      *keys.PublicKey
		issuer   string
		audience []string
	)
	`,
}

func TestTheGoInTheDocumentationOfPackagesCompiles(t *testing.T) {
	var paths []string
	for _, path := range imports {
		paths = append(paths, path)
	}
	c := newCompiler(t, paths)
	tried := 0
	for _, folder := range packages(t) {
		for _, code := range blocks(t, folder) {
			code = strings.ReplaceAll(code, "\n…\n", "\n") // what the reader fills in
			if !isGo(code) || strings.HasPrefix(code, "package main\n") {
				continue
			}
			tried++
			if err := c.fragment(assumed[folder], code); err != nil {
				t.Errorf("%s: %v in\n%s", name(folder), err, code)
			}
		}
	}
	if tried < 15 {
		t.Errorf("%d blocks", tried)
	}
}
