package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

func TestChartsAreImagesWithATextInsteadAndStayWithinTheirBounds(t *testing.T) {
	for name, text := range committedFigures(t).charts() {
		t.Run(name, func(t *testing.T) {
			found := map[string]int{}
			d := xml.NewDecoder(strings.NewReader(text))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if element, ok := token.(xml.StartElement); ok {
					found[element.Name.Local]++
					wantWithin(t, element)
				}
			}
			if found["title"] != 1 || found["desc"] != 1 || found["polyline"] < 2 || !strings.Contains(text, "prefers-color-scheme:dark") {
				t.Errorf("%v", found)
			}
		})
	}
}

func wantWithin(t *testing.T, element xml.StartElement) {
	t.Helper()
	most := map[string]float64{"x": width, "cx": width, "x1": width, "x2": width, "y": height, "cy": height, "y1": height, "y2": height}
	for _, a := range element.Attr {
		limit, ok := most[a.Name.Local]
		if !ok {
			continue
		}
		if at, err := strconv.ParseFloat(a.Value, 64); err != nil || at < 0 || at > limit {
			t.Errorf("%s has %s %s", element.Name.Local, a.Name.Local, a.Value)
		}
	}
}

func TestNamesOfCurvesHaveRoom(t *testing.T) {
	f := committedFigures(t)
	for _, c := range []*chart{f.loadsChart(), f.reuseChart(), f.fleetsChart(), f.deploymentChart()} {
		for _, curve := range c.curves {
			if end := right + 22 + perCharacter*len(curve.name); end > width {
				t.Errorf("%q ends at %d of %d", curve.name, end, width)
			}
		}
		if len(c.curves) > len(dashes) {
			t.Errorf("%q has %d curves and %d ways to draw one", c.title, len(c.curves), len(dashes))
		}
	}
}

func TestACurveRunsThroughItsPointsAndAlongTheLowerEdge(t *testing.T) {
	c := &chart{low: 1, high: 100, linear: true, ticks: []float64{0, 4}, curves: []curve{
		{"a", []point{{0, 10}, {1, 100}, {2, 0}, {4, 1}}},
	}}
	if points := `points="80.0,225.0 195.0,50.0 310.0,400.0 540.0,400.0"`; !strings.Contains(c.svg(), points) {
		t.Errorf("no %s in\n%s", points, c.svg())
	}
}

func TestNamesOfCurvesThatEndTogetherStandBelowEachOther(t *testing.T) {
	c := &chart{low: 1, high: 100, linear: true, ticks: []float64{0, 4}, curves: []curve{
		{"a", []point{{4, 1}}}, {"b", []point{{4, 1}}}, {"c", []point{{4, 1.01}}},
	}}
	for _, y := range []string{`y="404.0">`, `y="387.0">`, `y="370.0">`} {
		if !strings.Contains(c.svg(), y) {
			t.Errorf("no name at %s", y)
		}
	}
}
