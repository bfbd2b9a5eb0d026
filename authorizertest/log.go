package authorizertest

import (
	"errors"
	"slices"
	"strings"
)

// minHidden is the length, in bytes, from which a part of what a caller sends may be one
// of a token.
const minHidden = 12

// log tells the developer what has failed. It hides what may be a token, whatever the
// error says: the values of identity sources, Authorization and Cookie.
func (g *Gateway) log(x *exchange, message string, err error) {
	if g.cfg.Logger == nil {
		return
	}
	text := hide(err.Error(), g.credentials(x))
	fields := []any{"route", x.route.Key, "requestId", x.id, "error", text}
	if thrown := new(panicked); errors.As(err, &thrown) {
		fields = append(fields, "stack", string(thrown.stack))
	}
	g.cfg.Logger.ErrorContext(x.http.Context(), message, fields...)
}

// credentials returns the values in a request that may be a token or hold one.
func (g *Gateway) credentials(x *exchange) []string {
	sent := slices.Concat(x.http.Header.Values("Authorization"), x.http.Header.Values("Cookie"))
	for _, s := range g.identity {
		if s.place == "header" || s.place == "querystring" {
			sent = append(sent, g.valueOf(s, x))
		}
	}
	return sent
}

// hide takes out of a text what is a part of one of the values.
func hide(text string, values []string) string {
	for _, value := range values {
		for part := range strings.FieldsFuncSeq(value, func(c rune) bool { return strings.ContainsRune(" ,;=.", c) }) {
			if len(part) >= minHidden {
				text = strings.ReplaceAll(text, part, "[hidden]")
			}
		}
	}
	return text
}
