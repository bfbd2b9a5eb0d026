package verifier_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestATokenOfEveryAlgorithmIsAcceptedFromItsKeyOnly(t *testing.T) {
	list, others := everyAlgorithm(t), everyAlgorithm(t)
	for i, key := range list {
		token := forge(t, key, header(key), good)
		t.Run(key.Algorithm(), func(t *testing.T) {
			got, err := newVerifier(t, key, nil).Verify(context.Background(), token)
			if err != nil {
				t.Fatal(err)
			}
			if got.Subject != "user-1" || got.Header.Algorithm != key.Algorithm() || got.Header.Type != "JWT" {
				t.Errorf("got %v with header %+v", got, got.Header)
			}
		})
		for j, other := range append(list, others...) {
			same := key.Algorithm() == other.Algorithm() && (j == i || key.Algorithm()[1:2] == "S" && key.Algorithm()[0] != 'E')
			if same { // others shares the secret and the RSA key
				continue
			}
			if got, err := newVerifier(t, other, nil).Verify(context.Background(), token); got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("a token of %s passed the other key of %s: %v", key.Algorithm(), other.Algorithm(), err)
			}
		}
	}
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	var everyChange []byte
	for change := 1; change < 256; change++ {
		everyChange = append(everyChange, byte(change))
	}
	for _, key := range everyAlgorithm(t) {
		t.Run(key.Algorithm(), func(t *testing.T) {
			v := newVerifier(t, key, nil)
			token := []byte(forge(t, key, header(key), good))
			for i := range token {
				// Every other byte for HMAC; for the rest, whose checks take a
				// thousand times as long, one that changes with the place.
				changes := []byte{1 << (i % 8)}
				if key.Algorithm() == "HS256" {
					changes = everyChange
				}
				for _, change := range changes {
					token[i] ^= change
					if got, err := v.Verify(context.Background(), string(token)); got != nil || !errors.Is(err, verifier.ErrInvalidToken) {
						t.Fatalf("byte %d changed by %#x: got %v, %v", i, change, got, err)
					}
					token[i] ^= change
				}
			}
		})
	}
}

