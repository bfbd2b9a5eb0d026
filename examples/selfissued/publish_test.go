package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTwoWhoPublishAtATimeLeaveWholeFiles(t *testing.T) {
	w := rotated(t)
	for range 60 {
		issuers := []string{issuerName, issuerName + ".of.a.host.with.a.longer.name"}
		var wait sync.WaitGroup
		for _, issuer := range issuers {
			wait.Go(func() {
				for range 3 {
					if _, err := w.try("publish", "-issuer", issuer, w.public); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		got := files(t, w.public)
		if len(got) != 2 {
			t.Fatalf("%d files", len(got))
		}
		for name, text := range got {
			if !json.Valid([]byte(text)) {
				t.Fatalf("%s is %s", name, text)
			}
		}
	}
}

func TestNoLinkInTheFolderIsFollowed(t *testing.T) {
	for name, link := range map[string]struct{ name, target string }{
		"of a file that is being written": {".well-known/jwks.json.new", "../index.html"},
		"of a file":                       {".well-known/jwks.json", "../index.html"},
		"of the folder of both":           {".well-known", "elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			w.do("init")
			for _, dir := range []string{"elsewhere", filepath.Dir(link.name)} {
				if err := os.MkdirAll(filepath.Join(w.public, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(w.public, "index.html"), []byte("home"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(link.target, filepath.Join(w.public, link.name)); err != nil {
				t.Fatal(err)
			}
			_, err := w.try("publish", "-issuer", issuerName, w.public)
			if refused := err != nil && strings.Contains(err.Error(), ".well-known is no folder"); refused != (link.name == ".well-known") {
				t.Errorf("error %v", err)
			}
			if text, err := os.ReadFile(filepath.Join(w.public, "index.html")); err != nil || string(text) != "home" {
				t.Errorf("the page is %q, %v", text, err)
			}
			if got := files(t, filepath.Join(w.public, "elsewhere")); len(got) != 0 {
				t.Errorf("wrote elsewhere: %v", got)
			}
		})
	}
}

func TestAFileThatCannotBeWrittenLeavesNothingBehind(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	if err := os.MkdirAll(filepath.Join(w.public, ".well-known", "jwks.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := w.try("publish", "-issuer", issuerName, w.public); err == nil {
		t.Error("a folder has been replaced")
	}
	if got := files(t, w.public); len(got) > 1 || got[".well-known/openid-configuration"] == "" {
		t.Errorf("left %v", got)
	}
}
