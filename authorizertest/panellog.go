package authorizertest

import (
	"context"
	"log/slog"
	"strings"
)

// PanelLog returns a handler for the logger of an authorizer, or of a function, behind a
// gateway. It hands every record on to next, and the panel shows those that are logged
// with the context of a request beside the request. What the panel asks of the authorizer
// for its own sake is not handed on.
func PanelLog(next slog.Handler) slog.Handler {
	return &panelLog{next, func(h slog.Handler) slog.Handler { return h }}
}

type panelLog struct {
	next slog.Handler
	with func(slog.Handler) slog.Handler // adds what WithAttrs and WithGroup have
}

// Enabled is true as far as next's is.
func (l *panelLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level) && ctx.Value(trialKey{}) == nil
}

// Handle keeps a line for the panel and has next handle the record.
func (l *panelLog) Handle(ctx context.Context, r slog.Record) error {
	if seen, _ := ctx.Value(recordKey{}).(*record); seen != nil {
		var line strings.Builder
		text := slog.NewTextHandler(&line, &slog.HandlerOptions{Level: r.Level, ReplaceAttr: withoutTime})
		if err := l.with(text).Handle(ctx, r); err != nil {
			return err
		}
		seen.log(strings.TrimSuffix(line.String(), "\n"))
	}
	return l.next.Handle(ctx, r)
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// WithAttrs is that of next.
func (l *panelLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return l.and(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup is that of next.
func (l *panelLog) WithGroup(name string) slog.Handler {
	return l.and(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

func (l *panelLog) and(add func(slog.Handler) slog.Handler) slog.Handler {
	return &panelLog{add(l.next), func(h slog.Handler) slog.Handler { return add(l.with(h)) }}
}