func TestATokenIsAccepted(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, test := range []struct {
		name, header, payload string
		change                func(*verifier.Config)
	}{
		{name: "with aud as a list", payload: strings.Replace(good, `"orders"`, `["billing","orders"]`, 1)},
		{name: "with unknown claims", payload: strings.TrimSuffix(good, "}") + `,"x":{"y":[1,null,true]},"EXP":1,"AUD":"x","iſs":"x","":0}`},
		{name: "with unknown header members", header: `{"alg":"HS256","x5t":"abc","x":{"y":[1]},"ALG":"none","exp":1}`},
		{name: "with b64 true", header: `{"alg":"HS256","b64":true}`},
		{name: "with another cty", header: `{"alg":"HS256","cty":"json"}`},
		{name: "with white space", header: "\r\n{ \"alg\" :\t\"HS256\" }\n", payload: " " + good + " "},
		{name: "with non-ASCII", payload: strings.TrimSuffix(good, "}") + `,"name":"Zoë 😀","\u00e9":"\ud83d\ude00"}`},
		{name: "with an escaped iss", payload: strings.Replace(good, `"https://`, `"https:\/\/`, 1)},
		{name: "with escaped names", payload: strings.Replace(good, `"exp"`, `"\u0065xp"`, 1)},
		{name: "with fractional dates", payload: `{"iss":"https://login.example.com","aud":"orders","exp":1700000000.5,"nbf":1699999999.9,"iat":1.6999999995e9}`},
		{name: "without typ", header: `{"alg":"HS256"}`},
		{name: "with typ in lower case", header: `{"alg":"HS256","typ":"jwt"}`},
		{name: "with typ in full", header: `{"alg":"HS256","typ":"application/JWT"}`},
		{name: "with a kid that the key does not have", header: `{"alg":"HS256","kid":"whatever"}`},
		{name: "with nbf and iat now", payload: strings.TrimSuffix(good, "}") + `,"nbf":1700000000}`},
		{name: "of the required type", header: `{"alg":"HS256","typ":"application/at+jwt"}`, change: func(c *verifier.Config) { c.Type = "at+jwt" }},
		{name: "without exp, by name", payload: `{"iss":"https://login.example.com","aud":"orders"}`, change: func(c *verifier.Config) { c.AllowMissingExpiry = true }},
		{name: "without iss, by name", payload: `{"aud":"orders","exp":1700000001}`, change: func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true }},
		{name: "of anybody, by name", payload: strings.Replace(good, "login.example.com", "other.example.com", 1), change: func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true }},
		{name: "of anybody, by name, with keys that know their issuer", payload: strings.Replace(good, "login.example.com", "other.example.com", 1), change: func(c *verifier.Config) {
			c.Keys, c.Issuer, c.SkipIssuerCheck = issuersKeys{c.Keys}, "", true
		}},
		{name: "of the issuer that the keys know", change: func(c *verifier.Config) { c.Keys, c.Issuer = issuersKeys{c.Keys}, "" }},
		{name: "of the issuer that the keys know and the setting names", change: func(c *verifier.Config) { c.Keys = issuersKeys{c.Keys} }},
		{name: "for anybody, by name", payload: strings.Replace(good, "orders", "billing", 1), change: func(c *verifier.Config) { c.Audience, c.SkipAudienceCheck = nil, true }},
		{name: "without aud, by name", payload: `{"iss":"https://login.example.com","exp":1700000001}`, change: func(c *verifier.Config) { c.Audience, c.SkipAudienceCheck = nil, true }},
		{name: "for the second audience", change: func(c *verifier.Config) { c.Audience = []string{"billing", "orders"} }},
		{name: "expired within the leeway", payload: strings.Replace(good, "1700000060", "1699999941", 1), change: func(c *verifier.Config) { c.Leeway = time.Minute }},
		{name: "ahead within the leeway", payload: strings.TrimSuffix(good, "}") + `,"nbf":1700000060}`, change: func(c *verifier.Config) { c.Leeway = time.Minute }},
		{name: "just young enough", payload: strings.Replace(good, `"iat":1700000000`, `"iat":1699999941`, 1), change: func(c *verifier.Config) { c.MaxTokenAge = time.Minute }},
		{name: "with the required claims", change: func(c *verifier.Config) { c.RequiredClaims = []string{"sub", "iat"} }},
		{name: "with a claim that is required twice", change: func(c *verifier.Config) { c.RequiredClaims = []string{"sub", "iat", "sub"} }},
		{name: "that Check agrees to", change: func(c *verifier.Config) {
			c.Check = func(_ context.Context, t *verifier.Token) error {
				if t.Subject != "user-1" {
					return errors.New("not the token")
				}
				return nil
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.header == "" {
				test.header = header(key)
			}
			if test.payload == "" {
				test.payload = good
			}
			got, err := newVerifier(t, key, test.change).Verify(context.Background(), forge(t, key, test.header, test.payload))
			if err != nil || got == nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// issuersKeys are keys that know whose they are.
type issuersKeys struct{ keys.VerificationSource }

func (issuersKeys) Issuer() string { return issuer }

func TestTheKeysOfAnIssuerProveNoOthersTokens(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, other := range []string{"https://other.example.com", strings.TrimSuffix(issuer, "m"), issuer + "/"} {
		if v, err := verifier.New(verifier.Config{Keys: issuersKeys{key}, Issuer: other, Audience: []string{audience}}); v != nil || err == nil || !strings.Contains(err.Error(), "Config.Issuer is") {
			t.Errorf("%s: got %v, %v", other, v, err)
		}
	}
	v := newVerifier(t, issuersKeys{key}, func(c *verifier.Config) { c.Issuer = "" })
	if v.Issuer() != issuer {
		t.Errorf("got issuer %q", v.Issuer())
	}
	wantRefused(t, v, forge(t, key, header(key), strings.Replace(good, "login.example.com", "other.example.com", 1)), verifier.WrongIssuer)
}

func TestAVerifierIsReadyWhenItsKeysAre(t *testing.T) {
	key := secret(t, "", "HS256")
	outage := errors.New("throttled")
	for name, test := range map[string]struct {
		v    *verifier.Local
		want error
	}{
		"keys that cannot tell":  {newVerifier(t, key, nil), nil},
		"keys that are ready":    {newVerifier(t, readyKeys{key, nil}, nil), nil},
		"keys that are not":      {newVerifier(t, readyKeys{key, outage}, nil), outage},
		"no verifier":            {nil, keys.ErrMisconfigured},
		"a verifier of no maker": {new(verifier.Local), keys.ErrMisconfigured},
	} {
		if err := test.v.Ready(context.Background()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestAVerifierThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	for _, v := range []*verifier.Local{nil, new(verifier.Local)} {
		got, err := v.Verify(context.Background(), "abc")
		if got != nil || !errors.Is(err, keys.ErrMisconfigured) || errors.Is(err, verifier.ErrInvalidToken) || v.Issuer() != "" {
			t.Errorf("got %v, %v, issuer %q", got, err, v.Issuer())
		}
	}
}

func TestAStandardBase64SignatureIsAcceptedOnlyWhereAskedFor(t *testing.T) {
	key := secret(t, "", "HS512")
	compact := forge(t, key, header(key), good)
	dot := strings.LastIndexByte(compact, '.')
	signature, err := base64.RawURLEncoding.DecodeString(compact[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	standard := compact[:dot+1] + base64.StdEncoding.EncodeToString(signature)
	strict := newVerifier(t, key, nil)
	told := newVerifier(t, key, func(c *verifier.Config) { c.StandardBase64Signature = true })
	wantRefused(t, strict, standard, verifier.Malformed)
	wantRefused(t, told, compact, verifier.Malformed)
	if _, err := told.Verify(context.Background(), standard); err != nil {
		t.Error(err)
	}
	byIssuer, err := verifier.ByIssuer(told)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := byIssuer.Verify(context.Background(), standard); err != nil {
		t.Error(err)
	}
	wantRefused(t, byIssuer, compact, verifier.Malformed)
}

// RFC 7515 section 4.1.9: "application/" may be left out where no other slash follows.
func TestTheTypeIsComparedAsAMediaType(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, test := range []struct {
		setting, typ string
		want         bool
	}{
		{"at+jwt", "at+jwt", true},
		{"at+jwt", "AT+JWT", true},
		{"at+jwt", "application/at+jwt", true},
		{"application/at+jwt", "at+jwt", true},
		{"APPLICATION/at+jwt", "Application/at+jwt", true},
		{"x", "application/x", true},
		{"x", "x", true},
		{"text/x", "text/x", true},
		{"text/x", "application/text/x", false},
		{"/x", "application//x", false},
		{"application/", "application/", true},
		{"application/", "", false},
		{"at+jwt", "", false},
		{"at+jwt", "JWT", false},
		{"at+jwt", "at+jwt ", false},
		{"at+jwt", "text/at+jwt", false},
		{"at+jwt", "applicatio/at+jwt", false},
	} {
		v := newVerifier(t, key, func(c *verifier.Config) { c.Type = test.setting })
		got, err := v.Verify(context.Background(), forge(t, key, `{"alg":"HS256","typ":"`+test.typ+`"}`, good))
		var refusal *verifier.Error
		switch {
		case test.want && (err != nil || got == nil):
			t.Errorf("%q for %q: got %v, %v", test.typ, test.setting, got, err)
		case !test.want && (got != nil || !errors.As(err, &refusal) || refusal.Reason != verifier.WrongType || !reflect.DeepEqual(refusal.Expected, []string{test.setting})):
			t.Errorf("%q for %q: got %v, %v", test.typ, test.setting, got, err)
		}
	}
}

func TestATokenOfTheDefaultGreatestSizeIsAccepted(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, nil)
	for size, want := range map[int]verifier.Reason{16 << 10: "", 16<<10 + 1: verifier.TooLarge} {
		if got, err := v.Verify(context.Background(), tokenOfSize(t, key, size)); verifier.ReasonOf(err) != want || (got == nil) != (err != nil) {
			t.Errorf("%d bytes: got %v, %v", size, got, err)
		}
	}
}

func TestASourceThatSaysThatItIsNotMeteredIsTreatedSo(t *testing.T) {
	key := secret(t, "", "HS256")
	s := &source{key: key}
	wantRefused(t, newVerifier(t, s, nil), forge(t, key, header(key), strings.Replace(good, "1700000060", "1600000000", 1)), verifier.Expired)
	if s.asked != 1 {
		t.Errorf("asked %d times", s.asked)
	}
}

func TestASettingRefusesATokenThatPassesWithoutIt(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, test := range []struct {
		name, payload string
		change        func(*verifier.Config)
		want          verifier.Reason
	}{
		{"a type that the token lacks", good, func(c *verifier.Config) { c.Type = "at+jwt" }, verifier.WrongType},
		{"a leeway that has passed", strings.Replace(good, "1700000060", "1699999940", 1), func(c *verifier.Config) { c.Leeway = time.Minute }, verifier.Expired},
		{"a leeway that is not enough", strings.TrimSuffix(good, "}") + `,"nbf":1700000061}`, func(c *verifier.Config) { c.Leeway = time.Minute }, verifier.NotYetValid},
		{"a maximum age", strings.Replace(good, `"iat":1700000000`, `"iat":1699999940`, 1), func(c *verifier.Config) { c.MaxTokenAge = time.Minute }, verifier.TooOld},
		{"a maximum age of a token without iat", strings.Replace(good, `,"iat":1700000000`, ``, 1), func(c *verifier.Config) { c.MaxTokenAge = time.Minute }, verifier.MissingClaim},
		{"the least maximum age of a token without iat", strings.Replace(good, `,"iat":1700000000`, ``, 1), func(c *verifier.Config) { c.MaxTokenAge = 1 }, verifier.MissingClaim},
		{"a required claim", good, func(c *verifier.Config) { c.RequiredClaims = []string{"sub", "jti"} }, verifier.MissingClaim},
		{"a size", good, func(c *verifier.Config) { c.MaxTokenSize = 100 }, verifier.TooLarge},
		{"a check that refuses", good, func(c *verifier.Config) {
			c.Check = func(context.Context, *verifier.Token) error {
				return fmt.Errorf("revoked: %w", verifier.ErrInvalidToken)
			}
		}, verifier.RefusedByCheck},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantRefused(t, newVerifier(t, key, test.change), forge(t, key, header(key), test.payload), test.want)
		})
	}
}

// The cause is what the user's own code sees with errors.Is and As, and what is logged.
func TestARefusalByCheckKeepsItsCause(t *testing.T) {
	key := secret(t, "", "HS256")
	revoked := errors.New("revoked last week")
	// A reason of the user's own must not make the refusal one that caches may keep.
	for _, refused := range []error{verifier.ErrInvalidToken, &verifier.Error{Reason: verifier.Expired}} {
		cause := fmt.Errorf("%w: %w", refused, revoked)
		v := newVerifier(t, key, func(c *verifier.Config) {
			c.Check = func(context.Context, *verifier.Token) error { return cause }
		})
		got, err := v.Verify(context.Background(), forge(t, key, header(key), good))
		var refusal *verifier.Error
		if got != nil || !errors.Is(err, revoked) || !errors.As(err, &refusal) || refusal.Reason != verifier.RefusedByCheck || err.Error() != cause.Error() {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

// Both sides of each bound.
func TestTheBoundsOfTheSettingsAreThese(t *testing.T) {
	key := secret(t, "", "HS256")
	const tenYears = 10 * 366 * 24 * time.Hour
	for _, test := range []struct {
		name   string
		change func(*verifier.Config)
		want   string // what the error names; empty if there is none
	}{
		{"no leeway at all", func(c *verifier.Config) { c.Leeway = -1 }, ""},
		{"no leeway by any negative number", func(c *verifier.Config) { c.Leeway = -time.Hour }, ""},
		{"the greatest leeway", func(c *verifier.Config) { c.Leeway = 10 * time.Minute }, ""},
		{"more than the greatest leeway", func(c *verifier.Config) { c.Leeway = 10*time.Minute + 1 }, "Leeway"},
		{"the least greatest age", func(c *verifier.Config) { c.MaxTokenAge = 1 }, ""},
		{"a negative greatest age", func(c *verifier.Config) { c.MaxTokenAge = -1 }, "MaxTokenAge"},
		{"the greatest greatest age", func(c *verifier.Config) { c.MaxTokenAge = tenYears }, ""},
		{"more than the greatest greatest age", func(c *verifier.Config) { c.MaxTokenAge = tenYears + 1 }, "MaxTokenAge"},
		{"the least size", func(c *verifier.Config) { c.MaxTokenSize = 1 }, ""},
		{"a negative size", func(c *verifier.Config) { c.MaxTokenSize = -1 }, "MaxTokenSize"},
		{"the greatest size", func(c *verifier.Config) { c.MaxTokenSize = 1 << 20 }, ""},
		{"more than the greatest size", func(c *verifier.Config) { c.MaxTokenSize = 1<<20 + 1 }, "MaxTokenSize"},
		{"an empty claim among those required", func(c *verifier.Config) { c.RequiredClaims = []string{"a", ""} }, "RequiredClaims"},
		{"an empty claim among those of scopes", func(c *verifier.Config) { c.ScopeClaims = []string{"a", ""} }, "ScopeClaims"},
		{"claims required and of scopes", func(c *verifier.Config) { c.RequiredClaims, c.ScopeClaims = []string{"a"}, []string{"b"} }, ""},
	} {
		cfg := verifier.Config{Keys: key, Issuer: issuer, Audience: []string{audience}}
		test.change(&cfg)
		v, err := verifier.New(cfg)
		if (err == nil) != (test.want == "") || (v == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.name, v, err)
		}
	}
}

// A token lives to the nanosecond, and its issuer's clock may be ahead as far as documented.
func TestTimesAreComparedToTheNanosecond(t *testing.T) {
	key := secret(t, "", "HS256")
	at := func(offset time.Duration) func(*verifier.Config) {
		return func(c *verifier.Config) { c.Now = func() time.Time { return time.Unix(now, 0).Add(offset) } }
	}
	const young = `{"iss":"https://login.example.com","aud":"orders","exp":1700000060,"iat":1700000000,"nbf":1700000000}`
	for _, test := range []struct {
		name        string
		leeway, age time.Duration
		at          time.Duration // after now
		want        verifier.Reason
	}{
		{"five seconds early", 0, 0, -5 * time.Second, ""},
		{"more than five seconds early", 0, 0, -5*time.Second - 1, verifier.NotYetValid},
		{"on time without leeway", -1, 0, 0, ""},
		{"early without leeway", -1, 0, -1, verifier.NotYetValid},
		{"early within the leeway", time.Minute, 0, -time.Minute, ""},
		{"earlier than the leeway", time.Minute, 0, -time.Minute - 1, verifier.NotYetValid},
		{"just before exp", 0, 0, time.Minute - 1, ""},
		{"at exp", 0, 0, time.Minute, verifier.Expired},
		{"just before exp without leeway", -1, 0, time.Minute - 1, ""},
		{"at exp without leeway", -1, 0, time.Minute, verifier.Expired},
		{"just before the end of the leeway", time.Second, 0, 61*time.Second - 1, ""},
		{"at the end of the leeway", time.Second, 0, 61 * time.Second, verifier.Expired},
		{"just young enough", 0, 30 * time.Second, 30*time.Second - 1, ""},
		{"just too old", 0, 30 * time.Second, 30 * time.Second, verifier.TooOld},
		{"just young enough with the leeway", time.Second, 30 * time.Second, 31*time.Second - 1, ""},
		{"just too old with the leeway", time.Second, 30 * time.Second, 31 * time.Second, verifier.TooOld},
	} {
		v := newVerifier(t, key, func(c *verifier.Config) { c.Leeway, c.MaxTokenAge = test.leeway, test.age; at(test.at)(c) })
		got, err := v.Verify(context.Background(), forge(t, key, header(key), young))
		if verifier.ReasonOf(err) != test.want || (got == nil) != (err != nil) {
			t.Errorf("%s: got %v, %v, want %q", test.name, got, err, test.want)
		}
	}
	for leeway, latest := range map[time.Duration]time.Duration{0: 5 * time.Second, -1: 0, time.Minute: time.Minute} {
		for offset, want := range map[time.Duration]verifier.Reason{-latest: "", -latest - 1: verifier.IssuedInFuture} {
			v := newVerifier(t, key, func(c *verifier.Config) { c.Leeway = leeway; at(offset)(c) })
			if _, err := v.Verify(context.Background(), forge(t, key, header(key), good)); verifier.ReasonOf(err) != want {
				t.Errorf("leeway %v, iat %v ahead: got %v, want %q", leeway, -offset, err, want)
			}
		}
	}
}

func TestCheckDoesNotSeeATokenThatIsRefusedAnyway(t *testing.T) {
	key := secret(t, "", "HS256")
	v := newVerifier(t, key, func(c *verifier.Config) {
		c.Check = func(context.Context, *verifier.Token) error { t.Error("asked"); return nil }
	})
	wantRefused(t, v, forge(t, key, header(key), `{"exp":1}`), verifier.Expired)
	wantRefused(t, v, forge(t, secret(t, "", "HS512"), header(key), good), verifier.WrongSignature)
}

// source is a key source that does as it is told.
type source struct {
	key     keys.VerificationKey
	err     error
	metered bool
	asked   int
}

func (s *source) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	s.asked++
	return s.key, s.err
}
func (s *source) Metered() bool { return s.metered }

// brokenKey cannot tell whether a signature is right.
type brokenKey struct{ err error }

func (brokenKey) Algorithm() string                              { return "HS256" }
func (b brokenKey) Verify(context.Context, []byte, []byte) error { return b.err }

func TestAnOutageIsNeverTheTokensFault(t *testing.T) {
	key := secret(t, "", "HS256")
	token := forge(t, key, header(key), good)
	outage := errors.New("throttled")
	for name, v := range map[string]verifier.Verifier{
		"the source fails":       newVerifier(t, &source{err: outage}, nil),
		"the key fails":          newVerifier(t, &source{key: brokenKey{outage}}, nil),
		"the check fails":        newVerifier(t, key, func(c *verifier.Config) { c.Check = func(context.Context, *verifier.Token) error { return outage } }),
		"a metered source fails": newVerifier(t, &source{err: outage, metered: true}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Verify(context.Background(), token)
			if got != nil || !errors.Is(err, outage) || errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) != "" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// A source may ask a server that has refused its own token.
func TestAnErrorOfTheKeysIsAnOutageWhateverItWraps(t *testing.T) {
	key := secret(t, "", "HS256")
	outage := fmt.Errorf("asking the store of keys: %w", &verifier.Error{Reason: verifier.Expired})
	loaded, err := keys.NewRefreshing(keys.RefreshingConfig{Load: func(context.Context) (*keys.Ring, error) { return nil, outage }})
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]keys.VerificationSource{
		"the source": &source{err: outage},
		"the key":    &source{key: brokenKey{outage}},
		"the load":   loaded,
	} {
		got, err := newVerifier(t, source, nil).Verify(context.Background(), forge(t, key, header(key), good))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), "store of keys") {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestASourceThatAnswersNothingIsAnOutage(t *testing.T) {
	key := secret(t, "", "HS256")
	for name, answer := range map[string]keys.VerificationKey{
		"nothing": nil, "a nil Secret": (*keys.Secret)(nil), "a zero Secret": new(keys.Secret), "a zero PublicKey": new(keys.PublicKey), "a zero PrivateKey": new(keys.PrivateKey),
	} {
		got, err := newVerifier(t, &source{key: answer}, nil).Verify(context.Background(), forge(t, key, header(key), good))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestACancelledContextIsAnOutage(t *testing.T) {
	key := secret(t, "", "HS256")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, v := range map[string]verifier.Verifier{
		"local":  newVerifier(t, key, nil),
		"cached": cached(t, newVerifier(t, key, nil), verifier.CacheConfig{Size: 1}),
	} {
		got, err := v.Verify(ctx, forge(t, key, header(key), good))
		if got != nil || !errors.Is(err, context.Canceled) || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestAKeyOfAnotherAlgorithmIsNotAskedToVerify(t *testing.T) {
	key := secret(t, "", "HS384")
	s := &source{key: brokenKey{errors.New("asked")}}
	wantRefused(t, newVerifier(t, s, nil), forge(t, key, header(key), good), verifier.WrongAlgorithm)
}

func TestAMeteredSourceIsNotAskedForATokenThatWouldBeRefused(t *testing.T) {
	key := secret(t, "", "HS256")
	s := &source{key: key, metered: true}
	v := newVerifier(t, s, nil)
	for name, payload := range map[string]string{
		"expired":        strings.Replace(good, "1700000060", "1600000000", 1),
		"another issuer": strings.Replace(good, "login.example.com", "login.example.org", 1),
		"another aud":    strings.Replace(good, "orders", "billing", 1),
		"malformed":      "null",
	} {
		t.Run(name, func(t *testing.T) {
			token := forge(t, key, header(key), payload)
			wantRefused(t, v, token, verifier.Unproven)
			_, err := v.Verify(context.Background(), token)
			for _, sentinel := range []error{jwt.ErrTokenExpired, jwt.ErrTokenInvalidClaims, jwt.ErrTokenMalformed} {
				if errors.Is(err, sentinel) {
					t.Errorf("an unproven claim left the verifier: %v", err)
				}
			}
			if s.asked != 0 {
				t.Errorf("asked %d times", s.asked)
			}
		})
	}
	if _, err := v.Verify(context.Background(), forge(t, key, header(key), good)); err != nil || s.asked != 1 {
		t.Errorf("got %v after asking %d times", err, s.asked)
	}
}

// slow is a metered source that takes its time.
type slow struct {
	*source
	pass func()
}

func (s slow) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	s.pass()
	return s.source.VerificationKey(ctx, h)
}

func TestATokenThatExpiresWhileItsKeyIsFetchedIsExpired(t *testing.T) {
	key := secret(t, "", "HS256")
	clock := time.Unix(now, 0)
	s := slow{&source{key: key, metered: true}, func() { clock = clock.Add(time.Minute) }}
	v := newVerifier(t, s, func(c *verifier.Config) { c.Now = func() time.Time { return clock } })
	token := forge(t, key, header(key), good)
	wantRefused(t, v, token, verifier.Expired)
	if _, err := v.Verify(context.Background(), token); !errors.Is(err, verifier.ErrInvalidToken) || s.asked != 1 {
		t.Errorf("got %v after asking %d times", err, s.asked)
	}
}

func TestTheTokenHoldsWhatTheClaimsSay(t *testing.T) {
	key := secret(t, "k", "HS256")
	payload := `{"iss":"https://login.example.com","sub":"Zo\u00eb","aud":["orders","billing"],"exp":1700000060.25,
		"nbf":1699999990,"iat":1699999991,"jti":"id-1","scope":"read write  read","scp":["admin","write audit"]}`
	got, err := newVerifier(t, key, nil).Verify(context.Background(), forge(t, key, `{"alg":"HS256","kid":"k","x":"y"}`, payload))
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != issuer || got.Subject != "Zoë" || got.ID != "id-1" || !reflect.DeepEqual(got.Audience, []string{"orders", "billing"}) {
		t.Errorf("got %v", got)
	}
	if !got.ExpiresAt.Equal(time.Unix(now+60, 250_000_000)) || !got.NotBefore.Equal(time.Unix(now-10, 0)) || !got.IssuedAt.Equal(time.Unix(now-9, 0)) {
		t.Errorf("got times %v %v %v", got.ExpiresAt, got.NotBefore, got.IssuedAt)
	}
	if scopes := got.Scopes(); !reflect.DeepEqual(scopes, []string{"read", "write", "admin", "audit"}) {
		t.Errorf("got scopes %q", scopes)
	}
	if x, ok := got.Header.Param("x"); !ok || x != "y" || got.Header.Kid != "k" {
		t.Errorf("got header %+v", got.Header)
	}
}

func TestAllFurtherMembersOfTheHeaderAreKept(t *testing.T) {
	key := secret(t, "", "HS256")
	got, err := newVerifier(t, key, nil).Verify(context.Background(), forge(t, key, `{"a":1,"alg":"HS256","b":"2","cty":"json","b64":true,"c":[3]}`, good))
	want := map[string]json.RawMessage{"a": []byte(`1`), "b": []byte(`"2"`), "cty": []byte(`"json"`), "b64": []byte(`true`), "c": []byte(`[3]`)}
	if err != nil || !reflect.DeepEqual(got.Header.Params, want) {
		t.Errorf("got %v, %v", got.Header.Params, err)
	}
}

func TestScopesOfTheWrongTypeGrantNothing(t *testing.T) {
	for claims, want := range map[string][]string{
		`{}`:                          nil,
		`{"scope":1}`:                 nil,
		`{"scope":null,"scp":{}}`:     nil,
		`{"scope":""}`:                nil,
		`{"scope":["a",1,["b"]]}`:     {"a"},
		`{"scp":"a b"}`:               {"a", "b"},
		`{"scope":"a\tb c\u00a0d"}`:   {"a\tb", "c\u00a0d"},
		`{"SCOPE":"admin"}`:           nil,
		`{"scope":"\u0061dmin user"}`: {"admin", "user"},
	} {
		token, err := verifier.TrustClaims([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if got := token.Scopes(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", claims, got, want)
		}
	}
}

func TestClaimsFillTheUsersOwnTypes(t *testing.T) {
	key := secret(t, "", "HS256")
	payload := strings.TrimSuffix(good, "}") + `,"id":9007199254740993,"EXP":1,"iſs":"forged","Roles":["forged"],"roles":["a"]}`
	token, err := newVerifier(t, key, nil).Verify(context.Background(), forge(t, key, header(key), payload))
	if err != nil {
		t.Fatal(err)
	}
	var own struct {
		jwt.RegisteredClaims
		ID    int64    `json:"id"`
		Roles []string `json:"roles"`
	}
	if err := token.Claims(&own); err != nil {
		t.Fatal(err)
	}
	if own.Issuer != issuer || own.ExpiresAt.Unix() != now+60 || own.ID != 9007199254740993 || !reflect.DeepEqual(own.Roles, []string{"a"}) {
		t.Errorf("got %+v", own)
	}
	loose := jwt.MapClaims{}
	if err := token.Claims(&loose); err != nil {
		t.Fatal(err)
	}
	if exp, err := loose.GetExpirationTime(); loose["id"] != json.Number("9007199254740993") || err != nil || exp.Unix() != now+60 {
		t.Errorf("got %v, %v", loose, err)
	}
	var wrong struct {
		Sub int `json:"sub"`
	}
	if err := token.Claims(&wrong); err == nil || strings.Contains(err.Error(), "user-1") {
		t.Errorf("got %v", err)
	}
}

func TestScalarsAreTheClaimsThatAreNoListObjectOrNull(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(`{"s":"a\u00e9","b":true,"f":false,"n":9007199254740993,"l":[1],"o":{},"z":null,"d":-1.5e3}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, value := range token.Scalars() {
		got = append(got, fmt.Sprintf("%s=%T:%v", name, value, value))
	}
	want := []string{"s=string:aé", "b=bool:true", "f=bool:false", "n=json.Number:9007199254740993", "d=json.Number:-1.5e3"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for name := range token.Scalars() {
		if name != "s" {
			t.Errorf("went on to %s", name)
		}
		break
	}
}

func TestATokenPrintsWithoutItsClaims(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(`{"iss":"i","sub":"s","password":"hunter2"}`))
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "token", token, "copy", *token)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		logged.WriteString(fmt.Sprintf(verb, token))
		logged.WriteString(fmt.Sprintf(verb, *token))
	}
	if text := logged.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, `token(iss="i" sub="s")`) {
		t.Errorf("got %s", text)
	}
}

func TestTrustClaimsReadsClaimsStrictly(t *testing.T) {
	for _, claims := range []string{"", "null", `{"exp":"1"}`, `{"a":1,"a":2}`, `{"aud":[1]}`, `{"sub":1}`} {
		if token, err := verifier.TrustClaims([]byte(claims)); token != nil || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", claims, token, err)
		}
	}
}

func TestNewSaysWhichSettingToMend(t *testing.T) {
	key := secret(t, "", "HS256")
	for _, test := range []struct {
		want   string // what the error names
		change func(*verifier.Config)
	}{
		{"Keys", func(c *verifier.Config) { c.Keys = nil }},
		{"Issuer", func(c *verifier.Config) { c.Issuer = "" }},
		{"SkipIssuerCheck", func(c *verifier.Config) { c.SkipIssuerCheck = true }},
		{"Audience", func(c *verifier.Config) { c.Audience = nil }},
		{"Audience", func(c *verifier.Config) { c.Audience = []string{"a", ""} }},
		{"SkipAudienceCheck", func(c *verifier.Config) { c.SkipAudienceCheck = true }},
		{"RequiredClaims", func(c *verifier.Config) { c.RequiredClaims = []string{""} }},
		{"Leeway", func(c *verifier.Config) { c.Leeway = time.Hour }},
		{"MaxTokenAge", func(c *verifier.Config) { c.MaxTokenAge = -1 }},
		{"MaxTokenSize", func(c *verifier.Config) { c.MaxTokenSize = -1 }},
		{"MaxTokenSize", func(c *verifier.Config) { c.MaxTokenSize = 1 << 30 }},
	} {
		cfg := verifier.Config{Keys: key, Issuer: issuer, Audience: []string{audience}}
		test.change(&cfg)
		if v, err := verifier.New(cfg); v != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.want, v, err)
		}
	}
}

func TestChangingTheConfigAfterwardsChangesNothing(t *testing.T) {
	key := secret(t, "", "HS256")
	cfg := verifier.Config{Keys: key, Issuer: issuer, Audience: []string{"billing"}, Now: clock}
	v, err := verifier.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Audience[0] = audience
	wantRefused(t, v, forge(t, key, header(key), good), verifier.WrongAudience)

	required, scopes := []string{"sub"}, []string{"roles"}
	v = newVerifier(t, key, func(c *verifier.Config) { c.RequiredClaims, c.ScopeClaims = required, scopes })
	required[0], scopes[0] = "tenant", "groups"
	got, err := v.Verify(context.Background(), forge(t, key, header(key), strings.TrimSuffix(good, "}")+`,"roles":["a"],"groups":["b"]}`))
	if err != nil || !reflect.DeepEqual(got.Scopes(), []string{"a"}) {
		t.Errorf("got %v, %v", got.Scopes(), err)
	}
}
