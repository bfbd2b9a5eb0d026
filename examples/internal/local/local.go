// Package local guards the servers that run on a developer's own machine.
package local

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Only hands those requests to next that are made to localhost, to an IP address, or to
// one of the further names, and refuses all others with 421 (RFC 9110 section 15.5.20).
//
// It stops DNS rebinding: a web page may have its own name resolved to 127.0.0.1, and its
// scripts may then talk to a server there as if it were the page's own. The browser still
// sends the page's name as Host.
func Only(next http.Handler, names ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r.Host, names) {
			http.Error(w, "this is not the server of that name", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwn reports whether a Host header names this machine.
func isOwn(hostport string, names []string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]") // it has no port
	}
	host = strings.ToLower(host)
	_, err = netip.ParseAddr(host)
	return err == nil || host == "localhost" || host != "" && slices.Contains(names, host)
}
