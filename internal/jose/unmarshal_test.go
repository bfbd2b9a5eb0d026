package jose_test

import (
	"encoding/json"
	"reflect"
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
