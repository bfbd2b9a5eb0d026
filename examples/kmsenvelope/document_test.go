package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
)

// A difference is what AS_DOCUMENT does not do as the original does, and why.
type difference struct {
	reason string
	ours   string
}

const (
	refusedLogin = "403"
	anybody      = "the original looks at no password: it leaves that to whoever copies it"
	crashed      = "the original crashed, and API Gateway answered with 502"
)

var differences = map[string]difference{
	"login/another password":        {anybody, refusedLogin},
	"login/another user":            {anybody, refusedLogin},
	"login/an empty user":           {anybody, refusedLogin},
	"login/a user that is a number": {anybody, refusedLogin},
	"login/a user twice":            {"two readers of one body must not see two users in it", refusedLogin},
	"login/no user":                 {crashed, refusedLogin},
	"login/no password":             {crashed, refusedLogin},
	"login/no body":                 {crashed, refusedLogin},
	"login/no JSON":                 {crashed, refusedLogin},
	"login/a list":                  {crashed, refusedLogin},
	"login/base64":                  {crashed, "200 [KID alg typ] map[Username:ann exp:3600]"},
	"login/headers":                 {"no cache may keep a token (RFC 6749 section 5.1)", "Cache-Control JWT_Token"},

	"authorizer/no_exp_is_accepted_by_original": {"it would be good for ever", "Deny anonymous"},
	"authorizer/numeric_username":               {"the principal of a policy is a text", "Deny anonymous"},
	"authorizer/a user name of 257 bytes":       {"an authorizer's answer holds three of them and at most 8 KB", "403"},
	"authorizer/principal of a Deny":            {"a user may be called nobody", "anonymous"},
	"authorizer/context of an Allow":            {"the original hands on the blueprint's samples; the claims take their place", "Username exp sub"},
	"authorizer/context of a Deny":              {"the original hands on the blueprint's samples; gateway responses may show a reason", "reason"},
	"authorizer/KMS fails":                      {"API Gateway would cache a Deny for longer than the outage lasts", "error"},
	"authorizer/token in the log":               {"whoever reads the log could use it", "false"},
}

// compare holds an answer against the original's and the table.
func compare(t *testing.T, name, original, ours string) {
	t.Helper()
	d, differs := differences[name]
	want := original
	if differs {
		want = d.ours
	}
	if ours != want {
		t.Errorf("%s: got %q, want %q", name, ours, want)
	}
	if differs && d.ours == original {
		t.Errorf("%s: this is the original's answer: take it out of the differences", name)
	}
}

// names returns the names of a map in one line.
func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}

func readVectors(t *testing.T, file string, to any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err := errors.Join(err, json.Unmarshal(data, to)); err != nil {
		t.Fatal(err)
	}
}

func TestTheDocumentsLoginAnswersAsThereUnlessThereIsAReason(t *testing.T) {
	var vectors struct {
		Cases []struct {
			Case   string
			Status int
			Header []string
			Claims map[string]any
			Crash  string
			Calls  int

			onelogin.Request
		}
	}
	readVectors(t, "testdata/document_login.json", &vectors)
	if len(vectors.Cases) != 14 {
		t.Fatalf("%d cases, want 14", len(vectors.Cases))
	}
	for _, v := range vectors.Cases {
		t.Run(v.Case, func(t *testing.T) {
			f := newFixture(t, asDocument, func(set *settings) { set.user = onelogin.Ann("PASSWORD") })
			l, err := newLogin(f.Local.Client, f.set)
			if err != nil {
				t.Fatal(err)
			}
			if v.Case == "KMS fails" {
				f.Local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
			}
			original := "crash"
			if v.Crash == "" {
				original = fmt.Sprint(v.Status, " ", v.Header, " ", v.Claims)
			}
			res, err := l.Handle(t.Context(), v.Request)
			compare(t, "login/"+v.Case, original, f.summary(t, res, err))
			if v.Case == "ok" {
				compare(t, "login/headers", "JWT_Token", names(res.Headers))
			}
			if called := f.Local.KMS.Calls("") > 0; called != (v.Calls > 0) && differences["login/"+v.Case].ours == "" {
				t.Errorf("KMS was called: %v", called)
			}
		})
	}
}

// summary returns what is to be the same of the answers to a login: its status, the
// names in the token's header and the claims, exp as seconds from now.
func (f *fixture) summary(t *testing.T, res onelogin.Response, err error) string {
	t.Helper()
	token := res.Headers[answerHeader]
	switch {
	case err != nil:
		return "crash"
	case token == "":
		return fmt.Sprint(res.StatusCode)
	}
	var header, claims map[string]any
	parts := strings.Split(token, ".")
	for i, to := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err := errors.Join(err, json.Unmarshal(text, to)); err != nil {
			t.Fatal(err)
		}
	}
	exp, _ := claims["exp"].(float64)
	claims["exp"] = int64(exp) - f.Clock.Unix()
	return fmt.Sprint(res.StatusCode, " ", slices.Sorted(maps.Keys(header)), " ", claims)
}

