package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Field is one field of a GraphQL API, and who may ask for it.
type Field struct {
	// Name is the field's type and its own name, such as "Mutation.createOrder".
	Name string

	// Scopes open the field, and AnyToken opens it to every good token, as those of a
	// [Route] do. A field has one or the other.
	Scopes   []string
	AnyToken bool
}

// Fields holds the fields of an AppSync API. It does not change and may be used by several
// goroutines.
//
// AppSync denies the fields that an authorizer names, and no others. So a field that is
// missing here is open to every good token: list all that not everybody may ask for, those
// of Mutation and Subscription above all, and compare the list with the schema in a test.
type Fields struct {
	names []string
	sets  [][][]string // sets of scopes for each name, one of which opens the field; nil for AnyToken
}

// NewFields reads the fields of one API. It is an error if a name is none of a type and a
// field (GraphQL specification, section 2.1.9), or stands twice, or if it is not said who
// may ask for a field.
func NewFields(fields ...Field) (*Fields, error) {
	if len(fields) == 0 {
		return nil, errors.New("policy: no fields: list every field that not everybody may ask for")
	}
	f := &Fields{}
	for _, field := range fields {
		if of, name, _ := strings.Cut(field.Name, "."); !isGraphQLName(of) || !isGraphQLName(name) {
			return nil, fmt.Errorf("policy: field %q: want a type and a field, such as Mutation.createOrder", field.Name)
		}
		if slices.Contains(f.names, field.Name) {
			return nil, fmt.Errorf("policy: field %q stands twice", field.Name)
		}
		sets, err := readScopes(field.Scopes, field.AnyToken)
		if err != nil {
			return nil, fmt.Errorf("policy: field %q: %w", field.Name, err)
		}
		f.names, f.sets = append(f.names, field.Name), append(f.sets, sets)
	}
	return f, nil
}

// isGraphQLName does without package regexp, which would be a tenth of the library in a
// program.
func isGraphQLName(s string) bool {
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != ""
}

// Denied returns the names of the fields that a caller may not ask for, in the order in which
// they were given.
func (f *Fields) Denied(c Caller) []string {
	var denied []string
	for i, sets := range f.sets {
		if sets != nil && !c.hasOneOf(sets) {
			denied = append(denied, f.names[i])
		}
	}
	return denied
}
