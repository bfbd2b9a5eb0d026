package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/benchmarks"
)

// The targets, as ratios unless they say otherwise.
const (
	targetHS256   = 0.5
	targetAllocs  = 15
	targetRaw     = 1.06
	targetCached  = 1000 // ns
	targetEvent   = 1.0
	targetScaling = 1.8
)

// writeTimes writes a row for each contender and a column for each algorithm.
func (s *suite) writeTimes(w io.Writer) {
	fmt.Fprintf(w, "| best time, allocations | %s |\n", strings.Join(s.algorithms, " | "))
	fmt.Fprintf(w, "|---%s|\n", strings.Repeat("|--:", len(s.algorithms)))
	for i, first := range s.contenders[s.algorithms[0]] {
		cells := []string{first.name}
		for _, algorithm := range s.algorithms {
			cells = append(cells, s.contenders[algorithm][i].cell())
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	for _, own := range s.own() {
		fmt.Fprintf(w, "| %s | %s%s |\n", own.name, own.cell(), strings.Repeat(" | ", len(s.algorithms)-1))
	}
}

func (s *series) cell() string {
	return fmt.Sprintf("%s, %d", duration(slices.Min(s.serial)), s.allocs)
}

// duration writes nanoseconds with three digits or so.
func duration(ns float64) string {
	if ns < 9999.5 {
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f µs", ns/1000)
}

// writeTargets writes a row for each target but those of scaling.
func (s *suite) writeTargets(w io.Writer) {
	fmt.Fprintln(w, "| target | measured | met |")
	fmt.Fprintln(w, "|---|--:|---|")
	golangJWT, ours := s.ranked("HS256", benchmarks.GolangJWT), s.ranked("HS256", benchmarks.Ours)[0]
	atMost(w, "HS256", targetHS256, ours, golangJWT[0])
	row(w, fmt.Sprintf("HS256: at most %d allocations", targetAllocs), fmt.Sprint(ours.allocs), ours.allocs <= targetAllocs)
	for _, algorithm := range s.algorithms {
		if algorithm == "HS256" {
			continue
		}
		atMost(w, algorithm, targetRaw, s.ranked(algorithm, benchmarks.Ours)[0], s.ranked(algorithm, benchmarks.Raw)[0])
	}
	cached := median(s.cached.serial)
	row(w, s.cached.name+": under 1 µs", duration(cached), cached < targetCached)
	for _, c := range []*series{s.handle, s.invoke} {
		for _, way := range golangJWT[:2] { // the second: what an application would use
			atMost(w, c.name, targetEvent, c, way)
		}
	}
}

// atMost writes the row of a target that is a ratio.
func atMost(w io.Writer, what string, target float64, c, of *series) {
	ratio := medianRatio(c.serial, of.serial)
	row(w, fmt.Sprintf("%s: at most %.2f of %s", what, target, of.name), fmt.Sprintf("%.3f", ratio), ratio <= target)
}

// writeScaling writes how many times more two cores get done than one. Raw crypto
// shares nothing: it tells what the machine and the garbage collector give.
func (s *suite) writeScaling(w io.Writer) {
	head, line := "", ""
	for _, percent := range gcPercents {
		head += fmt.Sprintf(" GOGC=%d: median | of the best times |", percent)
		line += "--:|--:|"
	}
	fmt.Fprintf(w, "| two cores against one (target %.1f) |%s\n|---|%s\n", targetScaling, head, line)
	for _, algorithm := range s.algorithms {
		for _, c := range s.contenders[algorithm] {
			c.writeScaling(w, algorithm+": "+c.name)
		}
	}
	s.cached.writeScaling(w, s.cached.name)
	s.handle.writeScaling(w, s.handle.name)
}

func (s *series) writeScaling(w io.Writer, name string) {
	if len(s.scaling) == 0 {
		return
	}
	cells := ""
	for _, c := range s.scaling {
		best := slices.Min(c.oneCore) / slices.Min(c.twoCores)
		cells += fmt.Sprintf(" %s | %s |", times(medianRatio(c.oneCore, c.twoCores)), times(best))
	}
	fmt.Fprintf(w, "| %s |%s\n", name, cells)
}

// times writes what meets the target in bold.
func times(ratio float64) string {
	if ratio >= targetScaling {
		return fmt.Sprintf("**%.2f**", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

func row(w io.Writer, target, measured string, met bool) {
	fmt.Fprintf(w, "| %s | %s | %s |\n", target, measured, yesNo(met))
}

func yesNo(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}

// ranked returns the ways of a library, the fastest first.
func (s *suite) ranked(algorithm, library string) []*series {
	var ways []*series
	for _, c := range s.contenders[algorithm] {
		if c.library == library {
			ways = append(ways, c)
		}
	}
	slices.SortStableFunc(ways, func(a, b *series) int { return cmp.Compare(median(a.serial), median(b.serial)) })
	return ways
}
