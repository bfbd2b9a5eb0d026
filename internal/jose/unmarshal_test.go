package jose_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
)

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
		Admin  bool `json:"admin"`
		tenant string
		Tenant string `json:"Tenant"`
	}
	var behind any = &got
	if err := jose.Unmarshal(`{"EXP":1300819380,"iſs":"x","Admin":true,"SUB":"root","tenant":"x"}`, &behind); err != nil {
		t.Fatal(err)
	}
	if got.ExpiresAt != nil || got.Issuer != "" || got.Subject != "" || got.Admin || got.Tenant != got.tenant {
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

func TestUnmarshalOfWhatIsNoObjectIsThatOfEncodingJSON(t *testing.T) {
	for _, text := range []string{"", "null", "1", `"x"`, "[1]", "x"} {
		wantAsJSON(t, reflect.TypeFor[int](), text)
		wantAsJSON(t, reflect.TypeFor[map[string]int](), text)
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

func TestNamesOfAnyCharactersComeThrough(t *testing.T) {
	for _, name := range []string{``, ` `, `a\"b`, `\\`, `\n\u0000\u001f`, `é😀`, `<&>`, "\u2028", "\x7f", `\ud83d\ude00`, `/\/`} {
		wantAsJSON(t, reflect.TypeFor[map[string]map[string]int](), `{"x":{"`+name+`":1,"y":2},"`+name+`":{}}`)
	}
}

// encoding/json stores through a pointer that an interface holds.
func TestNamesAreExactBehindInterfacesToo(t *testing.T) {
	type inner struct {
		ID string `json:"id"`
	}
	type Holder struct{ Held any }
	var got struct {
		*Holder
		Any   any              `json:"any"`
		Named interface{ F() } `json:"named"`
		List  []any            `json:"list"`
		Array [1]any           `json:"array"`
		Value any              `json:"value"`
		Nil   any              `json:"nil"`
	}
	behind := [5]*inner{{}, {}, {}, {}, {}}
	got.Holder = &Holder{behind[4]}
	var pointer any = behind[0]
	got.Any, got.List, got.Array[0] = &pointer, []any{behind[1], behind[2]}[:1], behind[3]
	got.Value, got.Nil = inner{}, (*inner)(nil)
	const object = `{"id":"1","ID":"forged"}`
	text := `{"Held":` + object + `,"any":` + object + `,"list":[` + object + `,` + object + `],"array":[` + object + `],"value":` + object + `,"nil":` + object + `}`
	if err := jose.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for i, in := range behind {
		if in.ID != "1" {
			t.Errorf("%d: got %q", i, in.ID)
		}
	}
	// Nothing stands in these through which something could be stored: they are replaced.
	want := map[string]any{"id": "1", "ID": "forged"}
	if !reflect.DeepEqual(got.Value, want) || !reflect.DeepEqual(got.Nil, want) {
		t.Errorf("got %v and %v", got.Value, got.Nil)
	}
}

// reader reads its text itself, unless it has no way to get it.
type reader struct{ Text string }

func (r *reader) UnmarshalJSON(text []byte) error {
	r.Text = string(text)
	return nil
}

type other struct{ reader }

func (*other) UnmarshalJSON([]byte) error { return nil }

func TestATypeThatReadsItsTextItselfGetsAllOfIt(t *testing.T) {
	const object = `{"Text":"a","TEXT":"b"}`
	var got struct {
		Value   reader
		Pointer **reader
		List    []reader
		Map     map[string]*reader
		Any     any
		Unnamed struct{ reader }
		Ptr     *struct{ reader }
	}
	any := &reader{}
	got.Any = any
	text := `{"Value":` + object + `,"Pointer":` + object + `,"List":[` + object + `],"Map":{"k":` + object + `},"Any":` + object +
		`,"Unnamed":` + object + `,"Ptr":` + object + `}`
	if err := jose.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]reader{
		"value": got.Value, "pointer": **got.Pointer, "list": got.List[0], "map": *got.Map["k"], "interface": *any, "pointer to an unnamed type": got.Ptr.reader,
	} {
		if r.Text != object {
			t.Errorf("%s: got %s", name, r.Text)
		}
	}
	// encoding/json calls no method of an unnamed type that stands by itself, but from Go
	// 1.27 on. Either way the names are exact.
	var want struct{ Unnamed struct{ reader } }
	if err := decode(`{"Unnamed":{"Text":"a"}}`, &want); err != nil || got.Unnamed.Text != want.Unnamed.Text {
		t.Errorf("an unnamed type: got %s, want %s, %v", got.Unnamed.Text, want.Unnamed.Text, err)
	}
}

// Two embedded structs whose methods hide each other: no text is read by a method of
// what is not exported, and its names are exact.
func TestAnUnexportedStructThatCannotReadItsTextIsFilledByExactNames(t *testing.T) {
	var got struct {
		reader `json:"a"`
		other  `json:"b"`
	}
	var want = got
	text, exact := `{"a":{"TEXT":"forged","Text":"x","teXt":"forged"},"b":{"TEXT":"forged"}}`, `{"a":{"Text":"x"},"b":{}}`
	err, wantErr := jose.Unmarshal(text, &got), decode(exact, &want)
	if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) || strings.Contains(got.reader.Text+got.other.Text, "forged") {
		t.Errorf("got %+v, %v; want %+v, %v", got, err, want, wantErr)
	}
}

func TestPointersThatLeadInACircleAreAnError(t *testing.T) {
	var circle any
	circle = &circle
	if err := jose.Unmarshal(`{"a":1}`, &circle); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("got %v", err)
	}
}

func TestSoManyPointersAreFollowedAndNoMore(t *testing.T) {
	for pointers, want := range map[int]bool{999: true, 1000: false} {
		typ := reflect.TypeFor[struct{ A int }]()
		for range pointers - 1 {
			typ = reflect.PointerTo(typ)
		}
		if err := jose.Unmarshal(`{"A":1}`, reflect.New(typ).Interface()); (err == nil) != want {
			t.Errorf("%d pointers: %v", pointers, err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	text := `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1300819380,"scope":"a b","roles":["x","y"],"o":{"a":1}}`
	b.ReportAllocs()
	for b.Loop() {
		var claims struct {
			jwt.RegisteredClaims
			Scope string         `json:"scope"`
			Roles []string       `json:"roles"`
			O     map[string]int `json:"o"`
		}
		if err := jose.Unmarshal(text, &claims); err != nil {
			b.Fatal(err)
		}
	}
}
