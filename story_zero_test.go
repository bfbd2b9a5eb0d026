package authorizer_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/observe"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

// A face is what a package exports: a zero value of each of its types, and its functions.
type face struct {
	folder string
	types  []any
	funcs  []any
}

var faces = []face{
	{
		"keys",
		[]any{keys.Event{}, keys.EventKind(""), keys.Header{}, keys.PrivateKey{}, keys.PublicKey{}, keys.Refreshing{}, keys.RefreshingConfig{}, keys.Ring{}, keys.Secret{}, keys.Set{}},
		[]any{
			keys.GeneratePrivateKey, keys.HMAC, keys.NewPrivateKey, keys.NewPublicKey, keys.NewRefreshing, keys.NewRing, keys.NewSet, keys.ParseJWKS,
			keys.ParsePrivateJWK, keys.ParsePrivateJWKS, keys.ParsePrivatePEM, keys.ParsePublicJWK, keys.ParsePublicPEM, keys.ParseSecretJWK,
		},
	},
	{
		"keys/jwks",
		[]any{jwks.GatewayConfig{}, jwks.Publisher{}, jwks.PublisherConfig{}, jwks.Remote{}, jwks.RemoteConfig{}},
		[]any{jwks.CheckGateway, jwks.NewPublisher, jwks.NewRemote},
	},
	{
		"keys/rotation",
		[]any{rotation.Key{}, rotation.Pair{}, rotation.Plan{}, rotation.Ring{}, rotation.RingConfig{}, rotation.Schedule{}},
		[]any{rotation.NewRing, rotation.PairFrom, rotation.PairOf, rotation.ParseSchedule},
	},
	{
		"keys/golangjwt",
		nil,
		[]any{golangjwt.Keyfunc, golangjwt.Method, golangjwt.NewWithClaims},
	},
	{
		"keys/kmskeys",
		[]any{
			kmskeys.AsymmetricConfig{}, kmskeys.AsymmetricRemoteVerifier{}, kmskeys.AsymmetricSigner{}, kmskeys.AsymmetricVerifier{}, kmskeys.EnvelopeConfig{},
			kmskeys.EnvelopeFormat(0), kmskeys.EnvelopeSigner{}, kmskeys.EnvelopeVerifier{}, kmskeys.MACConfig{}, kmskeys.MACSigner{}, kmskeys.MACVerifier{}, kmskeys.Stats{},
		},
		[]any{
			kmskeys.NewAsymmetricRemoteVerifier, kmskeys.NewAsymmetricSigner, kmskeys.NewAsymmetricVerifier, kmskeys.NewEnvelopeSigner, kmskeys.NewEnvelopeVerifier,
			kmskeys.NewMACSigner, kmskeys.NewMACVerifier, kmskeys.Retry, kmskeys.TokenContext,
		},
	},
	{
		"policy",
		[]any{
			policy.ARN{}, policy.Builder{}, policy.Caller{}, policy.ConditionKeys{}, policy.Conditions{}, policy.ConflictError{}, policy.Decision(0), policy.Document{},
			policy.Exception{}, policy.Field{}, policy.Fields{}, policy.LimitError{}, policy.Response{}, policy.Route{}, policy.Routes{}, policy.Statement{}, policy.Table{},
		},
		[]any{policy.Differences, policy.New, policy.NewFields, policy.NewRoutes, policy.NewTable, policy.ParseARN, policy.ParseOpenAPI, policy.PathValue},
	},
	{
		"verifier/binding",
		[]any{
			binding.Certificate{}, binding.CertificateConfig{}, binding.Challenge{}, binding.DPoP{}, binding.DPoPConfig{}, binding.Either{}, binding.Memory{},
			binding.MemoryConfig{}, binding.Request{},
		},
		[]any{binding.Check, binding.NewCertificate, binding.NewDPoP, binding.NewEither, binding.NewMemory, binding.Rebase},
	},
	{
		"verifier/revocation",
		[]any{
			revocation.Checker{}, revocation.Config{}, revocation.IntrospectionConfig{}, revocation.Introspector{}, revocation.Key{}, revocation.Kind(""), revocation.Memory{},
		},
		[]any{revocation.Basic, revocation.New, revocation.NewIntrospector},
	},
	{
		"signer",
		[]any{signer.Config{}, signer.Issuer{}, signer.IssuerConfig{}, signer.Signer{}},
		[]any{signer.New, signer.NewIssuer},
	},
	{
		"verifier",
		[]any{
			verifier.Cache{}, verifier.CacheConfig{}, verifier.ClaimsChecker{}, verifier.Config{}, verifier.Detail(""), verifier.Error{}, verifier.IssuersConfig{},
			verifier.Local{}, verifier.Reason(""), verifier.Token{},
		},
		[]any{
			verifier.ByIssuer, verifier.ByIssuerFunc, verifier.Cached, verifier.New, verifier.NewClaimsChecker, verifier.NewCognitoAccess, verifier.NewCognitoID,
			verifier.NewRFC9068, verifier.ReasonOf, verifier.Refuse, verifier.TrustClaims,
		},
	},
	{
		"observe",
		[]any{observe.Config{}, observe.EMF{}, observe.Routes{}},
		[]any{observe.NewEMF, observe.NewRoutes, observe.ReasonLabel},
	},
	{
		".",
		[]any{
			authorizer.Authorizer{}, authorizer.CacheKey(""), authorizer.ClientCert{}, authorizer.Config{}, authorizer.ContextFunc(nil), authorizer.Decision(""), authorizer.Extractor(nil), authorizer.FieldFunc(nil),
			authorizer.Kind(""), authorizer.Outcome{}, authorizer.PolicyFunc(nil), authorizer.Refusal(0), authorizer.Request{},
		},
		[]any{
			authorizer.AllFields, authorizer.AllowStage, authorizer.Bearer, authorizer.ByField, authorizer.ByRoute, authorizer.ByScope, authorizer.Claims, authorizer.Cookie, authorizer.DPoP, authorizer.ExpireWithToken,
			authorizer.FirstOf,
			authorizer.FromContext[struct{ Subject string }], authorizer.Header, authorizer.New, authorizer.ParseRequest, authorizer.Query,
			authorizer.ScalarClaims,
		},
	},
	{
		"httpauth",
		[]any{httpauth.Config{}, httpauth.Decision(""), httpauth.Metadata{}, httpauth.MetadataConfig{}, httpauth.Middleware{}, httpauth.Outcome{}},
		[]any{httpauth.Bearer, httpauth.Claims[struct{ Subject string }], httpauth.New, httpauth.NewMetadata, httpauth.TokenFrom},
	},
}

