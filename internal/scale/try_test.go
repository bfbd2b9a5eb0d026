package main

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	debug.SetGCPercent(400)
	env := usual(kmsEnvelope, 10_000)
	with := func(s Scenario, change func(*Scenario)) Scenario { change(&s); return s }
	reuse := func(n int) func(*Scenario) { return func(s *Scenario) { s.ReuseTokens, s.ReuseFor = n, time.Hour } }
	list := map[string]Scenario{
		"a fleet 150": env.fleet(150),
		"b fleet 200": env.fleet(200),
		"c fleet 2000": env.fleet(2000),
		"d fleet 150 budget 200": with(env.fleet(150), func(s *Scenario) { s.Budget = 200 }),
		"e reuse 10": with(env, reuse(10)),
		"f reuse 100": with(env, reuse(100)),
		"g reuse 1000": with(env, reuse(1000)),
		"h reuse 10000": with(env, reuse(10000)),
		"i reuse 10000 50k": with(usual(kmsEnvelope, 50_000), reuse(10000)),
		"j reuse 1000, rollout": with(with(env, reuse(1000)), func(s *Scenario) { s.Rollout = 5*time.Minute }),
		"k env 20k": usual(kmsEnvelope, 20_000),
		"l env 20k two regions": with(usual(kmsEnvelope, 20_000), func(s *Scenario) { s.TwoRegions = true }),
		"m env 50k": usual(kmsEnvelope, 50_000),
		"n mac 20k": usual(kmsMAC, 20_000),
		"o mac 10k remembered": with(usual(kmsMAC, 10_000), func(s *Scenario) { s.Remembered = 10_000 }),
		"p zipf": with(env, func(s *Scenario) { s.Zipf = true }),
		"q zipf reuse 100": with(with(env, reuse(100)), func(s *Scenario) { s.Zipf = true }),
	}
	for name, s := range list {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			r := play(t, s)
			r.Seconds = r.Seconds[:20]
			fmt.Printf("%s: %v\n", name, time.Since(start))
			fmt.Printf("    %+v\n", r)
		})
	}
}
