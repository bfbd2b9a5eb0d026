package observe_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/observe"
)

func TestARequestIsLabelledByARouteOfTheTableOrAsAnother(t *testing.T) {
	r := observe.NewRoutes(
		route("GET /orders/{id}"), route("ANY /orders/{id}"), route("ANY /files/{proxy+}"), route("GET /a/{b}/c/{d}"), route("$default"), route("$connect"),
	)
	for taken, want := range map[string]string{
		"":                      "",
		"GET /orders/{id}":      "GET /orders/{id}",
		"GET /orders/{orderId}": "GET /orders/{id}",
		"PUT /orders/{orderId}": "ANY /orders/{id}",
		"GET /orders/{id+}":     observe.Other,
		"GET /orders/7":         observe.Other,
		"GET /files/{path+}":    "ANY /files/{proxy+}",
		"EVIL /files/{path+}":   "ANY /files/{proxy+}",
		"GET /a/{x}/c/{y}":      "GET /a/{b}/c/{d}",
		"GET /a/{x}/c/{y":       "GET /a/{b}/c/{d}", // which no route is
		"GET /a/{x}/c":          observe.Other,
		"$default":              "$default",
		"$connect":              "$connect",
		"$disconnect":           observe.Other,
		"GET":                   observe.Other,
	} {
		if got := r.Label(taken); got != want {
			t.Errorf("%q: %q, want %q", taken, got, want)
		}
	}
	for _, none := range []*observe.Routes{nil, {}, observe.NewRoutes()} {
		if got := none.Label("GET /orders/{id}"); got != "" {
			t.Errorf("without routes: %q", got)
		}
	}
}