// Zero values and nil are mistakes of the program, and so are setup errors or outages: who
// sends a token is not to blame, and no function goes down.
func TestNothingPanicsOrBlamesTheTokenOnAZeroOrNilValue(t *testing.T) {
	for _, f := range faces {
		for _, v := range f.types {
			of := reflect.TypeOf(v)
			for method := range reflect.PointerTo(of).Methods() {
				name := f.folder + ": " + of.Name() + "." + method.Name
				callWithZeros(t, "zero "+name, reflect.New(of).MethodByName(method.Name))
				if _, byValue := of.MethodByName(method.Name); !byValue && !fieldsOfNil.MatchString(f.folder+": "+of.Name()+"."+method.Name) {
					callWithZeros(t, "nil "+name, reflect.Zero(reflect.PointerTo(of)).MethodByName(method.Name))
				}
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
				_ = fmt.Sprintf(verb, reflect.New(of).Interface())
			}
		}
		for _, fn := range f.funcs {
			callWithZeros(t, f.folder+": "+funcName(fn), reflect.ValueOf(fn))
		}
	}
}

// fieldsOfNil matches methods that read a field of a nil pointer, at which Go itself panics,
// as it does where the method's receiver is no pointer. No request of a caller leads there:
// constructors refuse nil, or they are for the programmer to ask.
var fieldsOfNil = regexp.MustCompile(`^(policy: |keys/kmskeys: \w+\.(Algorithm|Kid|Stats)$|verifier/revocation: Memory\.)`)

// blames lists the calls whose error is rightly the sender's fault: there is no token, or
// there are no claims.
var blames = []string{".: Bearer", ".: DPoP", "httpauth: Bearer", ".: FirstOf()", ".: Header()", ".: Query()", ".: Cookie()", "verifier: TrustClaims"}

// callWithZeros calls a function with zero values, without and with one for its variadic
// parameter, and so what it returns if that is a function.
func callWithZeros(t *testing.T, name string, fn reflect.Value) {
	t.Helper()
	of := fn.Type()
	args := make([]reflect.Value, of.NumIn())
	for i := range args {
		args[i] = zeroFor(of.In(i))
	}
	calls := [][]reflect.Value{args}
	if last := of.NumIn() - 1; of.IsVariadic() {
		calls = [][]reflect.Value{args[:last], append(slices.Clone(args[:last]), reflect.Zero(of.In(last).Elem()))}
	}
	for _, args := range calls {
		results, thrown := call(fn, args)
		if thrown != nil {
			t.Errorf("%s panics: %v", name, thrown)
		}
		for _, result := range results {
			if result.Kind() == reflect.Func && !result.IsNil() {
				callWithZeros(t, name+"()", result)
			}
			err, ok := result.Interface().(error)
			blamed := errors.Is(err, verifier.ErrInvalidToken) || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature)
			if ok && blamed && !slices.Contains(blames, name) {
				t.Errorf("%s blames the token: %v", name, err)
			}
		}
	}
}

