package run

import (
	"errors"
	"net/http"
	"sync/atomic"
)

// An Outage is one of a source of keys that the panel begins and ends.
type Outage struct{ failing atomic.Bool }

var errOutage = errors.New("the source of the keys fails, as the panel has it")

// Set begins or ends it.
func (o *Outage) Set(failing bool) { o.failing.Store(failing) }

// Err is nil unless there is an outage.
func (o *Outage) Err() error {
	if o.failing.Load() {
		return errOutage
	}
	return nil
}

// Before answers 503 instead of next while there is an outage.
func (o *Outage) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := o.Err(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}
