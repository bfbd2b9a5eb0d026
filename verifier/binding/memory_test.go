package binding_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// useOf returns the error of a memory.
func useOf(m *binding.Memory) error {
	first, err := m.Use(context.Background(), "1", time.Now())
	if first {
		return nil
	}
	return err
}

func TestTheOnlyProofIsForgottenWhenItsTimeIsOver(t *testing.T) {
	c := newClient(t, "ES256", "a")
	m := newMemory(t, c, 1)
	for id, want := range []bool{true, true, false} {
		if id < 2 {
			c.clock.Add(time.Second)
		}
		first, err := m.Use(t.Context(), "1", c.clock.Now().Add(time.Second))
		if first != want || err != nil {
			t.Errorf("got %v, %v, want %v", first, err, want)
		}
	}
}

func TestOfTwoUsesAtTheSameTimeOneIsTheFirst(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, nil)
	r := request(c.proof(t, "1", nil))
	var accepted atomic.Int32
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			err := d.Check(t.Context(), r, c.token(t))
			if err == nil {
				accepted.Add(1)
			} else if verifier.ReasonOf(err) != verifier.ReplayedProof {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	if accepted.Load() != 1 {
		t.Errorf("accepted %d times", accepted.Load())
	}
}

// Lambda had the function frozen: the monotonic clock stood still.
func TestAMemoryForgetsByTheWallClock(t *testing.T) {
	var clock clocktest.Frozen
	m, err := binding.NewMemory(binding.MemoryConfig{Size: 1, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if first, err := m.Use(t.Context(), "1", clock.Now().Add(time.Minute)); !first || err != nil {
			t.Errorf("got %v, %v", first, err)
		}
		clock.Freeze(2 * time.Minute)
	}
}

func TestAFullMemoryForgetsNothingThatIsStillGood(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Proofs = newMemory(t, c, 3) })
	check := func(jti string) error {
		return d.Check(t.Context(), request(c.proof(t, jti, object{"iat": 1767225600})), c.token(t))
	}
	for _, jti := range []string{"1", "2", "3"} {
		wantAccepted(t, check(jti))
	}
	wantOutage(t, check("4"), binding.ErrFull)
	for _, jti := range []string{"1", "2", "3"} {
		wantRefused(t, check(jti), verifier.ReplayedProof)
	}
	c.clock.Add(time.Minute)
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "4", nil)), c.token(t)))
}

// However uses come in, a memory knows every ID whose time is not over, and is never
// larger than it may be.
func TestAMemoryKnowsWhatAModelKnows(t *testing.T) {
	const size = 20
	random := rand.New(rand.NewPCG(1, 2))
	clock := clocktest.NewManual()
	m, err := binding.NewMemory(binding.MemoryConfig{Size: size, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	model := map[string]time.Time{}
	full := 0
	for range 20_000 {
		clock.Add(time.Duration(random.IntN(3)) * time.Second)
		for id, until := range model {
			if !clock.Now().Before(until) {
				delete(model, id)
			}
		}
		id, until := fmt.Sprint(random.IntN(60)), clock.Now().Add(time.Duration(random.IntN(40))*time.Second)
		first, err := m.Use(t.Context(), id, until)
		_, known := model[id]
		switch {
		case known:
			if first || err != nil {
				t.Fatalf("a known ID: got %v, %v", first, err)
			}
		case len(model) == size:
			full++
			if first || !errors.Is(err, binding.ErrFull) {
				t.Fatalf("a full memory: got %v, %v", first, err)
			}
		default:
			if !first || err != nil {
				t.Fatalf("a new ID among %d: got %v, %v", len(model), first, err)
			}
			model[id] = until
		}
	}
	if full == 0 {
		t.Error("the memory was never full")
	}
}

func TestNewMemorySaysWhichSettingToMend(t *testing.T) {
	m, err := binding.NewMemory(binding.MemoryConfig{Size: -1})
	if m != nil || err == nil || !strings.Contains(err.Error(), "MemoryConfig.Size is -1") {
		t.Errorf("got %v", err)
	}
}

func TestTheUsualMemoryHasItsSizeAndTheClockOfTheMachine(t *testing.T) {
	m, err := binding.NewMemory(binding.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	for i := range 65_536 {
		if first, err := m.Use(t.Context(), fmt.Sprint(i), later); !first || err != nil {
			t.Fatalf("%d: got %v, %v", i, first, err)
		}
	}
	if _, err := m.Use(t.Context(), "one more", later); !errors.Is(err, binding.ErrFull) {
		t.Errorf("got %v", err)
	}
}

// The clock of the machine orders nobody, as the mutex of a test's clock does.
func TestAMemoryIsSafeForConcurrentUse(t *testing.T) {
	m, err := binding.NewMemory(binding.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	const ids = 100
	later := time.Now().Add(time.Hour)
	var firsts [8][ids]bool
	var group sync.WaitGroup
	for n := range firsts {
		group.Go(func() {
			for id := range ids {
				first, err := m.Use(t.Context(), fmt.Sprint(id), later)
				if err != nil {
					t.Error(err)
				}
				firsts[n][id] = first
			}
		})
	}
	group.Wait()
	for id := range ids {
		count := 0
		for n := range firsts {
			if firsts[n][id] {
				count++
			}
		}
		if count != 1 {
			t.Errorf("ID %d: %d uses were the first", id, count)
		}
	}
}
