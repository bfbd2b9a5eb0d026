package sam

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Faults returns what a template lacks that every API in production needs, one sentence for
// each.
func (t *Template) Faults() []string {
	f := faults{Template: t}
	name, api, err := t.api()
	if err != nil {
		return []string{err.Error()}
	}
	f.routes, err = t.Routes()
	if err != nil {
		return []string{err.Error()}
	}
	f.functions, err = t.Functions()
	if err != nil {
		return []string{err.Error()}
	}
	f.authorizers = f.inAuthorizers(api.Properties)
	if api.Type == restType {
		f.inREST(name, api.Properties)
	} else {
		f.inHTTP(name, api.Properties)
	}
	f.inFunctions()
	f.inLogs()
	f.inAlarms()
	f.inSecrets()
	slices.Sort(f.found)
	return f.found
}

type faults struct {
	*Template
	routes      []Route
	functions   map[string]Function
	authorizers []string // the names of the functions that decide
	found       []string
}

// unless notes a fault if it is there.
func (f *faults) unless(good bool, format string, args ...any) {
	if !good {
		f.found = append(f.found, fmt.Sprintf(format, args...))
	}
}

func (f *faults) inREST(name string, api object) {
	f.unless(f.Globals["Api"]["OpenApiVersion"] == "3.0.1", "%s has a second stage without throttling: set Globals.Api.OpenApiVersion to 3.0.1", name)
	f.unless(at(api, "EndpointConfiguration")["Type"] == "REGIONAL", "%s is not REGIONAL", name)
	f.unless(len(at(api, "Tags")) > 0, "%s has no Tags", name)
	f.unless(f.isLogGroup(at(api, "AccessLogSetting")["DestinationArn"]), "%s has no access log", name)
	f.unless(api["Cors"] == nil || at(api, "Auth")["AddDefaultAuthorizerToCorsPreflight"] == false, "%s asks browsers for a token before they may send one", name)
	limits := map[string]limit{}
	for _, setting := range list(api["MethodSettings"]) {
		s := at(setting)
		limits[text(s["HttpMethod"])+" "+strings.TrimPrefix(strings.ReplaceAll(text(s["ResourcePath"]), "~1", "/"), "/")] = limitOf(s)
	}
	f.inThrottling(limits["* *"], limits)
	isOpen := func(r Route) bool { return r.Open }
	f.unless(!slices.ContainsFunc(f.routes, isOpen) || f.limitsAddresses(name), "%s lets one host use up what throttling leaves for all: limit each address with a rule of AWS WAF", name)
	for _, response := range []struct {
		kind    string
		headers []string
	}{
		{"UNAUTHORIZED", []string{"WWW-Authenticate", "Access-Control-Allow-Origin"}},
		{"ACCESS_DENIED", []string{"WWW-Authenticate", "Access-Control-Allow-Origin"}},
		{"DEFAULT_4XX", []string{"Access-Control-Allow-Origin"}},
		{"DEFAULT_5XX", []string{"Access-Control-Allow-Origin"}},
	} {
		for _, header := range response.headers {
			found := at(api, "GatewayResponses", response.kind, "ResponseParameters", "Headers")[header]
			f.unless(found != nil, "the gateway response %s has no header %s", response.kind, header)
		}
	}
}

// limitsAddresses reports whether a firewall with a rate rule by address is before the API.
func (f *faults) limitsAddresses(api string) bool {
	for _, name := range f.Named("AWS::WAFv2::WebACLAssociation") {
		p := f.Resources[name].Properties
		firewall := strings.TrimSuffix(strings.TrimPrefix(text(p["WebACLArn"]), "${"), ".Arn}")
		for _, rule := range list(f.Resources[firewall].Properties["Rules"]) {
			rate := at(rule, "Statement", "RateBasedStatement")
			if rate["AggregateKeyType"] == "IP" && at(rule, "Action", "Block") != nil && strings.Contains(text(p["ResourceArn"]), "/restapis/${"+api+"}/") {
				return true
			}
		}
	}
	return false
}

func (f *faults) inHTTP(name string, api object) {
	f.unless(api["FailOnWarnings"] == true, "%s comes out without routes if its authorizer cannot be made: set FailOnWarnings", name)
	f.unless(len(at(api, "Tags")) > 0, "%s has no Tags", name)
	f.unless(f.isLogGroup(at(api, "AccessLogSettings")["DestinationArn"]), "%s has no access log", name)
	f.unless(at(api, "CorsConfiguration") != nil, "%s has no CorsConfiguration", name)
	limits := map[string]limit{}
	for route, setting := range members(api["RouteSettings"]) {
		limits[route] = limitOf(setting)
	}
	f.inThrottling(limitOf(at(api, "DefaultRouteSettings")), limits)
}

// A limit is one of throttling; zero limits nothing.
type limit struct{ rate, burst int }

func limitOf(setting object) (l limit) {
	l.rate, _ = setting["ThrottlingRateLimit"].(int)
	l.burst, _ = setting["ThrottlingBurstLimit"].(int)
	return l
}

func (f *faults) inThrottling(all limit, limits map[string]limit) {
	f.unless(all.rate > 0 && all.burst > 0, "the stage has no throttling")
	for _, r := range f.routes {
		own, found := limits[r.Key]
		f.unless(!r.Open || own.rate > 0 && own.rate < all.rate && own.burst > 0 && own.burst < all.burst, "%s is open to everybody, and has no limit below the stage's", r.Key)
		f.unless(!found || r.Open || own.rate > 0 && own.burst > 0, "%s has half a limit", r.Key)
	}
	for key := range limits {
		known := key == "* *" || slices.ContainsFunc(f.routes, func(r Route) bool { return r.Key == key })
		f.unless(known, "a limit for %s, which is no route", key)
	}
}

