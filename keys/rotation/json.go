package rotation

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxSize bounds the text of a schedule, in bytes.
const maxSize = 256 << 10

var limits = jose.Limits{Depth: 4, Members: 8 * maxKeys}

// ParseSchedule reads a schedule from its document:
//
//	{
//	  "cache_time": "2h", "token_lifetime": "15m", "margin": "10m",
//	  "keys": [
//	    {"kid": "2026-01", "publish": "2026-01-01T00:00:00Z", "sign": "2026-01-01T00:00:00Z",
//	     "retire": "2026-02-01T02:10:00Z", "expire": "2026-02-01T02:35:00Z"},
//	    {"kid": "2026-02", "publish": "2026-02-01T00:00:00Z", "sign": "2026-02-01T02:10:00Z"}
//	  ]
//	}
//
// Durations are as [time.ParseDuration] reads them, and times are in RFC 3339, in whole
// seconds. The document leaves out cache_time and margin where they are the default, retire
// and expire while no key is to follow, and revoked unless a key is. An unknown or
// duplicate member and whatever [Schedule.Validate] finds is an error, and so is a text of
// more than 256 KiB.
func ParseSchedule(text []byte) (*Schedule, error) {
	s, err := parseSchedule(text)
	if err != nil {
		return nil, fmt.Errorf("rotation: schedule: %w", err)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

func parseSchedule(text []byte) (*Schedule, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("a text of %d bytes: it may have at most %d", len(text), maxSize)
	}
	s := &Schedule{}
	err := jose.Members(string(text), limits, func(name string, value jose.Value) error {
		var err error
		switch name {
		case "cache_time":
			s.CacheTime, err = readDuration(value)
		case "token_lifetime":
			s.TokenLifetime, err = readDuration(value)
		case "margin":
			s.Margin, err = readDuration(value)
		case "keys":
			s.Keys, err = readKeys(value)
		default:
			err = errUnknownMember
		}
		return at(name, err)
	})
	if err != nil {
		return nil, err
	}
	return s.withDefaults(), nil
}

var errUnknownMember = errors.New("not a member of a schedule: look for a misspelling")

// at says of which member an error is.
func at(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the member %s: %w", redact.Quote(name), err)
}

func readKeys(array jose.Value) ([]Key, error) {
	var list []Key
	err := jose.Elements(array, func(element jose.Value) error {
		if len(list) == maxKeys {
			return fmt.Errorf("more than %d keys: leave out those that have expired", maxKeys)
		}
		key, err := readKey(element)
		if err != nil {
			return fmt.Errorf("key %d: %w", len(list), err)
		}
		list = append(list, key)
		return nil
	})
	return list, err
}

func readKey(object jose.Value) (Key, error) {
	var key Key
	if object.Kind != jose.Object {
		return key, errors.New("not an object")
	}
	times := map[string]*time.Time{
		"publish": &key.Publish, "sign": &key.Sign, "retire": &key.Retire, "expire": &key.Expire, "revoked": &key.Revoked,
	}
	err := jose.Members(object.Raw, limits, func(name string, value jose.Value) error {
		text, ok := value.Text()
		t := times[name]
		switch {
		case name != "kid" && t == nil:
			return at(name, errUnknownMember)
		case !ok:
			return at(name, errors.New("not a string"))
		case name == "kid":
			key.Kid = text
			return nil
		}
		read, err := time.Parse(time.RFC3339, text)
		if err != nil || read.IsZero() {
			return at(name, fmt.Errorf("%s is no time as in 2026-01-31T23:59:00Z", redact.Quote(text)))
		}
		*t = read.UTC()
		return nil
	})
	return key, err
}

// readDuration reads a duration that is not zero, which would stand for the default.
func readDuration(value jose.Value) (time.Duration, error) {
	text, ok := value.Text()
	if !ok {
		return 0, errors.New("not a string such as \"2h\"")
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s is no duration of more than 0 such as 2h or 90m", redact.Quote(text))
	}
	return d, nil
}

// MarshalJSON writes the document that [ParseSchedule] reads, with the defaults spelled
// out. It returns an error if [Schedule.Validate] does.
func (s Schedule) MarshalJSON() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	c := s.withDefaults()
	return json.Marshal(struct {
		CacheTime     string `json:"cache_time"`
		TokenLifetime string `json:"token_lifetime"`
		Margin        string `json:"margin"`
		Keys          []Key  `json:"keys"`
	}{c.CacheTime.String(), c.TokenLifetime.String(), c.Margin.String(), c.Keys})
}

// UnmarshalJSON is [ParseSchedule].
func (s *Schedule) UnmarshalJSON(text []byte) error {
	read, err := ParseSchedule(text)
	if err != nil {
		return err
	}
	*s = *read
	return nil
}
