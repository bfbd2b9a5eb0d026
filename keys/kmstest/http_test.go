package kmstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

type answer struct {
	status int
	header http.Header
	body   string
}

// rawRequest sends what another language's SDK, or curl, would.
func rawRequest(t *testing.T, k *kmstest.KMS, target, body string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func TestAnAnswerIsAWSJSON(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 5, 6, 789_000_000, time.UTC)
	k := kmstest.New(kmstest.Config{Now: func() time.Time { return now }})

	created := rawRequest(t, k, "TrentService.CreateKey", `{"KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC","Unknown":{"member":1}}`)
	if got := created.header.Get("Content-Type"); got != "application/x-amz-json-1.1" {
		t.Errorf("the Content-Type is %q", got)
	}
	if got := created.header.Get("X-Amzn-RequestId"); len(got) != 36 {
		t.Errorf("the request ID is %q", got)
	}
	var out map[string]map[string]any
	if err := json.Unmarshal([]byte(created.body), &out); err != nil {
		t.Fatal(err)
	}
	key := out["KeyMetadata"]
	want := map[string]any{
		"KeyId": key["KeyId"], "Arn": key["Arn"], "AWSAccountId": "111122223333",
		"CreationDate": 1795233906.789, "Description": "", "Enabled": true, "KeyManager": "CUSTOMER",
		"KeySpec": "HMAC_256", "CustomerMasterKeySpec": "HMAC_256", "KeyState": "Enabled", "KeyUsage": "GENERATE_VERIFY_MAC",
		"MacAlgorithms": []any{"HMAC_SHA_256"}, "MultiRegion": false, "Origin": "AWS_KMS",
	}
	wantJSON(t, key, want)
	if len(out) != 1 {
		t.Errorf("the answer has other members than KeyMetadata: %s", created.body)
	}

	mac := rawRequest(t, k, "TrentService.GenerateMac", `{"KeyId":"`+key["KeyId"].(string)+`","MacAlgorithm":"HMAC_SHA_256","Message":"bWVzc2FnZQ=="}`)
	var members map[string]any
	if err := json.Unmarshal([]byte(mac.body), &members); err != nil {
		t.Fatal(err)
	}
	wantJSON(t, members, map[string]any{"KeyId": key["Arn"], "Mac": members["Mac"], "MacAlgorithm": "HMAC_SHA_256"})
	verified := rawRequest(t, k, "TrentService.VerifyMac", `{"KeyId":"`+key["KeyId"].(string)+`","MacAlgorithm":"HMAC_SHA_256","Message":"bWVzc2FnZQ==","Mac":"`+members["Mac"].(string)+`"}`)
	if want := `{"KeyId":"` + key["Arn"].(string) + `","MacAlgorithm":"HMAC_SHA_256","MacValid":true}`; verified.body != want {
		t.Errorf("got %s, want %s", verified.body, want)
	}
	if disabled := rawRequest(t, k, "TrentService.DisableKey", `{"KeyId":"`+key["KeyId"].(string)+`"}`); disabled.status != 200 || disabled.body != "" {
		t.Errorf("an output without members: got %d %q", disabled.status, disabled.body)
	}
}

func wantJSON(t *testing.T, got, want map[string]any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestTheClientReadsTimesAndReplicasThatComeOverHTTP(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 5, 6, 789_000_000, time.UTC)
	east := kmstest.New(kmstest.Config{Now: func() time.Time { return now }})
	key := addMultiRegion(t, east)
	replica := *replicate(t, east, east.In("us-west-2"), key.KeyId)
	client := clientOf(t, east)

	described, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key.KeyId})
	if err != nil {
		t.Fatal(err)
	}
	if got := described.KeyMetadata.CreationDate; !got.Equal(now) {
		t.Errorf("the key was created at %v, want %v", got, now)
	}
	regions := described.KeyMetadata.MultiRegionConfiguration
	if regions == nil || len(regions.ReplicaKeys) != 1 || *regions.ReplicaKeys[0].Arn != replica || *regions.PrimaryKey.Arn != *key.Arn {
		t.Errorf("got the Regions %+v", regions)
	}
	deletion, err := client.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key.KeyId})
	if err != nil {
		t.Fatal(err)
	}
	if want := now.AddDate(0, 0, 30); !deletion.DeletionDate.Equal(want) || *deletion.PendingWindowInDays != 30 || *deletion.KeyId != *key.Arn {
		t.Errorf("got %v after %d days for %s, want %v after 30", deletion.DeletionDate, *deletion.PendingWindowInDays, *deletion.KeyId, want)
	}
}

func TestARequestThatIsNoneIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	deep := func(n int) string { return `{"x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	wide := func(n int) string {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"x%d":0`, i))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	for name, test := range map[string]struct {
		target, body string
		status       int
		code         string
	}{
		"an operation that there is not":  {"TrentService.ListGrants", `{}`, 400, "UnknownOperationException"},
		"another service":                 {"DynamoDB_20120810.Decrypt", `{}`, 400, "UnknownOperationException"},
		"no target":                       {"", `{}`, 400, "UnknownOperationException"},
		"no JSON":                         {"TrentService.Decrypt", `{"KeyId":`, 400, "SerializationException"},
		"two JSON values":                 {"TrentService.Decrypt", `{}{}`, 400, "SerializationException"},
		"a list":                          {"TrentService.Decrypt", `[]`, 400, "SerializationException"},
		"a member of another type":        {"TrentService.Decrypt", `{"KeyId":7}`, 400, "SerializationException"},
		"a number out of range":           {"TrentService.GenerateDataKey", `{"NumberOfBytes":4294967328}`, 400, "SerializationException"},
		"base64url in place of base64":    {"TrentService.Decrypt", `{"CiphertextBlob":"__-_"}`, 400, "SerializationException"},
		"no body":                         {"TrentService.Decrypt", ``, 400, "ValidationException"},
		"null":                            {"TrentService.Decrypt", `null`, 400, "SerializationException"},
		"a member twice":                  {"TrentService.DescribeKey", `{"KeyId":"alias/one","KeyId":"alias/two"}`, 400, "SerializationException"},
		"a member twice, once escaped":    {"TrentService.DescribeKey", `{"KeyId":"alias/one","Key\u0049d":"alias/two"}`, 400, "SerializationException"},
		"a context's name twice":          {"TrentService.Encrypt", `{"EncryptionContext":{"aud":"orders","aud":"billing"}}`, 400, "SerializationException"},
		"a member in lower case":          {"TrentService.DescribeKey", `{"keyid":"alias/login"}`, 400, "ValidationException"},
		"a body of 256 KiB":               {"TrentService.Decrypt", `{}` + strings.Repeat(" ", 262_144-2), 400, "ValidationException"}, // read, and lacks a member
		"a body of 256 KiB and a byte":    {"TrentService.Decrypt", `{}` + strings.Repeat(" ", 262_145-2), 413, "RequestEntityTooLargeException"},
		"a key identifier of 2048 bytes":  {"TrentService.DescribeKey", `{"KeyId":"` + strings.Repeat("a", 2048) + `"}`, 400, "NotFoundException"},
		"a key identifier of 2049 bytes":  {"TrentService.DescribeKey", `{"KeyId":"` + strings.Repeat("a", 2049) + `"}`, 400, "ValidationException"},
		"64 levels, and no key":           {"TrentService.DescribeKey", deep(64), 400, "ValidationException"},
		"65 levels":                       {"TrentService.DescribeKey", deep(65), 400, "SerializationException"},
		"8192 members, and no key":        {"TrentService.DescribeKey", wide(8192), 400, "ValidationException"},
		"8193 members":                    {"TrentService.DescribeKey", wide(8193), 400, "SerializationException"},
		"nesting that exhausts the stack": {"TrentService.Decrypt", strings.Repeat("[", 200_000), 400, "SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			got := rawRequest(t, k, test.target, test.body)
			var refusal struct {
				Type string `json:"__type"`
			}
			if err := json.Unmarshal([]byte(got.body), &refusal); err != nil {
				t.Fatal(err)
			}
			if got.status != test.status || refusal.Type != test.code {
				t.Errorf("got %d %s, want %d %s", got.status, refusal.Type, test.status, test.code)
			}
		})
	}
	for name, r := range map[string]*http.Request{
		"GET":          httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
		"another path": httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/keys", strings.NewReader("{}")),
	} {
		r.Header.Set("X-Amz-Target", "TrentService.CreateKey")
		w := httptest.NewRecorder()
		k.ServeHTTP(w, r)
		if w.Code != 400 || !strings.Contains(w.Body.String(), "UnknownOperationException") {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
	if got := k.Calls("CreateKey"); got != 0 {
		t.Errorf("%d of these requests came through", got)
	}
}

func TestTheRefusalOfAnUnknownOperationNamesIt(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for target, want := range map[string]string{
		"TrentService.ListGrants": `kmstest has no operation \"TrentService.ListGrants\"`,
		"TrentService.ServeHTTP":  `kmstest has no operation \"TrentService.ServeHTTP\"`,
		"":                        `kmstest has no operation \"\"`,
		"TrentService." + strings.Repeat("a", 1000): `kmstest has no operation \"TrentService.` + strings.Repeat("a", 51) + `\"`,
	} {
		got := rawRequest(t, k, target, `{}`)
		if !strings.Contains(got.body, want) || !strings.Contains(got.body, `"__type":"UnknownOperationException"`) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
}

// encoding/json alone would take "keyid" for KeyId, and let the later one win.
func TestAMemberCountsByItsExactName(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	right, wrong := add(t, k, types.KeySpecHmac256), add(t, k, types.KeySpecHmac256)
	got := rawRequest(t, k, "TrentService.DescribeKey", `{"KeyId":"`+*right+`","keyid":"`+*wrong+`"}`)
	if !strings.Contains(got.body, *right) || strings.Contains(got.body, *wrong) {
		t.Errorf("got %s", got.body)
	}
}

func TestAnErrorWithoutACodeBreaksTheConnection(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	client := clientOf(t, k)
	k.Fail("Encrypt", 1, errors.New("the cable was cut"))
	in := &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")}
	if _, err := client.Encrypt(t.Context(), in); !errors.Is(err, io.EOF) || codeOf(err) != "" {
		t.Errorf("got %v, want EOF", err)
	}
	if _, err := client.Encrypt(t.Context(), in); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestTheSDKRetriesWhatItRetriesOnAWS(t *testing.T) {
	retried := []string{"ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}
	final := []string{
		"AccessDeniedException", "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidCiphertextException",
		"IncorrectKeyException", "InvalidKeyUsageException", "ExpiredTokenException",
	}
	attempts := func(t *testing.T, code string) int {
		k := kmstest.New(kmstest.Config{})
		endpoint := k.Serve(t)
		client := kms.New(kms.Options{Region: k.Region(), BaseEndpoint: &endpoint, RetryMaxAttempts: 2}, withoutPause)
		k.Fail("", kmstest.Forever, kmstest.Error(code, ""))
		_, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: ptr("alias/login")})
		wantCode(t, err, code)
		return k.Calls("DescribeKey")
	}
	for _, code := range retried {
		t.Run(code+" is", func(t *testing.T) {
			if got := attempts(t, code); got != 2 {
				t.Errorf("%d attempts, want 2", got)
			}
		})
	}
	for _, code := range final {
		t.Run(code+" is not", func(t *testing.T) {
			if got := attempts(t, code); got != 1 {
				t.Errorf("%d attempts, want 1", got)
			}
		})
	}
}

func TestASignedRequestIsServedLikeAnyOther(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	var authorization []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = append(authorization, r.Header.Get("Authorization"))
		k.ServeHTTP(w, r)
	}))
	defer server.Close()
	options := kms.Options{Region: k.Region(), BaseEndpoint: &server.URL}
	for _, signed := range []bool{false, true} {
		if signed {
			options.Credentials = static(options.Credentials, "AKIDEXAMPLE", "secret", "")
		}
		if _, err := kms.New(options).CreateKey(t.Context(), nil); err != nil {
			t.Errorf("signed %v: %v", signed, err)
		}
	}
	if len(authorization) != 2 || authorization[0] != "" || !strings.HasPrefix(authorization[1], "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") {
		t.Errorf("got the signatures %q", authorization)
	}
}

// withoutPause has a client retry what it retries, but at once.
func withoutPause(o *kms.Options) { o.Retryer = impatient{o.Retryer} }

// impatient is the SDK's retryer without its pauses.
type impatient struct{ retryer }

func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// A retryer is an aws.Retryer, written down here so that aws-sdk-go-v2 itself stays
// an indirect requirement.
type retryer interface {
	IsErrorRetryable(error) bool
	MaxAttempts() int
	RetryDelay(attempt int, err error) (time.Duration, error)
	GetRetryToken(ctx context.Context, err error) (release func(error) error, failed error)
	GetInitialToken() (release func(error) error)
}
