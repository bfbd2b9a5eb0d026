package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A table is one of the document, which has its place between two comments there.
type table struct {
	name string
	head []string
	rows [][]string
}

// tables returns the tables of the document.
func (f *figures) tables() []table {
	return []table{
		f.byLoad("loads without API Gateway's cache", row.itself),
		f.byLoad("loads with API Gateway's cache", row.cached),
		f.detail("10,000 requests a second without API Gateway's cache", row.itself, high),
		f.detail("50,000 requests a second with API Gateway's cache", row.cached, highest),
		f.settings("settings"),
	}
}

func (r row) itself() row { return r }

// byLoad returns a table of the calls that each load makes.
func (f *figures) byLoad(name string, of func(row) row) table {
	t := table{name: name, head: []string{"requests a second"}}
	for _, load := range loads {
		t.head = append(t.head, number(float64(load)))
	}
	for _, r := range holdings() {
		cells := []string{r.name}
		for _, load := range loads {
			cells = append(cells, f.of(of(r).at(load)).callsAndUndecided())
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

// callsAndUndecided returns what a cell of a table by loads says.
func (r Result) callsAndUndecided() string {
	text := number(r.Calls + r.Fetches)
	if r.Undecided > 0 {
		text += " (**" + percent(r.Undecided) + "**)"
	}
	return text
}

var columns = []string{
	"KMS calls a second", "refused", "fetches a second", "undecided", "failed logins", "longest wait", "KMS", "Lambda",
	"after a deployment: calls in the busiest second", "undecided then", "longest wait then",
}

func (r Result) cells() []string {
	return []string{
		number(r.Calls), number(r.Throttled), number(r.Fetches), percent(r.Undecided), percent(r.Failed), seconds(r.Wait), dollars(r.KMSCost), dollars(r.LambdaCost),
		number(r.FirstPeak + r.FirstPeakFetch), percent(r.FirstUndecided), seconds(r.FirstWait),
	}
}

// detail returns a table of all that is known of one load.
func (f *figures) detail(name string, of func(row) row, load int) table {
	t := table{name: name, head: append([]string{""}, columns...)}
	for _, r := range holdings() {
		t.rows = append(t.rows, append([]string{r.name}, f.of(of(r).at(load)).cells()...))
	}
	return t
}

func (f *figures) settings(name string) table {
	t := table{name: name, head: append([]string{""}, columns...)}
	for _, s := range settings() {
		t.rows = append(t.rows, append([]string{s.name}, f.of(s.Scenario).cells()...))
	}
	return t
}

// String returns the table as Markdown.
func (t table) String() string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	b.WriteString("|---" + strings.Repeat("|--:", len(t.head)-1) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}

// fill puts the tables into a document, in the place of those that are there.
func (f *figures) fill(document string) (string, error) {
	for _, t := range f.tables() {
		begin, end := "<!-- table: "+t.name+" -->\n", "<!-- end of table -->"
		before, rest, found := strings.Cut(document, begin)
		_, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			return "", fmt.Errorf("the document has no place for the table of %s", t.name)
		}
		document = before + begin + "\n" + t.String() + "\n" + end + after
	}
	return document, nil
}

// number returns a figure with three digits.
func number(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.001:
		return "< 0.001"
	case x < 100:
		return strconv.FormatFloat(significant(x, 2), 'f', -1, 64)
	}
	text := strconv.FormatFloat(significant(x, 3), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// significant rounds to so many digits.
func significant(x float64, digits int) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	return rounded
}

func percent(share float64) string {
	switch {
	case share == 0:
		return "0"
	case share < 0.001:
		return "< 0.1 %"
	case share < 0.1:
		return fmt.Sprintf("%.1f %%", 100*share)
	case share > 0.99 && share < 1:
		return "> 99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

func seconds(x float64) string { return strconv.FormatFloat(significant(x, 2), 'f', -1, 64) + " s" }

func dollars(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.005:
		return "< $0.01"
	}
	return fmt.Sprintf("$%.2f", x)
}
