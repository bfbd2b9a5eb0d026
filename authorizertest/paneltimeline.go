package authorizertest

import (
	"slices"
	"time"
)

// sectionView is a section of the panel as its page has it.
type sectionView struct {
	PanelSection
	Lines *timeline // nil if there are no spans
}

// A timeline is spans of time as bars, in parts of a hundred of the whole.
type timeline struct {
	From, To time.Time
	Now      float64
	Lines    []timelineLine
	States   []string // in the order in which they come
}

type timelineLine struct {
	Name string
	Bars []timelineBar
}

type timelineBar struct {
	State      string
	Kind       int // of the state, from 0
	From, To   time.Time
	X, Width   float64
	Open       bool // it has no end
	Past, Soon bool // it is over, or has not begun
}

// newTimeline lays out spans around now, with room at both ends.
func newTimeline(spans []PanelSpan, now time.Time) *timeline {
	if len(spans) == 0 {
		return nil
	}
	t := &timeline{From: now, To: now}
	for _, s := range spans {
		t.include(s.From)
		t.include(s.To)
	}
	room := max(t.To.Sub(t.From)/8, 10*time.Minute)
	t.From, t.To = t.From.Add(-room/2), t.To.Add(room)
	t.Now = t.at(now)
	for _, s := range spans {
		kind := slices.Index(t.States, s.State)
		if kind < 0 {
			kind = len(t.States)
			t.States = append(t.States, s.State)
		}
		bar := timelineBar{State: s.State, Kind: kind, From: s.From, To: s.To, Open: s.To.IsZero(), Soon: s.From.After(now)}
		end := s.To
		if bar.Open {
			end = t.To
		}
		bar.Past = !bar.Open && !s.To.After(now)
		bar.X = t.at(s.From)
		bar.Width = max(t.at(end)-bar.X, 0.3)
		t.line(s.Name).Bars = append(t.line(s.Name).Bars, bar)
	}
	return t
}

func (t *timeline) include(at time.Time) {
	switch {
	case at.IsZero():
	case at.Before(t.From):
		t.From = at
	case at.After(t.To):
		t.To = at
	}
}

// at returns where a time is, from 0 to 100.
func (t *timeline) at(when time.Time) float64 {
	part := 100 * float64(when.Sub(t.From)) / float64(t.To.Sub(t.From))
	return min(max(part, 0), 100)
}

func (t *timeline) line(name string) *timelineLine {
	i := slices.IndexFunc(t.Lines, func(l timelineLine) bool { return l.Name == name })
	if i < 0 {
		t.Lines = append(t.Lines, timelineLine{Name: name})
		i = len(t.Lines) - 1
	}
	return &t.Lines[i]
}
