package jose_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
)

var roomy = jose.Limits{Depth: 16, Members: 64}

func TestDecodeBase64URLReadsOnlyTheCanonicalText(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // what it decodes to; empty: refused
	}{
		{"no padding needed", "Zm9v", "foo"},
		{"one character short of a group", "Zm8", "fo"},
		{"two characters short of a group", "Zg", "f"},
		{"the URL alphabet", "-_-_", "\xfb\xff\xbf"},
		{"padded", "Zg==", ""},
		{"the standard alphabet", "+/+/", ""},
		{"both alphabets", "-/_+", ""},
		{"trailing bits that are not zero", "Zh", ""},
		{"more trailing bits that are not zero", "Zm9", ""},
		{"one lone character", "Z", ""},
		{"a line feed inside", "Zm\n9v", ""},
		{"a line feed at the end", "Zm9v\n", ""},
		{"a carriage return inside", "Zm\r9v", ""},
		{"a space", "Zm 9v", ""},
		{"a dot", "Zm9v.", ""},
		{"a character beyond ASCII", "Zm9é", ""},
		{"a full-width letter", "\uff3am9v", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := jose.DecodeBase64URL(test.text)
			if refused := test.want == ""; refused != errors.Is(err, jose.ErrBase64) || string(got) != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func FuzzDecodeBase64URL(f *testing.F) {
	for _, seed := range []string{"", "Zg", "Zh", "Zm9v", "Zm9v\n", "Zg==", "-_", "+/", "A", "Zm\r\n9v"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := jose.DecodeBase64URL(text)
		if err != nil {
			if canonical, e := base64.RawURLEncoding.DecodeString(text); e == nil && jose.EncodeBase64URL(canonical) == text {
				t.Fatalf("refused %q, which is canonical", text)
			}
			return
		}
		if jose.EncodeBase64URL(got) != text {
			t.Fatalf("accepted %q, which encodes back to %q", text, jose.EncodeBase64URL(got))
		}
	})
}

func TestParseCompactTakesThreeSegmentsOnly(t *testing.T) {
	const header, payload, signature = "eyJhbGciOiJIUzI1NiJ9", "e30", "c2ln"
	valid := header + "." + payload + "." + signature
	for _, test := range []struct {
		name, token string
		want        error
	}{
		{"three segments", valid, nil},
		{"nothing", "", jose.ErrCompact},
		{"no dot", header, jose.ErrCompact},
		{"two segments", header + "." + payload, jose.ErrCompact},
		{"four segments", valid + "." + signature, jose.ErrCompact},
		{"five segments, as an encrypted token has", valid + "." + signature + "." + signature, jose.ErrCompact},
		{"no header", "." + payload + "." + signature, jose.ErrCompact},
		{"no payload", header + ".." + signature, jose.ErrCompact},
		{"no signature", header + "." + payload + ".", jose.ErrCompact},
		{"dots only", "..", jose.ErrCompact},
		{"a dot at the end", valid + ".", jose.ErrCompact},
		{"a dot in front", "." + valid, jose.ErrCompact},
		{"JSON serialization", `{"payload":"e30","protected":"e30","signature":"c2ln"}`, jose.ErrCompact},
		{"JSON serialization with two dots", `{"payload":"e.3.0"}`, jose.ErrBase64},
		{"a padded header", header + "=." + payload + "." + signature, jose.ErrBase64},
		{"a line break behind it", valid + "\n", jose.ErrBase64},
		{"a line break in the payload", header + ".e\r30." + signature, jose.ErrBase64},
		{"a space in front", " " + valid, jose.ErrBase64},
		{"a non-canonical signature", header + "." + payload + ".c2l", jose.ErrBase64},
		{"a byte over the limit", valid + strings.Repeat("A", 1000), jose.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := jose.ParseCompact(test.token, 1000, false)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			want := jose.Compact{Header: `{"alg":"HS256"}`, Payload: "{}", Signature: []byte("sig"), Input: []byte(header + "." + payload)}
			if test.want != nil {
				want = jose.Compact{}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestASignatureInStandardBase64IsReadOnlyWhereAskedFor(t *testing.T) {
	for _, test := range []struct {
		name, signature string
		standard, url   bool // whether it is good in either
	}{
		{"padded, of both alphabets' letters", "c2k=", true, false},
		{"padded, of the standard alphabet", "+/+/+w==", true, false},
		{"without padding by nature", "c2ln", true, true},
		{"of the standard alphabet, without padding by nature", "+/+/", true, false},
		{"of the URL alphabet, without padding by nature", "-_-_", false, true},
		{"padding left out", "c2k", false, true},
		{"padding left out of the standard alphabet", "+/+/+w", false, false},
		{"the URL alphabet, padded", "-_-_-w==", false, false},
		{"both alphabets", "+_+/+w==", false, false},
		{"bits that are not canonical", "c2l=", false, false},
		{"too much padding", "c2k==", false, false},
		{"padding in the middle", "c2k=c2k=", false, false},
		{"padding only", "====", false, false},
		{"a line break before the padding", "c2k\n=", false, false},
	} {
		for standard, want := range map[bool]bool{true: test.standard, false: test.url} {
			if _, err := jose.ParseCompact("e30.e30."+test.signature, 100, standard); (err == nil) != want {
				t.Errorf("%s, standard %v: got %v, want %v", test.name, standard, err, want)
			}
		}
	}
	if _, err := jose.ParseCompact("e30=.e30.c2k=", 100, true); err == nil {
		t.Error("a padded header was accepted")
	}
	got, err := jose.ParseCompact("e30.e30.c2k=", 100, true)
	if err != nil || string(got.Signature) != "si" {
		t.Errorf("got %q, %v", got.Signature, err)
	}
}

func TestTheSigningInputCannotGrowOverTheSignature(t *testing.T) {
	got, err := jose.ParseCompact("e30.e30.c2ln", 100, false)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got.Input, "overwritten"...)
	if string(got.Signature) != "sig" || got.Header != "{}" {
		t.Errorf("appending to the input changed the rest: %+v", got)
	}
}

func TestAHugeTokenIsRefusedInConstantMemory(t *testing.T) {
	for name, token := range map[string]string{
		"a megabyte":        strings.Repeat("A", 1<<20),
		"ten thousand dots": strings.Repeat(".", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			allocations := testing.AllocsPerRun(10, func() {
				if _, err := jose.ParseCompact(token, 16<<10, false); err == nil {
					t.Error("accepted")
				}
			})
			if allocations != 0 {
				t.Errorf("%v allocations", allocations)
			}
		})
	}
}

// members reads text into a list of "name=kind:raw".
func members(text string, limits jose.Limits) (list []string, err error) {
	err = jose.Members(text, limits, func(name string, v jose.Value) error {
		list = append(list, fmt.Sprintf("%s=%d:%s", name, v.Kind, v.Raw))
		return nil
	})
	return list, err
}

func TestMembersVisitsEachMemberWithItsExactText(t *testing.T) {
	text := " {\"a\":1 , \"b\\u0063\" : \"x\\ny\",\"n\":null,\"t\":true,\"f\":false,\"o\":{\"a\":[ ]},\"l\":[1, {} ],\"d\":-0.5e+3,\"é\":\"😀\",\"\":\"\"}\r\n\t"
	got, err := members(text, roomy)
	want := []string{
		"a=3:1", `bc=4:"x\ny"`, "n=1:null", "t=2:true", "f=2:false", `o=6:{"a":[ ]}`,
		"l=5:[1, {} ]", "d=3:-0.5e+3", `é=4:"😀"`, `=4:""`,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
}

func TestMembersRefusesWhatIsNotOneStrictObject(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{"nothing", ""},
		{"white space", " "},
		{"null", "null"},
		{"an array", "[]"},
		{"a string", `"a"`},
		{"an open object", "{"},
		{"an open name", `{"a`},
		{"no colon", `{"a"}`},
		{"no value", `{"a":}`},
		{"an open value", `{"a":"b`},
		{"an open array", `{"a":[1`},
		{"an open array behind a comma", `{"a":[1,`},
		{"no closing brace", `{"a":1`},
		{"a comma at the end", `{"a":1,}`},
		{"a comma at the end of an array", `{"a":[1,]}`},
		{"a comma in front", `{,"a":1}`},
		{"two commas", `{"a":1,,"b":2}`},
		{"no comma", `{"a":1 "b":2}`},
		{"no comma in an array", `{"a":[1 2]}`},
		{"a bare name", `{a:1}`},
		{"single quotes", `{'a':1}`},
		{"a comment", `{"a":1/**/}`},
		{"trailing text", `{"a":1}x`},
		{"a second object", `{"a":1}{"b":2}`},
		{"a trailing NUL", "{}\x00"},
		{"a form feed", "{\f}"},
		{"a byte order mark", "\ufeff{}"},
		{"a no-break space", "{\u00a0}"},
		{"a duplicate", `{"a":1,"a":2}`},
		{"a duplicate further on", `{"a":1,"b":2,"c":{},"a":2}`},
		{"an escaped duplicate", `{"exp":1,"\u0065xp":2}`},
		{"a duplicate within", `{"a":{"b":1,"b":2}}`},
		{"a duplicate within an array", `{"a":[[{"b":1,"b":2}]]}`},
		{"an empty duplicate", `{"":1,"":2}`},
		{"an escaped surrogate pair as duplicate", `{"😀":1,"\ud83d\ude00":2}`},
		{"invalid UTF-8 in a value", "{\"a\":\"\xff\"}"},
		{"invalid UTF-8 in a name", "{\"\xc3\":1}"},
		{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}"},
		{"a surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}"},
		{"invalid UTF-8 outside of strings", "{\xff}"},
		{"a lone high surrogate", `{"a":"\ud800"}`},
		{"a lone low surrogate", `{"a":"\udc00"}`},
		{"a high surrogate before another escape", `{"a":"\ud800\n"}`},
		{"two high surrogates", `{"a":"\ud800\ud800"}`},
		{"a high surrogate at the end", `{"a":"\ud800\u`},
		{"an unknown escape", `{"a":"\x41"}`},
		{"an escaped quote at the end", `{"a":"\`},
		{"a short escape", `{"a":"\u12"}`},
		{"an escape that is no number", `{"a":"\u12g4"}`},
		{"a signed escape", `{"a":"\u+123"}`},
		{"a line feed in a string", "{\"a\":\"\n\"}"},
		{"a NUL in a string", "{\"a\":\"\x00\"}"},
		{"a leading zero", `{"a":01}`},
		{"a leading plus", `{"a":+1}`},
		{"a lone minus", `{"a":-}`},
		{"a leading point", `{"a":.5}`},
		{"a trailing point", `{"a":5.}`},
		{"an empty exponent", `{"a":5e}`},
		{"an empty signed exponent", `{"a":5e+}`},
		{"a hexadecimal number", `{"a":0x10}`},
		{"NaN", `{"a":NaN}`},
		{"Infinity", `{"a":Infinity}`},
		{"a capital True", `{"a":True}`},
		{"half a literal", `{"a":tru}`},
		{"a literal that goes on", `{"a":nullx}`},
		{"seventeen levels", strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17)},
		{"seventeen levels of arrays", `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}"},
		{"a million open brackets", `{"a":` + strings.Repeat("[", 1_000_000)},
		{"a million open braces", strings.Repeat(`{"a":`, 1_000_000)},
		{"sixty-five members", object(65)},
		{"sixty-five members in two objects", `{"a":` + object(32) + `,"b":` + object(31) + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := jose.Members(test.text, roomy, nil); !errors.Is(err, jose.ErrJSON) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestMembersAcceptsWhatIsAtTheLimits(t *testing.T) {
	for name, text := range map[string]string{
		"sixteen levels":              strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16),
		"sixty-four members":          object(64),
		"one name in several objects": `{"a":{"a":1,"b":{"a":[{"a":1},{"a":2}]}}}`,
		"names that differ in case":   `{"exp":1,"EXP":2,"Exp":3}`,
		"names that fold together":    `{"iss":1,"iſs":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := jose.Members(text, roomy, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// object returns an object of n members.
func object(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestADuplicateIsFoundHoweverManyNamesThereAre(t *testing.T) {
	limits := jose.Limits{Depth: 4, Members: 10_000}
	for _, n := range []int{30, 31, 32, 33, 34, 100, 3000} {
		many := object(n)
		if err := jose.Members(many, limits, nil); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			twice := strings.TrimSuffix(many, "}") + fmt.Sprintf(`,"%d":0}`, again)
			if err := jose.Members(twice, limits, nil); !errors.Is(err, jose.ErrJSON) {
				t.Errorf("%d names and %d again: %v", n, again, err)
			}
			within := `{"x":` + many + `,"y":[` + many + `,` + twice + `]}`
			if err := jose.Members(within, limits, nil); !errors.Is(err, jose.ErrJSON) {
				t.Errorf("the same further in: %v", err)
			}
		}
		apart := `{"x":` + many + `,"y":[` + many + `,` + many + `],"0":1}`
		if err := jose.Members(apart, limits, nil); err != nil {
			t.Errorf("the same names in several objects: %v", err)
		}
	}
}

func TestAnErrorOfVisitStopsTheReading(t *testing.T) {
	stop := errors.New("stop")
	visited := 0
	err := jose.Members(`{"a":1,"b":2}`, roomy, func(string, jose.Value) error { visited++; return stop })
	if err != stop || visited != 1 {
		t.Errorf("got %v after %d visits", err, visited)
	}
	visited = 0
	err = jose.Elements(jose.Value{Kind: jose.Array, Raw: "[1,2]"}, func(jose.Value) error { visited++; return stop })
	if err != stop || visited != 1 {
		t.Errorf("got %v after %d elements", err, visited)
	}
}

func TestNoErrorHoldsWhatWasRead(t *testing.T) {
	for _, text := range []string{`{"secret":}`, `{"secret":1,"secret":2}`, `{"a":"secret`, `secret`, `{"a":1}secret`} {
		if err := jose.Members(text, roomy, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestElementsOfWhatIsNoArrayAreAnError(t *testing.T) {
	err := jose.Elements(jose.Value{Kind: jose.String, Raw: `"a"`}, func(jose.Value) error { return nil })
	if !errors.Is(err, jose.ErrJSON) {
		t.Errorf("got %v", err)
	}
}

func TestTextUndoesEveryEscape(t *testing.T) {
	for raw, want := range map[string]string{
		`""`:                        "",
		`"plain é 😀"`:               "plain é 😀",
		`"\"\\\/\b\f\n\r\t"`:        "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u20AC"`:      "Aé€",
		`"\ud83d\ude00 and \u0000"`: "😀 and \x00",
		`"x\\u0041"`:                `x\u0041`,
	} {
		got, ok := jose.Value{Kind: jose.String, Raw: raw}.Text()
		if !ok || got != want {
			t.Errorf("%s: got %q, %v; want %q", raw, got, ok, want)
		}
	}
	if _, ok := (jose.Value{Kind: jose.Number, Raw: "1"}).Text(); ok {
		t.Error("a number passed for a string")
	}
}

func TestNumericDateReadsSecondsUpToTheYear9999(t *testing.T) {
	for _, test := range []struct {
		raw  string
		want time.Time // zero: refused
	}{
		{"0", time.Unix(0, 0)},
		{"-0", time.Unix(0, 0)},
		{"1300819380", time.Unix(1300819380, 0)},
		{"1300819380.5", time.Unix(1300819380, 500_000_000)},
		{"1.30081938e9", time.Unix(1300819380, 0)},
		{"13008193800e-1", time.Unix(1300819380, 0)},
		{"253402300799", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"253402300800", time.Time{}},
		{"253402300800.0", time.Time{}},
		{"1300819380000", time.Time{}}, // milliseconds
		{"-1", time.Time{}},
		{"-0.5", time.Time{}},
		{"9223372036854775807", time.Time{}},
		{"9223372036854775808", time.Time{}},  // 2^63
		{"18446744073709551617", time.Time{}}, // 2^64 + 1, which wraps round to 1
		{"18446744075010370996", time.Time{}},
		{"1e300", time.Time{}},
		{"1e400", time.Time{}},
		{"-1e400", time.Time{}},
		{"1e-400", time.Unix(0, 0)},
		{`"1300819380"`, time.Time{}},
		{"null", time.Time{}},
		{"true", time.Time{}},
		{"[1300819380]", time.Time{}},
		{"{}", time.Time{}},
		{"NaN", time.Time{}},
		{"", time.Time{}},
	} {
		got, err := jose.ParseNumericDate(test.raw)
		if !got.Equal(test.want) || (err != nil) != test.want.IsZero() || err != nil && !errors.Is(err, jose.ErrNumericDate) {
			t.Errorf("%s: got %v, %v; want %v", test.raw, got, err, test.want)
		}
	}
}

func TestUnmarshalStoresOnlyMembersOfExactlyAFieldsName(t *testing.T) {
	type inner struct {
		ID string `json:"id"`
	}
	type claims struct {
		jwt.RegisteredClaims
		*inner
		Tenant   string `json:"tenant,omitempty"`
		Untagged int
		Hidden   string           `json:"-"`
		List     []inner          `json:"list"`
		Map      map[string]inner `json:"map"`
		Pointer  **inner          `json:"pointer"`
		Any      any              `json:"any"`
	}
	text := ` {"EXP":1,"exp":1300819380,"Exp":2,"iſs":"forged","iss":"real","ISS":"forged","aud":["a"],"AUD":"forged",
		"Tenant":"forged","tenant":"t","TENANT":"forged","untagged":1,"Untagged":2,"Hidden":"x","hidden":"x","-":"x",
		"list":[{"id":"1","ID":"forged"},{"Id":"forged"}],"map":{"k":{"ID":"forged","id":"2"},"K":{"iD":"forged"}},
		"pointer":{"id":"3","ID":"forged"},"any":{"ID":1,"id":9007199254740993},"extra":{"x":1}}`
	var got claims
	got.inner = &inner{}
	if err := jose.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	three := &inner{"3"}
	want := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: "real", Audience: jwt.ClaimStrings{"a"}, ExpiresAt: jwt.NewNumericDate(time.Unix(1300819380, 0)),
		},
		inner:  &inner{},
		Tenant: "t", Untagged: 2,
		List:    []inner{{"1"}, {}},
		Map:     map[string]inner{"k": {"2"}, "K": {}},
		Pointer: &three,
		Any:     map[string]any{"ID": json.Number("1"), "id": json.Number("9007199254740993")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestUnmarshalDoesNotLetAForgedNameStandInForAMissingOne(t *testing.T) {
	var got struct {
		jwt.RegisteredClaims
		Admin bool `json:"admin"`
	}
	var behind any = &got
	if err := jose.Unmarshal(`{"EXP":1300819380,"iſs":"x","Admin":true,"SUB":"root"}`, &behind); err != nil {
		t.Fatal(err)
	}
	if got.ExpiresAt != nil || got.Issuer != "" || got.Subject != "" || got.Admin {
		t.Errorf("got %+v", got)
	}
}

func TestUnmarshalKeepsEveryDigitOfANumber(t *testing.T) {
	text := `{"id":9007199254740993,"big":123456789012345678901234567890}`
	var typed struct {
		ID int64 `json:"id"`
	}
	if err := jose.Unmarshal(text, &typed); err != nil || typed.ID != 9007199254740993 {
		t.Errorf("got %+v, %v", typed, err)
	}
	claims := jwt.MapClaims{}
	if err := jose.Unmarshal(text, &claims); err != nil || claims["big"] != json.Number("123456789012345678901234567890") {
		t.Errorf("got %v, %v", claims, err)
	}
}

func TestUnmarshalReportsWhatDoesNotFit(t *testing.T) {
	var v struct {
		ID int `json:"id"`
	}
	for name, target := range map[string]any{"a string for a number": &v, "nil": nil, "a value": v, "a nil pointer": (*int)(nil)} {
		if err := jose.Unmarshal(`{"id":"x"}`, target); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type SelfEmbedding struct {
	*SelfEmbedding
	ID string `json:"id"`
}

func TestUnmarshalEndsOnATypeThatEmbedsItself(t *testing.T) {
	var v SelfEmbedding
	if err := jose.Unmarshal(`{"id":"1","ID":"2"}`, &v); err != nil || v.ID != "1" {
		t.Errorf("got %+v, %v", v, err)
	}
}

// FuzzMembers compares with encoding/json, which is laxer in ways that are known:
// duplicates, invalid UTF-8, lone surrogates, and depth and number of members.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, `{"a":1,"a":2}`, `{"a":[{"b":"\ud83d\ude00"}]}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}",
		`{"a":-0.1e+5,"b":01}`, `[]`, ` {"exp":1}x`, `{"a":{"b":{"c":[[],{},null,true,false]}}}`, `{"\u0061":1,"a":2}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := map[string]json.RawMessage{}
		err := jose.Members(text, roomy, func(name string, v jose.Value) error {
			got[name] = json.RawMessage(v.Raw)
			return nil
		})
		var want map[string]json.RawMessage
		lax := json.Unmarshal([]byte(text), &want)
		if err != nil {
			if lax == nil && want != nil && isStrict(text) {
				t.Fatalf("refused %q: %v", text, err)
			}
			return
		}
		if lax != nil {
			t.Fatalf("accepted %q, which is no JSON: %v", text, lax)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
	})
}

// isStrict walks over a JSON text with encoding/json's tokenizer and reports
// whether it keeps the rules that encoding/json does not have.
func isStrict(text string) bool {
	if strings.ContainsRune(text, '\uFFFD') || !reflect.DeepEqual([]rune(text), []rune(strings.ToValidUTF8(text, ""))) {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	type level struct {
		names map[string]bool
		name  bool // whether the next token is a name
	}
	var open []level
	members := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return true
		}
		top := len(open) - 1
		if top >= 0 && open[top].names != nil && open[top].name {
			if name, ok := token.(string); ok {
				members++
				if open[top].names[name] || members > roomy.Members || strings.ContainsRune(name, '\uFFFD') {
					return false
				}
				open[top].names[name] = true
				open[top].name = false
				continue
			}
		}
		if s, ok := token.(string); ok && strings.ContainsRune(s, '\uFFFD') {
			return false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{map[string]bool{}, true})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
		}
		if len(open) > roomy.Depth {
			return false
		}
		if top := len(open) - 1; top >= 0 && token != json.Delim('{') && token != json.Delim('[') {
			open[top].name = true
		}
	}
}

func FuzzParseNumericDate(f *testing.F) {
	for _, seed := range []string{"0", "1300819380", "1.5e9", "-1", "1e400", "253402300799.9999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := jose.ParseNumericDate(raw)
		if err != nil || !json.Valid([]byte(raw)) {
			return
		}
		var want float64
		if e := json.Unmarshal([]byte(raw), &want); e != nil {
			t.Fatalf("accepted %q, which is no number: %v", raw, e)
		}
		if math.Abs(float64(got.Unix())+float64(got.Nanosecond())/1e9-want) > 1e-3 || got.Year() < 1969 || got.Year() > 10000 {
			t.Fatalf("%q: got %v, want %v seconds", raw, got, want)
		}
	})
}

func TestOrdinaryClaimsAreReadWithoutAllocating(t *testing.T) {
	text := `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1300819380,"scope":"a b","roles":["x","y"],"o":{"a":1}}`
	if n := testing.AllocsPerRun(100, func() {
		_ = jose.Members(text, roomy, func(string, jose.Value) error { return nil })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMembersOfAHugeObject(b *testing.B) {
	text := object(3400) // as many as fit into the query of a request
	for b.Loop() {
		if err := jose.Members(text, jose.Limits{Depth: 4, Members: 10_000}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMembers(b *testing.B) {
	text := `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1300819380,"scope":"a b","roles":["x","y"],"o":{"a":1}}`
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := jose.Members(text, roomy, nil); err != nil {
			b.Fatal(err)
		}
	}
}
