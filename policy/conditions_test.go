package policy_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/policy"
)

// fullRequest has every condition key; at a fraction of a second, which IAM does
// not see.
var fullRequest = policy.ConditionKeys{
	Time:            time.Date(2026, 10, 12, 14, 30, 5, 999_000_000, time.FixedZone("CEST", 2*60*60)), // 1791808205
	SourceIP:        netip.MustParseAddr("203.0.113.7"),
	UserAgent:       "Mozilla/5.0",
	Referer:         "https://example.com/start",
	SourceARN:       "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/a:b",
	SourceVPC:       "vpc-111bbb22",
	SourceVPCE:      "vpce-1a2b3c4d",
	VPCSourceIP:     netip.MustParseAddr("10.0.0.7"),
	SecureTransport: true,
}

// emptyRequest has the keys only that every request has.
var emptyRequest = policy.ConditionKeys{Time: fullRequest.Time}

// holds reports whether a condition lets a request through an Allow. Without
// one the request would be allowed.
func holds(t *testing.T, c policy.Conditions, req policy.ConditionKeys) bool {
	t.Helper()
	p, err := policy.New("someone", testAPI).AllowMethodWithConditions("*", "*", c).Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Evaluate(request("GET", "/"), req)
	if err != nil {
		t.Fatal(err)
	}
	return d == policy.Allowed
}

