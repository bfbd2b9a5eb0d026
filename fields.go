package authorizer

import "github.com/lambdajwt/authorizer/internal/jose"

// fields are the named values of one part of an event, such as its headers. They
// are read when they are asked for: an event has dozens, an authorizer needs one.
type fields interface {
	each(visit func(name, value string))
}

// lookup returns all values whose name is the same as name.
func lookup(f fields, name string, same func(a, b string) bool) []string {
	if f == nil {
		return nil
	}
	var values []string
	f.each(func(got, value string) {
		if same(got, name) {
			values = append(values, value)
		}
	})
	return values
}

// goFields are those of an event that came as one of aws-lambda-go's types. Where
// there are lists they hold everything, and single only the last of each.
type goFields struct {
	single map[string]string
	lists  map[string][]string
}

func (f goFields) each(visit func(name, value string)) {
	for name, list := range f.lists {
		for _, value := range list {
			visit(name, value)
		}
	}
	if len(f.lists) > 0 {
		return
	}
	for name, value := range f.single {
		visit(name, value)
	}
}

// jsonFields are those of an event that came as JSON, which has been read once. A
// value that is no string counts as an empty one: it is there, and good for nothing.
type jsonFields struct {
	single jose.Value
	lists  jose.Value
}

func (f jsonFields) each(visit func(name, value string)) {
	found := false
	members(f.lists, func(name string, list jose.Value) {
		found = true
		_ = jose.Elements(list, func(value jose.Value) error {
			text, _ := value.Text()
			visit(name, text)
			return nil
		})
	})
	if found {
		return
	}
	members(f.single, func(name string, value jose.Value) {
		text, _ := value.Text()
		visit(name, text)
	})
}

// members visits an object that has been read before; it cannot fail again. A part
// that is missing or null has no members.
func members(object jose.Value, visit func(string, jose.Value)) {
	if object.Kind != jose.Object {
		return
	}
	_ = jose.Members(object.Raw, eventLimits, func(name string, value jose.Value) error {
		visit(name, value)
		return nil
	})
}
