package main

import "slices"

// median returns the value in the middle, or the mean of the two. There is at
// least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratios divides round by round.
func ratios(a, b []float64) []float64 {
	divided := make([]float64, len(a))
	for i := range a {
		divided[i] = a[i] / b[i]
	}
	return divided
}

func medianRatio(a, b []float64) float64 { return median(ratios(a, b)) }
