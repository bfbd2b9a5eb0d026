package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A difference is what AS_DOCUMENT does not do as the original does, and why.
type difference struct {
	reason string
	ours   string
}

const (
	unlooked  = "the original looks at nothing but the signature"
	crashed   = "the original crashes, which is a 500 for what is the token's fault"
	otherwise = "a token has one text: another spelling of it is another token to caches and lists of revoked ones"
)

var differences = map[string]difference{
	"no scheme":                         {"the original leaves this case empty", "Deny"},
	"a scheme in lower case":            {"schemes have no case (RFC 9110 section 11.1); the original crashes", "Allow"},
	"another scheme":                    {crashed, "Deny"},
	"expired":                           {unlooked, "Deny"},
	"no exp":                            {"it would be good for ever", "Deny"},
	"exp as text":                       {"a NumericDate is a number (RFC 7519 section 2)", "Deny"},
	"iat in the future":                 {"a clock is wrong, or somebody lies", "Deny"},
	"nbf in the future":                 {unlooked, "Deny"},
	"no user_name":                      {"every caller of the original is the principal user", "Deny"},
	"an empty user_name":                {"every caller of the original is the principal user", "Deny"},
	"user_name as a number":             {"the principal of a policy is a text", "Deny"},
	"a user_name of 257 bytes":          {"an authorizer's answer holds three of them and at most 8 KB", "Deny"},
	"another kid":                       {"the token names a key that is none of ours", "Deny"},
	"another typ":                       {"a token made for something else must not pass for one of these (RFC 8725 section 3.11)", "Deny"},
	"another alg":                       {"the key is for one algorithm, and the token says that it is for another", "Deny"},
	"alg none":                          {"likewise", "Deny"},
	"crit":                              {"what must be understood is not (RFC 7515 section 4.1.11)", "Deny"},
	"the signature of other claims":     {crashed, "Deny"},
	"the signature of another key":      {crashed, "Deny"},
	"the signature in base64url":        {otherwise, "Deny"},
	"the signature without its padding": {otherwise, "Deny"},
	"a mark in the signature":           {otherwise, "Deny"},
	"an empty signature":                {crashed, "Deny"},
	"no signature":                      {crashed, "Deny"},
	"a fourth part":                     {otherwise, "Deny"},
	"no token":                          {crashed, "Deny"},
	"an empty token":                    {crashed, "Deny"},

	"principal":         {"access logs and usage plans tell users apart by it", "ala"},
	"resource":          {"API Gateway caches the policy by the token, and the next method would get a 403", "the stage"},
	"claims in the log": {"they are personal data", "false"},
	"login":             {"the original gives a token to whoever asks, always for the same user", "403"},
	"cached login":      {"no cache may keep a token (RFC 6749 section 5.1)", "no-store"},
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

// A vector is a case of testdata/document.json: a token, and what the original said.
type vector struct {
	Case      string
	Header    map[string]any
	Claims    map[string]any
	Before    *string
	Signature string
	Token     *string
	Original  string
}

func TestTheDocumentsTokensAreDecidedAsThereUnlessThereIsAReason(t *testing.T) {
	data, err := os.ReadFile("testdata/document.json")
	var vectors struct{ Cases []vector }
	if err := errors.Join(err, json.Unmarshal(data, &vectors)); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Cases) != 32 {
		t.Fatalf("%d cases, want 32", len(vectors.Cases))
	}
	for name, change := range map[string]func(*settings){"with the public key": func(*settings) {}, "in KMS": inKMS} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, asDocument, change)
			other := f.NewKey(t, types.KeySpecRsa2048)
			for _, v := range vectors.Cases {
				t.Run(v.Case, func(t *testing.T) { f.compare(t, v, other) })
			}
		})
	}
}

