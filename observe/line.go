package observe

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/lambdajwt/authorizer"
)

// write writes the line of an outcome, or that of the sources of keys alone if o is nil. The
// caller holds m.mu.
func (m *EMF) write(o *authorizer.Outcome) {
	b := append(m.buffer[:0], `{"_aws":{"Timestamp":`...)
	b = strconv.AppendInt(b, m.now().UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	var route, reason string
	if o != nil {
		route, reason = m.routes.Label(o.Route), ReasonLabel(o.Reason)
		b = m.appendRequestDirectives(b, route, reason)
	}
	counts := m.keys.metrics()
	b = m.appendCountsDirective(b, o != nil, counts[:])
	b = append(b, `]},"Authorizer":`...)
	b = append(b, m.name...)
	if o != nil {
		b = appendOutcome(b, o, route, reason)
	}
	b = m.appendCounts(b, counts[:])
	b = append(b, "}\n"...)
	_, _ = m.out.Write(b)
	m.buffer, m.warm = b, true
	m.keys.reset()
}

// appendRequestDirectives names the metrics of a request and their dimensions.
func (m *EMF) appendRequestDirectives(b []byte, route, reason string) []byte {
	b = append(b, m.head...)
	b = append(b, `,"Dimensions":[["Authorizer"],["Authorizer","Decision"]`...)
	if reason != "" {
		b = append(b, `,["Authorizer","Reason"]`...)
	}
	if route != "" {
		b = append(b, `,["Authorizer","Route","Decision"]`...)
	}
	b = append(b, `],"Metrics":[{"Name":"Requests","Unit":"Count"}]},`...)
	b = append(b, m.head...)
	b = append(b, `,"Dimensions":[["Authorizer"]`...)
	if route != "" {
		b = append(b, `,["Authorizer","Route"]`...)
	}
	return append(b, `],"Metrics":[{"Name":"Duration","Unit":"Milliseconds"}]}`...)
}

// appendCountsDirective names those of the other metrics that the line has. follows says
// whether there are directives before.
func (m *EMF) appendCountsDirective(b []byte, follows bool, counts []metric) []byte {
	if m.warm && m.keys.empty() {
		return b
	}
	if follows {
		b = append(b, ',')
	}
	b = append(b, m.head...)
	b = append(b, `,"Dimensions":[["Authorizer"]],"Metrics":[`...)
	start := len(b)
	if !m.warm {
		b = append(b, `{"Name":"ColdStarts","Unit":"Count"},`...)
	}
	for i := range counts {
		switch c := &counts[i]; {
		case c.count > 0:
			b = append(append(append(b, `{"Name":"`...), c.name...), `","Unit":"Count"},`...)
		case len(c.values) > 0:
			b = append(append(append(b, `{"Name":"`...), c.name...), `","Unit":"Milliseconds"},`...)
		}
	}
	if len(b) > start {
		b = b[:len(b)-1] // the last comma
	}
	return append(b, "]}"...)
}

// appendOutcome writes what is known of a request: its dimensions and metrics, and the ID by
// which its other log lines are found.
func appendOutcome(b []byte, o *authorizer.Outcome, route, reason string) []byte {
	for _, field := range [...]struct{ name, value string }{
		{`,"Decision":`, string(o.Decision)}, {`,"Reason":`, reason}, {`,"Route":`, route}, {`,"Kind":`, string(o.Kind)}, {`,"RequestID":`, o.RequestID},
	} {
		if field.value != "" {
			b = appendString(append(b, field.name...), field.value)
		}
	}
	b = append(b, `,"Requests":1,"Duration":`...)
	return appendMilliseconds(b, o.Duration)
}

// appendCounts writes the values of the metrics that appendCountsDirective has named.
func (m *EMF) appendCounts(b []byte, counts []metric) []byte {
	if !m.warm {
		b = append(b, `,"ColdStarts":1`...)
	}
	for i := range counts {
		c := &counts[i]
		if c.empty() {
			continue
		}
		b = append(append(append(b, `,"`...), c.name...), `":`...)
		if c.count > 0 {
			b = strconv.AppendInt(b, int64(c.count), 10)
			continue
		}
		b = append(b, '[')
		for i, d := range c.values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendMilliseconds(b, d)
		}
		b = append(b, ']')
	}
	return b
}

// appendMilliseconds writes a duration as a number, to the microsecond.
func appendMilliseconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(d.Microseconds())/1000, 'f', -1, 64)
}

// appendString writes a text as JSON.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // which has no string that it does not take
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
