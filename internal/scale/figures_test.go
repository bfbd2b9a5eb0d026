package main

import (
	"os"
	"reflect"
	"testing"
)

func committed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func committedFigures(t *testing.T) *figures {
	t.Helper()
	f, err := readFigures("../../" + kept)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheFiguresAreOfTheScenariosAndAssumptionsOfThisCode(t *testing.T) {
	f := committedFigures(t)
	if f.Assumptions != assumed {
		t.Errorf("the figures are of %+v", f.Assumptions)
	}
	if missing := f.missing(); len(missing) > 0 || len(f.All) != len(scenarios()) {
		t.Errorf("%d figures, and none of %v", len(f.All), missing)
	}
	text, err := f.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != committed(t, kept) {
		t.Errorf("%s is not as the command writes it", kept)
	}
}

// The cheapest are played again: whatever changes the calls of the library shows here.
func TestTheFiguresAreWhatTheLibraryDoes(t *testing.T) {
	f := committedFigures(t)
	for _, r := range holdings() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			s := r.at(loads[0])
			if got, want := play(t, s), f.of(s); !reflect.DeepEqual(got, want) {
				t.Errorf("run the command again. It is now\n%+v\nand was\n%+v", got, want)
			}
		})
	}
}

func TestTheDocumentAndItsChartsShowTheFigures(t *testing.T) {
	f := committedFigures(t)
	text := committed(t, document)
	filled, err := f.fill(text)
	if err != nil {
		t.Fatal(err)
	}
	if filled != text {
		t.Errorf("%s has other tables", document)
	}
	files, err := os.ReadDir("../../" + folder)
	if err != nil {
		t.Fatal(err)
	}
	if charts := f.charts(); len(files) != len(charts)+1 {
		t.Errorf("there are %d files, want the figures and %d charts", len(files), len(charts))
	} else {
		for name, want := range charts {
			if committed(t, folder+"/"+name) != want {
				t.Errorf("%s shows something else", name)
			}
		}
	}
}
