package tellkms_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// newTeller returns a teller, an API that has a data key made at each request, and what
// is told.
func newTeller(t *testing.T) (*tellkms.Teller, *kmstest.KMS, *strings.Builder) {
	t.Helper()
	memory := kmstest.New(kmstest.Config{})
	key, err := memory.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := new(strings.Builder)
	teller := tellkms.New(out, memory)
	t.Cleanup(teller.Open(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := memory.GenerateDataKey(r.Context(), &kms.GenerateDataKeyInput{KeyId: &key, KeySpec: types.DataKeySpecAes256}); err != nil {
			t.Error(err)
		}
	})))
	return teller, memory, out
}

func TestTheTellerSaysWhichCallsARequestTook(t *testing.T) {
	teller, _, out := newTeller(t)
	teller.Call(t.Context(), tell.Request{Do: "GET /", Want: 200}, "1 GenerateDataKey", nil)
	if err := teller.End(); err != nil || !strings.Contains(out.String(), "\nCalls to KMS: 1 GenerateDataKey.\n") {
		t.Errorf("%v, after %s", err, out)
	}
}

func TestAStoryWithOtherCallsToKMSThanToldFailsAndFallsSilent(t *testing.T) {
	teller, memory, _ := newTeller(t)
	for _, calls := range []string{"none", "1 GenerateDataKey"} { // the second is not made
		teller.Call(t.Context(), tell.Request{Do: "GET /", Want: 200}, calls, nil)
	}
	want := "GET / took these calls to KMS: 1 GenerateDataKey; the story needs: none"
	if err := teller.End(); err == nil || err.Error() != want || memory.Calls("") != 1 {
		t.Errorf("%v, after %d calls", err, memory.Calls(""))
	}
}

func TestTheEndIsTheFirstFailure(t *testing.T) {
	teller, _, _ := newTeller(t)
	teller.Call(t.Context(), tell.Request{Do: "GET /", Want: 401}, "none", nil)
	if err := teller.End(); err == nil || !strings.Contains(err.Error(), "answered 200") {
		t.Errorf("%v", err)
	}
}

func TestCallsAreNamed(t *testing.T) {
	memory := kmstest.New(kmstest.Config{})
	before := tellkms.Count(memory)
	if got := tellkms.Count(memory).Since(before); got != "none" {
		t.Errorf("nothing is %q", got)
	}
	key, err := memory.AddKey(types.KeySpecEccNistP256, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := memory.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &key}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := memory.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &key}); err != nil {
		t.Fatal(err)
	}
	if got, want := tellkms.Count(memory).Since(before), "2 GetPublicKey and 1 of something else"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
