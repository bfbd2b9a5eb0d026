package kmskeys

import "testing"

// Two requests that bring the same new data key at the same moment may both have found none.
func TestADataKeyThatIsAddedASecondTimeIsTheFirst(t *testing.T) {
	d := newDataKeys(2)
	first, second, other := &carried{id: digest{1}}, &carried{id: digest{1}}, &carried{id: digest{2}}
	for name, test := range map[string]struct{ got, want *carried }{
		"the first": {d.add(first), first}, "the same again": {d.add(second), first}, "another": {d.add(other), other},
	} {
		if test.got != test.want {
			t.Errorf("%s: %p, want %p", name, test.got, test.want)
		}
	}
	d.prove(first)
	if got := d.add(second); got != first {
		t.Error("a proven data key was added a second time")
	}
}
