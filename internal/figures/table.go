package main

import (
	"fmt"
	"io"
	"slices"
)

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// difference is the median of the differences round by round.
func difference(a, b []float64) float64 {
	var all []float64
	for i := range a {
		all = append(all, a[i]-b[i])
	}
	return median(all)
}

func writeTables(w io.Writer, functions []*function) {
	fmt.Fprintln(w, "Programs are for linux/arm64, stripped, without the RPC of older runtimes (`lambda.norpc`).")
	fmt.Fprintln(w, "Init is from the start of the program until it asks for its first event; the first answer")
	fmt.Fprintln(w, "includes the fetch of keys and calls to a KMS, both on this machine; later answers are means")
	fmt.Fprintf(w, "of %d events through the runtime API's HTTP. Times are medians.\n\n", laterEvents)
	fmt.Fprintln(w, "| function | program | zip |")
	fmt.Fprintln(w, "|---|--:|--:|")
	for _, f := range functions {
		fmt.Fprintf(w, "| %s | %.2f MB | %.2f MB |\n", f.title, float64(f.size)/1e6, float64(f.zip)/1e6)
	}
	for _, s := range shares {
		fmt.Fprintf(w, "\n| with %s | init | first answer | later answers |\n|---|--:|--:|--:|\n", s.name)
		for _, f := range functions {
			fmt.Fprintf(w, "| %s | %.2f ms | %.2f ms | %.0f µs |\n", f.title, median(f.init[s.name]), median(f.first[s.name]), median(f.later[s.name]))
		}
	}
	named := map[string]*function{}
	for _, f := range functions {
		named[f.name] = f
	}
	one := shares[0].name
	pem, byhand, secret, bare := named["pem"], named["byhand"], named["secret"], named["bare"]
	size := 100 * (float64(pem.size)/float64(byhand.size) - 1)
	init := difference(pem.init[one], byhand.init[one])
	share := difference(secret.later[one], bare.later[one]) / median(bare.later[one])
	fmt.Fprintln(w, "\n| the library's share | measured | wanted |\n|---|--:|--:|")
	fmt.Fprintf(w, "| size of the program, beside golang-jwt by hand | %+.1f %% | at most 6 %% |\n", size)
	fmt.Fprintf(w, "| init, beside golang-jwt by hand | %+.2f ms | at most 0.3 ms |\n", init)
	fmt.Fprintf(w, "| an answer with an HMAC secret, of the runtime loop's time for a function that does nothing | %+.0f %% | at most 10 %% |\n", 100*share)
}
