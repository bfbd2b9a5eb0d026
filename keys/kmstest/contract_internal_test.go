package kmstest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// leavesOut is set in the process that runs the contract against the servers below.
const leavesOut = "KMSTEST_LEAVES_OUT"

// A server that leaves out a member of its answers, whichever, must fail the contract,
// and must not end the test binary. The contract runs in a process of its own, where it
// fails once for each member.
func TestTheContractReportsEachMemberThatAServerLeavesOut(t *testing.T) {
	if os.Getenv(leavesOut) != "" {
		runForgetfulServers(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), leavesOut+"=1")
	output, _ := cmd.CombinedOutput() // which fails: that is what it is to do
	if panics := regexp.MustCompile(`(?m)^panic: .*$`).FindString(string(output)); panics != "" {
		t.Fatalf("Contract ended the process: %s\n%s", panics, output)
	}
	verdicts := regexp.MustCompile(`(?m)^    --- (PASS|FAIL): \w+/(\S+) \(`).FindAllStringSubmatch(string(output), -1)
	if len(verdicts) < 100 {
		t.Fatalf("%d members were left out, want all of more than a hundred\n%s", len(verdicts), output)
	}
	for _, verdict := range verdicts {
		if passed, member := verdict[1] == "PASS", verdict[2]; passed != mayBeMissing[member] {
			t.Errorf("without %s, the contract passes: %v", member, passed)
		}
	}
}

// mayBeMissing lists what nobody notices: a flag that is false wherever the contract
// meets it, and a list that is empty.
var mayBeMissing = map[string]bool{
	"nothing":               true,
	"ListAliases.Truncated": true,
	"CreateKey.KeyMetadata.MultiRegionConfiguration.ReplicaKeys": true,
}

func runForgetfulServers(t *testing.T) {
	// The suites that meet an answer, "CreateKey", or a member, "CreateKey.KeyMetadata.Arn".
	places := map[string][]int{}
	t.Run("nothing", func(t *testing.T) {
		for i := range (contract{}).suites() {
			runSuite(t, i, func(operation string, answer map[string]any) { note(places, i, operation, answer) })
		}
	})
	for _, member := range slices.Sorted(maps.Keys(places)) {
		t.Run(member, func(t *testing.T) {
			for _, i := range slices.Compact(places[member]) {
				if t.Failed() {
					return
				}
				runSuite(t, i, func(operation string, answer map[string]any) {
					if member == operation {
						clear(answer)
					}
					if path, ours := strings.CutPrefix(member, operation+"."); ours {
						leaveOut(answer, strings.Split(path, "."))
					}
				})
			}
		})
	}
}

// runSuite holds a KMS to one suite, and has change have its way with the answers. It
// has the few specs that the contract cannot do without: the others take their time.
func runSuite(t *testing.T, i int, change func(operation string, answer map[string]any)) {
	refuses := slices.DeleteFunc(types.KeySpec("").Values(), func(spec types.KeySpec) bool {
		return spec == types.KeySpecSymmetricDefault || spec == types.KeySpecEccNistP256 || spec == types.KeySpecHmac256
	})
	k := New(Config{})
	client := func(k *KMS) *kms.Client {
		return kms.New(kms.Options{Region: k.Region(), RetryMaxAttempts: 1, HTTPClient: &forgetful{k, refuses, change}})
	}
	s := contract{Harness{API: client(k), Other: client(k.In("us-west-2")), Refuses: refuses}}.suites()[i]
	t.Run(s.name, s.run)
}

// forgetful is the way to a KMS, for a client of the SDK.
type forgetful struct {
	kms     *KMS
	refuses []types.KeySpec
	change  func(operation string, answer map[string]any)
}

func (f *forgetful) Do(r *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	refused := func(spec types.KeySpec) bool { return bytes.Contains(asked, []byte(`"KeySpec":"`+spec+`"`)) }
	if slices.ContainsFunc(f.refuses, refused) {
		f.kms.Fail("CreateKey", 1, Error("UnsupportedOperationException", ""))
	}
	r.Body = io.NopCloser(bytes.NewReader(asked))
	w := httptest.NewRecorder()
	f.kms.ServeHTTP(w, r)
	var answer map[string]any
	if w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), &answer) == nil {
		f.change(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "TrentService."), answer)
		w.Body.Reset()
		_ = json.NewEncoder(w.Body).Encode(answer)
	}
	return w.Result(), nil
}

// note adds a suite to the places of all members of a value.
func note(places map[string][]int, suite int, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		places[path] = append(places[path], suite)
		for name, member := range v {
			places[path+"."+name] = append(places[path+"."+name], suite)
			note(places, suite, path+"."+name, member)
		}
	case []any:
		for _, element := range v {
			note(places, suite, path, element)
		}
	}
}

// leaveOut deletes the member at a path, of each element where a list is on the way.
func leaveOut(value any, path []string) {
	switch v := value.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(v, path[0])
			return
		}
		leaveOut(v[path[0]], path[1:])
	case []any:
		for _, element := range v {
			leaveOut(element, path)
		}
	}
}
