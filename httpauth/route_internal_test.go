package httpauth

import (
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func TestARouteThatAsksNothingIsClosed(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "$default", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	caller := policy.Caller{Principal: "ann"}
	if (route{paths: []string{"/"}}).isOpen(table, caller) {
		t.Error("it is open")
	}
	if !(route{questions: []question{{"GET", ""}}, paths: []string{"/"}}).isOpen(table, caller) {
		t.Error("one that asks is closed")
	}
}
