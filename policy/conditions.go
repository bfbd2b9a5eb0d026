package policy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conditions restrict a statement, as IAM's Condition element does: operator →
// key → value, or list of values. All operators and all keys have to hold. Of
// several values one has to match or, with a negated operator, none may.
//
//	policy.Conditions{
//		"IpAddress":    {"aws:SourceIp": []string{"203.0.113.0/24", "2001:db8::/32"}},
//		"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
//	}
//
// The keys are those that API Gateway has for a request, written in any case,
// each with the operators that fit it:
//
//	aws:CurrentTime                    Date…
//	aws:EpochTime                      Date… Numeric…
//	aws:Referer aws:UserAgent          String…
//	aws:SecureTransport                Bool
//	aws:SourceArn                      Arn… String…
//	aws:SourceIp                       IpAddress NotIpAddress
//	aws:SourceVpc aws:SourceVpce       String…, on private APIs
//	aws:VpcSourceIp                    IpAddress NotIpAddress, on private APIs
//
// String… stands for StringEquals, StringNotEquals, StringEqualsIgnoreCase,
// StringNotEqualsIgnoreCase, StringLike and StringNotLike; Arn… for ArnEquals,
// ArnNotEquals, ArnLike and ArnNotLike; Date… and Numeric… for each of them with
// Equals, NotEquals, LessThan, LessThanEquals, GreaterThan and
// GreaterThanEquals. Null works with every key.
//
// A request without the key fails a condition, unless the operator is negated or
// ends in IfExists. Dates are whole seconds since 1970, or a day or time in ISO
// 8601 with its offset, such as 2030-01-01 or 2030-01-01T00:00:00Z; a year alone
// could be either and is refused. A [Builder] refuses whatever is not listed here:
// set operators (ForAnyValue, ForAllValues), BinaryEquals and policy variables
// (${…}) among others. In a policy that comes from elsewhere, [Response.Evaluate]
// takes such a condition for undecided.
type Conditions map[string]map[string]any

// A test is one operator applied to one key.
type test struct {
	operator operator
	key      conditionKey
	values   []func(*ConditionKeys) bool // whether the request's value matches, one for each of the condition's
	unread   error                       // why the test cannot be evaluated, though IAM may do so
}

// errUnread is what IAM may read and this package does not.
type errUnread string

func (e errUnread) Error() string { return string(e) }

// parse returns the tests that the conditions stand for. It is an error if IAM would
// not take them either.
func (c Conditions) parse() ([]test, error) {
	var tests []test
	for _, opName := range slices.Sorted(maps.Keys(c)) {
		if len(c[opName]) == 0 {
			return nil, fmt.Errorf("policy: the condition %s has no key", opName)
		}
		for _, keyName := range slices.Sorted(maps.Keys(c[opName])) {
			t, err := parseTest(opName, keyName, c[opName][keyName])
			if err != nil {
				err = fmt.Errorf("policy: condition %s on %s: %w", opName, keyName, err)
				var unread errUnread
				if !errors.As(err, &unread) {
					return nil, err
				}
				t = test{unread: err}
			}
			tests = append(tests, t)
		}
	}
	return tests, nil
}

// check refuses conditions that cannot be evaluated.
func (c Conditions) check() error {
	tests, err := c.parse()
	for _, t := range tests {
		err = errors.Join(err, t.unread)
	}
	return err
}

// hold reports whether a request passes all the tests.
func (c Conditions) hold(req *ConditionKeys) (truth, error) {
	if len(c) == 0 {
		return yes, nil
	}
	tests, err := c.parse()
	if err != nil {
		return no, err
	}
	all := yes
	for _, t := range tests {
		if t.unread != nil {
			all = min(all, unknown)
			continue
		}
		holds, err := t.holds(req)
		if err != nil {
			return no, err
		}
		all = min(all, truthOf(holds))
	}
	return all, nil
}

// clone copies the conditions, down to the lists of values.
func (c Conditions) clone() Conditions {
	copied := maps.Clone(c)
	for op, keys := range copied {
		keys = maps.Clone(keys)
		for key, value := range keys {
			switch list := value.(type) {
			case []string:
				keys[key] = slices.Clone(list)
			case []any:
				keys[key] = slices.Clone(list)
			}
		}
		copied[op] = keys
	}
	return copied
}

