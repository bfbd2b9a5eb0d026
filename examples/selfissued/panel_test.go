package main

import (
	"fmt"
	"testing"
	"time"
)

func TestThePanelHasTheScheduleAsATimeline(t *testing.T) {
	_, schedule, err := newRing(func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, span := range sections(schedule)()[0].Timeline {
		line := fmt.Sprintf("%s %s from %v", span.Name, span.State, span.From.Sub(start))
		if !span.To.IsZero() {
			line += fmt.Sprintf(" to %v", span.To.Sub(start))
		}
		got = append(got, line)
	}
	want := []string{
		"first published from 0s to 2h35m0s", "first signs from 0s to 2h10m0s", "first retired from 2h10m0s to 2h35m0s",
		"second published from 0s", "second signs from 2h10m0s",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q", got)
	}
}
