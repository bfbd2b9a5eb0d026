package policy

import (
	"errors"
	"fmt"
	"strings"
)

// maxARN is the longest method ARN, in bytes, that API Gateway works with. It
// answers a request whose ARN would be longer with 414 and asks no authorizer.
const maxARN = 1600

// An ARN names one method of one API, as API Gateway does in methodArn (REST and
// WebSocket APIs, and HTTP APIs in format 1.0) and routeArn (HTTP APIs in format
// 2.0):
//
//	arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{verb}{path}
//
// Path begins with a slash; the root path is "/" and its ARN ends in "/GET/". It
// is the path that the caller asked for, with path parameters filled in, and so
// the caller chooses its text: see [Builder.AllowMethod] before giving it to a
// policy. HTTP APIs show the default stage as "$default".
//
// A WebSocket API has no verbs: Verb is empty and Path is the route key, which
// is "$connect" wherever an authorizer is asked.
type ARN struct {
	Partition, Region, Account, API, Stage, Verb, Path string
}

// ParseARN reads the ARN of a method. It splits at most six times at a colon,
// since paths may hold colons, and the rest at most four times at a slash.
//
// Every partition whose name begins with "aws" is accepted, so that partitions
// that came after this package work. An ARN of another service, one with an
// empty or ill-formed field, and one longer than 1,600 bytes, which API Gateway answers with 414, are errors. The
// path may hold any character, also "*" and "?", which mean nothing special in
// the ARN of a request. For every ARN that ParseARN accepts, String gives back
// the same text.
func ParseARN(s string) (ARN, error) {
	if len(s) > maxARN {
		return ARN{}, fmt.Errorf("policy: a method ARN of %d bytes is longer than the %d that API Gateway allows", len(s), maxARN)
	}
	var colon [6]string
	if !split(colon[:], s, ":") || colon[0] != "arn" {
		return ARN{}, errors.New("policy: not an ARN: want arn:partition:execute-api:region:account:api/stage/verb/path")
	}
	if colon[2] != "execute-api" {
		return ARN{}, errors.New("policy: not the ARN of an API Gateway method: its service is not execute-api")
	}
	var slash [3]string // API, stage and what follows
	if !split(slash[:], colon[5], "/") {
		return ARN{}, errors.New("policy: the ARN ends before its method: want api/stage/verb/path, or api/stage/$connect")
	}
	a := ARN{Partition: colon[1], Region: colon[3], Account: colon[4], API: slash[0], Stage: slash[1]}
	if err := a.check(false); err != nil {
		return ARN{}, err
	}
	method := slash[2]
	i := strings.IndexByte(method, '/')
	if i < 0 { // a WebSocket API's
		if method == "" {
			return ARN{}, errors.New("policy: the ARN has neither a verb nor a route key")
		}
		a.Path = method
		return a, nil
	}
	if !isName(method[:i]) {
		return ARN{}, errors.New("policy: the ARN's verb is ill-formed or missing")
	}
	a.Verb, a.Path = method[:i], method[i:]
	return a, nil
}

// split stores the fields of s, of which the last is all the rest. It reports
// whether there are as many.
func split(fields []string, s, separator string) bool {
	last := len(fields) - 1
	for i := range last {
		var found bool
		if fields[i], s, found = strings.Cut(s, separator); !found {
			return false
		}
	}
	fields[last] = s
	return true
}

// String returns the ARN's text. A field that is not set is left empty in it.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":execute-api:" + a.Region + ":" + a.Account + ":" + a.API + "/" + a.Stage + "/" + a.Verb + a.Path
}

// resource returns the text of the ARN with suffix in place of verb and path.
func (a ARN) resource(suffix string) string {
	return "arn:" + a.Partition + ":execute-api:" + a.Region + ":" + a.Account + ":" + a.API + "/" + a.Stage + "/" + suffix
}

// isWebSocket reports whether the ARN is a WebSocket API's: a route key and no verb.
func (a ARN) isWebSocket() bool {
	return a.Verb == "" && a.Path != "" && a.Path[0] != '/'
}

// check refuses an ARN that does not name one stage of one API. With wildcards, a
// region, API or stage may be "*".
func (a ARN) check(wildcards bool) error {
	for _, f := range [...]struct{ name, value string }{
		{"partition", a.Partition}, {"region", a.Region}, {"account", a.Account}, {"API", a.API}, {"stage", a.Stage},
	} {
		switch {
		case f.value == "":
			return fmt.Errorf("policy: the ARN has no %s: give the ARN of the request", f.name)
		case f.name == "partition":
			if !isPartition(f.value) {
				return fmt.Errorf("policy: the ARN's partition %q is none of AWS's", f.value)
			}
		case wildcards && f.value == "*" && f.name != "account":
		case !isName(f.value):
			return fmt.Errorf("policy: the ARN's %s %q may hold only letters, digits and the characters - _ . $", f.name, f.value)
		}
	}
	return nil
}

// isPartition reports whether s can name an AWS partition: aws, aws-cn,
// aws-us-gov, aws-iso, aws-eusc and what is still to come.
func isPartition(s string) bool {
	if !strings.HasPrefix(s, "aws") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// isName reports whether s can be a field of an ARN: not empty, and free of
// separators, wildcards, and what IAM reads as a policy variable.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(isAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '$') {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
