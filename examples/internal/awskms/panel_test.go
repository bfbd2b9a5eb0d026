package awskms_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
)

func TestThePanelBeginsAndEndsAnOutageAndCountsCalls(t *testing.T) {
	local := awskms.NewLocal(time.Now)
	defer local.Close()
	key, err := local.KMS.AddKey(types.KeySpecRsa2048, nil)
	if err != nil {
		t.Fatal(err)
	}
	call := func() error {
		_, err := local.Client.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &key}, func(o *kms.Options) { o.RetryMaxAttempts = 1 })
		return err
	}
	for _, failing := range []bool{false, true, true, false} {
		local.Outage(failing)
		if err := call(); (err != nil) != failing {
			t.Errorf("failing %v: %v", failing, err)
		}
	}
	figures := local.Sections()[0].Figures
	if len(figures) != 2 || figures[0].Name != "GetPublicKey" || figures[0].Value != "4" || figures[1].Name != "All calls" || figures[1].Value != "4" {
		t.Errorf("figures %v", figures)
	}
}
