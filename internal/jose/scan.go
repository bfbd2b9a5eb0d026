package jose

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits bound what one JSON text may hold, whatever its length.
type Limits struct {
	Depth   int // how deep objects and arrays nest; the outermost object is at depth 1
	Members int // how many members all objects hold together
}

// Kind is the type of a JSON value.
type Kind uint8

// The types of JSON values (RFC 8259 section 3).
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// Value is one value of a JSON text that has been read and found good.
type Value struct {
	Kind Kind
	Raw  string // the JSON text of the value itself, without white space around it
}

// ErrJSON says that a text is not one JSON object as [Members] wants it.
var ErrJSON = errors.New("not a strict JSON object")

// Members reads text as exactly one JSON object and calls visit for each of its
// own members in order, with the name unescaped. A nil visit only checks.
//
// Any of these gives an error that wraps [ErrJSON]: a syntax error (RFC 8259),
// trailing data, a byte order mark, invalid UTF-8, an escaped lone surrogate, two
// members of one object with one name at any depth, and more depth or members
// than limits allow. An error of visit ends the reading and comes back as it is.
// The check runs along with the visits: trust what was visited only when Members
// has returned nil.
func Members(text string, limits Limits, visit func(name string, value Value) error) error {
	s := scanner{text: text, members: limits.Members}
	if err := s.leading(limits.Depth, visit); err != nil {
		return err
	}
	s.space()
	if s.pos != len(text) {
		return s.fail("trailing data")
	}
	return nil
}

// LeadingMembers is [Members] of the object that text begins with, whatever follows it.
func LeadingMembers(text string, limits Limits, visit func(name string, value Value) error) error {
	s := scanner{text: text, members: limits.Members}
	return s.leading(limits.Depth, visit)
}

// leading reads the object that the text begins with.
func (s *scanner) leading(depth int, visit func(string, Value) error) error {
	s.space()
	if s.peek() != '{' {
		return s.fail("no object")
	}
	return s.object(depth, visit)
}

// Elements calls visit for each element of an array that [Members] has read. It
// gives an error that wraps [ErrJSON] if value is no array; one of visit comes
// back as it is.
func Elements(array Value, visit func(Value) error) error {
	if array.Kind != Array {
		return fmt.Errorf("%w: no array", ErrJSON)
	}
	// Members has bounded the array already, and no text can exceed these limits.
	s := scanner{text: array.Raw, members: len(array.Raw)}
	return s.array(len(array.Raw), visit)
}

// scanner walks over a JSON text once, from front to back.
type scanner struct {
	text    string
	pos     int
	members int // how many more members may come

	// The names of all open objects, those of the innermost last. The first few stand
	// in the scanner itself, so that an ordinary token needs no memory for them.
	open int
	near [20]string
	far  []string
}

func (s *scanner) openName(i int) string {
	if i < len(s.near) {
		return s.near[i]
	}
	return s.far[i-len(s.near)]
}

func (s *scanner) push(name string) {
	if s.open < len(s.near) {
		s.near[s.open] = name
	} else {
		s.far = append(s.far[:s.open-len(s.near)], name)
	}
	s.open++
}

func (s *scanner) fail(why string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrJSON, why, s.pos)
}

// peek returns the next byte. At the end it returns 0, with which no JSON token begins.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// object reads an object. The scanner is at its opening brace.
func (s *scanner) object(depth int, visit func(string, Value) error) error {
	if depth <= 0 {
		return s.fail("nested too deep")
	}
	s.pos++
	s.space()
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	own := s.open // where this object's names begin
	var many map[string]bool
	for {
		name, err := s.name(own, &many)
		if err != nil {
			return err
		}
		s.space()
		value, err := s.value(depth)
		if err != nil {
			return err
		}
		if visit != nil {
			if err := visit(name, value); err != nil {
				return err
			}
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			s.open = own
			return nil
		default:
			return s.fail("no comma or closing brace")
		}
	}
}

// manyNames is the number of names from which on they are looked up in a map. To
// compare each with each takes the square of their number.
const manyNames = 32