// holds reports whether a request passes the test.
func (t *test) holds(req *ConditionKeys) (bool, error) {
	present, err := t.key.in(req)
	if err != nil {
		return false, err
	}
	if t.operator.family == nullFamily {
		wantAbsent := func(f func(*ConditionKeys) bool) bool { return f(req) == !present }
		return slices.ContainsFunc(t.values, wantAbsent), nil
	}
	if !present {
		return t.operator.negated || t.operator.ifExists, nil
	}
	matches := func(f func(*ConditionKeys) bool) bool { return f(req) }
	return slices.ContainsFunc(t.values, matches) != t.operator.negated, nil
}

type family int

const (
	stringFamily family = iota + 1
	numericFamily
	dateFamily
	boolFamily
	ipFamily
	arnFamily
	nullFamily
)

type relation int

const (
	equal relation = iota
	equalIgnoringCase
	like
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// An operator is a condition operator, taken apart. A negated one holds when
// the relation does not.
type operator struct {
	family   family
	relation relation
	negated  bool
	ifExists bool
}

// parseOperator reads the name of a condition operator.
func parseOperator(name string) (operator, error) {
	base, ifExists := strings.CutSuffix(name, "IfExists")
	op, ok := lookupOperator(base)
	if !ok || ifExists && op.family == nullFamily {
		return operator{}, errUnread("unknown condition operator")
	}
	op.ifExists = ifExists
	return op, nil
}

func lookupOperator(name string) (operator, bool) {
	switch name {
	case "Bool":
		return operator{family: boolFamily}, true
	case "Null":
		return operator{family: nullFamily}, true
	case "IpAddress":
		return operator{family: ipFamily}, true
	case "NotIpAddress":
		return operator{family: ipFamily, negated: true}, true
	case "ArnEquals", "ArnLike": // the same, as IAM documents
		return operator{family: arnFamily}, true
	case "ArnNotEquals", "ArnNotLike":
		return operator{family: arnFamily, negated: true}, true
	}
	if rest, ok := strings.CutPrefix(name, "String"); ok {
		return lookupStringOperator(rest)
	}
	if rest, ok := strings.CutPrefix(name, "Numeric"); ok {
		return lookupOrderOperator(numericFamily, rest)
	}
	if rest, ok := strings.CutPrefix(name, "Date"); ok {
		return lookupOrderOperator(dateFamily, rest)
	}
	return operator{}, false
}

func lookupStringOperator(name string) (operator, bool) {
	op := operator{family: stringFamily, negated: strings.HasPrefix(name, "Not")}
	switch strings.TrimPrefix(name, "Not") {
	case "Equals":
		op.relation = equal
	case "EqualsIgnoreCase":
		op.relation = equalIgnoringCase
	case "Like":
		op.relation = like
	default:
		return operator{}, false
	}
	return op, true
}

func lookupOrderOperator(f family, name string) (operator, bool) {
	op := operator{family: f}
	switch name {
	case "Equals":
		op.relation = equal
	case "NotEquals":
		op.relation, op.negated = equal, true
	case "LessThan":
		op.relation = less
	case "LessThanEquals":
		op.relation = lessOrEqual
	case "GreaterThan":
		op.relation = greater
	case "GreaterThanEquals":
		op.relation = greaterOrEqual
	default:
		return operator{}, false
	}
	return op, true
}

// orders reports whether the relation holds between two values that compare as
// cmp.Compare has it.
func (r relation) orders(compared int) bool {
	switch r {
	case less:
		return compared < 0
	case lessOrEqual:
		return compared <= 0
	case greater:
		return compared > 0
	case greaterOrEqual:
		return compared >= 0
	}
	return compared == 0
}

// A conditionKey is a condition key's name in lower case.
type conditionKey string

const (
	currentTime     conditionKey = "aws:currenttime"
	epochTime       conditionKey = "aws:epochtime"
	referer         conditionKey = "aws:referer"
	secureTransport conditionKey = "aws:securetransport"
	sourceARN       conditionKey = "aws:sourcearn"
	sourceIP        conditionKey = "aws:sourceip"
	sourceVPC       conditionKey = "aws:sourcevpc"
	sourceVPCE      conditionKey = "aws:sourcevpce"
	userAgent       conditionKey = "aws:useragent"
	vpcSourceIP     conditionKey = "aws:vpcsourceip"
)

// takes reports whether operators of a family fit the key; known is false for a
// key that API Gateway does not have.
func (k conditionKey) takes(f family) (fits, known bool) {
	switch k {
	case currentTime:
		fits = f == dateFamily
	case epochTime:
		fits = f == dateFamily || f == numericFamily
	case referer, userAgent, sourceVPC, sourceVPCE:
		fits = f == stringFamily
	case secureTransport:
		fits = f == boolFamily
	case sourceARN:
		fits = f == arnFamily || f == stringFamily
	case sourceIP, vpcSourceIP:
		fits = f == ipFamily
	default:
		return false, false
	}
	return fits || f == nullFamily, true
}

// in reports whether a request has the key.
func (k conditionKey) in(req *ConditionKeys) (bool, error) {
	switch k {
	case currentTime, epochTime:
		if req.Time.IsZero() {
			return false, fmt.Errorf("policy: a condition on %s cannot be decided: set ConditionKeys.Time", k)
		}
		return true, nil
	case secureTransport:
		return true, nil
	case sourceIP, vpcSourceIP:
		return k.address(req).IsValid(), nil
	case sourceARN:
		if req.SourceARN != "" && splitARN(req.SourceARN) == nil {
			return false, fmt.Errorf("policy: ConditionKeys.SourceARN %q is not an ARN", req.SourceARN)
		}
	}
	return k.text(req) != "", nil
}

// text returns the request's value of a key that holds text.
func (k conditionKey) text(req *ConditionKeys) string {
	switch k {
	case referer:
		return req.Referer
	case userAgent:
		return req.UserAgent
	case sourceARN:
		return req.SourceARN
	case sourceVPC:
		return req.SourceVPC
	case sourceVPCE:
		return req.SourceVPCE
	}
	return ""
}

// address returns the request's value of a key that holds an address.
func (k conditionKey) address(req *ConditionKeys) netip.Addr {
	if k == vpcSourceIP {
		return req.VPCSourceIP
	}
	return req.SourceIP
}

// parseTest reads one key of an operator, and its value or values.
func parseTest(opName, keyName string, value any) (test, error) {
	texts, err := valueTexts(value)
	if err != nil {
		return test{}, err
	}
	op, err := parseOperator(opName)
	if err != nil {
		return test{}, err
	}
	key := conditionKey(strings.ToLower(keyName))
	fits, known := key.takes(op.family)
	if !known {
		return test{}, errUnread("API Gateway is not known to have this condition key")
	}
	if !fits {
		return test{}, errUnread("the operator does not fit the key")
	}
	t := test{operator: op, key: key}
	for _, text := range texts {
		if strings.Contains(text, "${") {
			return test{}, errUnread(fmt.Sprintf("the value %q holds a policy variable, which is not supported", text))
		}
		matches, err := parseValue(op, key, text)
		if err != nil {
			return test{}, err
		}
		t.values = append(t.values, matches)
	}
	return t, nil
}

// valueTexts returns the text of a condition's value, or of each value in a list.
func valueTexts(value any) ([]string, error) {
	var list []any
	switch v := value.(type) {
	case []string:
		for _, s := range v {
			list = append(list, s)
		}
	case []any:
		list = v
	default:
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, errors.New("the list of values is empty")
	}
	texts := make([]string, len(list))
	for i, v := range list {
		text, err := scalarText(v)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// scalarText returns a value as IAM reads it: numbers and booleans may stand
// with or without quotes.
func scalarText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case json.Number:
		return v.String(), nil
	}
	return "", fmt.Errorf("a value is a %T: want a string, a number, a boolean, or a list of them", value)
}

// parseValue returns what decides whether a request that has the key matches one
// value. For Null it is whether the value asks for the key's absence.
func parseValue(op operator, key conditionKey, text string) (func(*ConditionKeys) bool, error) {
	switch op.family {
	case stringFamily:
		return func(req *ConditionKeys) bool { return op.relation.compareText(key.text(req), text) }, nil
	case arnFamily:
		return parseARNValue(key, text)
	case ipFamily:
		return parseIPValue(key, text)
	case dateFamily:
		want, err := parseDate(text)
		return func(req *ConditionKeys) bool {
			return op.relation.orders(req.Time.Truncate(time.Second).Compare(want))
		}, err
	case numericFamily:
		want, err := parseNumber(text)
		return func(req *ConditionKeys) bool {
			return op.relation.orders(cmp.Compare(float64(req.Time.Unix()), want))
		}, err
	}
	want, err := parseBool(text)
	if op.family == nullFamily {
		return func(*ConditionKeys) bool { return want }, err
	}
	return func(req *ConditionKeys) bool { return req.SecureTransport == want }, err
}

func (r relation) compareText(got, want string) bool {
	switch r {
	case equalIgnoringCase:
		return strings.EqualFold(got, want)
	case like:
		return match(want, got)
	}
	return got == want
}

// parseARNValue matches ARNs part by part: IAM checks each of the six
// colon-delimited parts by itself.
func parseARNValue(key conditionKey, text string) (func(*ConditionKeys) bool, error) {
	want := splitARN(text)
	if want == nil {
		return nil, fmt.Errorf("%q is not an ARN of six parts", text)
	}
	return func(req *ConditionKeys) bool {
		return slices.EqualFunc(want, splitARN(key.text(req)), match)
	}, nil
}

// splitARN returns the six parts of an ARN, or nil if s is none.
func splitARN(s string) []string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return nil
	}
	return parts
}

