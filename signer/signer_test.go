package signer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	issuer   = "https://login.example.com"
	audience = "orders"
)

// clock is a clock that tests set.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func secret(t testing.TB) *keys.Secret {
	t.Helper()
	key, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	key = key.WithKid("k1")
	return key
}

func newSigner(t testing.TB, cfg signer.Config) *signer.Signer {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = secret(t)
	}
	s, err := signer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func segment(t *testing.T, token string, i int) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSignWritesTheHeaderThatTheKeyNeeds(t *testing.T) {
	key := secret(t)
	for _, test := range []struct{ name, typ, want string }{
		{"by default", "", `{"alg":"HS256","kid":"k1","typ":"JWT"}`},
		{"of another type", "at+jwt", `{"alg":"HS256","kid":"k1","typ":"at+jwt"}`},
	} {
		token, err := newSigner(t, signer.Config{Keys: key, Type: test.typ}).Sign(context.Background(), jwt.MapClaims{"sub": "a"})
		if err != nil {
			t.Fatal(err)
		}
		if got := segment(t, token, 0); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if got := segment(t, token, 1); got != `{"sub":"a"}` {
			t.Errorf("got claims %s", got)
		}
		input := token[:strings.LastIndexByte(token, '.')]
		if err := key.Verify(context.Background(), []byte(input), []byte(segment(t, token, 2))); err != nil {
			t.Error(err)
		}
	}
}

func TestGolangJWTReadsWhatIsSigned(t *testing.T) {
	token, err := newSigner(t, signer.Config{}).Sign(context.Background(), jwt.RegisteredClaims{Subject: "Zoë <&>"})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) {
		return []byte("0123456789abcdef0123456789abcdef"), nil
	})
	if err != nil || claims.Subject != "Zoë <&>" {
		t.Errorf("got %+v, %v", claims, err)
	}
}

// fakeKey is a key source that does as it is told.
type fakeKey struct {
	header    keys.Header
	signature []byte
	sourceErr error
	signErr   error
}

func (k fakeKey) SigningKey(context.Context) (keys.SigningKey, error) { return k, k.sourceErr }
func (k fakeKey) Header() keys.Header                                 { return k.header }
func (k fakeKey) Sign(context.Context, []byte) ([]byte, error)        { return k.signature, k.signErr }
func params(members map[string]string) (params map[string]json.RawMessage) {
	params = map[string]json.RawMessage{}
	for name, raw := range members {
		params[name] = json.RawMessage(raw)
	}
	return params
}

func TestSignWritesTheKeysOwnHeaderMembersInOrder(t *testing.T) {
	key := fakeKey{header: keys.Header{Algorithm: "X", Type: "ignored", Params: params(map[string]string{"edk": `"a b"`, "abc": `[1]`})}, signature: []byte("s")}
	token, err := newSigner(t, signer.Config{Keys: key}).Sign(context.Background(), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := segment(t, token, 0), `{"alg":"X","typ":"JWT","abc":[1],"edk":"a b"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAFailingKeyGivesNoToken(t *testing.T) {
	outage := errors.New("throttled")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	good := keys.Header{Algorithm: "X"}
	for _, test := range []struct {
		name string
		ctx  context.Context
		key  fakeKey
		want error // that it wraps, if any
	}{
		{"the source fails", context.Background(), fakeKey{sourceErr: outage}, outage},
		{"signing fails", context.Background(), fakeKey{header: good, signErr: outage}, outage},
		{"no signature", context.Background(), fakeKey{header: good}, nil},
		{"no algorithm", context.Background(), fakeKey{signature: []byte("s")}, nil},
		{"a kid that is too long", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Kid: strings.Repeat("k", 513)}, signature: []byte("s")}, nil},
		{"a kid that is not text", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Kid: "\xff"}, signature: []byte("s")}, nil},
		{"the context is over", cancelled, fakeKey{header: good, signature: []byte("s")}, context.Canceled},
		{"a member of the signer's", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"typ": `"x"`})}, signature: []byte("s")}, nil},
		{"a member that verifiers refuse", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"crit": `["x"]`})}, signature: []byte("s")}, nil},
		{"a member that is no JSON", context.Background(), fakeKey{header: keys.Header{Algorithm: "X", Params: params(map[string]string{"edk": `a`})}, signature: []byte("s")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			token, err := newSigner(t, signer.Config{Keys: test.key}).Sign(test.ctx, jwt.MapClaims{})
			if token != "" || err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}

// rawClaims are written as they are.
type rawClaims struct {
	jwt.RegisteredClaims
	text string
}

func (c rawClaims) MarshalJSON() ([]byte, error) { return []byte(c.text), nil }

func TestClaimsThatAStrictReaderWouldRefuseAreNotSigned(t *testing.T) {
	s := newSigner(t, signer.Config{})
	for _, text := range []string{"null", "[]", `"x"`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"a":`, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)} {
		if token, err := s.Sign(context.Background(), rawClaims{text: text}); token != "" || err == nil {
			t.Errorf("%.20s: got %q, %v", text, token, err)
		}
	}
	// There is no token yet that could be at fault.
	if token, err := s.Sign(context.Background(), rawClaims{text: `{"exp":"soon"}`}); token != "" || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("an exp in text: got %q, %v", token, err)
	}
	if token, err := s.Sign(context.Background(), nil); token != "" || err == nil {
		t.Errorf("nil: got %q, %v", token, err)
	}
	if token, err := s.Sign(context.Background(), jwt.MapClaims{"f": func() {}}); token != "" || err == nil {
		t.Errorf("a function: got %q, %v", token, err)
	}
}

