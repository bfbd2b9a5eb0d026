package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/lambdajwt/authorizer/internal/benchmarks"
)

// A series is one thing that is measured, with its measurements, one a round.
type series struct {
	library string
	name    string
	work    func() error

	serial []float64 // nanoseconds an operation, on one core
	allocs int64     // an operation

	scaling []*scaling // empty if it is not measured in parallel
}

// A scaling is a series' measurements in parallel, at one pace of the garbage
// collector: at the usual one, and at a slower one such as a larger heap has. The
// heap of a benchmark is next to empty, so that it is collected hundreds of times
// a second, and each time both cores wait.
type scaling struct {
	gcPercent         int
	oneCore, twoCores []float64 // nanoseconds an operation, one a round
}

// gcPercents are the values of GOGC that scaling is measured at.
var gcPercents = []int{100, 800}

func inParallel() []*scaling {
	var all []*scaling
	if runtime.NumCPU() < 2 {
		return nil
	}
	for _, percent := range gcPercents {
		all = append(all, &scaling{gcPercent: percent})
	}
	return all
}

// A suite is all that is measured. Each algorithm's contenders run in one go, for
// they are compared with each other.
type suite struct {
	algorithms []string
	contenders map[string][]*series

	// What only this library has, with a token of HS256.
	cached, handle, invoke *series
	nothing                *series // aws-lambda-go's part in invoke
}

func (s *suite) own() []*series {
	return []*series{s.cached, s.handle, s.invoke, s.nothing}
}

func newSuite() (*suite, error) {
	s := &suite{algorithms: benchmarks.Algorithms(), contenders: map[string][]*series{}}
	for _, algorithm := range s.algorithms {
		key, err := benchmarks.NewKey(algorithm)
		if err != nil {
			return nil, err
		}
		token, err := key.Sign(benchmarks.Claims())
		if err != nil {
			return nil, err
		}
		if err := s.addContenders(key, token); err != nil {
			return nil, err
		}
		if algorithm == "HS256" {
			if err := s.addOwn(key, token); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *suite) addContenders(key *benchmarks.Key, token string) error {
	contenders, err := benchmarks.Contenders(key)
	if err != nil {
		return err
	}
	for _, c := range contenders {
		verify, err := c.Prepare(token)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name(), err)
		}
		one := &series{library: c.Library, name: c.Name(), work: verify}
		if c.Library == benchmarks.Raw || c.Library == benchmarks.Ours {
			one.scaling = inParallel()
		}
		s.contenders[key.Algorithm] = append(s.contenders[key.Algorithm], one)
	}
	return nil
}

// addOwn adds what only this library has.
func (s *suite) addOwn(key *benchmarks.Key, token string) error {
	hit, err := benchmarks.NewCached(key, token)
	if err != nil {
		return err
	}
	a, err := benchmarks.NewAuthorizer(key)
	if err != nil {
		return err
	}
	event, err := benchmarks.TokenEvent(token)
	if err != nil {
		return err
	}
	nothing, err := benchmarks.InvokeNothing(a, event)
	if err != nil {
		return err
	}
	s.cached = &series{name: "a hit of verifier.Cached", work: hit, scaling: inParallel()}
	s.handle = &series{name: "event in → policy out (Decide)", work: benchmarks.Decide(a, event), scaling: inParallel()}
	s.invoke = &series{name: "the same behind aws-lambda-go, answer as JSON", work: benchmarks.Invoke(a, event)}
	s.nothing = &series{name: "aws-lambda-go's share of that", work: nothing}
	return nil
}

// groups returns what is measured together.
func (s *suite) groups() [][]*series {
	var groups [][]*series
	for _, algorithm := range s.algorithms {
		group := append([]*series(nil), s.contenders[algorithm]...)
		if algorithm == "HS256" {
			group = append(group, s.own()...)
		}
		groups = append(groups, group)
	}
	return groups
}

// round measures everything once. Every other round goes backwards, so that a
// machine which slows down or speeds up favours nobody.
func (s *suite) round(number int) error {
	for _, group := range s.groups() {
		for i := range group {
			if number%2 == 1 {
				i = len(group) - 1 - i
			}
			if err := group[i].measure(number); err != nil {
				return fmt.Errorf("%s: %w", group[i].name, err)
			}
		}
	}
	return nil
}

func (s *series) measure(number int) error {
	ns, allocs, err := onCores(1, s.work, false)
	if err != nil {
		return err
	}
	s.serial, s.allocs = append(s.serial, ns), allocs
	for _, c := range s.scaling {
		if err := c.measure(number, s.work); err != nil {
			return err
		}
	}
	return nil
}

func (c *scaling) measure(number int, work func() error) error {
	defer debug.SetGCPercent(debug.SetGCPercent(c.gcPercent))
	for i := range 2 {
		cores := 1 + (i+number)%2
		ns, _, err := onCores(cores, work, true)
		if err != nil {
			return err
		}
		if cores == 1 {
			c.oneCore = append(c.oneCore, ns)
		} else {
			c.twoCores = append(c.twoCores, ns)
		}
	}
	return nil
}

// onCores runs one benchmark with that many cores at its disposal. Its garbage is
// collected on the same cores, and counts.
func onCores(cores int, work func() error, parallel bool) (ns float64, allocs int64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		if parallel {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if work() != nil {
						b.Error("refused")
						return
					}
				}
			})
			return
		}
		for b.Loop() {
			if err := work(); err != nil {
				b.Fatal(err)
			}
		}
	})
	if result.N == 0 { // as it is after a failure
		return 0, 0, fmt.Errorf("the benchmark failed: %w", work())
	}
	return float64(result.T.Nanoseconds()) / float64(result.N), result.AllocsPerOp(), nil
}