// A recorded is the KMS of the vectors: it knows one data key.
type recorded struct {
	key                   string
	plaintext, ciphertext []byte
}

func (r recorded) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	if *in.KeyId != r.key || len(in.EncryptionContext) > 0 || !bytes.Equal(in.CiphertextBlob, r.ciphertext) {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{KeyId: &r.key, Plaintext: bytes.Clone(r.plaintext)}, nil
}

func TestTheDocumentsTokensAreDecidedAsThereUnlessThatWasUnsafe(t *testing.T) {
	var vectors struct {
		Plaintext  string `json:"data_key_plaintext_hex"`
		Ciphertext string `json:"ciphertext_blob_hex"`
		KMSKey     string `json:"kms_key"`
		MethodARN  string
		Cases      []struct {
			Name     string
			Token    string `json:"authorizationToken"`
			Expected struct {
				PrincipalID    any
				PolicyDocument policy.Document
				Context        map[string]any
			}
		}
	}
	readVectors(t, "testdata/kms_envelope.json", &vectors)
	if len(vectors.Cases) != 17 {
		t.Fatalf("%d cases, want 17", len(vectors.Cases))
	}
	plaintext, _ := hex.DecodeString(vectors.Plaintext)
	ciphertext, _ := hex.DecodeString(vectors.Ciphertext)
	f := newFixture(t, asDocument)
	f.set.key = vectors.KMSKey
	a, err := newAuthorizer(recorded{vectors.KMSKey, plaintext, ciphertext}, f.set)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range vectors.Cases {
		t.Run(c.Name, func(t *testing.T) {
			event := tokenEvent(c.Token)
			event.MethodArn = vectors.MethodARN
			got, err := runtest.Decide(t, a, event)
			if err != nil {
				t.Fatal(err)
			}
			want, statement := c.Expected.PolicyDocument.Statement[0], got.PolicyDocument.Statement[0]
			original := fmt.Sprint(want.Effect, " ", c.Expected.PrincipalID)
			if want.Effect == "Deny" {
				compare(t, "authorizer/principal of a Deny", fmt.Sprint(c.Expected.PrincipalID), got.PrincipalID)
				original = "Deny anonymous"
			}
			compare(t, "authorizer/"+c.Name, original, statement.Effect+" "+got.PrincipalID)
			context := "authorizer/context of a Deny"
			if statement.Effect == "Allow" {
				context = "authorizer/context of an Allow"
			}
			compare(t, context, names(c.Expected.Context), names(got.Context))
			if len(got.PolicyDocument.Statement) != 1 || !slices.Equal(statement.Resource, want.Resource) {
				t.Errorf("policy %+v, want %+v", statement, want)
			}
			compare(t, "authorizer/token in the log", "true", fmt.Sprint(len(c.Token) > 20 && strings.Contains(f.Log.String(), c.Token)))
		})
	}
	if t.Failed() {
		return
	}
	t.Run("KMS fails", func(t *testing.T) {
		f := newFixture(t, asDocument)
		token := f.documentLogin(t)
		f.Local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
		status, answer := f.documentWhoami(t, token)
		if status != 500 || f.Local.KMS.Calls("Decrypt") == 0 {
			t.Errorf("%d %s", status, answer)
		}
		compare(t, "authorizer/KMS fails", "Deny anonymous", map[bool]string{true: "error"}[status == 500])
		f.Local.KMS.Heal()
		if status, answer := f.documentWhoami(t, token); status != 200 {
			t.Errorf("afterwards: %d %s", status, answer)
		}
	})
}

// documentLogin returns a token as clients of the document get it.
func (f *fixture) documentLogin(t *testing.T) (token string) {
	t.Helper()
	w := f.Do(t, "POST /login", `{"username":"ann","password":"`+kmsfixture.Password+`"}`)
	token = w.Header().Get("JWT_Token")
	if w.Code != 200 || token == "" || w.Body.Len() > 0 {
		t.Fatalf("login: %d %v %s", w.Code, w.Header(), w.Body)
	}
	return token
}

// documentWhoami sends a token as clients of the document do.
func (f *fixture) documentWhoami(t *testing.T, token string) (status int, answer string) {
	t.Helper()
	w := f.Do(t, "GET /whoami", "", "Auth: "+token)
	return w.Code, w.Body.String()
}

