package runtest

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var (
	assignment = regexp.MustCompile(`^(\w+)=\$\((.*) \| sed 's/\.\*("\w+":")\\\(\[\^"\]\*\\\)"\.\*/\\1/'\)$`)
	word       = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+`)
)

// Try does what the commands would that -serve prints, without a shell and without
// curl: one request a line, which may use or set a variable. It returns the status of
// each.
func Try(t *testing.T, commands string) (statuses []int) {
	t.Helper()
	variables := map[string]string{}
	for line := range strings.Lines(commands) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		set := assignment.FindStringSubmatch(line)
		if set != nil {
			line = set[2]
		}
		status, body := curl(t, line, variables)
		statuses = append(statuses, status)
		if set == nil {
			continue
		}
		_, rest, found := strings.Cut(body, set[3])
		if !found {
			t.Fatalf("%s finds nothing in %s", line, body)
		}
		variables[set[1]], _, _ = strings.Cut(rest, `"`)
	}
	return statuses
}

func curl(t *testing.T, line string, variables map[string]string) (status int, body string) {
	t.Helper()
	words := split(line, variables)
	if words[0] != "curl" {
		t.Fatalf("this is no curl command: %s", line)
	}
	method, url, data, header := "", "", "", http.Header{}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-s":
		case "-d":
			i++
			data = words[i]
			header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		default:
			url = words[i]
		}
	}
	switch {
	case method != "":
	case data != "":
		method = http.MethodPost
	default:
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// split splits a line as a shell does: quotes, variables and a comment.
func split(line string, variables map[string]string) (words []string) {
	for _, w := range word.FindAllString(line, -1) {
		if strings.HasPrefix(w, "#") {
			break
		}
		if inner, single := strings.CutPrefix(w, "'"); single {
			words = append(words, strings.TrimSuffix(inner, "'"))
			continue
		}
		w = strings.ReplaceAll(strings.Trim(w, `"`), `\"`, `"`)
		for name, value := range variables {
			w = strings.ReplaceAll(w, "$"+name, value)
		}
		words = append(words, w)
	}
	return words
}
