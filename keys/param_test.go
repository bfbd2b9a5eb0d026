package keys_test

import (
	"encoding/json"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// Param is json.Unmarshal for what begins with a quote, and nothing for all else.
func wantParam(t *testing.T, raw []byte) {
	t.Helper()
	var want string
	wantOK := len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &want) == nil
	if !wantOK {
		want = ""
	}
	got, ok := keys.Header{Params: map[string]json.RawMessage{"name": raw}}.Param("name")
	if got != want || ok != wantOK {
		t.Errorf("%q: got %q, %v; want %q, %v", raw, got, ok, want, wantOK)
	}
}

func paramSeeds() []string {
	return []string{
		`"AQICAHh-_0"`, `""`, `"+/=="`, `"\u0041"`, `"\""`, `"\\"`, `"\/"`, `"\u00e9"`, `"é"`, `"\ud83d\ude00"`, `"\ud83d"`, "\"\xff\"",
		"\"\x7f\"", "\"\x1f\"", "\"\n\"", `"`, `"a`, `a"`, `"a"b"`, `"a" `, ` "a"`, `"a","b"`, `["a"]`, `null`, `7`, ``, `"\"`, `"a\"`,
	}
}

func TestParamIsTheStringAsEncodingJSONReadsIt(t *testing.T) {
	for _, raw := range paramSeeds() {
		wantParam(t, []byte(raw))
	}
	if value, ok := (keys.Header{}).Param("name"); ok {
		t.Errorf("a header without parameters gave %q", value)
	}
}

func FuzzParam(f *testing.F) {
	for _, raw := range paramSeeds() {
		f.Add([]byte(raw))
	}
	f.Fuzz(wantParam)
}
