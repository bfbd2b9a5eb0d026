package policy

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// ExpireAt lets every Allow of the policy end at a time, in whole seconds, such as
// that at which the caller's token expires: API Gateway may apply a cached policy for
// longer. An Allow that ends earlier by a condition of its own keeps it. What has no
// time, as a token without exp, has expired.
//
// It puts DateLessThan on aws:CurrentTime into the conditions. AWS lists that key for
// resource policies; published authorizers rely on it in theirs. (M)
//
// The policy grows by about 70 bytes for each Allow: see [Response.CheckLimits].
// Statements that r shares with another Response stay as they are there.
func (r *Response) ExpireAt(t time.Time) {
	end := min(max(t.Unix(), 0), lastSecond)
	statements := slices.Clone(r.PolicyDocument.Statement)
	for i := range statements {
		if statements[i].Effect == allow {
			statements[i].Condition = statements[i].Condition.until(time.Unix(end, 0))
		}
	}
	r.PolicyDocument.Statement = statements
}

// until returns the conditions with an end, unless they have one that is no later.
func (c Conditions) until(end time.Time) Conditions {
	const operator = "DateLessThan"
	key := "aws:CurrentTime"
	for name, value := range c[operator] {
		if !strings.EqualFold(name, key) {
			continue
		}
		if endsBy(value, end) {
			return c
		}
		key = name
	}
	c = c.clone()
	if c == nil {
		c = make(Conditions)
	}
	keys := maps.Clone(c[operator])
	if keys == nil {
		keys = make(map[string]any)
	}
	keys[key] = end.UTC().Format(time.RFC3339)
	c[operator] = keys
	return c
}

// endsBy reports whether every date of a condition's value is no later than end.
func endsBy(value any, end time.Time) bool {
	texts, err := valueTexts(value)
	if err != nil {
		return false
	}
	for _, text := range texts {
		if date, err := parseDate(text); err != nil || date.After(end) {
			return false
		}
	}
	return true
}
