package golangjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
)

func TestWhatTheParserSaysOfATokenIsWhatItSaysWithItsOwnKeys(t *testing.T) {
	good := sign(t, secret(t), newClaims())
	expired := newClaims()
	expired.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Hour))
	early := newClaims()
	early.NotBefore = jwt.NewNumericDate(time.Now().Add(time.Hour))

	for name, test := range map[string]struct {
		text    string
		options []jwt.ParserOption
		want    []error // nil: accepted
	}{
		"good":                     {text: good},
		"good, and nobody else's":  {good, []jwt.ParserOption{jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("https://login.example.com"), jwt.WithExpirationRequired()}, nil},
		"an algorithm not allowed": {good, []jwt.ParserOption{jwt.WithValidMethods([]string{"RS256"})}, []error{jwt.ErrTokenSignatureInvalid}},
		"another issuer":           {good, []jwt.ParserOption{jwt.WithIssuer("https://other.example.com")}, []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidIssuer}},
		"another audience":         {good, []jwt.ParserOption{jwt.WithAudience("invoices")}, []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidAudience}},
		"expired":                  {sign(t, secret(t), expired), nil, []error{jwt.ErrTokenInvalidClaims, jwt.ErrTokenExpired}},
		"expired within leeway":    {sign(t, secret(t), expired), []jwt.ParserOption{jwt.WithLeeway(2 * time.Hour)}, nil},
		"not yet valid":            {sign(t, secret(t), early), nil, []error{jwt.ErrTokenNotValidYet}},
		"a flipped signature":      {flip(t, good), nil, []error{jwt.ErrTokenSignatureInvalid, jwt.ErrSignatureInvalid}},
		"no signature":             {good[:strings.LastIndexByte(good, '.')+1], nil, []error{jwt.ErrTokenSignatureInvalid}},
		"another key's":            {sign(t, testkeys.Secret(t, "", "HS256", "other"), newClaims()), nil, []error{jwt.ErrTokenSignatureInvalid}},
		"not a token":              {"not a token", nil, []error{jwt.ErrTokenMalformed}},
	} {
		t.Run(name, func(t *testing.T) {
			claims, err := parse(t, secret(t), test.text, test.options...)
			if test.want == nil {
				if err != nil || claims.Tenant != "acme" || claims.Subject != "user-1" {
					t.Errorf("got %+v, %v", claims, err)
				}
				return
			}
			wantFault(t, err, test.want...)
		})
	}
}

// A demanding is golang-jwt's example of claims that check themselves.
type demanding struct {
	jwt.RegisteredClaims
	Tenant string `json:"tenant"`
}

var errTenant = errors.New("must be acme")

func (d demanding) Validate() error {
	if d.Tenant != "acme" {
		return errTenant
	}
	return nil
}

func TestClaimsThatCheckThemselvesAreAsked(t *testing.T) {
	for tenant, want := range map[string]error{"acme": nil, "other": errTenant} {
		claims := newClaims()
		claims.Tenant = tenant
		_, err := jwt.ParseWithClaims(sign(t, secret(t), claims), &demanding{}, golangjwt.Keyfunc(t.Context(), secret(t)))
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: got %v", tenant, err)
		}
	}
}

func TestARequestIsParsedAsGolangJWTDoes(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+sign(t, secret(t), newClaims()))
	var claims orders
	_, err := request.ParseFromRequest(r, request.OAuth2Extractor, golangjwt.Keyfunc(r.Context(), secret(t)), request.WithClaims(&claims))
	if err != nil || claims.Tenant != "acme" {
		t.Errorf("got %+v, %v", claims, err)
	}
}

func TestAlgorithmConfusionIsRefusedWhateverTheOptionsSay(t *testing.T) {
	rsa := testkeys.Private(t, "", "RS256", "a")
	asSecret, err := rsa.Public().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	withPublicKey, err := jwt.NewWithClaims(jwt.SigningMethodHS256, newClaims()).SignedString(asSecret)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, newClaims()).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	otherName := forge(t, rsa, `{"alg":"PS256"}`, `{}`)
	for name, text := range map[string]string{
		"HS256 with the public key for a secret": withPublicKey, "none": unsigned, "PS256 named for RS256": otherName,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, rsa.Public(), text)
			wantFault(t, err, jwt.ErrTokenUnverifiable, keys.ErrAlgorithm)
		})
	}
	t.Run("a source that finds a key of another algorithm", func(t *testing.T) {
		_, err := parse(t, source{verification: rsa.Public()}, otherName)
		wantFault(t, err, jwt.ErrTokenUnverifiable, keys.ErrAlgorithm)
	})
}

