package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheMedianIsTheValueInTheMiddle(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"of one value", []float64{3}, 3},
		{"of an odd number, unsorted", []float64{9, 1, 5}, 5},
		{"of an even number: the mean of two", []float64{8, 1, 2, 4}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := median(test.values); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	// The machine was ten times slower in the second round: that is no difference.
	if got := medianRatio([]float64{2, 20, 2}, []float64{4, 40, 4}); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
}

// fake returns a suite with the numbers of one round, without having run it.
func fake(t *testing.T) *suite {
	t.Helper()
	s, err := newSuite()
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range s.groups() {
		for i, c := range group {
			c.serial = []float64{float64(100 * (i + 1))}
			for _, parallel := range c.scaling {
				parallel.oneCore, parallel.twoCores = []float64{100}, []float64{50}
			}
		}
	}
	return s
}

func TestTheFastestWayOfALibraryIsTheOneComparedWith(t *testing.T) {
	s := fake(t)
	ways := s.contenders["HS256"]
	slowest, fastest := ways[2], ways[5] // golang-jwt's first and last
	slowest.serial, fastest.serial = []float64{5000}, []float64{300}
	ways[1].serial = []float64{200} // this library
	var b bytes.Buffer
	s.writeTargets(&b)
	want := "| HS256: at most 0.50 of " + fastest.name + " | 0.667 | **no** |"
	if !strings.Contains(b.String(), want) {
		t.Errorf("no row %q in\n%s", want, b.String())
	}
}

func TestEverySeriesHasItsRow(t *testing.T) {
	s := fake(t)
	var b bytes.Buffer
	s.writeTimes(&b)
	s.writeScaling(&b)
	for _, group := range s.groups() {
		for _, c := range group {
			if !strings.Contains(b.String(), "| "+c.name+" | ") {
				t.Errorf("no row for %s in\n%s", c.name, b.String())
			}
		}
	}
}

func TestScalingIsHowManyTimesMoreTwoCoresGetDone(t *testing.T) {
	c := &series{scaling: []*scaling{
		{oneCore: []float64{100, 90, 100}, twoCores: []float64{80, 50, 100}},
		{oneCore: []float64{100}, twoCores: []float64{50}},
	}}
	var b bytes.Buffer
	c.writeScaling(&b, "x")
	if want := "| x | 1.25 | **1.80** | **2.00** | **2.00** |\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
