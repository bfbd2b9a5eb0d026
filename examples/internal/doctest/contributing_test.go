package doctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layout returns the folders of the map in CONTRIBUTING.md: the first words of its lines.
func layout(t *testing.T) (folders []string) {
	t.Helper()
	for _, s := range snippets(t, "CONTRIBUTING.md") {
		if s.language != "text" {
			continue
		}
		for line := range strings.Lines(s.code) {
			folders = append(folders, strings.Fields(line)[0])
		}
	}
	return folders
}

func TestTheMapOfTheRepositoryIsRight(t *testing.T) {
	folders := layout(t)
	if len(folders) < 10 {
		t.Fatalf("%q", folders)
	}
	all := " " + strings.Join(folders, " ")
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(root, folder)); err != nil {
			t.Errorf("there is no %s", folder)
		}
	}
	for _, folder := range packages(t) {
		if folder != "." && !strings.Contains(all, " "+folder+"/") {
			t.Errorf("%s is not on the map", folder)
		}
	}
}
