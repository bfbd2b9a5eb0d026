package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

type (
	request  = events.APIGatewayProxyRequest
	response = events.APIGatewayProxyResponse
)

// maxBody is far above what any request of this API needs.
const maxBody = 16 << 10

// faults are what is wrong with a request: member → sentences. What is wrong with
// no single member stands under wholeBody.
type faults map[string][]string

const wholeBody = "_schema"

func (f faults) add(member, sentence string) { f[member] = append(f[member], sentence) }

// readForm reads a body that is a JSON object with a string under each of the
// names, and nothing else. If it is not, answer says so to the caller.
func readForm(req request, names ...string) (form map[string]string, answer *response) {
	data, ok := readBody(req)
	if !ok {
		return nil, unreadable()
	}
	wrong := faults{}
	members, ok := readObject(data, wrong)
	if !ok {
		return nil, invalid(faults{wholeBody: {"Invalid input type."}})
	}
	form = map[string]string{}
	for _, name := range names {
		raw, found := members[name]
		delete(members, name)
		value, isString := "", raw != nil && raw[0] == '"'
		switch {
		case !found:
			wrong.add(name, "Missing data for required field.")
		case string(raw) == "null":
			wrong.add(name, "Field may not be null.")
		case !isString || json.Unmarshal(raw, &value) != nil:
			wrong.add(name, "Not a valid string.")
		default:
			form[name] = value
		}
	}
	for name := range members {
		wrong.add(name, "Unknown field.")
	}
	if len(wrong) > 0 {
		return nil, invalid(wrong)
	}
	return form, nil
}

// readBody returns the JSON text of a request, and false if it has none.
func readBody(req request) (data []byte, ok bool) {
	if len(req.Body) > maxBody {
		return nil, false
	}
	data = []byte(req.Body)
	if req.IsBase64Encoded { // if the API has binary media types
		var err error
		if data, err = base64.StdEncoding.DecodeString(req.Body); err != nil {
			return nil, false
		}
	}
	// Of bytes that are no UTF-8, encoding/json makes one and the same character.
	return data, utf8.Valid(data) && json.Valid(data)
}

// readObject returns the members of a valid JSON text, and false if it is no object. Of two
// members of one name encoding/json would take the last, and whoever else reads the body
// perhaps the first: they are wrong.
func readObject(data []byte, wrong faults) (members map[string]json.RawMessage, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	if bracket, err := d.Token(); err != nil || bracket != json.Delim('{') {
		return nil, false
	}
	members = map[string]json.RawMessage{}
	for d.More() {
		var value json.RawMessage
		token, err := d.Token()
		name, isName := token.(string)
		if err != nil || !isName || d.Decode(&value) != nil {
			return nil, false
		}
		if _, found := members[name]; found && wrong[name] == nil {
			wrong.add(name, "Given more than once.")
		}
		members[name] = value
	}
	return members, true
}

// An envelope is the body of all answers.
type envelope struct {
	Message any `json:"message"`
	Data    any `json:"data,omitempty"`
}

func answer(status int, body envelope) *response {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // the answers below are strings
	}
	return &response{
		StatusCode: status,
		Headers: map[string]string{
			"Content-Type":  "application/json",
			"Cache-Control": "no-store", // tokens and personal data: RFC 6749 section 5.1

			// Pages of every origin may call: a browser sends no token by itself.
			"Access-Control-Allow-Origin": "*",
		},
		Body: string(data),
	}
}

// unreadable answers a request whose body is no JSON.
func unreadable() *response {
	return answer(http.StatusBadRequest, envelope{Message: "Something went wrong. Unable to parse data !"})
}

// invalid answers a request whose body has the wrong members.
func invalid(wrong faults) *response {
	return answer(http.StatusBadRequest, envelope{Message: "Error !", Data: wrong})
}

// refused answers a request that is well-formed, but not granted.
func refused(sentence string) *response {
	return answer(http.StatusBadRequest, envelope{Message: faults{wholeBody: {sentence}}})
}
