package sam

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A resolver works out the functions of CloudFormation, in their short forms: !Ref, !GetAtt,
// !Sub, !If, !Equals and !Not. Others are errors: the examples need no more.
type resolver struct {
	parameters map[string]string
	conditions map[string]bool
	resources  map[string]yaml.Node
}

func (r resolver) value(node *yaml.Node) (any, error) {
	switch {
	case node.Kind == yaml.DocumentNode:
		return r.value(node.Content[0])
	case strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!"):
		return r.function(node)
	case node.Kind == yaml.MappingNode:
		return r.mapping(node)
	case node.Kind == yaml.SequenceNode:
		return r.sequence(node)
	case node.Kind == yaml.ScalarNode:
		var value any
		err := node.Decode(&value)
		return value, err
	}
	return nil, fmt.Errorf("line %d: aliases are not read", node.Line)
}

func (r resolver) mapping(node *yaml.Node) (any, error) {
	all := object{}
	for i := 0; i < len(node.Content); i += 2 {
		name := node.Content[i].Value
		if strings.HasPrefix(name, "Fn::") || name == "Ref" {
			return nil, fmt.Errorf("line %d: write %s in its short form", node.Content[i].Line, name)
		}
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", node.Content[i].Line, name)
		}
		value, err := r.value(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		if value != noValue {
			all[name] = value
		}
	}
	return all, nil
}

func (r resolver) sequence(node *yaml.Node) ([]any, error) {
	all := []any{}
	for _, element := range node.Content {
		value, err := r.value(element)
		if err != nil {
			return nil, err
		}
		if value != noValue {
			all = append(all, value)
		}
	}
	return all, nil
}

// noValue is what AWS::NoValue stands for: a property that is not there.
const noValue = "${AWS::NoValue}"

func (r resolver) function(node *yaml.Node) (value any, err error) {
	takesList := node.Tag == "!If" || node.Tag == "!Equals" || node.Tag == "!Not"
	if takesList != (node.Kind == yaml.SequenceNode) {
		return nil, fmt.Errorf("line %d: this form of %s is not known here", node.Line, node.Tag)
	}
	var arguments []any
	if node.Kind == yaml.SequenceNode {
		if arguments, err = r.sequence(node); err != nil {
			return nil, err
		}
	}
	switch node.Tag {
	case "!Ref", "!GetAtt":
		value, err = r.refer(node.Value)
	case "!Sub":
		value, err = r.substitute(node.Value)
	case "!If":
		value, err = r.choose(arguments)
	case "!Equals":
		value = len(arguments) == 2 && text(arguments[0]) == text(arguments[1])
	case "!Not":
		value = len(arguments) == 1 && arguments[0] == false
	default:
		err = errors.New(node.Tag + " is not known here")
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", node.Line, err)
	}
	return value, nil
}

// refer returns the value of a parameter, or what stands for a resource or its attribute.
func (r resolver) refer(name string) (string, error) {
	if value, found := r.parameters[name]; found {
		return value, nil
	}
	logical, _, _ := strings.Cut(name, ".")
	if _, found := r.resources[logical]; !found && !strings.HasPrefix(name, "AWS::") {
		return "", fmt.Errorf("there is neither a parameter nor a resource %s", logical)
	}
	return "${" + name + "}", nil
}

var variable = regexp.MustCompile(`\$\{([^!][^}]*)\}`)

func (r resolver) substitute(in string) (string, error) {
	var errs []error
	out := variable.ReplaceAllStringFunc(in, func(found string) string {
		value, err := r.refer(found[2 : len(found)-1])
		errs = append(errs, err)
		return value
	})
	return out, errors.Join(errs...)
}

func (r resolver) choose(arguments []any) (any, error) {
	if len(arguments) != 3 {
		return nil, errors.New("!If has a condition and two values")
	}
	condition, found := r.conditions[text(arguments[0])]
	if !found {
		return nil, fmt.Errorf("there is no condition %v", arguments[0])
	}
	if condition {
		return arguments[1], nil
	}
	return arguments[2], nil
}