func TestATokenOverTheLimitIsAnErrorThatSaysSo(t *testing.T) {
	claims := jwt.MapClaims{"x": strings.Repeat("x", 12_300)}
	token, err := newSigner(t, signer.Config{}).Sign(context.Background(), claims)
	if token != "" || err == nil || !strings.Contains(err.Error(), "MaxTokenSize") {
		t.Errorf("got %d bytes, %v", len(token), err)
	}
	if token, err = newSigner(t, signer.Config{MaxTokenSize: 20_000}).Sign(context.Background(), claims); err != nil || len(token) < 16_384 {
		t.Errorf("got %d bytes, %v", len(token), err)
	}
	short, err := newSigner(t, signer.Config{}).Sign(context.Background(), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]bool{len(short): true, len(short) - 1: false} {
		if _, err := newSigner(t, signer.Config{MaxTokenSize: limit}).Sign(context.Background(), jwt.MapClaims{}); (err == nil) != want {
			t.Errorf("limit %d for %d bytes: %v", limit, len(short), err)
		}
	}
}

// A token of the default greatest size is signed, and no longer one, whatever the key.
func TestATokenOfTheGreatestSizeIsSigned(t *testing.T) {
	const limit = 16 << 10
	found := map[int]bool{}
	for kid := range 4 { // three bytes in four characters: a longer header makes up for it
		s := newSigner(t, signer.Config{Keys: secret(t).WithKid(strings.Repeat("k", 1+kid))})
		for size := 12_190; size < 12_225; size++ {
			token, err := s.Sign(context.Background(), jwt.MapClaims{"x": strings.Repeat("x", size)})
			if len(token) > limit || (err == nil) != (token != "") {
				t.Fatalf("%d bytes, %v", len(token), err)
			}
			found[len(token)] = true
			if err != nil && strings.Contains(err.Error(), fmt.Sprintf("a token of %d bytes", limit+1)) {
				found[limit+1] = true
			}
		}
	}
	if !found[limit] || !found[limit+1] {
		t.Errorf("a token of %d bytes was signed: %v; one of %d was refused: %v", limit, found[limit], limit+1, found[limit+1])
	}
}

// signingCounter counts how often its key signs.
type signingCounter struct {
	*keys.Secret
	signed int
}

func (k *signingCounter) SigningKey(context.Context) (keys.SigningKey, error) { return k, nil }
func (k *signingCounter) Sign(ctx context.Context, input []byte) ([]byte, error) {
	k.signed++
	return k.Secret.Sign(ctx, input)
}

// A signature of KMS is paid for.
func TestNothingIsSignedThatIsTooLongWithoutASignature(t *testing.T) {
	key := &signingCounter{Secret: secret(t)}
	token, err := newSigner(t, signer.Config{Keys: key, MaxTokenSize: 100}).Sign(context.Background(), jwt.MapClaims{"x": strings.Repeat("x", 100)})
	if token != "" || err == nil || key.signed != 0 {
		t.Errorf("got %q, %v after %d signatures", token, err, key.signed)
	}
}

func TestASignerThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	for _, s := range []*signer.Signer{nil, new(signer.Signer)} {
		if token, err := s.Sign(context.Background(), jwt.MapClaims{}); token != "" || !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("got %q, %v", token, err)
		}
	}
}

// nobody is a source that gives neither a key nor an error.
type nobody struct{ key keys.SigningKey }

func (n nobody) SigningKey(context.Context) (keys.SigningKey, error) { return n.key, nil }

func TestASourceThatGivesNoKeySaysSo(t *testing.T) {
	for name, key := range map[string]keys.SigningKey{"nil": nil, "a nil Secret": (*keys.Secret)(nil), "a nil PrivateKey": (*keys.PrivateKey)(nil)} {
		token, err := newSigner(t, signer.Config{Keys: nobody{key}}).Sign(context.Background(), jwt.MapClaims{})
		if token != "" || err == nil || !strings.Contains(err.Error(), "neither key nor error") {
			t.Errorf("%s: got %q, %v", name, token, err)
		}
	}
}

func TestClaimsThatCannotBeWrittenSayWhy(t *testing.T) {
	s := newSigner(t, signer.Config{})
	unsupported := new(json.UnsupportedTypeError)
	if token, err := s.Sign(context.Background(), jwt.MapClaims{"f": func() {}}); token != "" || !errors.As(err, &unsupported) {
		t.Errorf("a function: got %q, %v", token, err)
	}
	for text, want := range map[string]string{"[]": "no object at byte 0", `{"a":1,"a":2}`: "duplicate member", `{"exp":"1"}`: "claim_type"} {
		token, err := s.Sign(context.Background(), rawClaims{text: text})
		if token != "" || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "rawClaims would be refused") {
			t.Errorf("%s: got %q, %v", text, token, err)
		}
	}
}

func TestNewSaysWhichSettingToMend(t *testing.T) {
	for want, cfg := range map[string]signer.Config{"Keys": {}, "MaxTokenSize": {Keys: fakeKey{}, MaxTokenSize: -1}} {
		if s, err := signer.New(cfg); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, s, err)
		}
	}
}
