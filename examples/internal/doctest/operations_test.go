package doctest_test

import (
	"fmt"
	"go/constant"
	"go/types"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"
)

// constants returns the exported defaults and limits of all packages as people write them,
// with their values.
func constants(t *testing.T) map[string]string {
	t.Helper()
	var paths []string
	for _, folder := range packages(t) {
		paths = append(paths, path.Join(module, folder))
	}
	c := newCompiler(t, paths)
	all := map[string]string{}
	for _, importPath := range paths {
		p, err := c.importer.Import(importPath)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.Scope().Names() {
			value, ok := p.Scope().Lookup(name).(*types.Const)
			if !ok || value.Val().Kind() != constant.Int || !strings.HasPrefix(name, "Default") && !strings.HasPrefix(name, "Max") {
				continue
			}
			number, exact := constant.Int64Val(value.Val())
			switch typ := value.Type().String(); {
			case !exact:
			case typ == "time.Duration":
				all[path.Base(importPath)+"."+name] = time.Duration(number).String()
			case strings.HasPrefix(typ, "untyped"):
				all[path.Base(importPath)+"."+name] = fmt.Sprint(number)
			}
		}
	}
	return all
}

func TestTheTablesOfOperationsHaveEveryDefault(t *testing.T) {
	want := constants(t)
	got := map[string]string{}
	text := section(t, "docs/operations.md", "How long things are kept") + section(t, "docs/operations.md", "Sizes")
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+\\.\\w+)` \\| (\\S+) \\|").FindAllStringSubmatch(text, -1) {
		got[row[1]] = row[2]
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %s, and the table says %q", name, value, got[name])
		}
	}
	for name := range got {
		if want[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
}