func TestConditionsOnAKeyThatTheRequestHas(t *testing.T) {
	const now = "2026-10-12T12:30:05Z"
	tests := []struct {
		operator, key string
		value         any
		want          bool
	}{
		{"StringEquals", "aws:UserAgent", "Mozilla/5.0", true},
		{"StringEquals", "aws:UserAgent", "mozilla/5.0", false},
		{"StringEquals", "aws:UserAgent", "Mozilla/*", false},
		{"StringEquals", "aws:UserAgent", []string{"curl", "Mozilla/5.0"}, true},
		{"StringEquals", "aws:UserAgent", []any{"curl", "wget"}, false},
		{"StringEquals", "AWS:useragent", "Mozilla/5.0", true},
		{"StringNotEquals", "aws:UserAgent", "curl", true},
		{"StringNotEquals", "aws:UserAgent", "Mozilla/5.0", false},
		{"StringNotEquals", "aws:UserAgent", []string{"curl", "Mozilla/5.0"}, false},
		{"StringNotEquals", "aws:UserAgent", []string{"curl", "wget"}, true},
		{"StringEqualsIgnoreCase", "aws:UserAgent", "MOZILLA/5.0", true},
		{"StringEqualsIgnoreCase", "aws:UserAgent", "MOZILLA", false},
		{"StringNotEqualsIgnoreCase", "aws:UserAgent", "MOZILLA/5.0", false},
		{"StringLike", "aws:Referer", "https://*.com/*", true},
		{"StringLike", "aws:Referer", "https://example.co?/start", true},
		{"StringLike", "aws:Referer", "http://*", false},
		{"StringLike", "aws:Referer", "HTTPS://*", false},
		{"StringNotLike", "aws:Referer", "https://*", false},
		{"StringNotLike", "aws:Referer", "http://*", true},
		{"StringEquals", "aws:SourceVpc", "vpc-111bbb22", true},
		{"StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d", true},
		{"StringEquals", "aws:SourceVpce", "vpc-111bbb22", false},
		{"StringEqualsIfExists", "aws:UserAgent", "curl", false},

		{"Bool", "aws:SecureTransport", "true", true},
		{"Bool", "aws:SecureTransport", true, true},
		{"Bool", "aws:SecureTransport", "false", false},
		{"BoolIfExists", "aws:SecureTransport", false, false},

		{"IpAddress", "aws:SourceIp", "203.0.113.0/24", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.7", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.8", false},
		{"IpAddress", "aws:SourceIp", "203.0.113.99/24", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.0/29", true},
		{"IpAddress", "aws:SourceIp", "203.0.113.8/29", false},
		{"IpAddress", "aws:SourceIp", "0.0.0.0/0", true},
		{"IpAddress", "aws:SourceIp", "::/0", false},
		{"IpAddress", "aws:SourceIp", []string{"10.0.0.0/8", "203.0.113.0/24"}, true},
		{"NotIpAddress", "aws:SourceIp", "203.0.113.0/24", false},
		{"NotIpAddress", "aws:SourceIp", []string{"10.0.0.0/8", "203.0.113.0/24"}, false},
		{"NotIpAddress", "aws:SourceIp", "10.0.0.0/8", true},

		{"IpAddress", "aws:VpcSourceIp", "10.0.0.0/24", true},
		{"IpAddress", "aws:VpcSourceIp", "203.0.113.0/24", false},
		{"NotIpAddress", "aws:vpcsourceip", "10.0.0.0/24", false},

		{"DateEquals", "aws:CurrentTime", now, true},
		{"DateEquals", "aws:CurrentTime", "2026-10-12T14:30:05+02:00", true},
		{"DateEquals", "aws:CurrentTime", "1791808205", true},
		{"DateEquals", "aws:CurrentTime", 1791808205, true},
		{"DateEquals", "aws:CurrentTime", now[:19] + ".5Z", false},
		{"DateEquals", "aws:CurrentTime", now[:19] + ".000Z", true},
		{"DateNotEquals", "aws:CurrentTime", now, false},
		{"DateLessThan", "aws:CurrentTime", now, false},
		{"DateLessThan", "aws:CurrentTime", "2026-10-12T12:30:06Z", true},
		{"DateLessThan", "aws:CurrentTime", "2026-10-13", true},
		{"DateLessThan", "aws:CurrentTime", "2026-10-12", false},
		{"DateLessThan", "aws:CurrentTime", "2026-11", true},
		{"DateLessThan", "aws:CurrentTime", "2026-10-12T12:31Z", true},
		{"DateLessThan", "aws:CurrentTime", now[:19] + ".5Z", true},
		{"DateLessThanEquals", "aws:CurrentTime", now, true},
		{"DateGreaterThan", "aws:CurrentTime", now, false},
		{"DateGreaterThan", "aws:CurrentTime", "2026-10-12T12:30:04Z", true},
		{"DateGreaterThan", "aws:CurrentTime", "2026-10-12T12:30:04.9Z", true},
		{"DateGreaterThanEquals", "aws:CurrentTime", now, true},
		{"DateGreaterThanIfExists", "aws:EpochTime", "1791808204", true},
		{"DateLessThan", "aws:EpochTime", "2026-10-13", true},

		{"NumericEquals", "aws:EpochTime", "1791808205", true},
		{"NumericEquals", "aws:EpochTime", int64(1791808205), true},
		{"NumericNotEquals", "aws:EpochTime", 1791808205, false},
		{"NumericLessThan", "aws:EpochTime", 1791808205.5, true},
		{"NumericLessThan", "aws:EpochTime", json.Number("1791808205"), false},
		{"NumericLessThanEquals", "aws:EpochTime", int64(1791808205), true},
		{"NumericGreaterThan", "aws:EpochTime", "1.7e9", true},
		{"NumericGreaterThan", "aws:EpochTime", 1791808204.75, true},
		{"NumericGreaterThan", "aws:EpochTime", "1791808205", false},
		{"NumericGreaterThanEquals", "aws:EpochTime", "1791808205", true},

		{"ArnEquals", "aws:SourceArn", "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/a:b", true},
		{"ArnEquals", "aws:SourceArn", "arn:aws:execute-api:*:123456789012:a1b2c3d4e5/*", true},
		{"ArnLike", "aws:SourceArn", "arn:aws:execute-api:eu-?entral-1:*:*", true},
		{"ArnLike", "aws:SourceArn", "arn:aws:*:eu-central-1:123456789012:other/*", false},
		{"ArnLike", "aws:SourceArn", "arn:aws:*:123456789012:*:*", false}, // the account in place of the Region
		{"ArnNotEquals", "aws:SourceArn", "arn:aws:execute-api:eu-central-1:123456789012:*", false},
		{"ArnNotLike", "aws:SourceArn", "arn:aws:execute-api:us-east-1:*:*", true},
		{"StringLike", "aws:SourceArn", "arn:aws:execute-api:*:b", true},

		{"Null", "aws:UserAgent", "true", false},
		{"Null", "aws:UserAgent", "false", true},
		{"Null", "aws:CurrentTime", "false", true},
		{"Null", "aws:SecureTransport", false, true},
	}
	for _, tt := range tests {
		c := policy.Conditions{tt.operator: {tt.key: tt.value}}
		if got := holds(t, c, fullRequest); got != tt.want {
			t.Errorf("%v holds is %v, want %v", c, got, tt.want)
		}
	}
}

func TestConditionsOnAKeyThatTheRequestLacks(t *testing.T) {
	tests := []struct {
		operator, key, value string
		want                 bool
	}{
		{"StringEquals", "aws:Referer", "x", false},
		{"StringLike", "aws:Referer", "*", false},
		{"StringEqualsIgnoreCase", "aws:Referer", "x", false},
		{"StringNotEquals", "aws:Referer", "x", true},
		{"StringNotLike", "aws:Referer", "*", true},
		{"StringEqualsIfExists", "aws:Referer", "x", true},
		{"StringNotLikeIfExists", "aws:Referer", "*", true},
		{"IpAddress", "aws:SourceIp", "0.0.0.0/0", false},
		{"NotIpAddress", "aws:SourceIp", "0.0.0.0/0", true},
		{"IpAddressIfExists", "aws:SourceIp", "10.0.0.0/8", true},
		{"ArnLike", "aws:SourceArn", "arn:*:*:*:*:*", false},
		{"ArnNotLike", "aws:SourceArn", "arn:*:*:*:*:*", true},
		{"ArnEqualsIfExists", "aws:SourceArn", "arn:aws:sns:::x", true},
		{"StringEquals", "aws:SourceVpc", "vpc-1", false},
		{"IpAddress", "aws:VpcSourceIp", "0.0.0.0/0", false},
		{"NotIpAddress", "aws:VpcSourceIp", "0.0.0.0/0", true},
		{"Null", "aws:SourceVpc", "true", true},
		{"Null", "aws:SourceIp", "false", false},
		// Every request has these: false is a request without TLS.
		{"Bool", "aws:SecureTransport", "true", false},
		{"Bool", "aws:SecureTransport", "false", true},
		{"Null", "aws:SecureTransport", "true", false},
	}
	for _, tt := range tests {
		c := policy.Conditions{tt.operator: {tt.key: tt.value}}
		if got := holds(t, c, emptyRequest); got != tt.want {
			t.Errorf("%v holds is %v, want %v", c, got, tt.want)
		}
	}
}

func TestAllOperatorsAndKeysHaveToHold(t *testing.T) {
	good, bad := "203.0.113.0/24", "10.0.0.0/8"
	tests := []struct {
		name string
		c    policy.Conditions
		want bool
	}{
		{"two operators", policy.Conditions{"IpAddress": {"aws:SourceIp": good}, "Bool": {"aws:SecureTransport": "true"}}, true},
		{"one operator of two", policy.Conditions{"IpAddress": {"aws:SourceIp": bad}, "Bool": {"aws:SecureTransport": "true"}}, false},
		{"two keys", policy.Conditions{"StringLike": {"aws:UserAgent": "M*", "aws:Referer": "https*"}}, true},
		{"one key of two", policy.Conditions{"StringLike": {"aws:UserAgent": "M*", "aws:Referer": "ftp*"}}, false},
		{"none", policy.Conditions{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := holds(t, tt.c, fullRequest); got != tt.want {
				t.Errorf("holds is %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAddressesOfBothVersionsMatchTheirBlocks(t *testing.T) {
	tests := []struct {
		address, block string
		want           bool
	}{
		{"2001:db8::1", "2001:db8::/32", true},
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8:1::/48", false},
		{"2001:db8::1", "0.0.0.0/0", false},
		{"fe80::1%eth0", "fe80::/10", true},
		{"::ffff:203.0.113.7", "203.0.113.0/24", true},
	}
	for _, tt := range tests {
		req := policy.ConditionKeys{SourceIP: netip.MustParseAddr(tt.address)}
		if got := holds(t, policy.Conditions{"IpAddress": {"aws:SourceIp": tt.block}}, req); got != tt.want {
			t.Errorf("%s in %s is %v, want %v", tt.address, tt.block, got, tt.want)
		}
	}
}

func TestADenyAppliesOnlyWhereItsConditionsHold(t *testing.T) {
	p, err := policy.New("someone", testAPI).AllowAllMethods().
		DenyMethodWithConditions("*", "*", policy.Conditions{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}).Build()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]policy.Decision{
		"203.0.113.7": policy.Allowed, "198.51.100.1": policy.ExplicitlyDenied,
	} {
		d, err := p.Evaluate(request("GET", "/"), policy.ConditionKeys{SourceIP: netip.MustParseAddr(address)})
		if d != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", address, d, err, want)
		}
	}
}

func TestConditionsThatCannotBeJudgedAreErrorsOfTheBuilder(t *testing.T) {
	tests := []struct {
		name, operator, key string
		value               any
		want                string
	}{
		{"an unknown operator", "StringMatches", "aws:Referer", "x", "unknown condition operator"},
		{"an operator in lower case", "stringequals", "aws:Referer", "x", "unknown condition operator"},
		{"binary comparison", "BinaryEquals", "aws:Referer", "eA==", "unknown condition operator"},
		{"a set operator", "ForAnyValue:StringEquals", "aws:Referer", "x", "unknown condition operator"},
		{"Null with IfExists", "NullIfExists", "aws:Referer", "true", "unknown condition operator"},
		{"IfExists alone", "IfExists", "aws:Referer", "x", "unknown condition operator"},
		{"IfExists twice", "StringLikeIfExistsIfExists", "aws:Referer", "x", "unknown condition operator"},
		{"an operator cut short", "Date", "aws:CurrentTime", "2030-01-01", "unknown condition operator"},
		{"a relation alone", "LessThan", "aws:CurrentTime", "2030-01-01", "unknown condition operator"},
		{"an unknown key", "StringEquals", "aws:PrincipalOrgID", "o-1", "not known to have"},
		{"no key", "StringEquals", "", "x", "not known to have"},
		{"text compared with an address", "StringLike", "aws:SourceIp", "10.*", "does not fit"},
		{"an address compared with text", "IpAddress", "aws:Referer", "10.0.0.0/8", "does not fit"},
		{"a number compared with a date", "NumericLessThan", "aws:CurrentTime", "1", "does not fit"},
		{"text compared with a boolean", "StringEquals", "aws:SecureTransport", "true", "does not fit"},
		{"no value", "StringEquals", "aws:Referer", nil, "want a string"},
		{"no values", "StringEquals", "aws:Referer", []string{}, "empty"},
		{"a map for a value", "StringEquals", "aws:Referer", map[string]string{}, "want a string"},
		{"a list in a list", "StringEquals", "aws:Referer", []any{[]any{"x"}}, "want a string"},
		{"a policy variable", "StringEquals", "aws:Referer", "${aws:username}", "policy variable"},
		{"not an address", "IpAddress", "aws:SourceIp", "203.0.113", "neither an IP"},
		{"an address with leading zeros", "IpAddress", "aws:SourceIp", "010.0.0.1", "neither an IP"},
		{"a block too narrow", "IpAddress", "aws:SourceIp", "10.0.0.0/33", "neither an IP"},
		{"an address with a zone", "IpAddress", "aws:SourceIp", "fe80::1%eth0", "neither an IP"},
		{"a mapped address", "IpAddress", "aws:SourceIp", "::ffff:10.0.0.0/104", "write it as IPv4"},
		{"a year, which could be seconds", "DateLessThan", "aws:CurrentTime", "2030", "plausible"},
		{"milliseconds for seconds", "DateLessThan", "aws:CurrentTime", "1791800705000000", "plausible"},
		{"more digits than a number holds", "DateLessThan", "aws:CurrentTime", "99999999999999999999", "plausible"},
		{"a time without an offset", "DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00", "not a date"},
		{"a day that does not exist", "DateLessThan", "aws:CurrentTime", "2030-02-30", "not a date"},
		{"an empty date", "DateLessThan", "aws:CurrentTime", "", "not a date"},
		{"a time without a day", "DateLessThan", "aws:CurrentTime", "12:30", "not a date"},
		{"a date in another order", "DateLessThan", "aws:CurrentTime", "01/02/2030", "not a date"},
		{"a date with a space", "DateLessThan", "aws:CurrentTime", "2030-01-01 00:00:00Z", "not a date"},
		{"an hour of one digit", "DateLessThan", "aws:CurrentTime", "2030-01-01T0:00:00Z", "not a date"},
		{"a fraction after a comma", "DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00,5Z", "not a date"},
		{"a fraction without digits", "DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00.Z", "not a date"},
		{"a fraction of minutes", "DateLessThan", "aws:CurrentTime", "2030-01-01T00:00.5Z", "not a date"},
		{"a negative number of seconds", "DateLessThan", "aws:CurrentTime", "-1", "not a date"},
		{"not a number", "NumericLessThan", "aws:EpochTime", "NaN", "not a decimal number"},
		{"a hexadecimal number", "NumericLessThan", "aws:EpochTime", "0x10", "not a decimal number"},
		{"a number out of range", "NumericLessThan", "aws:EpochTime", "1e400", "not a decimal number"},
		{"a boolean in upper case", "Bool", "aws:SecureTransport", "True", "neither"},
		{"Null without a boolean", "Null", "aws:Referer", "yes", "neither"},
		{"an ARN of too few parts", "ArnLike", "aws:SourceArn", "arn:aws:sns:*", "six parts"},
		{"six parts of something else", "ArnLike", "aws:SourceArn", "urn:aws:sns:::topic", "six parts"},
		{"an asterisk for an ARN", "ArnLike", "aws:SourceArn", "*", "six parts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := policy.Conditions{tt.operator: {tt.key: tt.value}}
			p, err := policy.New("someone", testAPI).AllowMethodWithConditions("GET", "/", c).Build()
			if p != nil {
				t.Errorf("got %s", p)
			}
			wantError(t, err, tt.want)
		})
	}
	_, err := policy.New("someone", testAPI).AllowMethodWithConditions("GET", "/", policy.Conditions{"IpAddress": {}}).Build()
	wantError(t, err, "has no key")
}

func TestARequestWithAnIllFormedSourceARNIsAnError(t *testing.T) {
	p, err := policy.New("someone", testAPI).
		AllowMethodWithConditions("*", "*", policy.Conditions{"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}).Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range []string{"sns", "arn:aws:sns::", "urn:aws:sns:::topic"} {
		_, err = p.Evaluate(request("GET", "/"), policy.ConditionKeys{SourceARN: arn})
		wantError(t, err, "is not an ARN")
	}
}

// Each operator of order, before, at and after the time of the request.
func TestEveryOperatorOfOrderOnBothSidesOfTheTime(t *testing.T) {
	const now = 1791808205                          // of fullRequest
	for operator, want := range map[string][3]bool{ // for a value before, at and after the time
		"Equals":            {false, true, false},
		"NotEquals":         {true, false, true},
		"LessThan":          {false, false, true},
		"LessThanEquals":    {false, true, true},
		"GreaterThan":       {true, false, false},
		"GreaterThanEquals": {true, true, false},
	} {
		for i, value := range []int{now - 1, now, now + 1} {
			for _, ifExists := range []string{"", "IfExists"} {
				date := time.Unix(int64(value), 0).UTC().Format(time.RFC3339)
				for _, c := range []policy.Conditions{
					{"Numeric" + operator + ifExists: {"aws:EpochTime": value}},
					{"Numeric" + operator + ifExists: {"aws:EpochTime": float64(value)}},
					{"Date" + operator + ifExists: {"aws:EpochTime": value}},
					{"Date" + operator + ifExists: {"aws:CurrentTime": value}},
					{"Date" + operator + ifExists: {"aws:CurrentTime": float64(value)}},
					{"Date" + operator + ifExists: {"aws:CurrentTime": date}},
				} {
					if got := holds(t, c, fullRequest); got != want[i] {
						t.Errorf("%v holds is %v, want %v", c, got, want[i])
					}
				}
			}
		}
	}
}

func TestADateIsReadAsItIsWrittenOrNotAtAll(t *testing.T) {
	for text, want := range map[string]string{
		"2026-10":                        "2026-10-01T00:00:00Z",
		"2026-10-12":                     "2026-10-12T00:00:00Z",
		"2026-10-12T14:30Z":              "2026-10-12T14:30:00Z",
		"2026-10-12T14:30+02:00":         "2026-10-12T12:30:00Z",
		"2026-10-12T14:30:05Z":           "2026-10-12T14:30:05Z",
		"2026-10-12T14:30:05-01:30":      "2026-10-12T16:00:05Z",
		"2026-10-12T14:30:05.0Z":         "2026-10-12T14:30:05Z",
		"2026-10-12T14:30:05.000000000Z": "2026-10-12T14:30:05Z",
		"2026-10-12T14:30:05.000+02:00":  "2026-10-12T12:30:05Z",
		"0":                              "1970-01-01T00:00:00Z",
		"12345":                          "1970-01-01T03:25:45Z",
		"253402300799":                   "9999-12-31T23:59:59Z",
		"253402300800":                   "",
		"1970":                           "",
		"2026-10-12T14:30:0512Z":         "",
		"2026-10-12T14:30:051Z":          "", // which is no fraction
		"2026-10-12T14:30:05.Z":          "",
		"2026-10-12T14:30:05.1":          "",
		"2026-10-12T14:30:05.1.2Z":       "",
		"2026-10-12T14:30:05":            "",
		"2026-10-12T14:30:05.":           "",
		"2026-10-12T14:30:05,5Z":         "",
		"2026-10-12T14:30:05z":           "",
		"2026-10-12t14:30:05Z":           "",
		"2026-10-12T14:30:05 Z":          "",
		"2026-10-12T24:00:00Z":           "",
		"2026-10-12Z":                    "",
		"2026-1":                         "",
		"":                               "",
		" 2026-10":                       "",
	} {
		c := policy.Conditions{"DateEquals": {"aws:CurrentTime": text}}
		p, err := policy.New("someone", testAPI).AllowMethodWithConditions("*", "*", c).Build()
		if want == "" {
			if err == nil {
				t.Errorf("%q is read", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		at, err := time.Parse(time.RFC3339, want)
		if err != nil {
			t.Fatal(err)
		}
		for offset, want := range map[time.Duration]policy.Decision{-time.Second: policy.ImplicitlyDenied, 0: policy.Allowed, time.Second: policy.ImplicitlyDenied} {
			if d, err := p.Evaluate(request("GET", "/"), policy.ConditionKeys{Time: at.Add(offset)}); err != nil || d != want {
				t.Errorf("%q at %v: %v, %v", text, at.Add(offset), d, err)
			}
		}
	}
}

// Statements keep what they were given, however its owner goes on.
func TestAPolicyDoesNotChangeWithTheConditionsThatItWasMadeFrom(t *testing.T) {
	for name, list := range map[string]any{"texts": []string{"curl"}, "values": []any{"curl"}} {
		c := policy.Conditions{"StringEquals": {"aws:UserAgent": list}}
		b := policy.New("someone", testAPI).AllowMethodWithConditions("*", "*", c)
		p, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		switch list := list.(type) {
		case []string:
			list[0] = "wget"
		case []any:
			list[0] = "wget"
		}
		c["StringEquals"]["aws:UserAgent"] = "wget"
		c["Bool"] = map[string]any{"aws:SecureTransport": "true"}
		d, err := p.Evaluate(request("GET", "/"), policy.ConditionKeys{UserAgent: "curl"})
		if d != policy.Allowed || err != nil {
			t.Errorf("a list of %s: %v, %v", name, d, err)
		}
	}
}