func TestATokenThatTheParserHasReadAsAnotherIsAtFault(t *testing.T) {
	text := sign(t, secret(t), newClaims())
	key, err := golangjwt.Keyfunc(t.Context(), secret(t))(&jwt.Token{Raw: text, Method: jwt.SigningMethodHS384})
	if key != nil {
		t.Error("got a key")
	}
	wantFault(t, err, keys.ErrAlgorithm)
}

func TestTheSourceSeesTheWholeHeader(t *testing.T) {
	var got keys.Header
	text := forge(t, secret(t), `{"alg":"HS256","kid":"k","typ":"at+jwt","edk":"AQI","v":{"n":1}}`, `{}`)
	if _, err := jwt.Parse(text, golangjwt.Keyfunc(t.Context(), capture{secret(t), &got})); err != nil {
		t.Fatal(err)
	}
	want := keys.Header{Algorithm: "HS256", Kid: "k", Type: "at+jwt", Params: map[string]json.RawMessage{
		"edk": json.RawMessage(`"AQI"`), "v": json.RawMessage(`{"n":1}`),
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// capture keeps the header that a source is asked about.
type capture struct {
	keys.VerificationSource
	header *keys.Header
}

func (c capture) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	*c.header = h
	return c.VerificationSource.VerificationKey(ctx, h)
}

func TestATokenThatNamesNoKeyIsAtFault(t *testing.T) {
	text := sign(t, testkeys.Secret(t, "2026-01", "HS256", "golangjwt"), newClaims())
	_, err := parse(t, testkeys.Secret(t, "2026-02", "HS256", "golangjwt"), text)
	wantFault(t, err, jwt.ErrTokenUnverifiable, keys.ErrUnknownKey)
}

func TestAHeaderThatGolangJWTReadsLooselyIsRefused(t *testing.T) {
	payload := `{"sub":"user-1"}`
	for name, header := range map[string]string{
		"a member twice":     `{"alg":"HS256","kid":"a","kid":"b"}`,
		"two algorithms":     `{"alg":"none","alg":"HS256"}`,
		"crit":               `{"alg":"HS256","crit":["exp"]}`,
		"b64 false":          `{"alg":"HS256","b64":false}`,
		"a kid of two parts": `{"alg":"HS256","kid":["a","b"]}`,
		"a typ that is null": `{"alg":"HS256","typ":null}`,
		"invalid UTF-8":      "{\"alg\":\"HS256\",\"kid\":\"\xff\"}",
		"too many members":   `{"alg":"HS256","x":{` + manyMembers() + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, secret(t), forge(t, secret(t), header, payload))
			wantFault(t, err, jwt.ErrTokenUnverifiable, jwt.ErrTokenMalformed)
		})
	}
	t.Run("line breaks in its base64url", func(t *testing.T) {
		input := encode(`{"alg":"HS256"}`) + "\n." + encode(payload)
		signature, err := secret(t).Sign(t.Context(), []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		_, err = parse(t, secret(t), input+"."+encode(string(signature)))
		wantFault(t, err, jwt.ErrTokenUnverifiable, jwt.ErrTokenMalformed, jose.ErrBase64)
	})
	for name, text := range map[string]string{ // which golang-jwt does not let through
		"no header": ".", "an alg that is no text": encode(`{"alg":1}`) + "." + encode(payload) + ".c2ln",
	} {
		t.Run(name, func(t *testing.T) {
			key, err := golangjwt.Keyfunc(t.Context(), secret(t))(&jwt.Token{Raw: text, Method: jwt.SigningMethodHS256})
			if key != nil {
				t.Error("got a key")
			}
			wantFault(t, err, jwt.ErrTokenMalformed)
		})
	}
	t.Run("b64 true changes nothing", func(t *testing.T) {
		if _, err := parse(t, secret(t), forge(t, secret(t), `{"alg":"HS256","b64":true}`, payload)); err != nil {
			t.Error(err)
		}
	})
}

func manyMembers() string {
	var b strings.Builder
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.Repeat("b", i+1) + `":0`)
	}
	return b.String()
}

