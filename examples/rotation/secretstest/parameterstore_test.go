package secretstest_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
)

func TestTheSDKsClientReadsAndWritesAParameter(t *testing.T) {
	store := secretstest.NewParameterStore("/jwt", "one", func() time.Time { return noon })
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	client := ssm.New(ssm.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1})
	decrypt, overwrite := true, true
	get := func(name string) (*ssm.GetParameterOutput, error) {
		return client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: &decrypt})
	}
	put := &ssm.PutParameterInput{Name: text("/jwt"), Value: text("two"), Type: types.ParameterTypeSecureString}
	if _, err := client.PutParameter(t.Context(), put); err == nil {
		t.Error("a parameter that is there is written without Overwrite")
	}
	put.Overwrite = &overwrite
	if out, err := client.PutParameter(t.Context(), put); err != nil || out.Version != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	for name, want := range map[string]struct {
		value   string
		version int64
	}{"/jwt": {"two", 2}, "/jwt:1": {"one", 1}, "/jwt:2": {"two", 2}} {
		out, err := get(name)
		if err != nil || *out.Parameter.Value != want.value || out.Parameter.Version != want.version || !out.Parameter.LastModifiedDate.Equal(noon) || out.Parameter.Type != types.ParameterTypeSecureString {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	var none *types.ParameterNotFound
	if _, err := get("/other"); !errors.As(err, &none) {
		t.Errorf("another parameter: %v", err)
	}
	var noVersion *types.ParameterVersionNotFound
	for _, name := range []string{"/jwt:0", "/jwt:3"} {
		if _, err := get(name); !errors.As(err, &noVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 100 {
		if _, err := client.PutParameter(t.Context(), put); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := get("/jwt:2"); !errors.As(err, &noVersion) {
		t.Errorf("the 101st version before: %v", err)
	}
	store.Fail(errors.New("away"))
	if _, err := get("/jwt"); err == nil || errors.As(err, &none) {
		t.Errorf("an outage: %v", err)
	}
}