func TestTheDocumentsClientsNoticeNothing(t *testing.T) {
	f := newFixture(t, asDocument)
	token := f.documentLogin(t)
	if status, answer := f.documentWhoami(t, token); status != 200 || answer != `{"user":"ann","until":"2030-01-02T04:04:05Z"}` {
		t.Errorf("%d %s", status, answer)
	}
	const denied = "with an explicit deny"
	for name, header := range map[string]string{
		"another user":          tell.Tamper(token, `"ann"`, `"bob"`),
		"a scheme":              "Bearer " + token,
		"a token of no kind":    "x",
		"the token of tomorrow": tell.Tamper(token, "exp", "xep"),
	} {
		for range 2 { // the second time out of the cache
			if status, answer := f.documentWhoami(t, header); status != 403 || !strings.Contains(answer, denied) {
				t.Errorf("%s: %d %s", name, status, answer)
			}
		}
	}
	if status, answer := f.whoami(t, token); status != 401 {
		t.Errorf("a token in the header Authorization: %d %s", status, answer)
	}
	f.Clock = f.Clock.Add(documentLifetime - time.Second)
	if status, answer := f.documentWhoami(t, token); status != 200 {
		t.Errorf("a second before its end: %d %s", status, answer)
	}
	f.Clock = f.Clock.Add(documentCacheTTL)
	if status, answer := f.documentWhoami(t, token); status != 403 || !strings.Contains(answer, denied) {
		t.Errorf("after its end: %d %s", status, answer)
	}
}

func TestAUserNameThatNoAnswerHasRoomForIsTheTokensFaultAndNoOutage(t *testing.T) {
	f := newFixture(t, asDocument)
	for _, length := range []int{256, 257, 5000} {
		name := strings.Repeat("a", length)
		token := f.sign(t, f.set.envelope(), jwt.MapClaims{"Username": name, "exp": f.Clock.Unix() + 60})
		status, _ := f.documentWhoami(t, token)
		compare(t, fmt.Sprintf("authorizer/a user name of %d bytes", min(length, 257)), "200", fmt.Sprint(status))
	}
}

func TestAnswersAreCachedForAMinuteAndTheDocumentsForFive(t *testing.T) {
	for name, test := range map[string]struct {
		change []func(*settings)
		login  func(*fixture, *testing.T) (token string)
		whoami func(*fixture, *testing.T, string) (status int, answer string)
		cached time.Duration
	}{
		"ours":       {nil, (*fixture).login, (*fixture).whoami, time.Minute},
		"document's": {[]func(*settings){asDocument}, (*fixture).documentLogin, (*fixture).documentWhoami, 300 * time.Second},
	} {
		f := newFixture(t, test.change...)
		token := test.login(f, t)
		for _, step := range []struct {
			after time.Duration
			calls int // of the authorizer
		}{{0, 1}, {test.cached - 1, 1}, {1, 2}} {
			f.Clock = f.Clock.Add(step.after)
			if status, answer := test.whoami(f, t, token); status != 200 {
				t.Fatalf("%s: %d %s", name, status, answer)
			}
			if got := f.API.(interface{ Calls() int }).Calls(); got != step.calls {
				t.Errorf("%s: %v later the authorizer was called %d times, want %d", name, step.after, got, step.calls)
			}
		}
	}
}

func TestADocumentsTokenThatNamesNobodyCostsNoCall(t *testing.T) {
	f := newFixture(t, asDocument)
	token := f.sign(t, f.set.envelope(), jwt.MapClaims{"sub": "ann", "exp": f.Clock.Unix() + 60})
	if status, answer := f.documentWhoami(t, token); status != 403 || f.Local.KMS.Calls("Decrypt") != 0 {
		t.Errorf("%d %s, after %s", status, answer, f.Calls())
	}
}

func TestOnLambdaTheFunctionsAreOursOrTheDocumentsAndNeverBoth(t *testing.T) {
	f := newFixture(t)
	ourEnv, theirEnv := "KMS_KEY="+f.set.key, "AS_DOCUMENT=1"
	var res onelogin.Response
	login := onelogin.Request{Body: `{"username":"ann","password":"` + kmsfixture.Password + `"}`}
	if err := runtest.Invoke(t, "login", f.LoginEnvironment(ourEnv), login, &res); err != nil || res.Headers["JWT_Token"] != "" {
		t.Fatalf("%+v, %v", res, err)
	}
	ours := kmsfixture.TokenIn(t, res.Body)
	if err := runtest.Invoke(t, "login", f.LoginEnvironment(ourEnv, theirEnv), login, &res); err != nil || res.Headers["JWT_Token"] == "" {
		t.Fatalf("%+v, %v", res, err)
	}
	theirs := res.Headers["JWT_Token"]
	for name, test := range map[string]struct {
		env       []string
		header    string
		principal string // empty: an error
	}{
		"theirs, as the document has it": {f.Environment(ourEnv, theirEnv), theirs, "ann"},
		"ours, as the document has it":   {f.Environment(ourEnv, theirEnv), ours, "anonymous"},
		"theirs":                         {f.Environment(ourEnv), "Bearer " + theirs, ""},
		"ours":                           {f.Environment(ourEnv), "Bearer " + ours, "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			var got policy.Response
			err := runtest.Invoke(t, "authorizer", test.env, tokenEvent(test.header), &got)
			switch {
			case test.principal != "" && (err != nil || got.PrincipalID != test.principal):
				t.Errorf("%v, %v", got, err)
			case test.principal == "" && (err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`)):
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