// repeats reports whether an object, whose names begin at own, already has a name.
func (s *scanner) repeats(name string, own int, many *map[string]bool) bool {
	if s.open-own < manyNames {
		for i := own; i < s.open; i++ {
			if s.openName(i) == name {
				return true
			}
		}
		return false
	}
	if *many == nil {
		*many = make(map[string]bool, 2*manyNames)
		for i := own; i < s.open; i++ {
			(*many)[s.openName(i)] = true
		}
	}
	found := (*many)[name]
	(*many)[name] = true
	return found
}

// name reads the name of a member, and the colon after it.
func (s *scanner) name(own int, many *map[string]bool) (string, error) {
	if s.peek() != '"' {
		return "", s.fail("no member name")
	}
	if s.members--; s.members < 0 {
		return "", s.fail("too many members")
	}
	raw, escaped, err := s.str()
	if err != nil {
		return "", err
	}
	name := raw[1 : len(raw)-1]
	if escaped {
		name = unescape(name)
	}
	if s.repeats(name, own, many) {
		return "", s.fail("duplicate member")
	}
	s.push(name)
	s.space()
	if s.peek() != ':' {
		return "", s.fail("no colon")
	}
	s.pos++
	return name, nil
}

// array reads an array. The scanner is at its opening bracket.
func (s *scanner) array(depth int, visit func(Value) error) error {
	if depth <= 0 {
		return s.fail("nested too deep")
	}
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		value, err := s.value(depth)
		if err != nil {
			return err
		}
		if visit != nil {
			if err := visit(value); err != nil {
				return err
			}
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case ']':
			s.pos++
			return nil
		default:
			return s.fail("no comma or closing bracket")
		}
	}
}

// value reads any value. depth is how deep the object or array around it may nest.
func (s *scanner) value(depth int) (Value, error) {
	start, kind, err := s.pos, Kind(0), error(nil)
	switch c := s.peek(); c {
	case '{':
		kind, err = Object, s.object(depth-1, nil)
	case '[':
		kind, err = Array, s.array(depth-1, nil)
	case '"':
		kind = String
		_, _, err = s.str()
	case 't':
		kind, err = Bool, s.literal("true")
	case 'f':
		kind, err = Bool, s.literal("false")
	case 'n':
		kind, err = Null, s.literal("null")
	default:
		kind, err = Number, s.number()
	}
	if err != nil {
		return Value{}, err
	}
	return Value{kind, s.text[start:s.pos]}, nil
}

func (s *scanner) literal(want string) error {
	if len(s.text)-s.pos < len(want) || s.text[s.pos:s.pos+len(want)] != want {
		return s.fail("no value")
	}
	s.pos += len(want)
	return nil
}

// number reads -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func (s *scanner) number() error {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return s.fail("no value")
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return s.fail("no digit behind the point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return s.fail("no digit in the exponent")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// plain holds, for each byte, whether it stands for itself in a string: whether it is
// ASCII, and no control character, quote or backslash.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// str reads a string and returns its text with the quotes, and whether any of it
// is escaped.
func (s *scanner) str() (raw string, escaped bool, err error) {
	text, start := s.text, s.pos
	beyondASCII := false
	for i := start + 1; i < len(text); i++ {
		for plain[text[i]] && i+1 < len(text) { // which most of a string is
			i++
		}
		switch c := text[i]; {
		case c == '"':
			s.pos = i + 1
			raw = text[start:s.pos]
			if beyondASCII && !utf8.ValidString(raw) {
				return "", false, s.fail("invalid UTF-8")
			}
			return raw, escaped, nil
		case c == '\\':
			size := escapeSize(text[i:])
			if size == 0 {
				s.pos = i
				return "", false, s.fail("invalid escape")
			}
			i += size - 1
			escaped = true
		case c < ' ':
			s.pos = i
			return "", false, s.fail("control character")
		case c >= utf8.RuneSelf:
			beyondASCII = true
		}
	}
	s.pos = len(text)
	return "", false, s.fail("unterminated string")
}
