package deploytest_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notInCDK are properties that AWS SAM documents and the CDK does not know.
var notInCDK = []string{
	"AWS::Serverless::Function.Events.*.Properties.ApiId", // an HttpApi event's
	"AWS::Serverless::Function.LoggingConfig",
	"AWS::Serverless::HttpApi.AccessLogSettings",
	"AWS::Serverless::HttpApi.RouteSettings",
}

type reading struct {
	File, Error string
	Resources   int
	Unknown     []string
}

// readByCDK reads templates with the CDK.
func readByCDK(t *testing.T, files ...string) (readings []reading) {
	t.Helper()
	command := exec.CommandContext(t.Context(), node(), append([]string{"cfninclude.mjs", t.TempDir()}, files...)...)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: has ./install been run?", err)
	}
	for line := range strings.Lines(string(output)) {
		var r reading
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		readings = append(readings, r)
	}
	if len(readings) != len(files) {
		t.Fatalf("%d templates read, of %d", len(readings), len(files))
	}
	return readings
}

// faults are put into a template that has none: what is replaced, by what, and a part of what
// the CDK then says.
var faults = [][3]string{
	{"RetentionInDays: 30", "RetentionInDays: [30]", "retentionInDays"},
	{"FilterPattern", "FilterPatern", "filterPattern"},
	{"!Ref Alarms", "!Ref Alarm", "Alarm"},
	{"Handler: authorizer", "Handlr: authorizer", "AWS::Serverless::Function.Handlr"},
	{"provided.al2023", "go1.x", "go1.x"},
	{"RetentionInDays: 30", "RetentionInDays: 31", "is not one of"},
	{"!GetAtt AccessLogs.Arn", "!GetAtt AccessLogs.Arm", "'Arm' is not one of"},
	{"Type: AWS::SNS::Topic", "Type: AWS::SNS::Tropic", "AWS::SNS::Tropic"},
}

func TestTheCDKReadsTheTemplatesAndWouldFindFaults(t *testing.T) {
	templates, err := filepath.Glob("../../examples/*/*.yaml")
	beforeOthers, errGuide := filepath.Glob("../../examples/deploy/*/*.yaml")
	if err := errors.Join(err, errGuide); err != nil || len(beforeOthers) != 3 {
		t.Fatalf("%q, %v", beforeOthers, err)
	}
	templates = append(templates, beforeOthers...)
	files := slices.Clone(templates)
	for _, fault := range faults {
		files = append(files, spoil(t, fault[0], fault[1]))
	}
	readings := readByCDK(t, files...)
	for _, r := range readings[:len(templates)] {
		if r.Error != "" || r.Resources == 0 {
			t.Errorf("%s: %d resources, %s", r.File, r.Resources, r.Error)
		}
		for _, property := range r.Unknown {
			if !slices.Contains(notInCDK, property) {
				t.Errorf("%s: %s is not known", r.File, property)
			}
		}
	}
	for i, r := range readings[len(templates):] {
		if !strings.Contains(r.Error+" "+strings.Join(r.Unknown, " "), faults[i][2]) {
			t.Errorf("%s is not found: %q, %q", faults[i][1], r.Error, r.Unknown)
		}
	}
}

func spoil(t *testing.T, before, after string) (file string) {
	t.Helper()
	text, err := os.ReadFile("../../examples/staticpem/template.yaml")
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("no %q in it, %v", before, err)
	}
	file = filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheGuidesCommandForSAMSetsAllParameters(t *testing.T) {
	_, overrides, _ := strings.Cut(commands(t, "sam deploy")[0], "--parameter-overrides ")
	var set []string
	for _, match := range regexp.MustCompile(`(?:^|[ "])([A-Z]\w+)=`).FindAllStringSubmatch(overrides, -1) {
		set = append(set, match[1])
	}
	for _, kind := range []string{"rest", "http", "websocket"} {
		text, err := os.ReadFile("../../examples/deploy/" + kind + "/template.yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(string(text), "\nParameters:\n")
		section, _, _ = strings.Cut(section, "\nResources:\n")
		var has []string
		for _, match := range regexp.MustCompile(`(?m)^  (\w+):$`).FindAllStringSubmatch(section, -1) {
			has = append(has, match[1])
		}
		if !slices.Equal(set, has) || len(has) == 0 {
			t.Errorf("the guide sets %q, %s has %q", set, kind, has)
		}
	}
}
