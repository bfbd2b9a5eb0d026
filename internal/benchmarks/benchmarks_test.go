package benchmarks_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/internal/benchmarks"
)

func BenchmarkVerify(b *testing.B) {
	for _, algorithm := range benchmarks.Algorithms() {
		key, token := keyAndToken(b, algorithm)
		for _, c := range contenders(b, key) {
			b.Run(algorithm+"/"+c.Name(), func(b *testing.B) {
				loop(b, prepare(b, c, token))
			})
		}
	}
}

func BenchmarkCachedHit(b *testing.B) {
	loop(b, cachedHit(b))
}

func BenchmarkEvent(b *testing.B) {
	for _, part := range eventParts(b) {
		b.Run(part.name, func(b *testing.B) { loop(b, part.work) })
	}
}

// The parallel benchmarks are for -cpu 1,2: twice the cores should take half as long.

func BenchmarkParallelVerify(b *testing.B) {
	for _, algorithm := range benchmarks.Algorithms() {
		key, token := keyAndToken(b, algorithm)
		for _, c := range contenders(b, key) {
			if c.Library == benchmarks.Raw || c.Library == benchmarks.Ours {
				b.Run(algorithm+"/"+c.Name(), func(b *testing.B) {
					loopInParallel(b, prepare(b, c, token))
				})
			}
		}
	}
}

func BenchmarkParallelCachedHit(b *testing.B) {
	loopInParallel(b, cachedHit(b))
}

func BenchmarkParallelEvent(b *testing.B) {
	for _, part := range eventParts(b) {
		b.Run(part.name, func(b *testing.B) { loopInParallel(b, part.work) })
	}
}

func loop(b *testing.B, work func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
}

func loopInParallel(b *testing.B, work func() error) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