// inAuthorizers returns the names of the functions that decide.
func (f *faults) inAuthorizers(api object) []string {
	var names []string
	for name, definition := range members(at(api, "Auth")["Authorizers"]) {
		arn, isFunction := definition["FunctionArn"].(string)
		function := strings.TrimSuffix(strings.TrimPrefix(arn, "${"), ".Arn}")
		switch _, found := f.functions[function]; {
		case found:
			names = append(names, function)
		case isFunction || at(definition, "JwtConfiguration") == nil:
			f.unless(false, "authorizer %s is no function of this template", name)
		}
	}
	slices.Sort(names)
	return names
}

// isCalled reports whether API Gateway calls a function, and so waits for it.
func (f *faults) isCalled(name string) bool {
	return slices.Contains(f.authorizers, name) || slices.ContainsFunc(f.routes, func(r Route) bool { return r.Function == name })
}

// isExposed reports whether everybody can have a function run.
func (f *faults) isExposed(name string) bool {
	return slices.Contains(f.authorizers, name) || slices.ContainsFunc(f.routes, func(r Route) bool { return r.Function == name && r.Open })
}

func (f *faults) inFunctions() {
	for _, name := range slices.Sorted(maps.Keys(f.functions)) {
		function := f.functions[name]
		p := function.properties
		f.unless(p["Runtime"] == "provided.al2023" && slices.Equal(texts(p["Architectures"]), []string{"arm64"}) && p["CodeUri"] == "build/", "%s does not run what make builds", name)
		f.unless(p["Layers"] == nil, "%s has a layer, which stays in SAM's bucket when the stack is gone", name)
		f.unless(function.Timeout > 0 && (function.Timeout <= 10 || !f.isCalled(name)), "%s has a timeout of %d seconds: API Gateway waits for 10 at most", name, function.Timeout)
		f.unless(len(at(p, "Tags")) > 0, "%s has no Tags", name)
		f.unless(f.isLogGroup(at(p, "LoggingConfig")["LogGroup"]), "%s has a log that is kept for ever", name)
		f.unless(function.Reserved > 0 || !f.isExposed(name), "%s runs for everybody, and may take the whole account's concurrency", name)
		for _, grant := range function.Grants {
			f.unless(!slices.ContainsFunc(grant.Actions, hasWildcard) && !slices.Contains(grant.Resources, "*") && len(grant.Resources) > 0, "%s may do more than it has to: %v", name, grant)
			f.unless(len(grant.Actions) == 1 || !f.isCalled(name), "%s has a grant of several actions: %v", name, grant)
		}
	}
}

func hasWildcard(action string) bool { return strings.Contains(action, "*") }

func (f *faults) inLogs() {
	for _, name := range f.Named("AWS::Logs::LogGroup") {
		days, _ := f.Resources[name].Properties["RetentionInDays"].(int)
		f.unless(days > 0, "%s is kept for ever", name)
	}
}

// isLogGroup reports whether this refers to a log group of the template.
func (f *faults) isLogGroup(reference any) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(text(reference), "${"), "}"), ".Arn")
	return f.Resources[name].Type == "AWS::Logs::LogGroup"
}

// inAlarms looks for an alarm on outages and one on throttles, and for one on errors of each
// function whose errors are outages.
func (f *faults) inAlarms() {
	watched := map[string]bool{} // namespace, metric and function
	for _, name := range f.Named("AWS::CloudWatch::Alarm") {
		p := f.Resources[name].Properties
		f.unless(len(list(p["AlarmActions"])) > 0, "nobody hears of %s", name)
		f.unless(p["TreatMissingData"] == "notBreaching", "%s does not say what no data mean", name)
		function := ""
		for _, d := range list(p["Dimensions"]) {
			if at(d)["Name"] == "FunctionName" {
				function = " " + strings.Trim(text(at(d)["Value"]), "${}")
			}
		}
		watched[text(p["Namespace"])+" "+text(p["MetricName"])+function] = true
	}
	failed := false
	for _, name := range f.Named("AWS::Logs::MetricFilter") {
		p := f.Resources[name].Properties
		for _, m := range list(p["MetricTransformations"]) {
			metric := text(at(m)["MetricNamespace"]) + " " + text(at(m)["MetricName"])
			failed = failed || p["FilterPattern"] == `{ $.decision = "failed" }` && watched[metric] && f.isLogGroup(p["LogGroupName"])
		}
	}
	f.unless(failed || len(f.authorizers) == 0, "no alarm goes by decisions that failed")
	for _, name := range f.authorizers {
		f.unless(watched["AWS/Lambda Throttles "+name], "no alarm tells that %s is throttled", name)
	}
	for name := range f.functions {
		seen := f.isCalled(name) && len(f.authorizers) > 0
		f.unless(seen || watched["AWS/Lambda Errors "+name], "no alarm tells that %s fails", name)
	}
}

// kept are the types of what cannot be made again.
var kept = []string{"AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::DynamoDB::Table"}

var secretName = regexp.MustCompile(`(?i)password|secret|hash|sha256|private`)

func (f *faults) inSecrets() {
	for _, kind := range kept {
		for _, name := range f.Named(kind) {
			r := f.Resources[name]
			f.unless(r.DeletionPolicy == "Retain" && r.Replacement == "Retain", "%s goes with the stack", name)
		}
	}
	for name, p := range f.Parameters {
		f.unless(p["NoEcho"] == true || !secretName.MatchString(name), "the parameter %s is shown to all who may look at the stack: set NoEcho", name)
	}
}
