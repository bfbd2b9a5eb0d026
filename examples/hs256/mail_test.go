package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

type failingSES struct{}

func (failingSES) SendEmail(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
	return nil, errors.New("SES is away")
}

// keepingSES keeps what it was to send last.
type keepingSES struct{ sent *sesv2.SendEmailInput }

func (k *keepingSES) SendEmail(_ context.Context, in *sesv2.SendEmailInput, _ ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
	k.sent = in
	return &sesv2.SendEmailOutput{}, nil
}

func TestAMailGoesToTheStoredAddressWithALinkThatNoServerSees(t *testing.T) {
	for name, test := range map[string]struct {
		mail          mail
		subject, body string
	}{
		"a confirmation":           {mail{"eve@example.com", "eyJ.x.y"}, "Please confirm your account", "https://app.example.com/confirm#eyJ.x.y\n"},
		"an account that is there": {mail{To: "eve@example.com"}, "You have an account", "You have one already.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var ses keepingSES
			if err := withSES(&ses, "login@example.com", "https://app.example.com/confirm")(t.Context(), test.mail); err != nil {
				t.Fatal(err)
			}
			content := ses.sent.Content.Simple
			if to := ses.sent.Destination.ToAddresses; len(to) != 1 || to[0] != "eve@example.com" || *ses.sent.FromEmailAddress != "login@example.com" {
				t.Errorf("from %q to %q", *ses.sent.FromEmailAddress, to)
			}
			if *content.Subject.Data != test.subject || !strings.HasSuffix(*content.Body.Text.Data, test.body) {
				t.Errorf("%q: %q", *content.Subject.Data, *content.Body.Text.Data)
			}
		})
	}
}