// parseIPValue reads an address or a CIDR block, of IPv4 or IPv6.
func parseIPValue(key conditionKey, text string) (func(*ConditionKeys) bool, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return nil, fmt.Errorf("%q is neither an IP address nor a CIDR block", text)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if prefix.Addr().Is4In6() {
		return nil, fmt.Errorf("%q is an IPv4 address mapped to IPv6: write it as IPv4", text)
	}
	return func(req *ConditionKeys) bool {
		return prefix.Contains(key.address(req).Unmap().WithZone(""))
	}, nil
}

// lastSecond is the end of the year 9999. What lies after it was meant in
// another unit, milliseconds above all.
const lastSecond = 253402300799

// parseDate reads whole seconds since 1970, or a date in one of the forms of ISO
// 8601 that W3C profiles: year and month, day, or time with offset. A year alone
// reads as a number of seconds just as well.
func parseDate(text string) (time.Time, error) {
	if isDigits(text) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > lastSecond || len(text) == len("2030") {
			return time.Time{}, fmt.Errorf("%q is neither a date nor a plausible number of seconds since 1970", text)
		}
		return time.Unix(seconds, 0), nil
	}
	zone := "-07:00"
	if strings.HasSuffix(text, "Z") {
		zone = "Z"
	}
	whole, fraction := cutFraction(text)
	layouts := [...]string{"2006-01", "2006-01-02", "2006-01-02T15:04" + zone, "2006-01-02T15:04:05" + zone}
	for _, layout := range layouts {
		// Parse alone is lenient; a date that reads back the same is well-formed.
		if t, err := time.Parse(layout, whole); err == nil && t.Format(layout) == whole {
			return t.Add(fraction), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date: want one such as 2030-01-01T00:00:00Z", text)
}

// cutFraction takes the fraction of a second out of a date.
func cutFraction(text string) (whole string, fraction time.Duration) {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) <= seconds || text[seconds] != '.' {
		return text, 0
	}
	end := seconds + 1
	for end < len(text) && isDigits(text[end:end+1]) {
		end++
	}
	fraction, err := time.ParseDuration("0" + text[seconds:end] + "s")
	if err != nil || end == seconds+1 {
		return text, 0 // left in place, so that the date does not parse
	}
	return text[:seconds] + text[end:], fraction
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf(`%q is neither "true" nor "false"`, text)
}

// parseNumber reads an integer or a decimal number.
func parseNumber(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, fmt.Errorf("%q is not a decimal number", text)
	}
	return n, nil
}