func TestAnOutageNeverLooksLikeABadToken(t *testing.T) {
	text := sign(t, secret(t), newClaims())
	var none *keys.Secret
	for name, test := range map[string]struct {
		source keys.VerificationSource
		cause  error
	}{
		"the source is down":                 {source{err: errDown}, errDown},
		"the key cannot tell":                {source{verification: key{header: keys.Header{Algorithm: "HS256"}, err: errDown}}, errDown},
		"a source without answer":            {source{}, golangjwt.ErrOutage},
		"no source":                          {nil, keys.ErrMisconfigured},
		"a nil key in an interface":          {none, keys.ErrMisconfigured},
		"a zero key":                         {new(keys.Secret), keys.ErrMisconfigured},
		"a set-up error that names a source": {source{err: errors.Join(keys.ErrMisconfigured, errDown)}, keys.ErrMisconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, test.source, text)
			wantOutage(t, err, test.cause)
		})
	}
	t.Run("a source without answer is named", func(t *testing.T) {
		_, err := parse(t, source{}, text)
		if err == nil || !strings.Contains(err.Error(), "the source gave neither key nor error") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the caller has gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := jwt.Parse(text, golangjwt.Keyfunc(ctx, secret(t)))
		wantOutage(t, err, context.Canceled)
	})
	t.Run("a token that no parser has read", func(t *testing.T) {
		for _, token := range []*jwt.Token{
			{}, {Raw: text}, {Raw: "no token", Method: jwt.SigningMethodHS256}, jwt.New(jwt.SigningMethodHS256),
		} {
			key, err := golangjwt.Keyfunc(t.Context(), secret(t))(token)
			if key != nil {
				t.Error("got a key")
			}
			wantOutage(t, err, golangjwt.ErrOutage)
		}
	})
}

func TestTheRequestsContextReachesTheKey(t *testing.T) {
	type name struct{}
	ctx := context.WithValue(t.Context(), name{}, "request 1")
	var contexts []context.Context
	remote := source{verification: key{header: keys.Header{Algorithm: "HS256"}, contexts: &contexts}}
	if _, err := jwt.Parse(sign(t, secret(t), newClaims()), golangjwt.Keyfunc(ctx, remote)); err != nil {
		t.Fatal(err)
	}
	if len(contexts) != 1 || contexts[0].Value(name{}) != "request 1" {
		t.Errorf("got %v, want the request's, and one call for one token", contexts)
	}
}

// What the parser has been told of one token must not hold for another.
func TestTheVerdictOnOneTokenIsNotThatOnAnother(t *testing.T) {
	text := sign(t, secret(t), newClaims())
	keyfunc := golangjwt.Keyfunc(t.Context(), secret(t))
	parsed, parts, err := jwt.NewParser().ParseUnverified(text, &orders{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyfunc(parsed)
	if err != nil {
		t.Fatal(err)
	}
	input := parts[0] + "." + parts[1]
	if err := parsed.Method.Verify(input, parsed.Signature, key); err != nil {
		t.Errorf("its own: %v", err)
	}
	if err := parsed.Method.Verify(input+"A", parsed.Signature, key); !errors.Is(err, jwt.ErrSignatureInvalid) {
		t.Errorf("other claims: %v", err)
	}
	if err := parsed.Method.Verify(input, []byte("forged"), key); !errors.Is(err, jwt.ErrSignatureInvalid) {
		t.Errorf("another signature: %v", err)
	}

	forged, forgedParts, err := jwt.NewParser().ParseUnverified(flip(t, text), &orders{})
	if err != nil {
		t.Fatal(err)
	}
	if key, err = keyfunc(forged); err != nil {
		t.Fatal(err)
	}
	input = forgedParts[0] + "." + forgedParts[1]
	if err := forged.Method.Verify(input, forged.Signature, key); !errors.Is(err, jwt.ErrSignatureInvalid) {
		t.Errorf("the forged signature: %v", err)
	}
	if err := forged.Method.Verify(input, parsed.Signature, key); err != nil {
		t.Errorf("the right signature after the forged one: %v", err)
	}
}

// The parser of golang-jwt takes several texts for one signature: other unused bits in the
// last character, and line breaks. A list or a cache by the token's text would miss them.
func TestASignatureHasOneText(t *testing.T) {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	token, signing, err := golangjwt.NewWithClaims(t.Context(), key, jwt.MapClaims{"sub": "user-1"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.SignedString(signing)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) error {
		_, err := jwt.Parse(text, golangjwt.Keyfunc(t.Context(), key), jwt.WithValidMethods([]string{"ES256"}))
		return err
	}
	if err := parse(text); err != nil {
		t.Fatal(err)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(text) - 1
	other := text[:last] + string(alphabet[strings.IndexByte(alphabet, text[last])|5])
	for _, changed := range []string{other, text + "\r\n", text[:last] + "\n" + text[last:]} {
		if err := parse(changed); !errors.Is(err, jwt.ErrTokenMalformed) && !errors.Is(err, jwt.ErrTokenUnverifiable) {
			t.Errorf("%q: %v", changed[len(text)-3:], err)
		}
	}
}
