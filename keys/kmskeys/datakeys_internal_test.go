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

// One that was pushed out while KMS was asked for it is not the one that has come back since.
func TestADataKeyThatCouldNotBeHadTakesNoOtherOneOfItsNameAlong(t *testing.T) {
	d := newDataKeys(1)
	first, second, other := &carried{id: digest{1}}, &carried{id: digest{1}}, &carried{id: digest{2}}
	for _, c := range []*carried{first, other, second} {
		d.add(c)
	}
	d.drop(first)
	if got := d.find(second.id); got != second {
		t.Error("an unproven one is gone")
	}
	d.prove(second)
	d.add(other)
	d.drop(first)
	if got := d.find(second.id); got != second {
		t.Error("a proven one is gone")
	}
	d.drop(other)
	if d.find(other.id) != nil {
		t.Error("one is there after it was dropped itself")
	}
}
