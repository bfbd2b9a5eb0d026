package authorizer_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
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
