package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// A mail is one that somebody gets who opens an account.
type mail struct {
	To    string // the address as it is stored, which is the one to be confirmed
	Token string // confirms the account; empty: the address has an account already
}

// A mailer sends a mail. Put your own in its place.
type mailer func(context.Context, mail) error

// text is what the mail says. page is where the reader confirms: a page of your own that
// asks for the password, and sends it with the token to POST /user/confirm. The token stands
// behind a #, which no browser sends to a server and so no log has.
func (m mail) text(page string) (subject, body string) {
	if m.Token == "" {
		return "You have an account", "Somebody, perhaps you, has tried to open an account with your address. You have one already.\n"
	}
	return "Please confirm your account", fmt.Sprintf(
		"Somebody, perhaps you, has opened an account with your address. If it was you, confirm it within %g minutes, with your password:\n\n%s#%s\n",
		confirmWithin.Minutes(), page, m.Token)
}

// sendEmailAPI is what a mailer asks of a sesv2.Client.
type sendEmailAPI interface {
	SendEmail(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)
}

// withSES sends mails by Amazon SES, from an address that is verified there.
func withSES(client sendEmailAPI, from, page string) mailer {
	return func(ctx context.Context, m mail) error {
		subject, body := m.text(page)
		_, err := client.SendEmail(ctx, &sesv2.SendEmailInput{
			FromEmailAddress: &from,
			Destination:      &types.Destination{ToAddresses: []string{m.To}},
			Content: &types.EmailContent{Simple: &types.Message{
				Subject: &types.Content{Data: &subject},
				Body:    &types.Body{Text: &types.Content{Data: &body}},
			}},
		})
		if err != nil {
			return fmt.Errorf("send a mail: %w", err)
		}
		return nil
	}
}
