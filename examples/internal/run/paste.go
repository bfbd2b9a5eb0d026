package run

import (
	"regexp"
	"strings"
)

var note = regexp.MustCompile(`^(.*\S)\s+# (.*)$`)

// pasteable returns the commands of an example as interactive shells take them, bash and zsh
// alike. zsh reads a # as a word of the command: so what a note behind a command says, an echo
// before it does. curl shows the status.
func pasteable(commands string) string {
	var out strings.Builder
	for line := range strings.Lines(commands) {
		command := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(command)]
		if parts := note.FindStringSubmatch(strings.TrimRight(command, "\n")); parts != nil {
			out.WriteString(indent + `echo "` + strings.ReplaceAll(parts[2], `"`, "") + "\"\n")
			command = parts[1] + "\n"
		}
		if rest, ok := strings.CutPrefix(command, "curl "); ok {
			rest = strings.TrimPrefix(strings.TrimRight(rest, "\n"), "-i ")
			command = "curl -i " + rest + "; echo\n" // whose answer ends without a line break
		}
		out.WriteString(indent + command)
	}
	return out.String()
}
