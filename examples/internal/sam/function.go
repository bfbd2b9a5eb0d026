package sam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const functionType = "AWS::Serverless::Function"

// A Function is a Lambda function of a template, with what it has of the globals.
type Function struct {
	Name        string // of the resource
	Handler     string
	Environment map[string]string
	Timeout     int // in seconds
	Reserved    int // how many may run at a time; 0 says nothing
	Grants      []Grant
	properties  object
}

// A Grant is what a function's role may do, or who else may do it by the policy of a
// resource.
type Grant struct {
	Actions, Resources []string
	Condition          object
}

// String returns a grant as "action on resource", and " if condition" where there is one.
func (g Grant) String() string {
	said := strings.Join(g.Actions, ",") + " on " + strings.Join(g.Resources, ",")
	if len(g.Condition) > 0 {
		condition, _ := json.Marshal(g.Condition)
		said += " if " + string(condition)
	}
	return said
}

// Functions returns the functions by the names of their resources.
func (t *Template) Functions() (map[string]Function, error) {
	functions := map[string]Function{}
	for _, name := range t.Named(functionType) {
		f, err := t.function(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		functions[name] = f
	}
	return functions, nil
}

func (t *Template) function(name string) (Function, error) {
	properties := maps.Clone(t.Globals["Function"])
	if properties == nil {
		properties = object{}
	}
	variables := object{}
	for _, of := range []object{t.Globals["Function"], t.Resources[name].Properties} {
		maps.Copy(variables, at(of, "Environment", "Variables"))
	}
	maps.Copy(properties, t.Resources[name].Properties)
	f := Function{Name: name, Handler: text(properties["Handler"]), Environment: map[string]string{}, properties: properties}
	for variable, value := range variables {
		f.Environment[variable] = text(value)
	}
	f.Timeout, _ = properties["Timeout"].(int)
	f.Reserved, _ = properties["ReservedConcurrentExecutions"].(int)
	for _, policy := range list(properties["Policies"]) {
		if at(policy)["Statement"] == nil {
			return f, fmt.Errorf("a policy that is no list of statements: %v", policy)
		}
		grants, err := grantsOf(policy)
		if err != nil {
			return f, err
		}
		f.Grants = append(f.Grants, grants...)
	}
	return f, nil
}

// grantsOf returns what a policy document allows.
func grantsOf(document any) ([]Grant, error) {
	var grants []Grant
	for _, s := range list(at(document)["Statement"]) {
		statement := at(s)
		for member := range statement {
			if !slices.Contains([]string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, member) {
				return nil, fmt.Errorf("a statement with %s", member)
			}
		}
		if statement["Effect"] != "Allow" {
			return nil, fmt.Errorf("a statement of effect %v", statement["Effect"])
		}
		grants = append(grants, Grant{texts(statement["Action"]), texts(statement["Resource"]), at(statement, "Condition")})
	}
	return grants, nil
}

// Roles returns what the role of each function may do, one line for each grant, such as
// "Login: kms:GenerateDataKey on ${Key.Arn}". A function that may do nothing has no line.
func (t *Template) Roles() ([]string, error) {
	functions, err := t.Functions()
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		for _, grant := range functions[name].Grants {
			lines = append(lines, name+": "+grant.String())
		}
	}
	return lines, nil
}

// KeyPolicy returns what the policy of a KMS key allows.
func (t *Template) KeyPolicy(name string) ([]Grant, error) {
	return grantsOf(t.Resources[name].Properties["KeyPolicy"])
}
