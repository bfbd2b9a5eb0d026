package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestOnlyAGoodLoginCostsACallToKMS(t *testing.T) {
	const wrong = `{"message":"The user or the password is wrong."}`
	for name, body := range map[string]string{
		"another password": `{"user":"ann","password":"a guess"}`,
		"another user":     `{"user":"bob","password":"` + kmsfixture.Password + `"}`,
		"no password":      `{"user":"ann"}`,
		"no body":          ``,
		"no JSON":          `user=ann`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if status, answer := f.post(t, body); status != 403 || answer != wrong {
				t.Errorf("%d %s", status, answer)
			}
			if got := f.Calls(); got != "none" {
				t.Errorf("calls to KMS: %s", got)
			}
		})
	}
}

func TestEachLoginHasADataKeyOfItsOwnUnlessTheyAreToShareOne(t *testing.T) {
	for name, test := range map[string]struct {
		tokensPerKey int
		calls        string
	}{
		"none is shared":       {0, "3 GenerateDataKey"},
		"one token to a key":   {1, "3 GenerateDataKey"},
		"two tokens share one": {2, "2 GenerateDataKey"},
		"all share one":        {100, "1 GenerateDataKey"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.set.tokensPerKey = test.tokensPerKey
			f.open(t)
			dataKeys := map[string]int{}
			for range 3 {
				dataKeys[dataKeyOf(f.login(t))]++
			}
			if got := f.Calls(); got != test.calls || got != fmt.Sprintf("%d GenerateDataKey", len(dataKeys)) {
				t.Errorf("%d data keys, calls to KMS: %s", len(dataKeys), got)
			}
		})
	}
}

func TestALoginThatKMSFailsIsAServerErrorWhichTheLogExplains(t *testing.T) {
	for name, cause := range map[string]error{
		"throttled":         kmstest.Error("ThrottlingException", "slow down"),
		"no permission":     kmstest.Error("AccessDeniedException", "no"),
		"the key is gone":   kmstest.Error("KMSInvalidStateException", "pending deletion"),
		"a connection lost": errors.New("lost"), // breaks it
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Local.KMS.Fail("GenerateDataKey", kmstest.Forever, cause)
			status, answer := f.post(t, kmsfixture.LoginBody)
			if status != 502 || answer != `{"message": "Internal server error"}` {
				t.Errorf("%d %s", status, answer)
			}
			if log := f.Log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "kms:GenerateDataKey") || strings.Contains(log, kmsfixture.Password) {
				t.Errorf("log %s", log)
			}
			f.Local.KMS.Heal()
			f.login(t)
		})
	}
}
