package observe

import (
	"strings"

	"github.com/lambdajwt/authorizer/policy"
)

// Other is the label of what is not among the names that are known when the program starts.
const Other = "other"

// Routes labels requests by the routes of a table, so that labels are as many as these,
// whatever is called.
type Routes struct {
	keys map[string]string // by themselves, and by themselves without names
}

// NewRoutes returns the labels of a table's routes. Routes that [policy.NewTable] refuses
// are of no use here either.
func NewRoutes(routes ...policy.Route) *Routes {
	r := &Routes{make(map[string]string, 2*len(routes))}
	for _, route := range routes {
		r.keys[withoutNames(route.Key)] = route.Key
		r.keys[route.Key] = route.Key // where the names are the same, which costs less to find
	}
	return r
}

// Label returns the key of the route that a request has taken, of which route is what
// [authorizer.Outcome] has. It is [Other] if there is none, and empty if route is empty or
// there are no routes at all.
func (r *Routes) Label(route string) string {
	if r == nil || len(r.keys) == 0 || route == "" {
		return ""
	}
	if key, ok := r.keys[route]; ok {
		return key
	}
	bare := withoutNames(route)
	if key, ok := r.keys[bare]; ok {
		return key
	}
	if _, path, ok := strings.Cut(bare, " "); ok {
		if key, ok := r.keys["ANY "+path]; ok {
			return key
		}
	}
	return Other
}

// withoutNames returns a route key with {} and {+} for its parameters, whose names need not
// be the same in a table and in API Gateway.
func withoutNames(key string) string {
	if !strings.Contains(key, "{") {
		return key
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(key, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteByte('{')
		if strings.HasSuffix(name, "+") {
			b.WriteByte('+')
		}
		b.WriteByte('}')
		key = after
	}
}
