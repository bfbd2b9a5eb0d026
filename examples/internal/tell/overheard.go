package tell

import (
	"fmt"
	"net/http"
)

// An Overheard is a request that a client of its own will has sent, and the answer.
type Overheard struct {
	Request string   // such as "POST /mcp"
	Status  int      // of the answer
	Headers []string // those of the answer that matter
	Body    []byte   // of the answer; nil shows none
}

// Overheard prints a request that the story has not sent itself.
func (t *Teller) Overheard(o Overheard) {
	t.print("  %s %s\n", t.paint(bold, "→"), t.paint(bold, o.Request))
	colour := green
	if o.Status >= 400 {
		colour = red
	}
	t.print("  %s\n", t.paint(colour, fmt.Sprintf("← %d %s", o.Status, http.StatusText(o.Status))))
	for _, line := range o.Headers {
		t.print("    %s\n", mask(line))
	}
	if len(o.Body) > 0 {
		t.print("%s\n", formatJSON(o.Body, 4))
	}
	t.print("\n")
}
