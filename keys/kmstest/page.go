package kmstest

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// pageOf returns the page of entries, in the order of their names, that a request
// for a list asks for, and the marker of the next page, nil after the last one. A
// page has at most limit entries, from 1 to most, by default usual. An entry that is
// there from the first page to the last is listed once, whatever comes and goes
// meanwhile.
func pageOf[T any](entries map[string]T, limit *int32, most, usual int32, marker *string) (page []T, next *string, err error) {
	if limit == nil {
		limit = &usual
	}
	if *limit < 1 || *limit > most {
		return nil, nil, invalid("Value '%d' at 'limit' failed to satisfy constraint: Member must be between 1 and %d", *limit, most)
	}
	after, err := positionOf(marker)
	if err != nil {
		return nil, nil, err
	}
	page = []T{}
	last := ""
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if name <= after {
			continue
		}
		if len(page) == int(*limit) {
			return page, markerAt(last), nil
		}
		page, last = append(page, entries[name]), name
	}
	return page, nil, nil
}

// A marker is opaque to callers: the name of the last entry that they have, in base64
// and behind a word of our own.
const markerWord = "after:"

func markerAt(name string) *string {
	return copied(base64.RawURLEncoding.EncodeToString([]byte(markerWord + name)))
}

func positionOf(marker *string) (name string, err error) {
	if marker == nil {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*marker)
	name, ours := strings.CutPrefix(string(text), markerWord)
	if err != nil || !ours {
		return "", errorf("InvalidMarkerException", "Could not deserialize marker") // the text (L)
	}
	return name, nil
}
