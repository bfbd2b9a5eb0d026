package main

import (
	"maps"
	"strings"
	"testing"
)

func TestABodyIsAnObjectOfStringsAndNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		base64 bool
		want   map[string]string
		answer string
	}{
		"as it should be":            {body: `{"a":"1","b":"2"}`, want: map[string]string{"a": "1", "b": "2"}},
		"with blanks and escapes":    {body: " {\n\"\\u0061\" : \"\\u00fc\\ud83e\\udd89\" , \"b\":\"\"} ", want: map[string]string{"a": "ü🦉", "b": ""}},
		"in base64":                  {body: "eyJhIjoiMSIsImIiOiIyIn0=", base64: true, want: map[string]string{"a": "1", "b": "2"}},
		"in what is no base64":       {body: `{"a":"1","b":"2"}`, base64: true, answer: unparsable},
		"a member twice":             {body: `{"a":"1","b":"2","a":"3"}`, answer: `{"message":"Error !","data":{"a":["Given more than once."]}}`},
		"a member twice, by escapes": {body: `{"a":"1","b":"2","\u0061":"1"}`, answer: `{"message":"Error !","data":{"a":["Given more than once."]}}`},
		"a member three times":       {body: `{"a":"1","b":"2","a":"3","a":"3"}`, answer: `{"message":"Error !","data":{"a":["Given more than once."]}}`},
		"a stranger twice":           {body: `{"a":"1","b":"2","c":"3","c":"3"}`, answer: `{"message":"Error !","data":{"c":["Given more than once.","Unknown field."]}}`},
		"another case":               {body: `{"A":"1","b":"2"}`, answer: `{"message":"Error !","data":{"A":["Unknown field."],"a":["Missing data for required field."]}}`},
		"other types":                {body: `{"a":{"a":"1"},"b":null}`, answer: `{"message":"Error !","data":{"a":["Not a valid string."],"b":["Field may not be null."]}}`},
		"bytes that are no text":     {body: "{\"a\":\"\xff\",\"b\":\"2\"}", answer: unparsable},
		"no object":                  {body: `"a"`, answer: `{"message":"Error !","data":{"_schema":["Invalid input type."]}}`},
		"null":                       {body: `null`, answer: `{"message":"Error !","data":{"_schema":["Invalid input type."]}}`},
		"two objects":                {body: `{"a":"1","b":"2"}{}`, answer: unparsable},
		"an object cut off":          {body: `{"a":"1","b":"2"`, answer: unparsable},
		"nothing":                    {body: ``, answer: unparsable},
		"a megabyte":                 {body: strings.Repeat(" ", 1<<20) + `{"a":"1","b":"2"}`, answer: unparsable},
	} {
		t.Run(name, func(t *testing.T) {
			form, bad := readForm(request{Body: test.body, IsBase64Encoded: test.base64}, "a", "b")
			if !maps.Equal(form, test.want) {
				t.Errorf("form %q, want %q", form, test.want)
			}
			if (bad == nil) != (test.answer == "") || bad != nil && (bad.StatusCode != 400 || bad.Body != test.answer) {
				t.Errorf("answer %+v, want %s", bad, test.answer)
			}
		})
	}
}
