package authorizer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

type account struct {
	Tenant string `json:"tenant"`
}

type member struct {
	account
	Role  string   `json:"role"`
	Score *float32 `json:"score"`
}

func TestFromContextFillsTheFieldsOfEmbeddedStructs(t *testing.T) {
	score := float32(1.5)
	got, err := authorizer.FromContext[member](map[string]any{"tenant": "acme", "role": "owner", "score": 1.5})
	if want := (member{account{"acme"}, "owner", &score}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := authorizer.FromContext[member](map[string]any{"tenant": []any{}}); err == nil || !reflect.DeepEqual(got, member{}) {
		t.Errorf("got %+v, %v, want an error and nothing", got, err)
	}
}

type circle struct {
	*circle
	*ring
	ID string `json:"id"`
}

type ring struct {
	*circle
	Size int `json:"size"`
}

func TestFromContextEndsOnATypeThatEmbedsItself(t *testing.T) {
	got, err := authorizer.FromContext[circle](map[string]any{"id": "1"})
	if err != nil || got.ID != "1" || got.circle != nil || got.ring != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextRefusesAnIntegerThatHasLostDigits(t *testing.T) {
	type ids struct {
		Text   string   `json:"text,omitempty"`
		Number int64    `json:"number,omitempty"`
		Float  *float64 `json:"float"`
	}
	const beyond = float64(1 << 60) // 2^60 and 2^60+1 are one float64
	for _, name := range []string{"text", "number"} {
		if got, err := authorizer.FromContext[ids](map[string]any{name: beyond}); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	got, err := authorizer.FromContext[ids](map[string]any{"text": 1234567.0, "number": float64(1<<53 - 1), "float": beyond})
	if err != nil || got.Text != "1234567" || got.Number != 1<<53-1 || *got.Float != beyond {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextRefusesAFieldThatNoValueFits(t *testing.T) {
	type lists struct {
		Roles []string `json:"roles"`
	}
	if got, err := authorizer.FromContext[lists](map[string]any{"roles": "1"}); err == nil {
		t.Errorf("got %+v", got)
	}
}

type user struct {
	Subject string      `json:"sub,omitempty"`
	Admin   bool        `json:"admin,omitempty"`
	Level   int64       `json:"level,omitempty"`
	Small   uint8       `json:"small,omitempty"`
	Rate    float64     `json:"rate,omitempty"`
	Exact   json.Number `json:"exact,omitempty"`
	Maybe   *string     `json:"maybe"`
	Count   *int        `json:"count"`
	Plain   string      `json:",omitempty"`
	Hidden  string      `json:"-"`
	private string
}

func TestFromContextReadsWhatEachKindOfAPIMakesOfTheValues(t *testing.T) {
	maybe, count := "", 3
	want := user{"user-1", true, 9007199254740993, 255, 1.5, "12345678901234567890", &maybe, &count, "p", "", ""}
	for name, context := range map[string]map[string]any{
		"REST, all strings": {
			"sub": "user-1", "admin": "true", "level": "9007199254740993", "small": "255", "rate": "1.5", "exact": "12345678901234567890",
			"maybe": "", "count": "3", "Plain": "p", "Hidden": "x", "-": "x", "private": "x", "principalId": "user-1", "integrationLatency": 12.0,
		},
		"HTTP, decoded with UseNumber": {
			"sub": "user-1", "admin": true, "level": json.Number("9007199254740993"), "small": json.Number("255"), "rate": json.Number("1.5"),
			"exact": json.Number("12345678901234567890"), "maybe": "", "count": json.Number("3"), "Plain": "p",
		},
	} {
		got, err := authorizer.FromContext[user](context)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", name, got, err, want)
		}
	}
	got, err := authorizer.FromContext[user](map[string]any{"level": 7.0, "rate": 1e300, "SUB": "x", "Sub": "x", "maybe": nil})
	if err != nil || !reflect.DeepEqual(got, user{Level: 7, Rate: 1e300}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextNamesTheFieldThatAValueDoesNotFit(t *testing.T) {
	for name, value := range map[string]any{
		"admin": "yes", "level": "1.5", "small": "256", "rate": "NaN", "exact": "0x10", "count": "x", "sub": []any{"a"},
	} {
		got, err := authorizer.FromContext[user](map[string]any{name: value})
		if err == nil || !strings.Contains(err.Error(), `"`+name+`"`) || !reflect.DeepEqual(got, user{}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for _, value := range []any{"", " 1", "+1", "1_000", "1e1", "0x1", "9223372036854775808", true, math.Pow(2, 53), map[string]any{}} {
		if got, err := authorizer.FromContext[user](map[string]any{"level": value}); err == nil {
			t.Errorf("level %v: got %+v", value, got)
		}
	}
	if _, err := authorizer.FromContext[user](map[string]any{"level": "hunter2"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the value: %v", err)
	}
	if _, err := authorizer.FromContext[int](nil); err == nil {
		t.Error("an int was filled")
	}
}

// A route that was deployed without its authorizer must not run as nobody.
func TestFromContextWantsAContextThatFillsWhatIsRequired(t *testing.T) {
	type tenant struct {
		Tenant string  `json:"tenant"`
		Plan   *string `json:"plan"`
	}
	type optional struct {
		Tenant *string `json:"tenant"`
		Plan   string  `json:"plan,omitempty"`
	}
	inner := map[string]any{"tenant": "acme"}
	for name, test := range map[string]struct {
		context  any
		required string // of the error
		optional string
	}{
		"nil":                     {nil, "not a map", "not a map"},
		"a nil map":               {map[string]any(nil), "is empty", "is empty"},
		"an empty map":            {map[string]any{}, "is empty", "is empty"},
		"a text":                  {"tenant", "not a map", "not a map"},
		"a list":                  {[]any{inner}, "not a map", "not a map"},
		"one level too high":      {map[string]any{"lambda": inner}, `under "lambda"`, `under "lambda"`},
		"two levels too high":     {map[string]any{"authorizer": inner, "apiId": "x"}, `under "authorizer"`, `under "authorizer"`},
		"another authorizer":      {map[string]any{"principalId": "user-1"}, `no value "tenant"`, "no value for any field"},
		"another spelling":        {map[string]any{"Tenant": "acme"}, `no value "tenant"`, "no value for any field"},
		"what is nobody's":        {map[string]any{"x": 1}, "is the authorizer before this route another one?", "is the authorizer before this route another one?"},
		"null":                    {map[string]any{"tenant": nil, "plan": "x"}, `no value "tenant"`, ""},
		"what is wanted":          {inner, "", ""},
		"a map of strings":        {map[string]string{"tenant": "acme"}, "", ""},
		"a map in an interface":   {any(any(inner)), "", ""},
		"a list that was encoded": {map[string]any{authorizer.EncodedClaims: "x"}, "not what Claims writes", "not what Claims writes"},
	} {
		_, err := authorizer.FromContext[tenant](test.context)
		if (err == nil) != (test.required == "") || err != nil && !strings.Contains(err.Error(), test.required) {
			t.Errorf("%s: %v, want %q", name, err, test.required)
		}
		_, err = authorizer.FromContext[optional](test.context)
		if (err == nil) != (test.optional == "") || err != nil && !strings.Contains(err.Error(), test.optional) {
			t.Errorf("%s, optional: %v, want %q", name, err, test.optional)
		}
	}
}

func TestFromContextTakesFieldsAndValuesOfEveryType(t *testing.T) {
	type inner struct{ Role string }
	type everything struct {
		Any     any               `json:"any"`
		Strings map[string]string `json:"strings"`
		List    []inner           `json:"list"`
		Inner   *inner            `json:"inner"`
		Int     int8              `json:"int"`
		Uint    uint              `json:"uint"`
		Float   float32           `json:"float"`
		Flag    *bool             `json:"flag"`
	}
	flag := true
	want := everything{
		json.Number("1"), map[string]string{"a": "b"}, []inner{{"x"}}, &inner{"y"}, -7, 7, 1.5, &flag,
	}
	got, err := authorizer.FromContext[everything](map[string]any{
		"any": json.Number("1"), "strings": map[string]any{"a": "b"}, "list": []any{map[string]any{"Role": "x", "role": "z"}},
		"inner": map[string]any{"Role": "y"}, "int": int32(-7), "uint": uint8(7), "float": float32(1.5), "flag": true,
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextFillsStructsThatAreEmbeddedByPointers(t *testing.T) {
	type Account struct {
		Tenant string `json:"tenant"`
	}
	type Person struct {
		Name string `json:"name"`
	}
	type both struct {
		*Account
		*Person
		Role string `json:"role"`
	}
	got, err := authorizer.FromContext[both](map[string]any{"tenant": "acme", "role": "owner"})
	if err != nil || got.Account == nil || got.Tenant != "acme" || got.Person != nil || got.Role != "owner" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextReadsEveryKindOfNumberFromText(t *testing.T) {
	type numbers struct {
		Bool, No bool
		Int      int
		Int8     int8
		Int16    int16
		Int32    int32
		Int64    int64
		Uint     uint
		Uint8    uint8
		Uint16   uint16
		Uint32   uint32
		Uint64   uint64
		Float32  float32
		Float64  float64
		Pointer  *int16
		Number   json.Number
	}
	pointed := int16(-9)
	want := numbers{true, false, -1, -8, -16, -32, -64, 1, 8, 16, 32, 64, 0.5, 1e300, &pointed, "1.50"}
	text := map[string]any{
		"Bool": "true", "No": "false", "Int": "-1", "Int8": "-8", "Int16": "-16", "Int32": "-32", "Int64": "-64", "Uint": "1", "Uint8": "8", "Uint16": "16",
		"Uint32": "32", "Uint64": "64", "Float32": "0.5", "Float64": "1e300", "Pointer": "-9", "Number": "1.50",
	}
	if got, err := authorizer.FromContext[numbers](text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	values := map[string]any{
		"Bool": true, "No": false, "Int": -1.0, "Int8": int8(-8), "Int16": int16(-16), "Int32": int32(-32), "Int64": int64(-64), "Uint": uint(1), "Uint8": uint8(8), "Uint16": uint16(16),
		"Uint32": uint32(32), "Uint64": uint64(64), "Float32": float32(0.5), "Float64": 1e300, "Pointer": -9.0, "Number": json.Number("1.50"),
	}
	if got, err := authorizer.FromContext[numbers](values); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name := range text {
		for _, wrong := range []any{"", "x", " 1", "1 ", "1\n", "+1", "/1", ":1", "1/", "1:", "0x1", "1_0", "1e", "1.", "01", "NaN", "Inf", "TRUE", "True", "False", "1e400x", []any{}, map[string]any{}} {
			changed := maps.Clone(text)
			changed[name] = wrong
			if got, err := authorizer.FromContext[numbers](changed); err == nil || !strings.Contains(err.Error(), `"`+name+`"`) || !reflect.DeepEqual(got, numbers{}) {
				t.Errorf("%s: %q: got %+v, %v", name, wrong, got, err)
			}
		}
	}
	for name, wrong := range map[string]string{
		"Int8": "128", "Int16": "-32769", "Int32": "2147483648", "Int64": "9223372036854775808", "Uint": "-1", "Uint8": "256", "Uint16": "65536", "Uint32": "4294967296",
		"Uint64": "18446744073709551616", "Float32": "1e39", "Float64": "1e309", "Pointer": "32768", "Int": "1.0", "Bool": "1", "No": "0",
	} {
		changed := maps.Clone(text)
		changed[name] = wrong
		if got, err := authorizer.FromContext[numbers](changed); err == nil {
			t.Errorf("%s: %q: got %+v", name, wrong, got)
		}
	}
}

func TestFromContextTakesBigNumbersForFieldsThatHoldThem(t *testing.T) {
	type big struct {
		Large *float32 `json:"large"`
		Uint  uint64   `json:"uint,omitempty"`
		Half  string   `json:"half,omitempty"`
	}
	got, err := authorizer.FromContext[big](map[string]any{"large": float64(1 << 60), "uint": uint64(math.MaxUint64), "half": 1e15 + 0.5})
	if err != nil || *got.Large != 1<<60 || got.Uint != math.MaxUint64 || got.Half != "1000000000000000.5" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextWantsWhatAnEmbeddedStructRequires(t *testing.T) {
	type Account struct {
		Tenant string `json:"tenant"`
	}
	type Person struct {
		Name string `json:"name"`
	}
	type own struct {
		Account
		Role string `json:"role"`
	}
	type byPointer struct {
		*Account
		Person
	}
	type twice struct {
		own
		Inner Account
		After string `json:"after"`
	}
	if got, err := authorizer.FromContext[own](map[string]any{"tenant": "acme", "role": "owner"}); err != nil || got.Tenant != "acme" || got.Role != "owner" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, missing := range []string{"tenant", "role"} {
		context := map[string]any{"tenant": "acme", "role": "owner"}
		delete(context, missing)
		if got, err := authorizer.FromContext[own](context); err == nil || !strings.Contains(err.Error(), `"`+missing+`"`) || got != (own{}) {
			t.Errorf("without %s: got %+v, %v", missing, got, err)
		}
	}
	if got, err := authorizer.FromContext[byPointer](map[string]any{"tenant": "acme"}); err == nil || !strings.Contains(err.Error(), `"name"`) {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err := authorizer.FromContext[twice](map[string]any{"tenant": "acme", "role": "owner", "Inner": map[string]any{"tenant": "other"}, "after": "x"})
	if err != nil || got.Tenant != "acme" || got.Inner.Tenant != "other" || got.After != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
	type first struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}
	type badPointer struct{ *first }
	if got, err := authorizer.FromContext[badPointer](map[string]any{"name": "x"}); err == nil || !strings.Contains(err.Error(), `"age"`) {
		t.Errorf("half of an embedded pointer: got %+v, %v", got, err)
	}
	if got, err := authorizer.FromContext[badPointer](map[string]any{"name": "x", "age": 1}); err == nil || !strings.Contains(err.Error(), "unexported struct") {
		t.Errorf("an embedded pointer that cannot be set: got %+v, %v", got, err)
	}
}

// A type that stands in two places is filled in both, other than one that embeds itself.
func TestFromContextFillsATypeThatIsEmbeddedTwice(t *testing.T) {
	type Common struct{ Tenant string }
	type Left struct{ Common }
	type both struct {
		Left
		Common
	}
	got, err := authorizer.FromContext[both](map[string]any{"Tenant": "acme"})
	if err != nil || got.Left.Tenant != "acme" || got.Tenant != "acme" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextGoesByTheNamesThatTagsGive(t *testing.T) {
	type Named struct {
		Tenant string `json:"tenant"`
	}
	type tagged struct {
		Named `json:"named"`
		//lint:ignore SA5008 encoding/json names it "-"
		Dash string `json:"-,"`
		None string `json:"-"`
	}
	got, err := authorizer.FromContext[tagged](map[string]any{"named": map[string]any{"tenant": "acme"}, "-": "x", "None": "y"})
	if want := (tagged{Named{"acme"}, "x", ""}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// What a policy has put into the context wins over a claim of the same name, a list too.
func TestFromContextTakesAPlainValueBeforeOneThatWasEncoded(t *testing.T) {
	type caller struct {
		Tenant any `json:"tenant"`
	}
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
			return verifier.TrustClaims([]byte(`{"sub":"a","tenant":["other"]}`))
		})
		c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			return policy.New(t.Subject, r.ARN).AllowAllMethods().Context("tenant", "acme").Build()
		}
		c.Context = authorizer.Claims("tenant")
	})
	answer, err := decide(t.Context(), a, golden(t, "rest_request"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := authorizer.FromContext[caller](answer.Context)
	if err != nil || got.Tenant != "acme" || answer.Context[authorizer.EncodedClaims] == nil {
		t.Errorf("got %+v of %v, %v", got, answer.Context, err)
	}
}

func TestFromContextReadsNothingThatClaimsDoesNotWrite(t *testing.T) {
	type roles struct {
		Roles []string `json:"roles"`
	}
	encode := func(text string) map[string]any {
		return map[string]any{authorizer.EncodedClaims: base64.RawURLEncoding.EncodeToString([]byte(text))}
	}
	if got, err := authorizer.FromContext[roles](encode(`{"roles":["a"]}`)); err != nil || !reflect.DeepEqual(got.Roles, []string{"a"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, context := range map[string]map[string]any{
		"two of a name":      encode(`{"roles":["a"],"roles":["admin"]}`),
		"a list":             encode(`["a"]`),
		"trailing data":      encode(`{"roles":["a"]}x`),
		"no base64":          {authorizer.EncodedClaims: "{}"},
		"padded base64":      {authorizer.EncodedClaims: base64.URLEncoding.EncodeToString([]byte(`{"roles":["a"]} `))},
		"deeper than claims": encode(`{"roles":["a"],"x":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`),
		"not even":           {authorizer.EncodedClaims: "e3", "roles": []any{"a"}},
		"a number":           {authorizer.EncodedClaims: 1},
		"another's context":  {"lambda": "x", "authorizer": 1, "jwt": nil},
	} {
		got, err := authorizer.FromContext[roles](context)
		if err == nil || got.Roles != nil || strings.Contains(err.Error(), "give it what is under") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestFromContextFillsStructsFromMapsByText(t *testing.T) {
	if _, err := authorizer.FromContext[map[string]any](map[string]any{"a": 1}); err == nil || !strings.Contains(err.Error(), "it fills structs, not map[string]interface") {
		t.Errorf("got %v", err)
	}
	if _, err := authorizer.FromContext[user](map[int]any{1: "x"}); err == nil || !strings.Contains(err.Error(), "not a map") {
		t.Errorf("got %v", err)
	}
	type name string
	if got, err := authorizer.FromContext[user](map[name]string{"sub": "a"}); err != nil || got.Subject != "a" {
		t.Errorf("got %+v, %v", got, err)
	}
}

type Tenant string

func TestFromContextFillsWhatIsEmbeddedAndNoStruct(t *testing.T) {
	type own struct {
		Tenant
		Role string
	}
	if got, err := authorizer.FromContext[own](map[string]any{"Tenant": "acme", "Role": "owner"}); err != nil || got != (own{"acme", "owner"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Whatever stands in a context, a struct is filled with it or there is an error: no panic,
// and no required field that stays as it was.
func FuzzFromContext(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"user-1","admin":"true","n":"7","roles":"[\"a\"]"}`, `{"sub":7}`, `{"lambda":{"sub":"a"}}`, `null`, `[]`, `{"sub":""}`, `{"n":"1e999"}`,
		`{"roles":"[","sub":"a"}`, `{"SUB":"a"}`, `{"sub":"\u0000"}`, `{"n":9007199254740993}`,
		`{"sub":1000000}`, `{"sub":1e21}`, `{"sub":-0.0000001}`,
	} {
		f.Add(seed)
	}
	type claims struct {
		Subject string   `json:"sub"`
		Admin   bool     `json:"admin,omitempty"`
		N       int64    `json:"n,omitempty"`
		Roles   []string `json:"roles,omitempty"`
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		got, err := authorizer.FromContext[claims](value)
		values, _ := value.(map[string]any)
		same := got.Subject == fmt.Sprint(values["sub"])
		if number, ok := values["sub"].(float64); ok { // 1000000 and not 1e+06
			read, err := strconv.ParseFloat(got.Subject, 64)
			same = err == nil && read == number && !strings.Contains(got.Subject, "e")
		}
		if err == nil && (values["sub"] == nil || !same) {
			t.Errorf("%s: got %+v", text, got)
		}
		if err != nil && !reflect.DeepEqual(got, claims{}) {
			t.Errorf("%s: got %+v with %v", text, got, err)
		}
	})
}
