package interop_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
)

// Two published documents have code of their own for tokens by KMS, in Python and in
// JavaScript. The examples kmsenvelope and kmsasymmetric do as they do with AS_DOCUMENT=1.
// Here the functions of either take the place of the other's, one after the other.

// A document is a published API, and ours beside it.
type document struct {
	peer    peer   // plays its functions, login and authorizer
	beside  []peer // what its script needs, too
	example string // has ours,
	token   string // the handler that logs in among them
	header  string // has the token of a request
	scheme  string // stands before it
	spec    types.KeySpec

	read   func(t *testing.T, login *httptest.ResponseRecorder) (token string)
	sign   func(t *testing.T, d deployment, claims jwt.MapClaims) (token string)
	claims func(user string, expires time.Time) jwt.MapClaims
}

func envelopeDocument() document {
	return document{
		peer:    peer{name: "PyJWT", version: "2.6.0", runtime: python{script: "kmsenvelope.py"}},
		beside:  []peer{{name: "boto3", version: "1.26.27", runtime: python{script: "kmsenvelope.py"}}},
		example: "kmsenvelope", token: "login", header: "Auth", spec: types.KeySpecSymmetricDefault,
		read: func(t *testing.T, login *httptest.ResponseRecorder) string {
			if login.Body.Len() > 0 {
				t.Errorf("the answer to a login has a body: %s", login.Body)
			}
			return login.Header().Get("JWT_Token")
		},
		sign: func(t *testing.T, d deployment, claims jwt.MapClaims) string {
			source, err := kmskeys.NewEnvelopeSigner(d.kms, kmskeys.EnvelopeConfig{KeyID: d.key, Format: kmskeys.BlueprintEnvelope})
			return signWith(t, source, err, claims)
		},
		claims: func(user string, expires time.Time) jwt.MapClaims {
			return jwt.MapClaims{"Username": user, "exp": expires.Unix()}
		},
	}
}

func asymmetricDocument() document {
	return document{
		peer:    peer{name: "@aws-sdk/client-kms", version: "3.1162.0", runtime: node{script: "kmsasymmetric.mjs"}},
		example: "kmsasymmetric", token: "token", header: "Authorization", scheme: "Bearer ", spec: types.KeySpecRsa2048,
		read: func(t *testing.T, login *httptest.ResponseRecorder) (token string) {
			if err := json.Unmarshal(login.Body.Bytes(), &token); err != nil {
				t.Error(err)
			}
			return token
		},
		sign: func(t *testing.T, d deployment, claims jwt.MapClaims) string {
			source, err := kmskeys.NewAsymmetricSigner(d.kms, kmskeys.AsymmetricConfig{KeyID: d.key, Kid: d.key, Algorithm: "RS256"})
			token := signWith(t, source, err, claims)
			end := strings.LastIndex(token, ".") + 1
			signature, err := base64.RawURLEncoding.DecodeString(token[end:])
			if err != nil {
				t.Fatal(err)
			}
			return token[:end] + base64.StdEncoding.EncodeToString(signature)
		},
		claims: func(user string, expires time.Time) jwt.MapClaims {
			return jwt.MapClaims{"user_name": user, "iat": expires.Add(-24 * time.Hour).Unix(), "exp": expires.Unix()}
		},
	}
}

