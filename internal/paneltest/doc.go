// Package paneltest holds no code but tests: those of the panel of package authorizertest
// in a real browser. They need Chromium, as Debian's package chromium has it, at
// /usr/bin/chromium, and fail without.
package paneltest
