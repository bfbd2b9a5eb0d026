package jose_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// decode does what Unmarshal is held against.
func decode(text string, v any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(v)
}

// wantAsJSON tests that a value of type t is filled as encoding/json fills one. The names
// of text must be exact.
func wantAsJSON(t *testing.T, of reflect.Type, text string) {
	t.Helper()
	got, want := reflect.New(of), reflect.New(of)
	err, wantErr := jose.Unmarshal(text, got.Interface()), decode(text, want.Interface())
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%v from %s: got the error %v, want %v", of, text, err, wantErr)
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%v from %s:\n got %s\nwant %s", of, text, show(got), show(want))
	}
}

func show(v reflect.Value) string {
	text, err := json.Marshal(v.Interface())
	return fmt.Sprintf("%+v %s %v", v.Elem(), text, err)
}

// Shapes of structs. A letter is a name, and the number behind it tells where it stands.
type (
	A1 struct{ A int }
	A2 struct{ A int }
	a3 struct{ A int }
	B1 struct{ B int }
	C1 struct {
		C int `json:"A"`
	}

	twoAtOneDepth struct {
		A1
		A2
	}
	oneByItsTag struct {
		A1
		C1
	}
	C3 struct {
		C int `json:"A"`
	}
	shadowed struct {
		A1
		A string
	}
	shadowedByATag struct {
		A1
		X string `json:"A"`
	}
	tagAgainstName struct {
		A int
		B int `json:"A"`
	}
	tagsThatSwap struct {
		A int `json:"B"`
		B int `json:"A"`
	}
	deep      struct{ deeper }
	deeper    struct{ Deepest }
	Deepest   struct{ A, B int }
	shallower struct {
		deep // first, but its A is deeper
		A1
	}
	ambiguousAboveOne struct { // which it hides
		deep
		twoAtOneDepth
	}
	sameTypeTwice struct {
		left
		right
	}
	left   struct{ A1 }
	right  struct{ A1 }
	Left   struct{ Nested }
	Right  struct{ Nested }
	Nested struct {
		B1
		A int
	}
	sameTypeTwiceWithAnother struct {
		Left
		Right
	}
	sameTypeAtTwoDepths struct {
		left
		A1
	}
	byPointers struct {
		*A1
		*B1
	}
	byAnUnexportedPointer struct {
		*a3
		B int
	}
	byAnUnexportedPointerDeeper struct {
		*deep
	}
	byAnUnexported struct {
		a3
		B int
	}
	named struct {
		A1 `json:"one"`
		a3 `json:"three"`
		*B1
	}
	namedPointer struct {
		*A1 `json:"A"`
	}
	notStructs struct {
		Number
		text
		*Numbers
		fmt.Stringer
		any
	}
	Number    int
	text      string
	Numbers   []int
	recursive struct {
		*recursive
		A    int
		Next *recursive
		List []recursive
		Map  map[string]recursive
	}
	inEachOther struct {
		*InEachOther
		A int
	}
	InEachOther struct {
		*inEachOther
		B int
	}
	containers struct {
		S    []A1
		P    **A1
		N    *[]*A1
		F    [2]A1
		M    map[string]*A1
		I    map[int]A1
		U    map[upper]A1
		X    any
		L    [][]A1
		O    struct{ A struct{ B int } }
		Date time.Time
		Raw  json.RawMessage
		Q    fmt.Stringer
		Func func()
		A    chan int
	}
	upper string
)

func (u *upper) UnmarshalText(text []byte) error {
	*u = upper(strings.ToUpper(string(text)))
	return nil
}

