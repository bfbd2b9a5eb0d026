package main

import "fmt"

// charts returns the images of the document, by their file.
func (f *figures) charts() map[string]string {
	return map[string]string{
		"loads.svg":      f.loadsChart().svg(),
		"reuse.svg":      f.reuseChart().svg(),
		"fleets.svg":     f.fleetsChart().svg(),
		"deployment.svg": f.deploymentChart().svg(),
	}
}

var symmetricLimit = limit{"quota of symmetric keys and MACs", assumed.Symmetric}

// asked is how many calls of KMS a second are asked for, those included that it refuses.
func (r Result) asked() float64 { return r.Calls + r.Throttled }

// loadsChart shows where each way to ask KMS ends.
func (f *figures) loadsChart() *chart {
	c := &chart{
		title:       "Calls that KMS is asked for, without API Gateway's cache",
		description: "Calls a second over requests a second, for each way to hold keys in KMS. The tables have the same figures.",
		x:           "requests a second", y: "calls a second, refused ones too",
		low: 0.001, high: 100_000, limits: []limit{symmetricLimit, {"quota of RSA keys", assumed.RSA}},
	}
	for _, load := range loads {
		c.ticks = append(c.ticks, float64(load))
	}
	for _, r := range holdings() {
		var points []point
		for _, load := range loads {
			points = append(points, point{float64(load), f.of(r.at(load)).asked()})
		}
		if points[0].y > 0 {
			c.curves = append(c.curves, curve{r.name, points})
		}
	}
	return c
}

// reuseChart shows what is won by several tokens to a data key.
func (f *figures) reuseChart() *chart {
	c := &chart{
		title:       "Several tokens to a data key, 10,000 requests a second",
		description: "Calls of KMS a second over ReuseTokens, in 400 environments, without and with API Gateway's cache of 300 seconds.",
		x:           "tokens to a data key (ReuseTokens)", y: "calls a second, refused ones too",
		low: 1, high: 100_000, limits: []limit{symmetricLimit},
	}
	without, with := curve{name: "without API Gateway's cache"}, curve{name: "with API Gateway's cache, 300 s"}
	for _, n := range tokensOfDataKey {
		r := row{Scenario: reusing(n)}
		c.ticks = append(c.ticks, float64(n))
		without.points = append(without.points, point{float64(n), f.of(r.at(high)).asked()})
		with.points = append(with.points, point{float64(n), f.of(r.cached().at(high)).asked()})
	}
	c.curves = []curve{without, with}
	return c
}

// fleetsChart shows what it costs that each environment has a cache of its own.
func (f *figures) fleetsChart() *chart {
	c := &chart{
		title:       "The same load on more environments, 10,000 requests a second",
		description: "Calls of KMS a second over environments, for envelopes with one, a thousand and ten thousand tokens to a data key.",
		x:           "environments", y: "calls a second, refused ones too",
		low: 1, high: 100_000, limits: []limit{symmetricLimit},
	}
	for _, n := range fleets {
		c.ticks = append(c.ticks, float64(n))
	}
	for _, reuse := range reusesOfFleets {
		curve := curve{name: fmt.Sprintf("%s tokens to a data key", number(float64(reuse)))}
		for _, n := range fleets {
			curve.points = append(curve.points, point{float64(n), f.of(row{Scenario: reusing(reuse)}.at(high).fleet(n)).asked()})
		}
		c.curves = append(c.curves, curve)
	}
	c.curves[0].name = "a data key for each token"
	return c
}

// deploymentChart shows what happens when all environments are new.
func (f *figures) deploymentChart() *chart {
	c := &chart{
		title:       "All environments are new, 10,000 requests a second",
		description: "Calls in each of the first thirty seconds after a deployment of 400 environments, without API Gateway's cache. A second without any lies on the lower edge.",
		x:           "seconds after the deployment", y: "calls a second, refused ones too", linear: true,
		low: 1, high: 100_000, ticks: []float64{0, 5, 10, 15, 20, 25, 30}, limits: []limit{symmetricLimit},
	}
	rows := []row{
		{loadedSecret, Scenario{Backend: loadedSecret}}, {remoteJWKS, Scenario{Backend: remoteJWKS}}, {kmsLocal, Scenario{Backend: kmsLocal}},
		{"KMS envelope", reusing(1)}, {"KMS envelope, ReuseTokens 1,000", reusing(1_000)}, {"KMS envelope, ReuseTokens 10,000", reusing(10_000)},
	}
	for _, r := range rows {
		curve := curve{name: r.name}
		for second, n := range f.of(r.at(high)).Seconds {
			curve.points = append(curve.points, point{float64(second), n})
		}
		c.curves = append(c.curves, curve)
	}
	return c
}
