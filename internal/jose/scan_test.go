package jose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/jose"
)

var roomy = jose.Limits{Depth: 16, Members: 64}

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
		{"a value without a name", `{1}`},
		{"a value without a name behind a comma", `{"a":1,2}`},
		{"a name by itself at the end", `{"a":1,"b"}`},
		{"an array that a brace closes", `{"a":[1}`},
		{"an object that a bracket closes", `{"a":[{"b":1]}`},
		{"an object within that nothing closes", `{"a":{"b":1}`},
		{"a name and a value with nothing between", `{"a"1}`},
		{"an array that a brace closes at once", `{"a":[}`},
		{"an array that a brace closes behind a comma", `{"a":[1,}`},
		{"an object that a bracket closes at once", `{"a":[{]}`},
		{"a name of invalid UTF-8 and a value with nothing between", "{\"\xff\"1}"},
		{"a name that ends at a tab", "{\"a\t1}"},
		{"a name that ends at a backslash", `{"\`},
		{"a duplicate without a colon", `{"a":1,"a"2}`},
		{"an invalid escape in a name", `{"\x":1}`},
		{"an escape in a name that never ends", `{"\u12`},
		{"single quotes", `{'a':1}`},
		{"a single quote at the start of a name", `{'a":1}`},
		{"a single quote at the end of a name", `{"a':1}`},
		{"a bracket for the opening brace", `["a":1}`},
		{"a bracket for the closing brace", `{"a":1]`},
		{"a brace for the closing bracket", `{"a":[1}}`},
		{"a parenthesis for the opening brace", `("a":1}`},
		{"an equals sign for the colon", `{"a"=1}`},
		{"a semicolon for the colon", `{"a";1}`},
		{"a semicolon for the comma", `{"a":1;"b":2}`},
		{"a semicolon for the comma of an array", `{"a":[1;2]}`},
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
		{"a lone surrogate behind other text", `{"a":"x\ud800"}`},
		{"an invalid escape behind other text", `{"a":"x\x"}`},
		{"a high surrogate before another escape", `{"a":"\ud800\n"}`},
		{"two high surrogates", `{"a":"\ud800\ud800"}`},
		{"a high surrogate at the end", `{"a":"\ud800\u`},
		{"an unknown escape", `{"a":"\x41"}`},
		{"an escaped quote at the end", `{"a":"\`},
		{"a short escape", `{"a":"\u12"}`},
		{"no escape at the end of the text", `{"a":"\`},
		{"no digit at the end of the text", `{"a":"\u`},
		{"three digits at the end of the text", `{"a":"\u123`},
		{"four digits at the end of the text", `{"a":"\u1234`},
		{"three digits of a second escape at the end of the text", `{"a":"\ud83d\ude0`},
		{"an escape that is no number", `{"a":"\u12g4"}`},
		{"the character before 0 in an escape", `{"a":"\u123/"}`},
		{"the character behind 9 in an escape", `{"a":"\u123:"}`},
		{"the character before A in an escape", `{"a":"\u123@"}`},
		{"the character behind F in an escape", `{"a":"\u123G"}`},
		{"the character before a in an escape", "{\"a\":\"\\u123`\"}"},
		{"the character behind f in an escape", `{"a":"\u123g"}`},
		{"a surrogate pair without the second backslash", `{"a":"\ud83dxude00"}`},
		{"a surrogate pair without the second u", `{"a":"\ud83d\xde00"}`},
		{"a surrogate pair with half a second escape", `{"a":"\ud83d\ude0"}`},
		{"a signed escape", `{"a":"\u+123"}`},
		{"a line feed in a string", "{\"a\":\"\n\"}"},
		{"a NUL in a string", "{\"a\":\"\x00\"}"},
		{"the last control character in a string", "{\"a\":\"\x1f\"}"},
		{"a string that ends at a line feed", "{\"a\":\"b\n}"},
		{"a string that ends at a tab", "{\"a\":\"b\t,\"c\":1}"},
		{"a continuation byte by itself", "{\"a\":\"\x80\"}"},
		{"a control character in a name", "{\"\x1f\":1}"},
		{"a leading zero", `{"a":01}`},
		{"a leading plus", `{"a":+1}`},
		{"a lone minus", `{"a":-}`},
		{"a leading point", `{"a":.5}`},
		{"a trailing point", `{"a":5.}`},
		{"an empty exponent", `{"a":5e}`},
		{"an empty signed exponent", `{"a":5e+}`},
		{"a hexadecimal number", `{"a":0x10}`},
		{"the character behind 9 as a number", `{"a"::}`},
		{"the character behind 9 as a digit", `{"a":1:}`},
		{"the character before 0 as a digit", `{"a":1/}`},
		{"the character before 0 behind the point", `{"a":1./}`},
		{"the character behind 9 in the exponent", `{"a":1e:}`},
		{"two signs in the exponent", `{"a":1e+-5}`},
		{"two signs", `{"a":--1}`},
		{"two points", `{"a":1.1.1}`},
		{"two exponents", `{"a":1e1e1}`},
		{"a minus for the number at the end of the text", `{"a":-`},
		{"NaN", `{"a":NaN}`},
		{"Infinity", `{"a":Infinity}`},
		{"a capital True", `{"a":True}`},
		{"half a literal", `{"a":tru}`},
		{"a literal with a wrong end", `{"a":trux}`},
		{"a literal with a wrong start", `{"a":urue}`},
		{"a false with a wrong end", `{"a":falsy}`},
		{"a null with a wrong end", `{"a":nulL}`},
		{"a literal at the end of the text", `{"a":tru`},
		{"a literal that goes on", `{"a":nullx}`},
		{"seventeen levels", strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17)},
		{"seventeen levels of arrays", `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}"},
		{"a million open brackets", `{"a":` + strings.Repeat("[", 1_000_000)},
		{"a million open braces", strings.Repeat(`{"a":`, 1_000_000)},
		{"sixty-five members", object(65)},
		{"sixty-five members, the last of them without a value", strings.TrimSuffix(object(64), "}") + `,"x"}`},
		{"sixty-five members in two objects", `{"a":` + object(32) + `,"b":` + object(31) + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := jose.Members(test.text, roomy, nil); !errors.Is(err, jose.ErrJSON) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestMembersAcceptsEveryFormOfAValue(t *testing.T) {
	for _, value := range []string{
		`0`, `-0`, `9`, `10`, `90`, `-1`, `0.0`, `1.9`, `1e5`, `1E5`, `1e-5`, `1E-5`, `1e+5`, `1E+5`, `-1.25E-10`, `1e0`, `1e9`, `0e0`,
		`""`, `" "`, `"!"`, `"#"`, `"["`, `"]"`, "\"~\"", "\"\x7f\"", `"\u0000"`, `"\u0009"`, `"\u009f"`, `"\u00af"`, `"\u00AF"`, `"\uffff"`, `"\uFFFF"`, `"\ud7ff"`, `"\ue000"`,
		`"\ud800\udc00"`, `"\udbff\udfff"`, "\"\u00e9\"", "\"\U0010ffff\"", `true`, `false`, `null`, `[]`, `[[],[]]`, `{}`, `[{}]`, `[1,2]`,
	} {
		for _, text := range []string{`{"a":` + value + `}`, "\n{\r\"a\"\t: \n" + value + "\r}\t", `{"a":[` + value + `]}`, `{"b":1,"a":` + value + `,"c":2}`} {
			var got string
			err := jose.Members(text, roomy, func(name string, v jose.Value) error {
				if name == "a" {
					got = v.Raw
				}
				return nil
			})
			if err != nil || got != value && got != "["+value+"]" {
				t.Errorf("%s: got %q, %v", text, got, err)
			}
		}
	}
}

func TestMembersAcceptsWhatIsAtTheLimits(t *testing.T) {
	for name, text := range map[string]string{
		"sixteen levels":              strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16),
		"sixteen levels of arrays":    `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + "}",
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

func TestAnErrorSaysWhereTheTextIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                 "no object at byte 0",
		`{"a":1}x`:           "trailing data at byte 7",
		`{"a":"bc\x"}`:       "invalid escape at byte 8",
		"{\"a\":\"bc\x01\"}": "control character at byte 8",
		`{"a":"bcdef`:        "unterminated string at byte 11",
		`{"a" 1}`:            "no colon at byte 5",
		`{"a":1 2}`:          "no comma or closing brace at byte 7",
	} {
		if err := jose.Members(text, roomy, nil); err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestLimitsOfZeroLetNothingThrough(t *testing.T) {
	for text, limits := range map[string]jose.Limits{"{}": {Depth: 0, Members: 1}, `{"a":1}`: {Depth: 1, Members: 0}, `{"a":[]}`: {Depth: 1, Members: 1}} {
		if err := jose.Members(text, limits, nil); !errors.Is(err, jose.ErrJSON) {
			t.Errorf("%s: got %v", text, err)
		}
		if err := jose.LeadingMembers(text, limits, nil); !errors.Is(err, jose.ErrJSON) {
			t.Errorf("%s with more behind it: got %v", text, err)
		}
	}
}

func TestLeadingMembersAreThoseOfTheObjectThatTheTextBeginsWith(t *testing.T) {
	for text, want := range map[string]string{`{"a":1}`: "a", ` {"a":1,"b":2} x`: "ab", `{"a":1}{"b":2}`: "a", `{}]`: ""} {
		got := ""
		err := jose.LeadingMembers(text, roomy, func(name string, _ jose.Value) error { got += name; return nil })
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x{}", "[]", `{"a":1`, `{"a":1,"a":2}`, object(65), strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17)} {
		if err := jose.LeadingMembers(text, roomy, nil); !errors.Is(err, jose.ErrJSON) {
			t.Errorf("%.20s: got %v", text, err)
		}
	}
	if err := jose.LeadingMembers(object(64)+"x", roomy, nil); err != nil {
		t.Error(err)
	}
	if err := jose.LeadingMembers(strings.Repeat(`{"a":`, 16)+"1"+strings.Repeat("}", 16)+"x", roomy, nil); err != nil {
		t.Error(err)
	}
}

func TestElementsOfWhatIsNoArrayAreAnError(t *testing.T) {
	for _, value := range []jose.Value{
		{Kind: jose.String, Raw: `"a"`}, {Kind: jose.String, Raw: `"1]"`}, {Kind: jose.String, Raw: `"]"`}, {Kind: jose.Object, Raw: "{}"},
		{Kind: jose.Number, Raw: "1"}, {Kind: jose.Null, Raw: "null"}, {},
	} {
		err := jose.Elements(value, func(jose.Value) error { t.Errorf("%s has an element", value.Raw); return nil })
		if !errors.Is(err, jose.ErrJSON) {
			t.Errorf("%s: got %v", value.Raw, err)
		}
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

func TestOrdinaryClaimsAreReadWithoutAllocating(t *testing.T) {
	text := `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1300819380,"scope":"a b","roles":["x","y"],"o":{"a":1}}`
	if n := testing.AllocsPerRun(100, func() {
		_ = jose.Members(text, roomy, func(string, jose.Value) error { return nil })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The names of a large object go into one map, and not into one for each name.
func TestAnObjectOfManyNamesTakesFewAllocations(t *testing.T) {
	limits := jose.Limits{Depth: 4, Members: 10_000}
	few, many := object(100), object(3200)
	allocations := func(text string) float64 {
		return testing.AllocsPerRun(5, func() {
			if err := jose.Members(text, limits, nil); err != nil {
				t.Error(err)
			}
		})
	}
	if a, b := allocations(few), allocations(many); b > 32*a {
		t.Errorf("%v allocations for 100 names, %v for 3200", a, b)
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

func BenchmarkMembersOfLongStrings(b *testing.B) {
	text := `{"alg":"HS256","typ":"JWT","kid":"2026-01","edk":"` + strings.Repeat("AQIDAHg", 35) + `","iss":"https://login.example.com/tenants/acme-corporation",` +
		`"sub":"9f1c2d3e-4b5a-6978-8c9d-0e1f2a3b4c5d","aud":["https://orders.example.com/api"],"scope":"orders:read orders:write customers:read customers:write"}`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := jose.Members(text, roomy, nil); err != nil {
			b.Fatal(err)
		}
	}
}
