// Package benchmarks measures how long the verification of a token takes: with the
// library, with the bare signature check of the standard library, and with
// golang-jwt, go-jose and jwx, on the same tokens, under the same rules, in one run.
//
// It is a module of its own, so that what it compares with is no requirement of the
// library. The package holds the contenders; its tests check that they accept and
// refuse the same tokens, also odd ones that the right key has signed, its benchmarks
// measure them, and the command in report holds the result against the targets. The
// README says how to run them.
package benchmarks
