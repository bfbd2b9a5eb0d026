package tell

import "strings"

// Command prints a command and what it has printed.
func (t *Teller) Command(command, printed string) {
	t.print("  %s %s\n", t.paint(bold, "$"), t.paint(bold, command))
	for line := range strings.Lines(printed) {
		t.print("%s\n", strings.TrimRight("    "+line, " \n"))
	}
	t.print("\n")
}
