package main

import (
	"strings"
	"testing"
)

func TestAnAddressIsOneAddressAndNothingElse(t *testing.T) {
	for text, want := range map[string]address{
		"ann@example.com":                {"ann@example.com", "ann@example.com"},
		"Ann.Lee@Example.COM":            {"Ann.Lee@example.com", "ann.lee@example.com"},
		"ann+tag@example.co.uk":          {"ann+tag@example.co.uk", "ann+tag@example.co.uk"},
		"!#$%&'*+-/=?^_`{|}~@example.de": {"!#$%&'*+-/=?^_`{|}~@example.de", "!#$%&'*+-/=?^_`{|}~@example.de"},
		"ann@Bücher.example":             {"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		"ann@bücher.example":             {"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"}, // u and a dieresis
		"ann@xn--bcher-kva.example":      {"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		"ann@ｅｘａｍｐｌｅ.com":                {"ann@example.com", "ann@example.com"},
		"ann@\u212Aate.example":          {"ann@kate.example", "ann@kate.example"}, // which is that domain's
	} {
		if got, ok := parseAddress(text); !ok || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "ann", "ann@", "@example.com", "@",
		"Ann <ann@example.com>", "ann@example.com, b@x.com", "ann@example.com b@x.com", " ann@example.com", "ann@example.com ",
		"ann@example.com\r\nBcc: b@x.com", "ann\n@example.com", "ann@b@example.com", "\"ann\"@example.com", "ann@example.com\x00",
		".ann@example.com", "ann.@example.com", "a..n@example.com",
		"\u212Aate@example.com", "jürgen@example.com", "ann\u200b@example.com", "ａnn@example.com", "\xff@example.com",
		"ann@example", "ann@localhost", "ann@127.0.0.1", "ann@[127.0.0.1]", "ann@[IPv6:::1]", "ann@.com", "ann@example.com.", "ann@example..com",
		"ann@exa_mple.com", "ann@-example.com", "ann@xn--a.com", "ann@ex\ufffdmple.com", "ann@exam\u200dple.com",
		strings.Repeat("a", 65) + "@example.com",
		"ann@" + strings.Repeat("a", 64) + ".com",
		"ann@" + strings.Repeat("abcdefgh.", 30) + "com",
	} {
		if got, ok := parseAddress(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
