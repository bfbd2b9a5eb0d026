package jose

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// fields are where encoding/json stores the members of a struct, by their exact names.
type fields map[string]field

// A field is one of a struct, or of a struct that is embedded in it.
type field struct {
	way    []int // through embedded structs to the one that it is in
	number int   // of the field in that
	tagged bool  // its name comes from its tag
	none   bool  // several have the name, and so none of them counts
}

// fieldsOf returns the fields of struct t, which it reads once.
func (e exact) fieldsOf(t reflect.Type) fields {
	if _, read := e[t]; !read {
		e[t] = fieldsOf(t)
	}
	return e[t]
}

// fieldsOf reads a struct as encoding/json does: level by level of the structs that are
// embedded in each other, each type once.
func fieldsOf(t reflect.Type) fields {
	all, read := fields{}, map[reflect.Type]bool{}
	for level := []embedded{{typ: t}}; len(level) > 0; {
		var inner []embedded
		for _, e := range level {
			if !read[e.typ] {
				read[e.typ] = true
				inner = e.read(all, inner)
			}
		}
		level = inner
	}
	return all
}

// add adds a field. Its level is that of the last one, or further in. Of several fields
// with one name those of the outermost level count, and of these the tagged ones. If that
// leaves several, none counts.
func (f fields) add(name string, another field) {
	first, found := f[name]
	switch {
	case !found:
		f[name] = another
	case len(another.way) > len(first.way), first.tagged && !another.tagged:
	case another.tagged && !first.tagged:
		f[name] = another
	default:
		first.none = true
		f[name] = first
	}
}

// An embedded struct is one at a level, or several of one type.
type embedded struct {
	typ     reflect.Type
	way     []int // to the first
	several bool
}

// read adds the fields of e to all. It returns inner with the structs added that e
// embeds. If there are several of e, then there are several of each of its fields, but
// not of the structs that it embeds: that is a peculiarity of encoding/json.
func (e embedded) read(all fields, inner []embedded) []embedded {
	for i := range e.typ.NumField() {
		sf := e.typ.Field(i)
		embeds := embeddedStruct(sf)
		tag := sf.Tag.Get("json")
		if tag == "-" || !sf.IsExported() && embeds == nil {
			continue
		}
		name, _, _ := strings.Cut(tag, ",")
		tagged := isTagName(name)
		if embeds != nil && !tagged {
			inner = embed(inner, embeds, append(slices.Clone(e.way), i))
			continue
		}
		if !tagged {
			name = sf.Name
		}
		all.add(name, field{way: e.way, number: i, tagged: tagged, none: e.several})
	}
	return inner
}

// embed adds one more embedded struct to those of a level.
func embed(level []embedded, t reflect.Type, way []int) []embedded {
	if i := slices.IndexFunc(level, func(e embedded) bool { return e.typ == t }); i >= 0 {
		level[i].several = true
		return level
	}
	return append(level, embedded{typ: t, way: way})
}

// embeddedStruct returns the type of a struct that is embedded, itself or by a pointer,
// and nil for any other field.
func embeddedStruct(sf reflect.StructField) reflect.Type {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !sf.Anonymous || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// isTagName reports whether encoding/json takes a name from a tag.
func isTagName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c)
	})
}

// places returns a function that returns where in v the member of a name is stored.
func (f fields) places(v reflect.Value) func(name string) (reflect.Value, bool) {
	return func(name string) (reflect.Value, bool) {
		field, found := f[name]
		if !found || field.none {
			return reflect.Value{}, false
		}
		return field.of(v), true
	}
}

// of returns the field in struct v. If the way there leads through a nil pointer, it is
// the field of a zero value.
func (f field) of(v reflect.Value) reflect.Value {
	for _, i := range f.way {
		v = v.Field(i)
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil():
			v = reflect.Zero(v.Type().Elem())
		case v.Kind() == reflect.Pointer:
			v = v.Elem()
		}
	}
	return v.Field(f.number)
}
