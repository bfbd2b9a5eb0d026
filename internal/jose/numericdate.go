package jose

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// ErrNumericDate says that a value is not a point in time as RFC 7519 section 2
// defines it: a JSON number of seconds since 1970, from 0 up to the year 9999.
var ErrNumericDate = errors.New("not a NumericDate between 1970 and 9999")

// endOf9999 is the first second after the last NumericDate. A number from there on is
// a date in milliseconds by mistake, or an attempt to overflow somebody's clock.
const endOf9999 = 253402300800

// NumericDate returns the point in time that a number stands for, to the
// nanosecond as far as a float64 can tell. Any other value gives [ErrNumericDate].
func (v Value) NumericDate() (time.Time, error) {
	return ParseNumericDate(v.Raw)
}

// ParseNumericDate is [Value.NumericDate] for the JSON text of any one value.
func ParseNumericDate(raw string) (time.Time, error) {
	if raw == "" || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return time.Time{}, ErrNumericDate
	}
	if seconds, err := strconv.ParseInt(raw, 10, 64); err == nil {
		if seconds < 0 || seconds >= endOf9999 {
			return time.Time{}, ErrNumericDate
		}
		return time.Unix(seconds, 0), nil
	}
	seconds, err := strconv.ParseFloat(raw, 64)
	if err != nil || !(seconds >= 0 && seconds < endOf9999) {
		return time.Time{}, ErrNumericDate
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), nil
}
