package dynamotest

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// An evaluation evaluates the expressions of one request: conditions of comparisons, of
// attribute_exists and attribute_not_exists, joined by AND, OR and brackets; and updates of
// SET, REMOVE and ADD. After its first error it does nothing more.
type evaluation struct {
	names   map[string]string
	values  item
	allowed []string // the attributes that may be named; nil: all
	tokens  []string
	unused  map[string]bool // names and values
	err     error
}

func newEvaluation(r request) *evaluation {
	e := &evaluation{names: r.ExpressionAttributeNames, values: r.ExpressionAttributeValues, unused: map[string]bool{}}
	for name := range e.names {
		e.unused[name] = true
	}
	for value := range e.values {
		e.unused[value] = true
	}
	return e
}

var tokens = regexp.MustCompile(`[A-Za-z#:]\w*|[<>]=|[=<>(),]|\S`)

func (e *evaluation) read(expression string) { e.tokens = tokens.FindAllString(expression, -1) }

// end returns the first error. Names and values that nothing has used are one, too.
func (e *evaluation) end() error {
	for name := range e.unused {
		e.fail("Value provided in ExpressionAttributeNames or ExpressionAttributeValues unused in expressions: %s", name)
	}
	return e.err
}

func (e *evaluation) fail(format string, args ...any) {
	if e.err == nil {
		e.err = invalid(format, args...)
	}
	e.tokens = nil
}

// next takes a token, which is empty at the end.
func (e *evaluation) next() string {
	if len(e.tokens) == 0 {
		return ""
	}
	token := e.tokens[0]
	e.tokens = e.tokens[1:]
	return token
}

// takes takes the next token if it is this one.
func (e *evaluation) takes(token string) bool {
	if len(e.tokens) == 0 || !strings.EqualFold(e.tokens[0], token) {
		return false
	}
	e.next()
	return true
}

func (e *evaluation) wants(token string) {
	if !e.takes(token) {
		e.fail("Syntax error: %s is missing", token)
	}
}

// condition reports whether an item, which may be nil, meets a condition.
func (e *evaluation) condition(expression string, i item) bool {
	e.read(expression)
	met := e.or(i)
	if len(e.tokens) > 0 {
		e.fail("Syntax error: token: %s", e.tokens[0])
	}
	return met && e.err == nil
}

func (e *evaluation) or(i item) bool {
	met := e.and(i)
	for e.takes("OR") {
		other := e.and(i)
		met = met || other
	}
	return met
}

func (e *evaluation) and(i item) bool {
	met := e.term(i)
	for e.takes("AND") {
		other := e.term(i)
		met = met && other
	}
	return met
}

func (e *evaluation) term(i item) bool {
	switch {
	case e.takes("("):
		met := e.or(i)
		e.wants(")")
		return met
	case e.takes("attribute_exists"):
		return e.exists(i)
	case e.takes("attribute_not_exists"):
		return !e.exists(i)
	}
	attribute, found := i[e.name()]
	operator, value := e.next(), e.value()
	if !found {
		attribute = none
	}
	return e.compare(attribute, operator, value)
}

func (e *evaluation) exists(i item) bool {
	e.wants("(")
	_, found := i[e.name()]
	e.wants(")")
	return found
}

// name takes the name of an attribute.
func (e *evaluation) name() string {
	token := e.next()
	name := token
	if strings.HasPrefix(token, "#") {
		delete(e.unused, token)
		name = e.names[token]
	}
	if name == "" || strings.ContainsAny(name[:1], ":#=<>(),") || e.allowed != nil && !slices.Contains(e.allowed, name) {
		e.fail("this is no attribute here: %q", token)
	}
	return name
}

// value takes a value.
func (e *evaluation) value() attribute {
	token := e.next()
	value, found := e.values[token]
	if !found {
		e.fail("this is no value: %q", token)
	}
	delete(e.unused, token)
	return value
}

var none attribute

// compare reports whether two values of one type compare so. No value compares with none.
func (e *evaluation) compare(a attribute, operator string, b attribute) bool {
	var order int
	switch {
	case a == none: // but the operator must be one
		order = 2
	case a.S != nil && b.S != nil:
		order = strings.Compare(*a.S, *b.S)
	case a.N != nil && b.N != nil:
		order = e.numeric(a).Cmp(e.numeric(b))
	default:
		order = 2
	}
	switch operator {
	case "=":
		return order == 0
	case "<":
		return order == -1
	case "<=":
		return order == -1 || order == 0
	case ">":
		return order == 1
	case ">=":
		return order == 1 || order == 0
	}
	e.fail("this is no operator: %q", operator)
	return false
}

func (e *evaluation) numeric(a attribute) *big.Rat {
	n, ok := new(big.Rat), false
	if a.N != nil {
		n, ok = n.SetString(*a.N)
	}
	if !ok {
		e.fail("this is no number")
		return new(big.Rat)
	}
	return n
}

// update changes an item, and returns the attributes that it has written.
func (e *evaluation) update(expression string, i item, key string) item {
	e.read(expression)
	changed := item{}
	for len(e.tokens) > 0 {
		clause := strings.ToUpper(e.next())
		for {
			name := e.name()
			if name == key {
				e.fail("Cannot update attribute %s. This attribute is part of the key", name)
			}
			e.apply(clause, name, i)
			if value, found := i[name]; found {
				changed[name] = value
			}
			if !e.takes(",") {
				break
			}
		}
	}
	return changed
}

func (e *evaluation) apply(clause, name string, i item) {
	switch clause {
	case "SET":
		e.wants("=")
		i[name] = e.value()
	case "REMOVE":
		delete(i, name)
	case "ADD":
		sum := e.numeric(e.value())
		if stored, found := i[name]; found {
			sum.Add(sum, e.numeric(stored))
		}
		text := sum.RatString()
		i[name] = attribute{N: &text}
	default:
		e.fail("this is no clause: %q", clause)
	}
}