func (f *fixture) compare(t *testing.T, v vector, other string) {
	a, err := newAuthorizer(f.Local.Client, f.set)
	if err != nil {
		t.Fatal(err)
	}
	f.Log.Reset()
	header := f.header(t, v, other)
	got, err := runtest.Decide(t, a, documentEvent(header))
	if err != nil || len(got.PolicyDocument.Statement) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	statement := got.PolicyDocument.Statement[0]
	compare(t, v.Case, v.Original, statement.Effect)
	if statement.Effect == "Allow" {
		compare(t, "principal", "user", got.PrincipalID)
		resource := statement.Resource[0]
		if resource == strings.Replace(methodARN, "GET/whoami", "*/*", 1) {
			resource = "the stage"
		}
		compare(t, "resource", methodARN, resource)
	}
	if _, rest, found := strings.Cut(header, "."); found {
		payload, _, _ := strings.Cut(rest, ".")
		claims, _ := base64.RawURLEncoding.DecodeString(payload)
		shown := strings.Contains(f.Log.String(), payload) || strings.Contains(f.Log.String(), string(claims))
		compare(t, "claims in the log", "true", fmt.Sprint(shown))
	}
}

// header returns what the authorizer gets to see of a vector. KMS signs its token.
func (f *fixture) header(t *testing.T, v vector, other string) string {
	t.Helper()
	if v.Token != nil {
		return *v.Token
	}
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": "KEY"}
	claims := map[string]any{"user_name": "ala", "iat": 0.0, "exp": 86400.0}
	if v.Header != nil {
		header = v.Header
	}
	if v.Claims != nil {
		claims = maps.Clone(v.Claims)
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		if seconds, ok := claims[name].(float64); ok {
			claims[name] = f.Clock.Unix() + int64(seconds)
		}
	}
	before := "Bearer "
	if v.Before != nil {
		before = *v.Before
	}
	return before + f.signAs(t, v.Signature, f.encode(t, header)+"."+f.encode(t, claims), other)
}

// encode writes a part of a token. "KEY" stands for the ARN of the key.
func (f *fixture) encode(t *testing.T, members map[string]any) string {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), `"KEY"`, `"`+f.set.key+`"`, 1)))
}

// signAs returns a token with a signature of KMS, written or spoilt as a vector says.
func (f *fixture) signAs(t *testing.T, how, input, other string) string {
	t.Helper()
	key, signed := f.set.key, input
	switch how {
	case "other claims":
		signed += "x"
	case "other key":
		key = other
	}
	out, err := f.Local.Client.Sign(t.Context(), &kms.SignInput{
		KeyId: &key, Message: []byte(signed), SigningAlgorithm: types.SigningAlgorithmSpecRsassaPkcs1V15Sha256,
	})
	if err != nil {
		t.Fatal(err)
	}
	signature := base64.StdEncoding.EncodeToString(out.Signature)
	switch how {
	case "", "other claims", "other key":
		return input + "." + signature
	case "base64url":
		return input + "." + base64.RawURLEncoding.EncodeToString(out.Signature)
	case "unpadded":
		return input + "." + strings.TrimRight(signature, "=")
	case "marked":
		return input + "." + signature[:9] + "!" + signature[9:]
	case "empty":
		return input + "."
	case "none":
		return input
	case "fourth part":
		return input + "." + signature + ".x"
	}
	t.Fatalf("there is no signature %q", how)
	return ""
}