func call(fn reflect.Value, args []reflect.Value) (results []reflect.Value, thrown any) {
	defer func() { thrown = recover() }()
	return fn.Call(args), nil
}

// zeroFor returns the zero value of a type, and for what only package net/http and fmt hand
// over something that can be used.
func zeroFor(of reflect.Type) reflect.Value {
	usable := []any{context.Background(), httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), new(state), jwt.MapClaims{}, new(kms.Options), http.Header{}}
	for _, v := range usable {
		if of != reflect.TypeFor[any]() && reflect.TypeOf(v).AssignableTo(of) {
			return reflect.ValueOf(v)
		}
	}
	return reflect.Zero(of)
}

// A state is a fmt.State that takes everything.
type state struct{}

func (*state) Write(text []byte) (int, error) { return len(text), nil }
func (*state) Width() (int, bool)             { return 0, false }
func (*state) Precision() (int, bool)         { return 0, false }
func (*state) Flag(int) bool                  { return false }

func funcName(fn any) string {
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	name, _, _ = strings.Cut(name, "[")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// What the lists above do not have is not tried.
func TestEveryExportedTypeAndFunctionIsTriedWithZeros(t *testing.T) {
	for _, f := range faces {
		var listed []string
		for _, v := range f.types {
			listed = append(listed, reflect.TypeOf(v).Name())
		}
		for _, fn := range f.funcs {
			listed = append(listed, funcName(fn))
		}
		slices.Sort(listed)
		exported := exportedBy(t, f.folder)
		if !slices.Equal(listed, exported) {
			t.Errorf("%s: tried are %v, and it exports %v", f.folder, listed, exported)
		}
	}
}

// exportedBy returns the names of a package's functions and of its types that are no
// interfaces, sorted.
func exportedBy(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.IsExported() {
					names = append(names, n.Name.Name)
				}
				return false
			case *ast.TypeSpec:
				if _, isInterface := n.Type.(*ast.InterfaceType); !isInterface && n.Name.IsExported() {
					names = append(names, n.Name.Name)
				}
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

// What is found at the start is found before the first request.
func TestAZeroValueIsAnErrorOfTheSetup(t *testing.T) {
	good := verifier.Config{Issuer: "https://login.example.com", Audience: []string{"orders"}}
	withKeys := func(source keys.VerificationSource) error {
		cfg := good
		cfg.Keys = source
		_, err := verifier.New(cfg)
		return err
	}
	ring := func(source keys.VerificationSource) error {
		_, err := keys.NewRing(nil, source)
		return err
	}
	for name, make := range map[string]func() error{
		"verifier.New of a Secret":             func() error { return withKeys(new(keys.Secret)) },
		"verifier.New of a PublicKey":          func() error { return withKeys(new(keys.PublicKey)) },
		"verifier.New of a PrivateKey":         func() error { return withKeys(new(keys.PrivateKey)) },
		"verifier.New of a Set":                func() error { return withKeys(new(keys.Set)) },
		"verifier.New of a Ring":               func() error { return withKeys(new(keys.Ring)) },
		"verifier.New of a Remote":             func() error { return withKeys(new(jwks.Remote)) },
		"verifier.New of a ring of a schedule": func() error { return withKeys(new(rotation.Ring)) },
		"verifier.New of a nil Remote":         func() error { return withKeys((*jwks.Remote)(nil)) },
		"Cached": func() error {
			_, err := verifier.Cached(new(verifier.Local), verifier.CacheConfig{Size: 1})
			return err
		},
		"Cached of a Cache": func() error {
			_, err := verifier.Cached(new(verifier.Cache), verifier.CacheConfig{Size: 1})
			return err
		},
		"ByIssuer":                       func() error { _, err := verifier.ByIssuer(new(verifier.Local)); return err },
		"ByIssuer of a Cache":            func() error { _, err := verifier.ByIssuer(new(verifier.Cache)); return err },
		"a ring of a Remote":             func() error { return ring(new(jwks.Remote)) },
		"a ring of a ring of a schedule": func() error { return ring(new(rotation.Ring)) },
		"signer.New": func() error {
			_, err := signer.New(signer.Config{Keys: new(keys.PrivateKey)})
			return err
		},
		"authorizer.New": func() error {
			_, err := authorizer.New(authorizer.Config{Verifier: new(verifier.Local), Policy: authorizer.AllowStage})
			return err
		},
		"a publisher": func() error {
			_, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: "https://login.example.com", Keys: new(keys.Set)})
			return err
		},
	} {
		if err := make(); err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
