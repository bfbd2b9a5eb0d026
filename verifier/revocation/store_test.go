package revocation_test

import (
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/verifier/revocation"
)

func TestAMemoryKnowsWhatWasPutIntoIt(t *testing.T) {
	var m revocation.Memory
	since := time.Unix(1000, 0)
	asked := []revocation.Key{keyOf(revocation.ByToken, "1"), keyOf(revocation.BySubject, "1"), keyOf(revocation.BySession, "1")}
	if found, err := m.Lookup(t.Context(), asked); len(found) != 0 || err != nil {
		t.Errorf("an empty one: got %v, %v", found, err)
	}
	m.Revoke(asked[0], time.Time{})
	m.Revoke(asked[1], time.Unix(1, 0))
	m.Revoke(asked[1], since)
	found, err := m.Lookup(t.Context(), asked)
	if err != nil || len(found) != 2 || !found[asked[0]].IsZero() || !found[asked[1]].Equal(since) {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestAMemoryServesManyAtATime(t *testing.T) {
	var m revocation.Memory
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			m.Revoke(keyOf(revocation.ByToken, "1"), time.Time{})
			if found, err := m.Lookup(t.Context(), []revocation.Key{keyOf(revocation.ByToken, "1")}); len(found) != 1 || err != nil {
				t.Errorf("got %v, %v", found, err)
			}
		})
	}
	group.Wait()
}