var shapes = []any{
	A1{}, a3{}, twoAtOneDepth{}, oneByItsTag{}, shadowed{}, shadowedByATag{},
	tagAgainstName{}, tagsThatSwap{}, deep{}, shallower{}, ambiguousAboveOne{}, sameTypeTwice{}, sameTypeTwiceWithAnother{},
	sameTypeAtTwoDepths{}, byPointers{}, byAnUnexportedPointer{}, byAnUnexportedPointerDeeper{}, byAnUnexported{}, named{},
	namedPointer{}, notStructs{text: "", any: nil}, recursive{recursive: nil}, inEachOther{}, containers{}, map[string]A1{}, map[int]shadowed{},
	struct{ time.Time }{}, (*A1)(nil), []A1{}, 1, "",
}

// oddShapes are shapes that go vet and staticcheck would refuse in the source.
var oddShapes = []reflect.Type{
	reflect.StructOf([]reflect.StructField{ // two tags at the top
		{Name: "X", Type: reflect.TypeFor[int](), Tag: `json:"A"`},
		{Name: "Y", Type: reflect.TypeFor[int](), Tag: `json:"A"`},
	}),
	reflect.StructOf([]reflect.StructField{ // two tags further in
		{Name: "C1", Type: reflect.TypeFor[C1](), Anonymous: true},
		{Name: "C3", Type: reflect.TypeFor[*C3](), Anonymous: true},
		{Name: "D", Type: reflect.TypeFor[int](), Tag: `json:"B"`},
	}),
	tagged(`json:""`, `json:",omitempty"`, `json:"-"`, `json:"-,"`, `json:"with space and é!#$%&()*+-./:;<=>?@[]^_{|}~"`,
		`json:"a quote\""`, `json:"a\\backslash"`, `json:"'"`, `json:"comma,string"`, `xml:"A"`, `json:"<&>"`, `json:"7"`),
}

// tagged returns a struct of the fields A, B, C and so on with these tags.
func tagged(tags ...reflect.StructTag) reflect.Type {
	var fields []reflect.StructField
	for i, tag := range tags {
		fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: reflect.TypeFor[int](), Tag: tag})
	}
	return reflect.StructOf(fields)
}

func TestWhateverEncodingJSONFillsIsFilled(t *testing.T) {
	names := []string{
		"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "S", "U", "X", "one", "three",
		"A1", "A2", "a3", "B1", "C1", "left", "Left", "Number", "text", "Numbers", "Stringer", "any", "recursive", "Next",
		"List", "Map", "Date", "Raw", "Time", "Func", "-", "", ",", "with space and é!#$%&()*+-./:;<=>?@[]^_{|}~",
		`a quote\"`, `a\\backslash`, "'", "comma", "<&>", "7", "json", "omitempty",
	}
	values := []string{
		`1`, `"1"`, `"text"`, `null`, `true`, `1.5`, `9007199254740993`, `{}`, `[]`, `{"A":1}`, `{"A":1,"B":2}`, `{"B":{"A":1}}`,
		`[{"A":1},{"A":2,"B":3},null,{}]`, `[[{"A":1}]]`, `{"7":{"A":1},"x":{"A":2}}`, `{"Next":{"A":2,"Next":null},"A":3}`,
		`"2026-01-01T00:00:00Z"`, `{"A":{"B":1},"List":[{"A":5}],"Map":{"k":{"A":6}}}`,
	}
	types := slices.Clone(oddShapes)
	for _, shape := range shapes {
		types = append(types, reflect.TypeOf(shape))
	}
	for _, of := range types {
		for _, value := range values {
			var all []string
			for _, name := range names {
				member := `"` + name + `":` + value
				wantAsJSON(t, of, `{`+member+`}`)
				all = append(all, member)
			}
			wantAsJSON(t, of, ` { `+strings.Join(all, " , ")+` } `)
			slices.Reverse(all)
			wantAsJSON(t, of, `{`+strings.Join(all, ",")+`}`)
		}
	}
}

