package tell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	tokens    = regexp.MustCompile(`(eyJ[\w-]{7})[\w-]*\.[\w-]*\.[\w+/=-]*`)
	passwords = regexp.MustCompile(`("(?:new_)?password": *)"(?:[^"\\]|\\.)*"`)
)

// mask hides what is no one else's business: it shortens tokens, and takes passwords
// out.
func mask(text string) string {
	return passwords.ReplaceAllString(tokens.ReplaceAllString(text, "$1…"), `$1"•••"`)
}

// formatJSON returns a JSON text, masked and indented: on one line what fits on one.
// What is no JSON stays as it is.
func formatJSON(text []byte, indent int) string {
	masked := []byte(mask(string(text)))
	if !json.Valid(masked) {
		return strings.Repeat(" ", indent) + string(masked)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indent))
	write(&b, masked, indent, indent)
	return b.String()
}

// write writes a value at a column. Its lines after the first begin at indent.
func write(b *strings.Builder, value json.RawMessage, indent, column int) {
	value = bytes.TrimSpace(value)
	line := oneLine(value)
	if column+columns(line) <= jsonWidth || value[0] != '{' && value[0] != '[' {
		b.WriteString(line)
		return
	}
	b.WriteByte(value[0])
	for i, m := range members(value) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + strings.Repeat(" ", indent+2) + m.name)
		write(b, m.value, indent+2, indent+2+columns(m.name)+1) // and a comma
	}
	b.WriteString("\n" + strings.Repeat(" ", indent))
	b.WriteByte(value[len(value)-1])
}

func oneLine(value json.RawMessage) string {
	if value[0] != '{' && value[0] != '[' {
		return string(value)
	}
	var parts []string
	for _, m := range members(value) {
		parts = append(parts, m.name+oneLine(m.value))
	}
	return string(value[0]) + strings.Join(parts, ", ") + string(value[len(value)-1])
}

// A member is one of an object, its name written as `"name": `, or of an array.
type member struct {
	name  string
	value json.RawMessage
}

// members returns the members of an object or array in their order.
func members(value json.RawMessage) (all []member) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.Token() // the bracket; the text is valid JSON
	for d.More() {
		var m member
		if value[0] == '{' {
			name, _ := d.Token()
			m.name = fmt.Sprintf("%q: ", name)
		}
		d.Decode(&m.value)
		all = append(all, m)
	}
	return all
}

func columns(text string) int { return utf8.RuneCountInString(text) }