func TestTheDocumentsLoginAnswersAsThereUnlessThereIsAReason(t *testing.T) {
	f := newFixture(t, asDocument)
	w := f.Do(t, "POST /token", kmsfixture.LoginBody)
	var token string
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil || w.Code != 200 {
		t.Fatalf("%d %s, %v", w.Code, w.Body, err)
	}
	compare(t, "cached login", "", w.Header().Get("Cache-Control"))
	parts := strings.Split(token, ".")
	want := []string{
		`{"alg":"RS256","kid":"` + f.set.key + `","typ":"JWT"}`,
		`{"exp":1893639845,"iat":1893553445,"user_name":"ann"}`,
	}
	for i, text := range want {
		if got, err := base64.RawURLEncoding.DecodeString(parts[i]); err != nil || string(got) != text {
			t.Errorf("%s, want %s", got, text)
		}
	}
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{342}==$`).MatchString(parts[2]) {
		t.Errorf("signature %s", parts[2])
	}
	status, _ := f.post(t, `{}`)
	compare(t, "login", "200", fmt.Sprint(status))
	f.Local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
	if status, answer := f.post(t, kmsfixture.LoginBody); status != 502 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestTheDocumentsClientsNoticeNothing(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*settings)
		calls  string
	}{
		"with the public key": {func(*settings) {}, "1 Sign and 1 GetPublicKey"},
		"in KMS":              {inKMS, "1 Sign and 1 Verify"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, asDocument, test.change)
			token := f.token(t)
			for range 2 { // the second time out of the cache
				if status, answer := f.whoami(t, token); status != 200 || answer != `{"user":"ann"}` {
					t.Errorf("%d %s", status, answer)
				}
			}
			if got := f.Calls(); got != test.calls {
				t.Errorf("calls to KMS: %s, want %s", got, test.calls)
			}
			forged := tell.Tamper(token, `"ann"`, `"bob"`)
			if status, answer := f.whoami(t, forged); status != 403 || !strings.Contains(answer, "with an explicit deny") {
				t.Errorf("%d %s", status, answer)
			}
			f.Clock = f.Clock.Add(documentLifetime - time.Second)
			if status, answer := f.whoami(t, token); status != 200 {
				t.Errorf("a second before its end: %d %s", status, answer)
			}
			f.Clock = f.Clock.Add(documentCacheTTL)
			if status, answer := f.whoami(t, token); status != 403 {
				t.Errorf("after its end: %d %s", status, answer)
			}
		})
	}
}

func TestAnOutageIsNoDenyForTheDocumentsTokensEither(t *testing.T) {
	f := newFixture(t, asDocument, inKMS)
	token := f.token(t)
	f.Local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
	if status, answer := f.whoami(t, token); status != 500 || answer != `{"message":null}` {
		t.Errorf("%d %s", status, answer)
	}
	f.Local.KMS.Heal()
	if status, answer := f.whoami(t, token); status != 200 {
		t.Errorf("afterwards: %d %s", status, answer)
	}
}

func TestTheDocumentsKidIsTheKeysNameHoweverItIsWritten(t *testing.T) {
	f := newFixture(t, asDocument)
	alias := "alias/login"
	if _, err := f.Local.Client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &f.set.key}); err != nil {
		t.Fatal(err)
	}
	arn := f.set.key
	for _, name := range []string{arn, arn[strings.LastIndex(arn, "/")+1:], alias} {
		for _, verifyInKMS := range []bool{false, true} {
			f.set.key, f.set.inKMS = name, verifyInKMS
			f.open(t, nil)
			token := f.token(t)
			header, _, _ := strings.Cut(token, ".")
			if text, err := base64.RawURLEncoding.DecodeString(header); err != nil || !strings.Contains(string(text), `"kid":"`+name+`"`) {
				t.Errorf("%s: %s", name, text)
			}
			if status, answer := f.whoami(t, token); status != 200 {
				t.Errorf("%s: %d %s", name, status, answer)
			}
		}
	}
}

func TestOnLambdaTheFunctionsAreOursOrTheDocumentsAndNeverBoth(t *testing.T) {
	f := newFixture(t)
	key := "KMS_KEY=" + f.set.key
	ours := getToken(t, f.LoginEnvironment(key))
	theirs := getToken(t, f.LoginEnvironment(key, "AS_DOCUMENT=1"))
	for _, env := range [][]string{f.Environment(key, "AS_DOCUMENT=1"), f.Environment(key, "AS_DOCUMENT=1", "VERIFY_IN_KMS=1")} {
		for token, principal := range map[string]string{theirs: "ann", ours: "anonymous"} {
			if got, err := authorize(t, env, documentEvent("Bearer "+token)); err != nil || got != principal {
				t.Errorf("%q, %v, want %s", got, err, principal)
			}
		}
	}
	if got, err := authorize(t, f.Environment(key), f.event(t, ours)); err != nil || got != "ann" {
		t.Errorf("%q, %v", got, err)
	}
	_, err := authorize(t, f.Environment(key), f.event(t, theirs))
	wantUnauthorized(t, err)
}