func TestTheFieldOfTheOutermostStructCounts(t *testing.T) {
	type Deepest struct{ Tenant struct{ Name string } }
	type Deeper struct{ Deepest }
	type Shallow struct{ Tenant struct{ ID string } }
	var got struct {
		Deeper // comes first, but is not where encoding/json stores it
		Shallow
	}
	text := `{"Tenant":{"ID":"1","Id":"forged","Name":"2"}}`
	if err := jose.Unmarshal(text, &got); err != nil || got.Shallow.Tenant.ID != "1" || got.Deepest.Tenant.Name != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What several fields claim goes to none, and not to one of nearly its name.
func TestANameThatSeveralClaimGoesToNobody(t *testing.T) {
	var got struct {
		twoAtOneDepth
		Lower int `json:"a"`
	}
	if err := jose.Unmarshal(`{"A":1}`, &got); err != nil || got.Lower != 0 || got.A1.A != 0 || got.A2.A != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// encoding/json panics where the pointer to an embedded struct cannot be set.
func TestAnEmbeddedPointerThatCannotBeSetIsAnError(t *testing.T) {
	for _, text := range []string{`{"x":{"A":1}}`, `{"x":null}`, `{"x":1}`, `{"x":[]}`} {
		var got struct {
			*a3 `json:"x"`
		}
		if err := jose.Unmarshal(text, &got); err == nil || got.a3 != nil {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
		got.a3 = &a3{}
		if text == `{"x":null}` { // at which encoding/json panics from Go 1.27 on
			if err := jose.Unmarshal(text, &got); err == nil || *got.a3 != (a3{}) {
				t.Errorf("%s: got %+v, %v", text, got.a3, err)
			}
			continue
		}
		want := got
		want.a3 = &a3{}
		err, wantErr := jose.Unmarshal(text, &got), decode(text, &want)
		if (err == nil) != (wantErr == nil) || *got.a3 != *want.a3 {
			t.Errorf("%s: got %+v, %v; want %+v, %v", text, got.a3, err, want.a3, wantErr)
		}
	}
}

func TestAnEmbeddedPointerThatCannotBeSetIsAnErrorFurtherIn(t *testing.T) {
	type cannot struct {
		*a3 `json:"x"`
	}
	for text, v := range map[string]any{
		`{"M":{"k":{"x":{}}}}`: new(struct{ M map[string]cannot }),
		`{"L":[{"x":{}}]}`:     new(struct{ L []cannot }),
		`{"P":{"x":{}}}`:       new(struct{ P *cannot }),
	} {
		if err := jose.Unmarshal(text, v); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// A maker makes types and texts of these names.
type maker struct {
	random *rand.Rand
	names  []string // of fields
	tags   []string
	of     func() reflect.Type // fields
	made   []reflect.Type
}

// newMaker makes types of names of which none is another one in other case.
func newMaker(seed uint64) *maker {
	m := &maker{
		random: rand.New(rand.NewPCG(seed, 1)),
		names:  []string{"A", "B", "C", "D"},
		tags:   []string{"", `json:"A"`, `json:"B,omitempty"`, `json:"C,string"`, `json:"-"`, `json:",omitempty"`, `json:"\""`},
	}
	m.of = m.fieldType
	return m
}

func (m *maker) pick(from ...string) string { return from[m.random.IntN(len(from))] }

// makeTypes makes a few types, of which later ones embed earlier ones.
func (m *maker) makeTypes() []reflect.Type {
	for range 8 {
		m.made = append(m.made, m.structType())
	}
	return m.made
}

func (m *maker) structType() reflect.Type {
	var fields []reflect.StructField
	for _, name := range m.names {
		switch m.random.IntN(4) {
		case 0:
		case 1:
			tag := reflect.StructTag(m.pick(m.tags...))
			fields = append(fields, reflect.StructField{Name: name, Type: m.of(), Tag: tag})
		default:
			if len(m.made) == 0 {
				continue
			}
			embedded := m.made[m.random.IntN(len(m.made))]
			if m.random.IntN(3) == 0 {
				embedded = reflect.PointerTo(embedded)
			}
			tag := reflect.StructTag(m.pick("", "", "", "", `json:",omitempty"`, `json:"D"`))
			fields = append(fields, reflect.StructField{Name: "Embedded" + name, Type: embedded, Anonymous: true, Tag: tag})
		}
	}
	m.random.Shuffle(len(fields), reflect.Swapper(fields))
	return reflect.StructOf(fields)
}

func (m *maker) fieldType() reflect.Type {
	of := reflect.TypeFor[int]()
	if len(m.made) > 0 && m.random.IntN(3) == 0 {
		of = m.made[m.random.IntN(len(m.made))]
	}
	switch m.random.IntN(8) {
	case 0:
		return reflect.PointerTo(of)
	case 1:
		return reflect.SliceOf(of)
	case 2:
		return reflect.MapOf(reflect.TypeFor[string](), of)
	case 3:
		return reflect.TypeFor[any]()
	case 4:
		return reflect.ArrayOf(2, of)
	}
	return of
}

func (m *maker) object(depth int) string {
	var members []string
	for _, name := range append(slices.Clone(m.names), "EmbeddedA", "EmbeddedB", "unknown") {
		if m.random.IntN(4) > 0 {
			members = append(members, `"`+name+`":`+m.value(depth-1))
		}
	}
	m.random.Shuffle(len(members), reflect.Swapper(members))
	return "{" + strings.Join(members, ",") + "}"
}

func (m *maker) value(depth int) string {
	switch n := m.random.IntN(8); {
	case n < 3 && depth > 0:
		return m.object(depth)
	case n == 3 && depth > 0:
		return "[" + m.value(depth-1) + "," + m.value(depth-1) + "," + m.value(depth-1) + "]"
	case n == 4:
		return m.pick("null", `"7"`, "true", "1.5")
	}
	return fmt.Sprint(m.random.IntN(1000))
}

// The types of the structs are made at random: names and tags that claim the same, structs
// that embed structs by themselves and by pointers, and the same type several times.
func TestRandomStructsAreFilledAsEncodingJSONFillsThem(t *testing.T) {
	for seed := range uint64(80) {
		m := newMaker(seed)
		for _, of := range m.makeTypes() {
			for range 5 {
				wantAsJSON(t, of, m.object(3))
			}
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// Here all names are others in other case: K and ſ are k and s to encoding/json. Which of
// them a struct has is what it is written with.
func TestRandomStructsAreFilledByExactNamesOnly(t *testing.T) {
	for seed := range uint64(80) {
		m := newMaker(seed)
		m.names = []string{"A", "K", "S", "Ss"}
		m.tags = []string{"", "", `json:"a"`, `json:"A"`, `json:"k"`, "json:\"\u212a\"", `json:"s"`, `json:"ſ"`, `json:"S"`, `json:"ſS"`}
		m.of = reflect.TypeFor[int]
		for _, of := range m.makeTypes() {
			has := namesOf(t, of)
			for _, name := range []string{"A", "a", "K", "k", "\u212a", "S", "s", "ſ", "Ss", "ſS", "ss", "SS", "EmbeddedA", "embeddeda"} {
				text := `{"` + name + `":1}`
				if has[name] {
					wantAsJSON(t, of, text)
					continue
				}
				got := reflect.New(of)
				if err := jose.Unmarshal(text, got.Interface()); err != nil || !got.Elem().IsZero() {
					t.Errorf("%v from %s: %s, %v", of, text, show(got), err)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// namesOf returns the names under which encoding/json writes a struct.
func namesOf(t *testing.T, of reflect.Type) map[string]bool {
	t.Helper()
	v := reflect.New(of).Elem()
	fill(v)
	text, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range members {
		names[name] = true
	}
	return names
}

// fill fills in whatever a struct embeds by a pointer, and all numbers.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if f.Kind() == reflect.Struct {
			fill(f)
		} else {
			f.SetInt(1)
		}
	}
}
