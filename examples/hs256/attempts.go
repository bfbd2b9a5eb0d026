package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Who guesses passwords, or has mail sent to others, gets so many attempts at an address
// in a while. The throttling of API Gateway is for all callers together, and a firewall
// counts by IP address: neither sees a guesser who comes from many.
const (
	maxAttempts    = 10
	attemptsWindow = 15 * time.Minute
)

// attempt counts an attempt to do something with an address, known or unknown, before it is
// known how it ends. If there have been too many, busy is the answer.
func (s *service) attempt(ctx context.Context, what string, a address) (busy *response, err error) {
	now := s.now()
	window := now.Truncate(attemptsWindow)
	end := window.Add(attemptsWindow)
	n, err := s.users.Count(ctx, fmt.Sprintf("%s#%s#%d", what, a.key, window.Unix()/60), end)
	if err != nil || n <= maxAttempts {
		return nil, err
	}
	s.logger.WarnContext(ctx, "too many attempts", "to", what)
	busy = answer(http.StatusTooManyRequests, envelope{Message: "Too many attempts. Please try again later."})
	busy.Headers["Retry-After"] = strconv.Itoa(int(end.Sub(now)/time.Second) + 1)
	return busy, nil
}