// signWith signs with a source that err says whether there is.
func signWith(t *testing.T, source keys.SigningSource, err error, claims jwt.MapClaims) (token string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.New(signer.Config{Keys: source})
	if err == nil {
		token, err = s.Sign(t.Context(), claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A deployment is what functions run with: a KMS, and a key in it.
type deployment struct {
	document
	kms      *kmstest.KMS
	endpoint string
	key      string
	peer     *process
	program  string
}

const password = "of 32 random bytes, were this no test"

func (doc document) deploy(t *testing.T) deployment {
	t.Helper()
	command := doc.peer.command(t)
	for _, p := range doc.beside {
		p.command(t)
	}
	d := deployment{document: doc, kms: kmstest.New(kmstest.Config{}), peer: start(t, command, newAuthority(t).file)}
	d.endpoint = d.kms.Serve(t)
	var err error
	if d.key, err = d.kms.AddKey(doc.spec, nil); err != nil {
		t.Fatal(err)
	}
	d.program = buildExample(t, doc.example)
	return d
}

// theirs returns a function of the document's.
func (d deployment) theirs(t *testing.T, name string) function {
	return func(_ context.Context, event json.RawMessage) (answer json.RawMessage, err error) {
		err = d.peer.ask(t, name, request{"endpoint": d.endpoint, "region": d.kms.Region(), "key": d.key, "event": event}, &answer)
		return answer, err
	}
}

// ours returns a function of the example, as the document has it.
func (d deployment) ours(t *testing.T, handler string, env ...string) function {
	hash := sha256.Sum256([]byte(password))
	return onLambda(t, d.program, handler, append(env,
		"AS_DOCUMENT=1", "KMS_KEY="+d.key, "LOGIN_USER=ala", "LOGIN_PASSWORD_SHA256="+hex.EncodeToString(hash[:]),
		"AWS_REGION="+d.kms.Region(), "AWS_ENDPOINT_URL_KMS="+d.endpoint,
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
	)...)
}

// A front is an API Gateway with a login and an authorizer, whoever they are by.
type front struct {
	deployment
	gateway *authorizertest.Gateway
}

func (d deployment) open(t *testing.T, login, authorize function) front {
	t.Helper()
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: authorize,
		IdentitySources: []string{"method.request.header." + d.header},
		Routes: []authorizertest.Route{
			{Key: "POST /login", Handler: login, NoAuthorizer: true},
			{Key: "GET /", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, authorizertest.AuthorizerContext(r)["principalId"])
			})},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return front{d, gateway}
}

// login sends what logs in with either function, and returns the token.
func (f front) login(t *testing.T, password string) (status int, token string) {
	t.Helper()
	w := httptest.NewRecorder()
	body := strings.NewReader(`{"username":"ala","password":"` + password + `"}`)
	f.gateway.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", body))
	if w.Code != http.StatusOK {
		return w.Code, ""
	}
	return w.Code, f.read(t, w)
}

// wants sends a token to the protected route, and compares the answer's status.
func (f front) wants(t *testing.T, status int, token string) (principal string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set(f.header, f.scheme+token)
	w := httptest.NewRecorder()
	if f.gateway.ServeHTTP(w, r); w.Code != status {
		t.Errorf("got %d %s, want %d", w.Code, w.Body, status)
	}
	return w.Body.String()
}

// A half is an authorizer, and what it answers: it may differ in what the examples'
// tables of differences have.
type half struct {
	name string
	function
	principal               string
	expired, forged, outage int // statuses of tokens that are at fault, or cannot be decided
}

// authorizers returns the document's and ours.
func (d deployment) authorizers(t *testing.T) []half {
	if d.example == "kmsenvelope" {
		return []half{
			{"their authorizer", d.theirs(t, "authorizer"), "ala", 403, 403, 403}, // an outage, too, is a Deny
			{"our authorizer", d.ours(t, "authorizer"), "ala", 403, 403, 500},
		}
	}
	return []half{
		{"their authorizer", d.theirs(t, "authorizer"), "user", 200, 500, 500}, // KMS throws, and nobody catches
		{"our authorizer in KMS", d.ours(t, "authorizer", "VERIFY_IN_KMS=1"), "ala", 403, 403, 500},
		{"our authorizer with the public key", d.ours(t, "authorizer"), "ala", 403, 403, 200}, // has it already
	}
}

func TestTheFunctionsOfADocumentAndOursReplaceEachOther(t *testing.T) {
	for _, doc := range []document{envelopeDocument(), asymmetricDocument()} {
		t.Run(doc.example, func(t *testing.T) {
			t.Parallel()
			d := doc.deploy(t)
			authorizers := d.authorizers(t)
			theirs, ours := d.theirs(t, "login"), d.ours(t, doc.token)
			for _, authorize := range authorizers {
				t.Run(authorize.name, func(t *testing.T) {
					before, after := d.open(t, theirs, authorize.function), d.open(t, ours, authorize.function)
					form := before.testLogin(t, authorize.principal)
					if got := after.testLogin(t, authorize.principal); got != form {
						t.Errorf("our token: %s\ntheirs:    %s", got, form)
					}
					before.testFaults(t, authorize)
				})
			}
			t.Run("a wrong password", func(t *testing.T) {
				for want, login := range map[int]function{http.StatusOK: theirs, http.StatusForbidden: ours} {
					if status, _ := d.open(t, login, authorizers[0].function).login(t, "a guess"); status != want {
						t.Errorf("got %d, want %d", status, want)
					}
				}
			})
		})
	}
}

// testLogin logs in and calls the protected route, the second time out of the cache. It
// returns what the token looks like.
func (f front) testLogin(t *testing.T, principal string) (form string) {
	t.Helper()
	status, token := f.login(t, password)
	if status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	for range 2 {
		if got := f.wants(t, http.StatusOK, token); got != principal {
			t.Errorf("the principal is %q, want %q", got, principal)
		}
	}
	if f.gateway.Calls() != 1 {
		t.Errorf("the authorizer was called %d times", f.gateway.Calls())
	}
	return formOf(t, token)
}

// formOf says what tokens have to look alike in: the names in their header and claims,
// how long they are good, and how their signature is written.
func formOf(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	var form []string
	for _, part := range parts[:2] {
		var members map[string]any
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(text, &members)
		}
		if err != nil {
			t.Fatal(err)
		}
		form = append(form, fmt.Sprint(slices.Sorted(maps.Keys(members))))
		if expires, ok := members["exp"].(float64); ok {
			left := time.Until(time.Unix(int64(expires), 0))
			form = append(form, fmt.Sprint(left.Round(10*time.Minute)))
		}
	}
	return strings.Join(form, " ") + fmt.Sprintf(" %d characters, %d of padding", len(parts[2]), strings.Count(parts[2], "="))
}

// testFaults sends tokens that are at fault, and one that cannot be decided.
func (f front) testFaults(t *testing.T, want half) {
	t.Helper()
	now := time.Now()
	good := f.sign(t, f.deployment, f.claims("ala", now.Add(time.Hour)))
	f.wants(t, http.StatusOK, good)
	f.wants(t, want.expired, f.sign(t, f.deployment, f.claims("ala", now.Add(-time.Minute))))
	parts := strings.Split(good, ".")
	others := strings.Split(f.sign(t, f.deployment, f.claims("bob", now.Add(time.Hour))), ".")
	f.wants(t, want.forged, strings.Join([]string{parts[0], others[1], parts[2]}, "."))

	fresh := f.sign(t, f.deployment, f.claims("ala", now.Add(2*time.Hour)))
	f.kms.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "KMS is not well"))
	defer f.kms.Heal()
	f.wants(t, want.outage, fresh)
}
