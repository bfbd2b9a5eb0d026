package main

import "testing"

func TestFiguresAreWrittenShort(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{number(0), "0"}, {number(0.0004), "< 0.001"}, {number(0.003333), "0.0033"}, {number(1.333), "1.3"}, {number(17.4), "17"},
		{number(123.6), "124"}, {number(9914), "9,910"}, {number(999_999), "1,000,000"},
		{percent(0), "0"}, {percent(0.0007), "< 0.1 %"}, {percent(0.0123), "1.2 %"}, {percent(0.1998), "20 %"},
		{percent(0.99), "99 %"}, {percent(0.9999), "> 99 %"}, {percent(1), "100 %"},
		{seconds(0.346), "0.35 s"}, {seconds(10.04), "10 s"},
		{dollars(0), "0"}, {dollars(0.0041), "< $0.01"}, {dollars(2.188), "$2.19"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestATableHasARowForEachAndAPlaceInTheDocument(t *testing.T) {
	f := committedFigures(t)
	for _, table := range f.tables() {
		if len(table.rows) < 8 {
			t.Errorf("%s has %d rows", table.name, len(table.rows))
		}
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Errorf("%s: a row of %d cells under %d", table.name, len(row), len(table.head))
			}
		}
	}
	if _, err := f.fill("nothing"); err == nil {
		t.Error("a document without places was filled")
	}
}
