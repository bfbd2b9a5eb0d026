// Package sam reads the AWS SAM templates of the examples, so that tests can hold what is
// deployed against what runs on a laptop.
package sam

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Template is one in which the functions of CloudFormation have been worked out, as far
// as that can be done without an account: what refers to a resource is left as "${Name}"
// or "${Name.Attribute}", and so are the pseudo parameters, such as "${AWS::Region}".
type Template struct {
	Parameters map[string]object
	Globals    map[string]object // by the part, such as Function
	Resources  map[string]Resource
	Outputs    map[string]object
}

type object = map[string]any

// A Resource is one of a template's.
type Resource struct {
	Type           string
	DeletionPolicy string
	Replacement    string // UpdateReplacePolicy
	Properties     object
}

// Read reads a template with these values for its parameters. Those that have none get
// their defaults. A reference to what is not there is an error.
func Read(file string, parameters map[string]string) (*Template, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t, err := parse(text, parameters)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func parse(text []byte, parameters map[string]string) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	var raw struct {
		Parameters map[string]object    `yaml:"Parameters"`
		Conditions map[string]yaml.Node `yaml:"Conditions"`
		Resources  map[string]yaml.Node `yaml:"Resources"`
	}
	if err := document.Decode(&raw); err != nil {
		return nil, err
	}
	r := resolver{parameters: maps.Clone(parameters), resources: raw.Resources, conditions: map[string]bool{}}
	if r.parameters == nil {
		r.parameters = map[string]string{}
	}
	for name := range r.parameters {
		if raw.Parameters[name] == nil {
			return nil, fmt.Errorf("there is no parameter %s", name)
		}
	}
	for name, definition := range raw.Parameters {
		if _, given := r.parameters[name]; given {
			continue
		}
		value, found := definition["Default"]
		if !found {
			value = "${" + name + "}"
		}
		r.parameters[name] = fmt.Sprint(value)
	}
	for name, node := range raw.Conditions {
		value, err := r.value(&node)
		if err != nil {
			return nil, fmt.Errorf("condition %s: %w", name, err)
		}
		r.conditions[name] = value == true
	}
	value, err := r.value(&document)
	if err != nil {
		return nil, err
	}
	return newTemplate(value)
}

func newTemplate(value any) (*Template, error) {
	root, _ := value.(object)
	t := &Template{
		Parameters: members(root["Parameters"]), Globals: members(root["Globals"]),
		Resources: map[string]Resource{}, Outputs: members(root["Outputs"]),
	}
	for name, r := range members(root["Resources"]) {
		t.Resources[name] = Resource{
			Type: text(r["Type"]), DeletionPolicy: text(r["DeletionPolicy"]), Replacement: text(r["UpdateReplacePolicy"]),
			Properties: at(r, "Properties"),
		}
	}
	if len(t.Resources) == 0 {
		return nil, fmt.Errorf("there are no resources")
	}
	return t, nil
}

// Named returns the names of the resources of a type.
func (t *Template) Named(kind string) []string {
	var names []string
	for name, r := range t.Resources {
		if r.Type == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// one returns the only resource of these types, and its name.
func (t *Template) one(kinds ...string) (string, Resource, error) {
	var names []string
	for _, kind := range kinds {
		names = append(names, t.Named(kind)...)
	}
	if len(names) != 1 {
		return "", Resource{}, fmt.Errorf("%d resources of type %s instead of one", len(names), strings.Join(kinds, " or "))
	}
	return names[0], t.Resources[names[0]], nil
}

// at returns the object at a path, empty if there is none.
func at(in any, path ...string) object {
	for _, name := range path {
		within, _ := in.(object)
		in = within[name]
	}
	found, _ := in.(object)
	return found
}

// members returns the objects in an object, by name.
func members(in any) map[string]object {
	found := map[string]object{}
	for name, value := range at(in) {
		found[name] = at(value)
	}
	return found
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// list returns a list, or a single value as a list of one.
func list(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

func texts(value any) []string {
	var all []string
	for _, v := range list(value) {
		all = append(all, text(v))
	}
	return all
}
